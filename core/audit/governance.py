"""What the log says about operators, settings and approvals: the defence against a whole old row that was put back.

A row's seal fits its old state too. Its revision is therefore compared with the newest entry about it, as a
citizen's is: a disabled operator, a former role, a used approval does not come back by SQL. Rows and entries are
read in one snapshot, or a change by another process in between would look like an old row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection

from core.audit.governance_store import governing
from core.audit.model import Action, Outcome, StoredEntry
from core.audit.service import AuditLog
from core.errors import IntegrityFailure
from core.storage.database import Database
from core.storage.seal import SealedRow

# The newest entry that names a revision, by the name of the thing that it is about; not yet checked.
Newest: TypeAlias = Mapping[str, StoredEntry]

_OPERATORS = (
    Action.OPERATOR_ADD,
    Action.OPERATOR_JOIN,
    Action.OPERATOR_DISABLE,
    Action.OPERATOR_ROLE,
    Action.OPERATOR_STATES,
    Action.OPERATOR_FACTOR_ADD,
    Action.OPERATOR_FACTOR_REMOVE,
)
_JOINING = (Action.OPERATOR_ADD, Action.OPERATOR_JOIN)
_SETTINGS = (Action.SETTING_CHANGE,)
_ENDS = (Action.APPROVAL_EXECUTE, Action.APPROVAL_REJECT)
# The row already stands as an intent says: what follows is the HSM's part.
_STANDS = (Outcome.DONE, Outcome.INTENT)


class GovernanceLog:
    """Reads the entries about governing rows, and compares. Thread-safe."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def operators(self, connection: Connection) -> tuple[Newest, Newest]:
        """Return the newest entries about operators, and those by which their signing keys were certified."""
        entries = governing(connection, _OPERATORS, _STANDS, -1)
        return _newest(entries, "operator"), _newest(
            [entry for entry in entries if entry.action in _JOINING], "operator"
        )

    def settings(self, connection: Connection) -> Newest:
        """Return the newest entries about settings."""
        return _newest(governing(connection, _SETTINGS, _STANDS, -1), "setting")

    def ends(self, connection: Connection, after: int) -> list[StoredEntry]:
        """Return how requests made behind an index ended: executed or rejected; not yet checked."""
        return governing(connection, _ENDS, (Outcome.DONE,), after)

    def newest_of(self, action: Action, outcome: Outcome, **detail: str) -> StoredEntry | None:
        """Return the newest entry of an action with such details, checked."""
        with self._database.transaction() as connection:
            found = governing(connection, (action,), (outcome,), -1)
        for entry in found:
            if detail.items() <= entry.detail.items():
                self._audit.check([entry])
                return entry
        return None

    def check(self, rows: Iterable[SealedRow], newest: Newest) -> None:
        """Raise IntegrityFailure for a row that is older than the log says. What the log does not know passes."""
        pairs = [(row, newest[name]) for row in rows if (name := str(row.columns["name"])) in newest]
        self.check_entries([entry for _, entry in pairs])
        for row, entry in pairs:
            if row.columns["revision"] < entry.detail["revision"]:
                raise IntegrityFailure(
                    f"The stored {row.name} is not the newest one: the log says that it was changed later.",
                    details={"Table": row.table, "Entry": str(entry.index)},
                )

    def check_present(self, rows: Iterable[SealedRow], newest: Newest) -> None:
        """Raise IntegrityFailure where the log knows something that is not stored."""
        for name in newest.keys() - {str(row.columns["name"]) for row in rows}:
            self.check_entries([newest[name]])
            raise IntegrityFailure(f"The log knows {name}, but it is not stored.")

    def check_entries(self, entries: Sequence[StoredEntry]) -> None:
        """Raise LogIntegrityFailure for an entry that the console did not write."""
        self._audit.check(entries)


def _newest(entries: Iterable[StoredEntry], named_by: str) -> Newest:
    newest: dict[str, StoredEntry] = {}
    for entry in entries:
        detail = entry.detail
        if named_by in detail and "revision" in detail:
            newest.setdefault(str(detail[named_by]), entry)
    return newest
