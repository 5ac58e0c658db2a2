"""Whether what is stored about a citizen is whole: seals, the rows' agreement, and the log's word.

A row's seal shows any change to it. That a whole old row, with its old and valid seal, was put back
shows in the log: its newest entry about the citizen names the revision that is current.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.audit.draft import Draft
from core.audit.model import StoredEntry
from core.audit.service import AuditLog
from core.citizens import store
from core.errors import IntegrityFailure, NotFound
from core.keys.service import KeyService
from core.storage.exchange import Condition, apart, beside
from core.storage.seal import RowSealer, SealedRow
from core.storage.statement import Result, Statement
from core.vault_token import TokenTurn, VaultToken

SHARED_COLUMNS = ("identity_token", "user_id", "state", "aadhaar_hash", "pan_hash", "revision")
DATA_KEY_AND_KEK = 2


@dataclass(frozen=True)
class CitizenRows:
    """Everything that is stored about one citizen, as read in one snapshot."""

    directory: SealedRow
    vault: SealedRow | None
    keys: Sequence[SealedRow]
    last_change: StoredEntry | None

    @property
    def identity_token(self) -> str:
        """Return whose rows these are."""
        return str(self.directory.columns["identity_token"])

    @property
    def vault_columns(self) -> Mapping[str, Any]:
        """Return the columns of the record. Raises NotFound where there is none."""
        if self.vault is None:
            raise NotFound("There is no citizen with this identity token.")
        return self.vault.columns

    @property
    def data_key(self) -> SealedRow:
        """Return the data key's row."""
        return self.keys[0]

    def sealed(self) -> list[SealedRow]:
        """Return all rows that carry a seal."""
        return [self.directory, *([] if self.vault is None else [self.vault]), *self.keys]


@dataclass(frozen=True)
class AskedCheck:
    """What of some citizens' rows only the HSM can judge, and the bytes that it authenticates."""

    rows: Sequence[SealedRow]
    changes: Sequence[StoredEntry]
    row_bytes: Sequence[bytes]
    entry_bytes: Sequence[bytes]


@dataclass(frozen=True)
class Checking:
    """A check that is under way: `judge` waits for it and raises IntegrityFailure, `entry_macs` are the draft's."""

    judge: Callable[[], None]
    entry_macs: Callable[[], Sequence[bytes]]


class CitizenIntegrity:
    """Reads a citizen's rows together and judges them together."""

    def __init__(self, token: VaultToken, sealer: RowSealer, keys: KeyService, audit: AuditLog) -> None:
        self._token = token
        self._sealer = sealer
        self._keys = keys
        self._audit = audit
        self._parts = (*store.PARTS, *keys.beside(store.WHOSE), audit.last_change_beside(store.WHOSE))

    def query(self, wanted: Condition) -> Statement:
        """Return the one query for all rows of citizens and the log's word about them, all of one moment."""
        return beside(self._parts, wanted)

    def citizens(self, found: Result) -> dict[str, CitizenRows]:
        """Return, by identity token, the rows that the query gave; nothing is checked yet."""
        citizens = {}
        for record in found.records:
            directory, vault, *keys, change = apart(self._parts, record)
            if directory is not None:
                citizens[str(directory["identity_token"])] = CitizenRows(
                    store.sealed_directory(directory),
                    None if vault is None else store.sealed_vault(vault),
                    self._keys.joined(keys),
                    self._audit.last_change(change),
                )
        return citizens

    def check(self, citizens: Sequence[CitizenRows]) -> None:
        """Raise IntegrityFailure for the first citizen whose rows are not whole. One HSM call for all."""
        self.require_agreement(citizens)
        asked = self.asked(citizens)
        if asked.row_bytes or asked.entry_bytes:
            self._judge(asked, *self._token.check_macs(asked.row_bytes, asked.entry_bytes))

    def require_agreement(self, citizens: Sequence[CitizenRows]) -> None:
        """Raise IntegrityFailure for the first citizen whose rows are missing or contradict each other or the log."""
        for citizen in citizens:
            problem = self._disagreement(citizen)
            if problem is not None:
                raise IntegrityFailure(
                    f"The record of {citizen.identity_token} is not what the console stored: {problem}."
                )

    def asked(self, citizens: Sequence[CitizenRows]) -> AskedCheck:
        """Return what only the HSM can judge of citizens' rows."""
        rows = self._sealer.unknown(row for citizen in citizens for row in citizen.sealed())
        changes = self._audit.unknown([one.last_change for one in citizens if one.last_change is not None])
        return AskedCheck(rows, changes, self._sealer.bytes_of(rows), [change.entry for change in changes])

    def checking(self, asked: AskedCheck, turn: TokenTurn, draft: Draft | None = None) -> Checking:
        """Ask the HSM to judge rows that agree, and for the MAC of an entry's draft, without waiting for either."""
        messages = [*asked.entry_bytes, *(() if draft is None else draft.exact)]
        macs = turn.check_macs(asked.row_bytes, messages) if asked.rows or messages else lambda: ([], [])
        changes = len(asked.changes)

        def judge() -> None:
            row_macs, entry_macs = macs()
            self._judge(asked, row_macs, entry_macs[:changes])

        return Checking(judge, lambda: macs()[1][changes:])

    def _judge(self, asked: AskedCheck, row_macs: Sequence[bytes], entry_macs: Sequence[bytes]) -> None:
        self._sealer.check(asked.rows, row_macs)
        self._audit.check(asked.changes, entry_macs)

    def problems(self, citizens: Sequence[CitizenRows]) -> dict[str, str]:
        """Return, by identity token, what is wrong with each citizen that is not whole."""
        found: dict[str, str] = {}
        whose = {id(row): citizen.identity_token for citizen in citizens for row in citizen.sealed()}
        for row in self._sealer.broken([row for citizen in citizens for row in citizen.sealed()]):
            found.setdefault(whose[id(row)], f"the seal of its row in {row.table} does not fit")
        for citizen in citizens:
            problem = self._disagreement(citizen)
            if problem is not None:
                found.setdefault(citizen.identity_token, problem)
        return found

    def check_absence(self, connection: Connection, token: str) -> None:
        """Raise for a token that the directory does not know and the log does. The connection must see everything.

        The same work is done for a citizen who is there, but not for the operator who asks.
        """
        logged = self._audit.last_changes(connection, [token])
        known = store.directory_rows(connection, [token])
        if logged and not known:
            raise IntegrityFailure(
                f"The log says that {token} is enrolled, but the directory has no row of it.",
                meaning="The record was taken out of the database outside the console.",
            )

    @staticmethod
    def _disagreement(citizen: CitizenRows) -> str | None:
        if citizen.vault is None:
            return "its row in identity_vault is missing"
        vault, directory, change = citizen.vault.columns, citizen.directory.columns, citizen.last_change
        logged = None if change is None else change.citizen_revision
        findings = (
            *((vault[column] != directory[column], f"its rows disagree about {column}") for column in SHARED_COLUMNS),
            (len(citizen.keys) != DATA_KEY_AND_KEK, "its data key or KEK is missing"),
            (
                bool(citizen.keys) and citizen.data_key.columns["data_key_id"] != vault["encryption_key_id"],
                "its data key is another one than the record names",
            ),
            (change is None, "the log has no entry of its enrolment"),
            (logged != vault["revision"], f"it has revision {vault['revision']}, the log's last change {logged}"),
        )
        return next((words for found, words in findings if found), None)
