"""Reading the audit log as an operator: permission first, and an entry about the reading."""

from core.access.model import LoginSession, Permission, require
from core.audit.checking import LogVerdict
from core.audit.model import Action, EntryFilter, Outcome, StoredEntry
from core.audit.service import AuditLog


class LogReader:
    """What operators see of the log."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def search(self, session: LoginSession, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
        """Return the newest entries that fit, each checked. Raises LogIntegrityFailure."""
        require(session, Permission.AUDIT_READ)
        entries = self._audit.search(wanted, limit)
        detail = {"filters": [name for name, value in vars(wanted).items() if value is not None]}
        self._audit.record(
            self._audit.entry(session.actor, action=Action.AUDIT_SEARCH, outcome=Outcome.DONE, detail=detail)
        )
        return entries

    def verify(self, session: LoginSession) -> LogVerdict:
        """Read the whole log and say whether it is what the console wrote."""
        require(session, Permission.AUDIT_READ)
        verdict = self._audit.verify()
        outcome = Outcome.DONE if verdict.first_bad is None else Outcome.FAILED
        detail = {"checked": verdict.entries, "broken": int(verdict.first_bad is not None)}
        self._audit.record(self._audit.entry(session.actor, action=Action.AUDIT_VERIFY, outcome=outcome, detail=detail))
        return verdict
