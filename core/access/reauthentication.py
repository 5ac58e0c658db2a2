"""Proving once more who sits here: the own password, again, before what cannot be taken back.

Export and erasure ask for it within the two minutes before. What was proved is bound to the login session, stands
in memory only and ends with the lock. No PIN is used: the password opens the operator's own keys, as at sign-in.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from core.access import store
from core.access.limits.service import RateLimits
from core.access.model import ACTIVE, LoginSession
from core.access.operator_keys import open_keys
from core.access.service import sealed_keys
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import ReauthenticationNeeded, SignInRefused
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.seal import RowSealer
from hsm.secret import Secret

RECENT = timedelta(minutes=2)


class PasswordWatch(Protocol):
    """Who counts wrong passwords, wherever they are typed, and locks an operator out."""

    def require_open(self, operator: str) -> None:
        """Raise SignInRefused while the operator is locked out."""

    def failed(self, operator: str) -> None:
        """Count a wrong password."""

    def succeeded(self, operator: str) -> None:
        """Count from nought again."""


class Reauthentication:
    """Who proved their password when. Thread-safe. `watch` counts wrong passwords together with those of sign-in."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        limits: RateLimits,
        audit: AuditLog,
        now: Callable[[], datetime],
        watch: PasswordWatch | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._limits = limits
        self._audit = audit
        self._now = now
        self._watch = watch
        self._lock = threading.Lock()
        self._proved: dict[tuple[str, str], datetime] = {}

    def confirm(self, session: LoginSession, password: Secret) -> None:
        """Take the operator's own password as proof. Takes as long as a sign-in (Argon2id): not for the Qt thread.

        Raises SignInRefused for a wrong one, LimitReached for too many tries, IntegrityFailure for a forged record.
        """
        self.forget(session)
        if self._watch is not None:
            self._watch.require_open(session.operator)
        self._limits.take(session, Limited.PASSWORD)
        fits = self._fits(session.operator, password)
        outcome = Outcome.DONE if fits else Outcome.REFUSED
        self._audit.record(self._audit.entry(session.actor, action=Action.OPERATOR_REAUTHENTICATE, outcome=outcome))
        if not fits:
            if self._watch is not None:
                self._watch.failed(session.operator)
            raise SignInRefused("The password is wrong.", remedy="Type it again.")
        if self._watch is not None:
            self._watch.succeeded(session.operator)
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

    def _fits(self, operator: str, password: Secret) -> bool:
        with self._database.transaction() as connection:
            row = store.find(connection, operator)
        if row is None or row.columns["state"] != ACTIVE:
            return False  # disabled since the sign-in
        self._sealer.check([row])
        return open_keys(sealed_keys(row.columns), password) is not None


def _key(session: LoginSession) -> tuple[str, str]:
    return session.operator, session.actor.login_session
