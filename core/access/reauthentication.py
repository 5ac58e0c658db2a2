"""Proving once more who sits here: the own password, again, before what cannot be taken back.

Export and erasure ask for it within the two minutes before. What was proved is bound to the login session, stands
in memory only and ends with the lock. No PIN is used: the password opens the operator's own keys, as at sign-in.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from core.access.limits.service import RateLimits
from core.access.model import LoginSession
from core.access.voice import OperatorVoices
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import ReauthenticationNeeded, Refused
from core.settings.limits import Limited
from hsm.secret import Secret

RECENT = timedelta(minutes=2)


class Reauthentication:
    """Who proved their password when. Thread-safe. A wrong password counts as a try to sign in."""

    def __init__(
        self, voices: OperatorVoices, limits: RateLimits, audit: AuditLog, now: Callable[[], datetime]
    ) -> None:
        self._voices = voices
        self._limits = limits
        self._audit = audit
        self._now = now
        self._lock = threading.Lock()
        self._proved: dict[tuple[str, str], datetime] = {}

    def confirm(self, session: LoginSession, password: Secret) -> None:
        """Take the operator's own password as proof. Takes as long as a sign-in (Argon2id): not for the Qt thread.

        Raises SignInRefused for a wrong one, SignInPaused or LimitReached for too many tries, IntegrityFailure for a
        forged record.
        """
        self.forget(session)
        self._limits.take(session, Limited.PASSWORD)
        try:
            self._voices.open(session, password)
        except Refused:
            self._record(session, Outcome.REFUSED)
            raise
        self._record(session, Outcome.DONE)
        with self._lock:
            self._proved[_key(session)] = self._now()

    def is_recent(self, session: LoginSession) -> bool:
        """Tell whether the password was proved in this login session within two minutes before now."""
        with self._lock:
            proved = self._proved.get(_key(session))
        # A clock that was put back makes nothing recent.
        return proved is not None and timedelta(0) <= self._now() - proved <= RECENT

    def require_recent(self, session: LoginSession) -> None:
        """Raise ReauthenticationNeeded unless the password was proved within two minutes before now."""
        if not self.is_recent(session):
            raise ReauthenticationNeeded("Your password is asked for once more before this.")

    def forget(self, session: LoginSession) -> None:
        """End what was proved: at the lock, and when somebody tries again."""
        with self._lock:
            self._proved.pop(_key(session), None)

    def _record(self, session: LoginSession, outcome: Outcome) -> None:
        self._audit.record(self._audit.entry(session.actor, action=Action.OPERATOR_REAUTHENTICATE, outcome=outcome))


def _key(session: LoginSession) -> tuple[str, str]:
    return session.operator, session.actor.login_session
