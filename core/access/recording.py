"""The entry that a refused or failed use case about operators, approvals or settings leaves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.access.model import LoginSession
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import ApprovalNeeded, AuditUnwritable, CitizenZeroError, DatabaseUnavailable, InvalidInput, Refused


@contextmanager
def recorded(audit: AuditLog, session: LoginSession, action: Action, detail: Mapping[str, Any]) -> Iterator[None]:
    """Leave an entry of its own for what was refused or failed, and let the error go on."""
    try:
        yield
    except (InvalidInput, ApprovalNeeded):
        raise  # a slip of the keyboard; a request has its own entry
    except (AuditUnwritable, DatabaseUnavailable):
        raise  # no entry can be written
    except CitizenZeroError as error:
        outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED
        told = {**detail, "error": error.code}
        audit.record_failed(audit.entry(session.actor, action=action, outcome=outcome, detail=told))
        raise
