"""Reading what is stored about one citizen: all rows of one moment, checked together."""

from collections.abc import Sequence

from core.audit.model import Entry
from core.audit.service import AuditLog
from core.citizens.integrity import CitizenIntegrity, CitizenRows
from core.errors import NotFound
from core.storage.database import Database


class CitizenReading:
    """Reads citizens' rows and judges them. Thread-safe."""

    def __init__(self, database: Database, integrity: CitizenIntegrity, audit: AuditLog) -> None:
        self._database = database
        self._integrity = integrity
        self._audit = audit

    def rows(self, token: str) -> CitizenRows:
        """Return a citizen's rows, ciphertext all, not yet checked. Raises NotFound."""
        with self._database.snapshot() as connection:
            rows = self._integrity.read(connection, [token]).get(token)
            if rows is None:
                self._integrity.check_absence(connection, token)
                raise NotFound("There is no citizen with this identity token.")
        return rows

    def rows_checked(self, token: str) -> CitizenRows:
        """Return a citizen's rows after checking them. Raises NotFound, IntegrityFailure."""
        rows = self.rows(token)
        self._integrity.check([rows])
        return rows

    def record_checked(self, rows: Sequence[CitizenRows], entry: Entry) -> int:
        """Check rows, then commit the entry about them; returns its index. One exchange with the HSM for both."""
        draft = self._audit.draft(entry)
        return self._audit.record_planned(self._audit.plan(draft, self._integrity.check(rows, draft)))
