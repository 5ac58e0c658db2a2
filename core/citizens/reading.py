"""Reading what is stored about one citizen: all rows of one moment, checked together.

Where an intent must stand in the log before anything is opened, the database looks up the rows while the HSM
authenticates the intent, then counts the use and commits both while the HSM checks the rows; only then is the data
key opened. Where the use is refused there is no intent; the rows, ciphertext, are dropped.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.access.limits.service import Use
from core.access.model import LoginSession
from core.audit.model import Entry
from core.audit.service import AuditLog
from core.citizens import store
from core.citizens.integrity import CitizenIntegrity, CitizenRows
from core.citizens.model import looks_like_token
from core.errors import NotFound
from core.keys.service import KeyService
from core.states import EVERY_STATE
from core.storage.database import Database
from core.storage.statement import Result
from core.vault_token import VaultToken
from hsm.secret import Secret


class OpenRows(NamedTuple):
    """A citizen's rows, checked, the index of the intent to open them, and the data key. Whoever has it wipes it."""

    rows: CitizenRows
    intent: int
    data_key: Secret


class CitizenReading:
    """Reads citizens' rows and judges them. Thread-safe."""

    def __init__(
        self, database: Database, token: VaultToken, integrity: CitizenIntegrity, keys: KeyService, audit: AuditLog
    ) -> None:
        self._database = database
        self._token = token
        self._keys = keys
        self._integrity = integrity
        self._audit = audit

    def rows(self, session: LoginSession, token: str, use: Use | None = None) -> CitizenRows:
        """Return a citizen's rows, ciphertext all, not yet checked. Raises NotFound, once the use is counted.

        A citizen of a state that is not the operator's is answered like one whom nobody knows.
        """
        with self._database.lane(seeing=session.seeing) as lane:
            [found] = lane.run([self._integrity.query(store.of_token(token))])
            for rows in self._citizens(session, found):
                return rows
            if use is not None:
                use.count(lane)  # whoever tries tokens is held back as well
        raise self._unknown(token)

    def rows_checked(self, session: LoginSession, token: str) -> CitizenRows:
        """Return a citizen's rows after checking them. Raises NotFound, IntegrityFailure."""
        rows = self.rows(session, token)
        self._integrity.check([rows])
        return rows

    def opened(self, session: LoginSession, token: str, intent: Entry, use: Use | None = None) -> OpenRows:
        """Count the use and commit an intent about a citizen; then check the rows and open the data key.

        Nothing may be opened of rows that this method did not return. Raises LimitReached (then there is no intent),
        AuditUnwritable, NotFound, IntegrityFailure; after the last two the intent stands in the log.
        """
        if not looks_like_token(token):
            if use is not None:
                with self._database.lane() as lane:
                    use.count(lane)
            raise NotFound("There is no citizen with this identity token.")  # and it belongs in no entry
        draft = self._audit.draft(intent)
        with self._database.lane(seeing=session.seeing) as lane:
            with self._token.turn() as turn:
                macs = turn.check_macs((), draft.exact)
                lane.send(self._integrity.query(store.of_token(token)))
                planned = self._audit.plan(draft, macs()[1])
                self._audit.send_off(lane, planned, use)
                [found] = lane.receive()
                citizens = self._citizens(session, found)
                checking = self._integrity.checking(self._integrity.asked(citizens), turn)
            index = self._audit.arrived(lane, planned, use)  # no turn waits for the log
        if not citizens:
            raise self._unknown(token)
        self._integrity.require_agreement(citizens)
        checking.judge()
        return OpenRows(citizens[0], index, self._keys.open_data_key(citizens[0].data_key))

    def all_intended(
        self, session: LoginSession, tokens: Sequence[str], intent_of: Callable[[str], Entry]
    ) -> list[tuple[CitizenRows, int]]:
        """Commit an intent about each of some citizens; return their rows, checked, and the intents' indexes.

        Whoever is not there, or not in the operator's states, is left out. Raises IntegrityFailure for the first
        who is not whole: then no intent stands in the log.
        """
        with self._database.lane(seeing=session.seeing) as lane:
            [found] = lane.run([self._integrity.query(store.of_tokens(tokens))])
        citizens = self._citizens(session, found)
        self._integrity.check(citizens)
        if not citizens:
            return []
        indexes = self._audit.record(*(intent_of(rows.identity_token) for rows in citizens))
        return list(zip(citizens, indexes, strict=True))

    def record_checked(self, rows: list[CitizenRows], entry: Entry, use: Use) -> int:
        """Check rows, then count the use and commit the entry about them; returns its index.

        One exchange with the HSM and one with the database. Raises IntegrityFailure, then LimitReached: of neither
        an entry says that the rows were given.
        """
        self._integrity.require_agreement(rows)
        draft = self._audit.draft(entry)
        with self._token.turn() as turn:
            checking = self._integrity.checking(self._integrity.asked(rows), turn, draft)
            checking.judge()
        return self._audit.record_planned(self._audit.plan(draft, checking.entry_macs()), use)

    def _citizens(self, session: LoginSession, found: Result) -> list[CitizenRows]:
        """Return whom the operator may see of the citizens that a query gave."""
        citizens = self._integrity.citizens(found).values()
        return [rows for rows in citizens if session.may_see(rows.directory.columns["state"])]

    def _unknown(self, token: str) -> NotFound:
        """Return what to raise for a citizen who is not there. Raises IntegrityFailure if the log says otherwise."""
        with self._database.snapshot(EVERY_STATE) as connection:
            self._integrity.check_absence(connection, token)
        return NotFound("There is no citizen with this identity token.")
