"""Reading what is stored about one citizen: all rows of one moment, checked together.

Where an intent must stand in the log before anything is opened, three things go on at once: the database
counts the use and looks up the rows while the HSM authenticates the intent, and commits it while the HSM checks
the rows. A use that is refused stops before the intent; the rows, ciphertext that was read meanwhile, are dropped.
"""

from collections.abc import Callable, Sequence

from core.access.limits.service import Use
from core.access.model import LoginSession
from core.audit.model import Entry
from core.audit.service import AuditLog
from core.citizens import store
from core.citizens.integrity import CitizenIntegrity, CitizenRows
from core.citizens.model import looks_like_token
from core.errors import CitizenZeroError, NotFound
from core.states import EVERY_STATE
from core.storage.database import Database
from core.storage.statement import Result


class CitizenReading:
    """Reads citizens' rows and judges them. Thread-safe."""

    def __init__(self, database: Database, integrity: CitizenIntegrity, audit: AuditLog) -> None:
        self._database = database
        self._integrity = integrity
        self._audit = audit

    def rows(self, session: LoginSession, token: str, use: Use | None = None) -> CitizenRows:
        """Return a citizen's rows, ciphertext all, not yet checked. Raises NotFound, and LimitReached for the use.

        A citizen of a state that is not the operator's is answered like one whom nobody knows.
        """
        with self._database.lane(seeing=session.seeing) as lane:
            if use is not None:
                use.send(lane)
            lane.send(self._integrity.query(store.of_token(token)))
            if use is not None:
                use.allow(lane)
            [found] = lane.receive()
        return self._the_one(session, found, token)

    def rows_checked(self, session: LoginSession, token: str) -> CitizenRows:
        """Return a citizen's rows after checking them. Raises NotFound, IntegrityFailure."""
        rows = self.rows(session, token)
        self._integrity.check([rows])
        return rows

    def intended(
        self, session: LoginSession, token: str, intent: Entry, use: Use | None = None
    ) -> tuple[CitizenRows, int]:
        """Count the use, then commit an intent about a citizen; return the rows, checked, and the intent's index.

        Nothing is opened here, and nothing may be opened of rows that this method did not return. Raises LimitReached
        (then there is no intent), AuditUnwritable, NotFound, IntegrityFailure; after the last two it stands in the log.
        """
        if not looks_like_token(token):
            if use is not None:
                with self._database.lane() as lane:
                    use.count(lane)
            raise NotFound("There is no citizen with this identity token.")  # and it belongs in no entry
        with self._database.lane(seeing=session.seeing) as lane:
            with self._audit.planning(intent) as plan:
                if use is not None:
                    use.send(lane)
                lane.send(self._integrity.query(store.of_token(token)))
                planned = plan()
            if use is not None:
                use.allow(lane)
            self._audit.send_off(lane, planned)
            [found] = lane.receive()
            try:
                rows = self._the_one(session, found, token)
                self._integrity.check([rows])
            except CitizenZeroError:
                lane.settle()  # the intent stands before the entry that says how it ended
                raise
            index = self._audit.arrived(lane, planned)
        return rows, index

    def all_intended(
        self, session: LoginSession, tokens: Sequence[str], intent_of: Callable[[str], Entry]
    ) -> list[tuple[CitizenRows, int]]:
        """Commit an intent about each of some citizens; return their rows, checked, and the intents' indexes.

        Whoever is not there, or not in the operator's states, is left out. Raises IntegrityFailure for the first
        who is not whole: then no intent stands in the log.
        """
        with self._database.lane(seeing=session.seeing) as lane:
            [found] = lane.run([self._integrity.query(store.of_tokens(tokens))])
        citizens = [
            rows
            for rows in self._integrity.citizens(found).values()
            if session.may_see(rows.directory.columns["state"])
        ]
        self._integrity.check(citizens)
        if not citizens:
            return []
        indexes = self._audit.record(*(intent_of(rows.identity_token) for rows in citizens))
        return list(zip(citizens, indexes, strict=True))

    def record_checked(self, rows: list[CitizenRows], entry: Entry) -> int:
        """Check rows, then commit the entry about them; returns its index. One exchange with the HSM for both."""
        draft = self._audit.draft(entry)
        return self._audit.record_planned(self._audit.plan(draft, self._integrity.check(rows, draft)))

    def _the_one(self, session: LoginSession, found: Result, token: str) -> CitizenRows:
        rows = self._integrity.citizens(found).get(token)
        if rows is None or not session.may_see(rows.directory.columns["state"]):
            with self._database.snapshot(EVERY_STATE) as connection:
                self._integrity.check_absence(connection, token)
            raise NotFound("There is no citizen with this identity token.")
        return rows
