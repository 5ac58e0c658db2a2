"""Checks the seal of every credential and of every record of what was learnt, in batches."""

from core.proofs import store
from core.states import EVERY_STATE
from core.storage.database import Database
from core.storage.seal import RowSealer

BATCH = 500


class ProofSweep:
    """Looks at the rows of this subject, so that work goes on meanwhile."""

    def __init__(self, database: Database, sealer: RowSealer) -> None:
        self._database = database
        self._sealer = sealer

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by the row's name."""
        found: dict[str, str] = {}
        for table in store.TABLES:
            after = ""
            while True:
                with self._database.transaction(seeing=EVERY_STATE) as connection:
                    rows = store.rows_after(connection, table, after, BATCH)
                if not rows:
                    break
                found |= dict.fromkeys((row.name for row in self._sealer.broken(rows)), "its seal does not fit")
                after = rows[-1].columns["identity_token"]
        return found
