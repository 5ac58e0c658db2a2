"""Entries about citizens: those that a use case writes, and the one that a refusal or failure leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.access.model import LoginSession
from core.audit.model import Action, Entry, Outcome
from core.audit.service import AuditLog
from core.citizens.model import Purpose, looks_like_token
from core.errors import AuditUnwritable, CitizenZeroError, DatabaseUnavailable, InvalidInput, Refused


class Recorder:
    """Makes entries in the name of an operator."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def entry(
        self, session: LoginSession, action: Action, outcome: Outcome, token: str | None = None, **fields: Any
    ) -> Entry:
        """Return an entry of the present time, not yet written."""
        return self._audit.entry(session.actor, action=action, outcome=outcome, identity_token=token, **fields)

    @contextmanager
    def recorded(
        self, session: LoginSession, action: Action, token: str | None = None, purpose: Purpose | None = None
    ) -> Iterator[None]:
        """Leave an entry of its own for what was refused or failed, and let the error go on."""
        try:
            yield
        except InvalidInput:
            raise  # a slip of the keyboard, nothing was asked of the vault
        except (AuditUnwritable, DatabaseUnavailable):
            raise  # no entry can be written
        except CitizenZeroError as error:
            outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED
            known = token if token is not None and looks_like_token(token) else None
            words = purpose.value if purpose else None
            detail = {"error": error.code}
            self._audit.record_failed(self.entry(session, action, outcome, known, purpose=words, detail=detail))
            raise
