"""The use cases about citizens: enrol, show, find, list, read a profile, change.

Each one reads top to bottom: may this operator do it, load, apply the rule, store, write the entry, in
one transaction. A profile read commits its intent before any plaintext exists. What failed or was
refused leaves an entry of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.access.model import LoginSession, Permission, require
from core.audit.model import Action, Entry, Outcome
from core.audit.service import AuditLog
from core.citizens import records, store, validation
from core.citizens.enrolment import ENROLLED_ALREADY, Enrolment
from core.citizens.integrity import CitizenIntegrity, CitizenRows
from core.citizens.model import (
    CitizenCount,
    CitizenFilter,
    CitizenPage,
    CitizenPlace,
    CitizenProfile,
    CitizenRecord,
    CitizenRole,
    Field,
    NewCitizen,
    PageKey,
    Purpose,
    VerificationLevel,
    checked_roles,
    looks_like_token,
)
from core.citizens.name_search import NameSearch
from core.citizens.names import prefixes as name_prefixes
from core.citizens.observers import CitizenObserver
from core.citizens.reasons import checked_reason
from core.citizens.recording import Recorder
from core.errors import ChangedMeanwhile, InvalidInput, NotFound
from core.keys.digests import Digests, Term
from core.keys.service import KeyService
from core.storage.database import Database
from core.storage.exchange import send
from core.storage.seal import RowSealer
from core.vault_token import VaultToken

PAGE_LIMIT = 500
FOUND_LIMIT = 200
COUNTED_LIMIT = 1_000_000  # beyond it a count takes longer than anybody waits for a footer


class CitizenService:
    """Everything that an operator does with citizens. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        keys: KeyService,
        enrolment: Enrolment,
        audit: AuditLog,
        now: Callable[[], datetime],
        observers: Sequence[CitizenObserver] = (),
    ) -> None:
        self._database = database
        self._observers = observers
        self._token = token
        self._sealer = sealer
        self._keys = keys
        self._digests = Digests(token)
        self._audit = audit
        self._recorder = Recorder(audit)
        self._enrolment = enrolment
        self._names = NameSearch(database, self._digests, sealer, audit, now)
        self._integrity = CitizenIntegrity(token, sealer, keys, audit)
        self._now = now

    # --- enrol -----------------------------------------------------------------------------------

    def enrol(self, session: LoginSession, citizen: NewCitizen) -> CitizenRecord:
        """Enrol one citizen. Raises AlreadyExists for a known Aadhaar number, PAN or user id."""
        return self.enrol_many(session, [citizen])[0]

    def enrol_many(self, session: LoginSession, citizens: Sequence[NewCitizen]) -> list[CitizenRecord]:
        """Enrol citizens in one transaction: all of them or none."""
        with self._recorder.recorded(session, Action.CITIZEN_ENROL):
            require(session, Permission.CITIZEN_ENROL)
            return self._enrolment.enrol(session, citizens)

    # --- find ------------------------------------------------------------------------------------

    def show(self, session: LoginSession, token: str) -> CitizenRecord:
        """Return one citizen's metadata, after checking everything that is stored about the citizen."""
        with self._recorder.recorded(session, Action.CITIZEN_SHOW, token):
            require(session, Permission.CITIZEN_FIND)
            rows = self._read(token)
            self._checked_and_recorded([rows], self._recorder.entry(session, Action.CITIZEN_SHOW, Outcome.DONE, token))
            return records.record(_vault_columns(rows))

    def find(self, session: LoginSession, criterion: str, value: str, wanted: CitizenFilter) -> list[CitizenRecord]:
        """Return the citizens with exactly this phone, email, aadhaar, pan, user_id or identity_token.

        The value is validated first and stands in no entry. One audit entry.
        """
        with self._recorder.recorded(session, Action.CITIZEN_SEARCH):
            require(session, Permission.CITIZEN_FIND)
            column, looked_for = self._looked_for(criterion, value)
            with self._database.snapshot() as connection:
                found = store.found_by(connection, column, looked_for, FOUND_LIMIT)
                rows = self._integrity.read(connection, found)
            result = [records.record(_vault_columns(row)) for row in rows.values()]
            result = [record for record in result if records.fits(record, wanted)]
            detail = {"criterion": criterion, "matches": len(result)}
            if wanted.named():
                detail["filters"] = wanted.named()
            entry = self._recorder.entry(session, Action.CITIZEN_SEARCH, Outcome.DONE, detail=detail)
            self._checked_and_recorded(list(rows.values()), entry)
            return sorted(result, key=lambda record: (record.state, record.identity_token))

    def page(
        self, session: LoginSession, wanted: CitizenFilter, after: PageKey | None = None, limit: int = 100
    ) -> CitizenPage:
        """Return citizens in the order (state, identity token) after a key, every row's seal checked.

        The first page of a listing leaves the entry; its later pages belong to it.
        """
        with self._recorder.recorded(session, Action.CITIZEN_SEARCH):
            require(session, Permission.CITIZEN_FIND)
            if not 1 <= limit <= PAGE_LIMIT:
                raise InvalidInput(f"A page has 1 to {PAGE_LIMIT} rows.", field="limit")
            with self._database.transaction() as connection:
                rows = store.page(connection, wanted, after, limit + 1)
            self._sealer.check(rows)
            items = tuple(records.record(row.columns) for row in rows[:limit])
            if after is None:
                detail = {"criterion": "list", "filters": wanted.named()}
                self._audit.record(self._recorder.entry(session, Action.CITIZEN_SEARCH, Outcome.DONE, detail=detail))
            more = len(rows) > limit
            return CitizenPage(items, PageKey(items[-1].state, items[-1].identity_token) if more else None)

    def find_by_name(
        self,
        session: LoginSession,
        typed: str,
        wanted: CitizenFilter,
        after: PageKey | None = None,
        limit: int = 100,
    ) -> CitizenPage:
        """Return citizens each typed word begins a word of whose name (3 letters at least), page by page.

        One entry a call, without the text. Raises TooManySearches beyond 120 searches a minute.
        """
        return self._names.page(session, typed, wanted, after, limit)

    def page_keys(
        self, session: LoginSession, wanted: CitizenFilter, after: PageKey | None, step: int, rows: int
    ) -> list[PageKey]:
        """Return every `step`-th key among the next `rows` rows, so that a table can jump without OFFSET."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction() as connection:
            return store.page_keys(connection, wanted, after, step, rows)

    def count(self, session: LoginSession, wanted: CitizenFilter) -> int:
        """Count the citizens that fit."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction() as connection:
            return store.count(connection, wanted)

    def counted(self, session: LoginSession, wanted: CitizenFilter, limit: int = COUNTED_LIMIT) -> CitizenCount:
        """Count the citizens that fit: exactly up to `limit`, beyond it by what the database expects."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.snapshot() as connection:
            number = store.count_up_to(connection, wanted, limit + 1)
            if number <= limit:
                return CitizenCount(number)
            return CitizenCount(max(number, store.expected(connection, wanted)), exact=False)

    def place_of(self, session: LoginSession, wanted: CitizenFilter, key: PageKey, page_rows: int) -> CitizenPlace:
        """Return where a key stands, or would stand, in a list, so that a table can go there. No entry: no data."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.snapshot() as connection:
            return CitizenPlace(*store.place_of(connection, wanted, key, page_rows))

    def counts_by_state(self, session: LoginSession) -> dict[str, int]:
        """Count citizens by state code."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction() as connection:
            return store.counts_by_state(connection)

    # --- read ------------------------------------------------------------------------------------

    def profile(
        self,
        session: LoginSession,
        token: str,
        purpose: Purpose,
        fields: Sequence[Field] | None = None,
        reason: str | None = None,
    ) -> CitizenProfile:
        """Decrypt the asked fields (all by default) for a purpose. The intent is committed before.

        Raises AuditUnwritable when the log takes no entry: then nothing was decrypted.
        """
        asked = tuple(dict.fromkeys(fields or tuple(Field)))
        with self._recorder.recorded(session, Action.CITIZEN_PROFILE, token, purpose):
            require(session, Permission.CITIZEN_READ)
            words = checked_reason(reason, purpose)
            rows = self._read(token)
            intent = self._recorder.entry(
                session,
                Action.CITIZEN_PROFILE,
                Outcome.INTENT,
                token,
                purpose=purpose.value,
                reason=words,
                detail={"fields": [field.value for field in asked]},
            )
            index = self._checked_and_recorded([rows], intent)
            values = self._decrypt(rows, asked)
        done = self._recorder.entry(
            session, Action.CITIZEN_PROFILE, Outcome.DONE, token, purpose=purpose.value, detail={"intent": index}
        )
        self._audit.record_later(done)
        return CitizenProfile(token, purpose, index, values)

    def _decrypt(self, rows: CitizenRows, asked: Sequence[Field]) -> dict[Field, Any]:
        data_key = self._keys.open_data_key(rows.data_key)
        try:
            return records.open_fields(data_key, _vault_columns(rows), asked, validation.today(self._now()))
        finally:
            data_key.wipe()

    # --- change ----------------------------------------------------------------------------------

    def update(self, session: LoginSession, token: str, changes: Mapping[str, Any]) -> CitizenRecord:
        """Change a citizen's values (`citizen create` keys, None empties one). Raises InvalidFields.

        Attributes stand in one envelope, so the old ones are opened to be joined with the new: the
        change therefore commits an intent first, like a read.
        """
        with self._recorder.recorded(session, Action.CITIZEN_UPDATE, token):
            require(session, Permission.CITIZEN_CHANGE)
            change = records.checked_change(changes, validation.today(self._now()))
            return self._change(session, token, change, sorted(change))

    def index_name(self, session: LoginSession, token: str) -> CitizenRecord:
        """Make a citizen found by name who was enrolled before there was a search by name."""
        with self._recorder.recorded(session, Action.CITIZEN_UPDATE, token):
            require(session, Permission.CITIZEN_CHANGE)
            return self._change(session, token, {}, ["name_digests"])

    def _change(self, session: LoginSession, token: str, change: Mapping[str, Any], named: list[str]) -> CitizenRecord:
        """Commit the intent, open what is to be joined, store the changed rows with their entry."""
        rows, detail = self._read(token), {"changed": named}
        intent = self._recorder.entry(session, Action.CITIZEN_UPDATE, Outcome.INTENT, token, detail=detail)
        self._checked_and_recorded([rows], intent)
        data_key = self._keys.open_data_key(rows.data_key)
        digests = self._digests.of(records.changed_terms(change))
        try:
            columns = records.changed_columns(data_key, _vault_columns(rows), change, digests, self._now())
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
            rows = self._read_checked(token)
            if CitizenRole.BUSINESS not in chosen and rows.vault and rows.vault.columns["gstin_enc"] is not None:
                raise InvalidInput("This citizen has a GSTIN, so the role business must stay.", field="roles")
            names = [role.value for role in chosen]
            columns = {**_vault_columns(rows), "roles": names, "primary_role": main.value}
            return self._store_change(session, rows, columns, None, Action.CITIZEN_ROLES, {"roles": names})

    def set_level(self, session: LoginSession, token: str, level: VerificationLevel) -> CitizenRecord:
        """Set how surely the citizen is known; the time of verification is now."""
        with self._recorder.recorded(session, Action.CITIZEN_VERIFY_LEVEL, token):
            require(session, Permission.CITIZEN_CHANGE)
            rows = self._read_checked(token)
            verified = None if level is VerificationLevel.UNVERIFIED else self._now()
            columns = {**_vault_columns(rows), "verification_level": level.value, "last_verified": verified}
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
        with self._database.transaction(ENROLLED_ALREADY) as connection:
            if not store.replace(connection, sealed[0], sealed[1], old):
                raise ChangedMeanwhile("Somebody else changed this citizen at the same moment.")
            send(connection, told)
            self._audit.append(connection, entry)
        return records.record(sealed[1])

    # --- shared ----------------------------------------------------------------------------------

    def _checked_and_recorded(self, rows: Sequence[CitizenRows], entry: Entry) -> int:
        """Check rows, then commit the entry about them; returns its index. One exchange with the HSM for both."""
        draft = self._audit.draft(entry)
        return self._audit.record_planned(self._audit.plan(draft, self._integrity.check(rows, draft)))

    def _read_checked(self, token: str) -> CitizenRows:
        rows = self._read(token)
        self._integrity.check([rows])
        return rows

    def _read(self, token: str) -> CitizenRows:
        """Return a citizen's rows, ciphertext all, not yet checked."""
        with self._database.snapshot() as connection:
            rows = self._integrity.read(connection, [token]).get(token)
            if rows is None:
                self._integrity.check_absence(connection, token)
                raise NotFound("There is no citizen with this identity token.")
        return rows

    def _looked_for(self, criterion: str, value: str) -> tuple[str, object]:
        """Return the directory's column and the value to look for there."""
        match criterion:
            case "identity_token":
                if not looks_like_token(value.strip()):
                    raise InvalidInput("An identity token is idt_ and 22 letters or digits.", field=criterion)
                return "identity_token", value.strip()
            case "user_id":
                return "user_id", validation.user_id(value)
            case "phone" | "email" | "aadhaar" | "pan":
                term = Term(criterion)
                normal = validation.field_rules(date.max)[criterion](value)
                return records.DIGEST_COLUMN[term], records.stored_digest(term, self._digests.of({term: normal})[term])
        raise InvalidInput("Search takes a phone, email, Aadhaar, PAN, user id or identity token.", field="criterion")


def _vault_columns(rows: CitizenRows) -> Mapping[str, Any]:
    """Return the checked vault row's columns."""
    if rows.vault is None:
        raise NotFound("There is no citizen with this identity token.")
    return rows.vault.columns
