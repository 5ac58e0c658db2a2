"""Lists of citizens in the order of pages: page, jump, count. Metadata only; a page's seals are all checked."""

from collections.abc import Sequence
from dataclasses import replace

from core.access.limits.service import RateLimits
from core.access.model import LoginSession, Permission, require
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens import list_store, records
from core.citizens.model import CitizenCount, CitizenFilter, CitizenPage, CitizenPlace, PageKey
from core.citizens.recording import Recorder
from core.errors import InvalidInput
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.seal import RowSealer

PAGE_LIMIT = 500
COUNTED_LIMIT = 1_000_000  # beyond it a count takes longer than anybody waits for a footer


class CitizenLists:
    """What a table of citizens asks. Thread-safe."""

    def __init__(self, database: Database, sealer: RowSealer, limits: RateLimits, audit: AuditLog) -> None:
        self._database = database
        self._sealer = sealer
        self._limits = limits
        self._audit = audit
        self._recorder = Recorder(audit)

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
            if after is None:
                self._limits.take(session, Limited.LISTING)
            with self._database.transaction(seeing=session.seeing) as connection:
                rows = list_store.page(connection, seen_by(session, wanted), after, limit + 1)
            self._sealer.check(rows)
            items = tuple(records.record(row.columns) for row in rows[:limit])
            if after is None:
                detail = {"criterion": "list", "filters": wanted.named()}
                self._audit.record(self._recorder.entry(session, Action.CITIZEN_SEARCH, Outcome.DONE, detail=detail))
            more = len(rows) > limit
            return CitizenPage(items, PageKey(items[-1].state, items[-1].identity_token) if more else None)

    def page_keys(
        self, session: LoginSession, wanted: CitizenFilter, after: PageKey | None, step: int, rows: int
    ) -> list[PageKey]:
        """Return every `step`-th key among the next `rows` rows, so that a table can jump without OFFSET."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction(seeing=session.seeing) as connection:
            return list_store.page_keys(connection, seen_by(session, wanted), after, step, rows)

    def count(self, session: LoginSession, wanted: CitizenFilter) -> int:
        """Count the citizens that fit."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction(seeing=session.seeing) as connection:
            return list_store.count(connection, seen_by(session, wanted))

    def counted(self, session: LoginSession, wanted: CitizenFilter, limit: int = COUNTED_LIMIT) -> CitizenCount:
        """Count the citizens that fit: exactly up to `limit`, beyond it by what the database expects."""
        require(session, Permission.CITIZEN_FIND)
        wanted = seen_by(session, wanted)
        with self._database.snapshot(session.seeing) as connection:
            number = list_store.count_up_to(connection, wanted, limit + 1)
            if number <= limit:
                return CitizenCount(number)
            return CitizenCount(max(number, list_store.expected(connection, wanted)), exact=False)

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
        require(session, Permission.CITIZEN_FIND)
        with self._database.snapshot(session.seeing) as connection:
            block = list_store.keys_before(connection, anchors, key) if anchors else 0
            since = anchors[block - 1] if block else None
            row, page_after = list_store.place_of(connection, seen_by(session, wanted), key, page_rows, since)
            return CitizenPlace(block * anchor_rows + row, page_after)

    def counts_by_state(self, session: LoginSession) -> dict[str, int]:
        """Count citizens by state code: those of the operator's own states."""
        require(session, Permission.CITIZEN_FIND)
        with self._database.transaction(seeing=session.seeing) as connection:
            return list_store.counts_by_state(connection, seen_by(session, CitizenFilter()))


def seen_by(session: LoginSession, wanted: CitizenFilter) -> CitizenFilter:
    """Return the filter within the operator's own states: the rule of the database's policies, once more here."""
    return replace(wanted, within=session.states)
