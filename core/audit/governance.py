"""What the log says about operators, settings and approvals: the defence against a whole old row that was put back.

A row's seal fits its old state too. Its revision is therefore compared with the newest entry about it, as a
citizen's is: a disabled operator, a former role, a used approval does not come back by SQL.
"""

from collections.abc import Iterable, Sequence

from core.audit.governance_store import governing
from core.audit.model import Action, Outcome, StoredEntry
from core.audit.service import AuditLog
from core.errors import IntegrityFailure
from core.storage.database import Database
from core.storage.seal import SealedRow

OPERATOR_ACTIONS = (
    Action.OPERATOR_ADD,
    Action.OPERATOR_JOIN,
    Action.OPERATOR_DISABLE,
    Action.OPERATOR_ROLE,
    Action.OPERATOR_FACTOR_ADD,
    Action.OPERATOR_FACTOR_REMOVE,
)
SETTING_ACTIONS = (Action.SETTING_CHANGE,)
# The row already stands as an intent says: what follows is the HSM's part.
_STANDS = (Outcome.DONE, Outcome.INTENT)


class GovernanceLog:
    """Compares governing rows with the log. Thread-safe."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def entries(self, actions: Sequence[Action], after: int = -1) -> list[StoredEntry]:
        """Return the done entries of some actions behind an index, newest first, each checked."""
        with self._database.transaction() as connection:
            found = governing(connection, actions, (Outcome.DONE,), after)
        self._audit.check(found)
        return found

    def newest_intent(self, action: Action) -> StoredEntry | None:
        """Return the newest intent of an action, checked."""
        with self._database.transaction() as connection:
            found = governing(connection, (action,), (Outcome.INTENT,), -1)[:1]
        self._audit.check(found)
        return found[0] if found else None

    def check_operators(self, rows: Iterable[SealedRow]) -> None:
        """Raise IntegrityFailure for an operator whose row is older than the log says, or has another key."""
        newest = self._newest(OPERATOR_ACTIONS, "operator")
        for row in rows:
            entry = newest.get(str(row.columns["name"]))
            if entry is not None:
                self._compare(row, entry)

    def check_settings(self, rows: Iterable[SealedRow]) -> None:
        """Raise IntegrityFailure for a setting that is older than the log says, or missing."""
        newest = self._newest(SETTING_ACTIONS, "setting")
        for row in rows:
            entry = newest.pop(str(row.columns["name"]), None)
            if entry is not None:
                self._compare(row, entry)
        for name in newest:
            raise IntegrityFailure(f"The log knows a change of the setting {name}, but it is not stored.")

    def _newest(self, actions: Sequence[Action], named_by: str) -> dict[str, StoredEntry]:
        """Return the newest entry that names a revision, by the thing that it is about."""
        with self._database.transaction() as connection:
            found = governing(connection, actions, _STANDS, -1)
        newest: dict[str, StoredEntry] = {}
        for entry in found:
            detail = entry.detail
            if named_by in detail and "revision" in detail:
                newest.setdefault(str(detail[named_by]), entry)
        self._audit.check(list(newest.values()))
        return newest

    @staticmethod
    def _compare(row: SealedRow, entry: StoredEntry) -> None:
        if row.columns["revision"] != entry.detail["revision"]:
            raise IntegrityFailure(
                f"The stored {row.name} is not the newest one: the log says that it was changed later.",
                details={"Table": row.table, "Entry": str(entry.index)},
            )
