"""Changing a citizen: values, roles, verification level, and the index of a name that never was indexed.

A change of values opens what it joins with, so it commits its intent first, like a read. The rows are
stored with their entry only if nobody else changed them meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.access.limits.service import RateLimits
from core.access.model import LoginSession, Permission, require, require_state
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens import records, store, validation
from core.citizens.enrolment import ENROLLED_ALREADY
from core.citizens.integrity import CitizenRows
from core.citizens.model import CitizenRecord, CitizenRole, VerificationLevel, checked_roles, tokens_in
from core.citizens.names import prefixes as name_prefixes
from core.citizens.observers import CitizenObserver
from core.citizens.reading import CitizenReading
from core.citizens.recording import Recorder
from core.errors import ChangedMeanwhile, InvalidInput
from core.keys.digests import Digests
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.exchange import send
from core.storage.seal import RowSealer


class CitizenChanges:
    """Everything that changes somebody who is enrolled. Thread-safe."""

    def __init__(
        self,
        database: Database,
        reading: CitizenReading,
        digests: Digests,
        sealer: RowSealer,
        limits: RateLimits,
        audit: AuditLog,
        now: Callable[[], datetime],
        observers: Sequence[CitizenObserver] = (),
    ) -> None:
        self._database = database
        self._observers = observers
        self._reading = reading
        self._digests = digests
        self._sealer = sealer
        self._limits = limits
        self._audit = audit
        self._recorder = Recorder(audit)
        self._now = now

    def update(self, session: LoginSession, token: str, changes: Mapping[str, Any]) -> CitizenRecord:
        """Change a citizen's values (`citizen create` keys, None empties one). Raises InvalidFields.

        Attributes stand in one envelope, so the old ones are opened to be joined with the new: the
        change therefore commits an intent first, like a read.
        """
        with self._recorder.recorded(session, Action.CITIZEN_UPDATE, token):
            require(session, Permission.CITIZEN_CHANGE)
            change = records.checked_change(changes, validation.today(self._now()))
            if "state" in change:
                require_state(session, change["state"])
            return self._change(session, token, change, sorted(change))

    def index_name(self, session: LoginSession, token: str) -> CitizenRecord:
        """Make a citizen found by name who was enrolled before there was a search by name."""
        with self._recorder.recorded(session, Action.CITIZEN_UPDATE, token):
            require(session, Permission.CITIZEN_CHANGE)
            return self._change(session, token, {}, ["name_digests"])

    def _change(self, session: LoginSession, token: str, change: Mapping[str, Any], named: list[str]) -> CitizenRecord:
        """Commit the intent, open what is to be joined, store the changed rows with their entry."""
        detail = {"changed": named}
        intent = self._recorder.entry(session, Action.CITIZEN_UPDATE, Outcome.INTENT, token, detail=detail)
        rows, _, data_key = self._reading.opened(session, token, intent)
        try:
            digests = self._digests.of(records.changed_terms(change))
            columns = records.changed_columns(data_key, rows.vault_columns, change, digests, self._now())
            name = records.name_to_index(data_key, rows.directory.columns, columns, change)
        finally:
            data_key.wipe()
        directory = records.changed_directory(rows.directory.columns, columns, digests, change)
        if name is not None:
            [directory["name_digests"]] = self._digests.of_names([name_prefixes(name)])
        return self._store_change(session, rows, columns, directory, Action.CITIZEN_UPDATE, detail)

    def set_roles(
        self, session: LoginSession, token: str, roles: tuple[CitizenRole, ...], primary: CitizenRole | None = None
    ) -> CitizenRecord:
        """Set a citizen's one to five roles."""
        with self._recorder.recorded(session, Action.CITIZEN_ROLES, token):
            require(session, Permission.CITIZEN_CHANGE)
            chosen, main = checked_roles(roles, primary)
            self._limits.take(session, Limited.ROLE_UPDATE, *tokens_in(token))
            rows = self._reading.rows_checked(session, token)
            if CitizenRole.BUSINESS not in chosen and rows.vault and rows.vault.columns["gstin_enc"] is not None:
                raise InvalidInput("This citizen has a GSTIN, so the role business must stay.", field="roles")
            names = [role.value for role in chosen]
            columns = {**rows.vault_columns, "roles": names, "primary_role": main.value}
            return self._store_change(session, rows, columns, None, Action.CITIZEN_ROLES, {"roles": names})

    def set_level(self, session: LoginSession, token: str, level: VerificationLevel) -> CitizenRecord:
        """Set how surely the citizen is known; the time of verification is now."""
        with self._recorder.recorded(session, Action.CITIZEN_VERIFY_LEVEL, token):
            require(session, Permission.CITIZEN_CHANGE)
            rows = self._reading.rows_checked(session, token)
            verified = None if level is VerificationLevel.UNVERIFIED else self._now()
            columns = {**rows.vault_columns, "verification_level": level.value, "last_verified": verified}
            detail = {"level": level.value}
            return self._store_change(session, rows, columns, None, Action.CITIZEN_VERIFY_LEVEL, detail)

    def _store_change(
        self,
        session: LoginSession,
        rows: CitizenRows,
        columns: Mapping[str, Any],
        changed_directory: Mapping[str, Any] | None,
        action: Action,
        detail: Mapping[str, Any],
    ) -> CitizenRecord:
        old = int(rows.directory.columns["revision"])
        vault = {**columns, "revision": old + 1, "updated_at": self._now()}
        directory = {**(changed_directory or rows.directory.columns), "revision": old + 1}
        sealed = self._sealer.seal([(store.directory.name, directory), (store.vault.name, vault)])
        entry = self._recorder.entry(
            session, action, Outcome.DONE, rows.identity_token, citizen_revision=old + 1, detail=dict(detail)
        )
        told = [statement for one in self._observers for statement in one.changed(rows.identity_token)]
        with self._database.transaction(ENROLLED_ALREADY, seeing=session.seeing) as connection:
            if not store.replace(connection, sealed[0], sealed[1], old):
                raise ChangedMeanwhile("Somebody else changed this citizen at the same moment.")
            send(connection, told)
            self._audit.append(connection, entry)
        for one in self._observers:
            one.stored(session, [rows.identity_token])
        return records.record(sealed[1])
