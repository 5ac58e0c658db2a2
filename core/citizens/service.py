"""The use cases about citizens: enrol, show, find, list, read a profile, change.

Each one reads top to bottom: may this operator do it, load, apply the rule, store, write the entry, in
one transaction. A profile read commits its intent before any plaintext exists. What failed or was
refused leaves an entry of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.access.limits.service import RateLimits
from core.access.model import LoginSession, Permission, require, require_state
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens import records, store, validation
from core.citizens.changing import CitizenChanges
from core.citizens.enrolment import Enrolment
from core.citizens.integrity import CitizenIntegrity
from core.citizens.listing import COUNTED_LIMIT, CitizenLists, seen_by
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
    looks_like_token,
    tokens_in,
)
from core.citizens.name_search import NameSearch
from core.citizens.observers import CitizenObserver
from core.citizens.reading import CitizenReading
from core.citizens.reasons import checked_reason
from core.citizens.recording import Recorder
from core.errors import InvalidInput
from core.keys.digests import Digests, Term
from core.keys.service import KeyService
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.seal import RowSealer
from core.vault_token import VaultToken

FOUND_LIMIT = 200


class CitizenService:
    """Everything that an operator does with citizens. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        keys: KeyService,
        enrolment: Enrolment,
        limits: RateLimits,
        audit: AuditLog,
        now: Callable[[], datetime],
        observers: Sequence[CitizenObserver] = (),
    ) -> None:
        self._database = database
        self._digests = Digests(token)
        self._audit = audit
        self._recorder = Recorder(audit)
        self._enrolment = enrolment
        self._observers = observers
        self._limits = limits
        self._names = NameSearch(database, self._digests, sealer, limits, audit)
        self._integrity = CitizenIntegrity(token, sealer, keys, audit)
        self._reading = CitizenReading(database, token, self._integrity, keys, audit)
        self._lists = CitizenLists(database, sealer, limits, audit)
        self._changes = CitizenChanges(database, self._reading, self._digests, sealer, limits, audit, now, observers)
        self._now = now

    # --- enrol -----------------------------------------------------------------------------------

    def enrol(self, session: LoginSession, citizen: NewCitizen) -> CitizenRecord:
        """Enrol one citizen. Raises AlreadyExists for a known Aadhaar number, PAN or user id."""
        return self.enrol_many(session, [citizen])[0]

    def enrol_many(self, session: LoginSession, citizens: Sequence[NewCitizen]) -> list[CitizenRecord]:
        """Enrol citizens in one transaction: all of them or none."""
        with self._recorder.recorded(session, Action.CITIZEN_ENROL):
            require(session, Permission.CITIZEN_ENROL)
            for citizen in citizens:
                require_state(session, citizen.state)
            enrolled = self._enrolment.enrol(session, citizens)
        for one in self._observers:
            one.stored(session, [record.identity_token for record in enrolled])
        return enrolled

    # --- find ------------------------------------------------------------------------------------

    def show(self, session: LoginSession, token: str) -> CitizenRecord:
        """Return one citizen's metadata, after checking everything that is stored about the citizen."""
        with self._recorder.recorded(session, Action.CITIZEN_SHOW, token):
            require(session, Permission.CITIZEN_FIND)
            use = self._limits.use(session, Limited.METADATA, *tokens_in(token))
            rows = self._reading.rows(session, token, use)
            entry = self._recorder.entry(session, Action.CITIZEN_SHOW, Outcome.DONE, token)
            self._reading.record_checked([rows], entry, use)
            return records.record(rows.vault_columns)

    def find(self, session: LoginSession, criterion: str, value: str, wanted: CitizenFilter) -> list[CitizenRecord]:
        """Return the citizens with exactly this phone, email, aadhaar, pan, user_id or identity_token.

        The value is validated first and stands in no entry. One audit entry.
        """
        with self._recorder.recorded(session, Action.CITIZEN_SEARCH):
            require(session, Permission.CITIZEN_FIND)
            column, looked_for = self._looked_for(criterion, value)
            with self._database.lane(seeing=session.seeing) as lane:
                [found] = lane.run([self._integrity.query(store.of_value(column, looked_for, FOUND_LIMIT))])
            rows = self._integrity.citizens(found)
            use = self._limits.use(session, Limited.METADATA, *rows)
            result = [records.record(row.vault_columns) for row in rows.values()]
            result = [record for record in result if records.fits(record, seen_by(session, wanted))]
            detail = {"criterion": criterion, "matches": len(result)}
            if wanted.named():
                detail["filters"] = wanted.named()
            entry = self._recorder.entry(session, Action.CITIZEN_SEARCH, Outcome.DONE, detail=detail)
            self._reading.record_checked(list(rows.values()), entry, use)
            return sorted(result, key=lambda record: (record.state, record.identity_token))

    def find_by_name(
        self,
        session: LoginSession,
        typed: str,
        wanted: CitizenFilter,
        after: PageKey | None = None,
        limit: int = 100,
    ) -> CitizenPage:
        """Return citizens each typed word begins a word of whose name (3 letters at least), page by page.

        One entry a call, without the text. Raises LimitReached.
        """
        return self._names.page(session, typed, wanted, after, limit)

    # --- lists -----------------------------------------------------------------------------------

    def page(
        self, session: LoginSession, wanted: CitizenFilter, after: PageKey | None = None, limit: int = 100
    ) -> CitizenPage:
        """Return citizens in the order (state, identity token) after a key, every row's seal checked."""
        return self._lists.page(session, wanted, after, limit)

    def page_keys(
        self, session: LoginSession, wanted: CitizenFilter, after: PageKey | None, step: int, rows: int
    ) -> list[PageKey]:
        """Return every `step`-th key among the next `rows` rows, so that a table can jump without OFFSET."""
        return self._lists.page_keys(session, wanted, after, step, rows)

    def count(self, session: LoginSession, wanted: CitizenFilter) -> int:
        """Count the citizens that fit."""
        return self._lists.count(session, wanted)

    def counted(self, session: LoginSession, wanted: CitizenFilter, limit: int = COUNTED_LIMIT) -> CitizenCount:
        """Count the citizens that fit: exactly up to `limit`, beyond it by what the database expects."""
        return self._lists.counted(session, wanted, limit)

    def place_of(
        self,
        session: LoginSession,
        wanted: CitizenFilter,
        key: PageKey,
        page_rows: int,
        anchors: Sequence[PageKey] = (),
        anchor_rows: int = 0,
    ) -> CitizenPlace:
        """Return where a key stands, or would stand, in a list, so that a table can go there. No entry: no data.

        `anchors` are the keys of every `anchor_rows`-th row (whole pages) as far as they are known: rows are counted
        from the last one before the key, because counting millions takes a second.
        """
        return self._lists.place_of(session, wanted, key, page_rows, anchors, anchor_rows)

    def counts_by_state(self, session: LoginSession) -> dict[str, int]:
        """Count citizens by state code."""
        return self._lists.counts_by_state(session)

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
            use = self._limits.use(session, Limited.PROFILE, *tokens_in(token))
            intent = self._recorder.entry(
                session,
                Action.CITIZEN_PROFILE,
                Outcome.INTENT,
                token,
                purpose=purpose.value,
                reason=words,
                detail={"fields": [field.value for field in asked]},
            )
            rows, index, data_key = self._reading.opened(session, token, intent, use)
            try:
                values = records.open_fields(data_key, rows.vault_columns, asked, validation.today(self._now()))
            finally:
                data_key.wipe()
        done = self._recorder.entry(
            session, Action.CITIZEN_PROFILE, Outcome.DONE, token, purpose=purpose.value, detail={"intent": index}
        )
        self._audit.record_later(done)
        return CitizenProfile(token, purpose, index, values)

    # --- change ----------------------------------------------------------------------------------

    def update(self, session: LoginSession, token: str, changes: Mapping[str, Any]) -> CitizenRecord:
        """Change a citizen's values (`citizen create` keys, None empties one). Raises InvalidFields."""
        return self._changes.update(session, token, changes)

    def index_name(self, session: LoginSession, token: str) -> CitizenRecord:
        """Make a citizen found by name who was enrolled before there was a search by name."""
        return self._changes.index_name(session, token)

    def set_roles(
        self, session: LoginSession, token: str, roles: tuple[CitizenRole, ...], primary: CitizenRole | None = None
    ) -> CitizenRecord:
        """Set a citizen's one to five roles."""
        return self._changes.set_roles(session, token, roles, primary)

    def set_level(self, session: LoginSession, token: str, level: VerificationLevel) -> CitizenRecord:
        """Set how surely the citizen is known; the time of verification is now."""
        return self._changes.set_level(session, token, level)

    # --- shared ----------------------------------------------------------------------------------

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
