"""Checks every citizen, or a random sample: seals, agreement of rows, and the log's revisions.

Also finds citizens that the log knows and the directory does not: rows taken out by SQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.audit.service import AuditLog
from core.citizens import store
from core.citizens.integrity import CitizenIntegrity
from core.errors import LogIntegrityFailure
from core.keys.service import KeyService
from core.states import EVERY_STATE
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken

BATCH = 200


@dataclass(frozen=True)
class SweepBatch:
    """How many citizens were looked at, and what is wrong, by identity token."""

    checked: int
    problems: dict[str, str]


class CitizenSweep:
    """Looks at citizens in batches, each in a snapshot of its own, so that work goes on meanwhile.

    All of them, whatever states the operator is bound to: a part that is whole says nothing about the vault.
    """

    def __init__(
        self, database: Database, token: VaultToken, sealer: RowSealer, keys: KeyService, audit: AuditLog
    ) -> None:
        self._database = database
        self._audit = audit
        self._integrity = CitizenIntegrity(token, sealer, keys, audit)

    def batches(self, sample: int | None = None) -> Iterator[SweepBatch]:
        """Give the result batch by batch; with `sample`, of that many citizens chosen at random."""
        if sample is not None:
            with self._database.snapshot(EVERY_STATE) as connection:
                rows = store.sample_directory(connection, sample)
            for start in range(0, len(rows), BATCH):
                yield self._look_at(rows[start : start + BATCH])
            return
        after = ""
        while rows := self._after(after):
            yield self._look_at(rows)
            after = rows[-1].columns["identity_token"]
        yield from self._missing()

    def _after(self, token: str) -> list[SealedRow]:
        with self._database.snapshot(EVERY_STATE) as connection:
            return store.directory_after(connection, token, BATCH)

    def _look_at(self, rows: list[SealedRow]) -> SweepBatch:
        tokens = [row.columns["identity_token"] for row in rows]
        with self._database.lane(seeing=EVERY_STATE) as lane:
            [found] = lane.run([self._integrity.query(store.of_tokens(tokens))])
        citizens = list(self._integrity.citizens(found).values())
        problems = self._integrity.problems(citizens)
        for citizen in citizens:
            try:
                self._audit.check([citizen.last_change] if citizen.last_change else [])
            except LogIntegrityFailure as error:
                problems.setdefault(citizen.identity_token, error.message)
        return SweepBatch(len(citizens), problems)

    def _missing(self) -> Iterator[SweepBatch]:
        after = ""
        while True:
            with self._database.snapshot(EVERY_STATE) as connection:
                logged = self._audit.changed_citizens(connection, after, BATCH)
                known = store.directory_rows(connection, logged)
            if not logged:
                return
            gone = [token for token in logged if token not in known]
            yield SweepBatch(0, dict.fromkeys(gone, "the log knows it, the directory does not"))
            after = logged[-1]
