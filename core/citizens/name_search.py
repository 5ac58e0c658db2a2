"""Finding citizens by the beginnings of their names' words, page by page.

The text that was typed stands in no entry and reaches the database only as keyed digests. A limit
for each operator keeps the search from being used to list the vault.
"""

from dataclasses import replace

from core.access.limits.service import RateLimits
from core.access.model import LoginSession, Permission, require
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens import list_store, names, records
from core.citizens.model import CitizenFilter, CitizenPage, PageKey
from core.citizens.recording import Recorder
from core.errors import IntegrityFailure, InvalidInput
from core.keys.digests import Digests
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow

PAGE_LIMIT = 500


class NameSearch:
    """The search as one types. Thread-safe."""

    def __init__(
        self,
        database: Database,
        digests: Digests,
        sealer: RowSealer,
        limits: RateLimits,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._digests = digests
        self._sealer = sealer
        self._limits = limits
        self._audit = audit
        self._recorder = Recorder(audit)

    def page(
        self, session: LoginSession, typed: str, wanted: CitizenFilter, after: PageKey | None, limit: int
    ) -> CitizenPage:
        """Return the citizens each typed word begins a word of whose name, by (state, identity token).

        One entry a call, later pages too: a page without one would let somebody try names unseen.
        Raises InvalidInput for too short a text, LimitReached for too many of them.
        """
        with self._recorder.recorded(session, Action.CITIZEN_SEARCH):
            require(session, Permission.CITIZEN_FIND)
            if not 1 <= limit <= PAGE_LIMIT:
                raise InvalidInput(f"A page has 1 to {PAGE_LIMIT} rows.", field="limit")
            digests = self._digests.of_names([names.looked_for(typed)])[0]
            self._limits.take(session, Limited.LISTING)
            with self._database.transaction(seeing=session.seeing) as connection:
                within = replace(wanted, within=session.states)
                pairs = list_store.named(connection, digests, within, after, limit + 1)
            self._check(pairs)
            items = tuple(records.record(vault.columns) for _, vault in pairs[:limit])
            detail = {"criterion": "name", "matches": len(items), "filters": wanted.named()}
            self._audit.record(self._recorder.entry(session, Action.CITIZEN_SEARCH, Outcome.DONE, detail=detail))
            more = len(pairs) > limit
            return CitizenPage(items, PageKey(items[-1].state, items[-1].identity_token) if more else None)

    def _check(self, pairs: list[tuple[SealedRow, SealedRow]]) -> None:
        """Raise IntegrityFailure for a row that is not what the console stored, or a pair of two citizens."""
        self._sealer.check([row for pair in pairs for row in pair])
        for directory, vault in pairs:
            if any(directory.columns[name] != vault.columns[name] for name in ("user_id", "revision")):
                raise IntegrityFailure(f"The {directory.name} and its record do not belong together.")
