"""Login sessions: who is signed in, where, since when and last active; and their end, also from elsewhere.

A process asks the store of the sessions at most every two seconds, at the next use case: being signed out
from elsewhere, a session of full length and one that lapsed all show there within that time. The store is
PostgreSQL, or Redis where the home names one. Its rows give nobody any power: role and rights stand in the
process, so who edits a row can end a session or show a false one in the list, and no more.
"""

import math
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from core.access.model import PERMISSIONS, LoginSession, Permission, Readiness, Role, require
from core.audit.model import Action, Actor, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import LoginSessionEnded, NotFound, Refused, VaultLocked

LAPSE_SECONDS = 1_800
LOOK_SECONDS = 2.0
_NAME_LENGTH = 80


@dataclass(frozen=True)
class Device:
    """Where a session runs. Nothing here is taken for true by anybody: it is for people to recognise."""

    host: str
    system: str
    process: int


@dataclass(frozen=True)
class LoginRecord:
    """A login session as lists show it. `ends_at` is its full length; `mine` marks the one that asks."""

    login_session: str
    operator: str
    role: Role
    kind: Origin
    device: Device
    started_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    mine: bool = False


class Standing(StrEnum):
    """What the store says of a session."""

    OPEN = "open"
    ENDED = "ended"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Seen:
    """The standing of a session, and who ended it."""

    standing: Standing
    by: str | None = None


class SessionStore(Protocol):
    """Where login sessions stand, for all processes. Times are the store's own clock's."""

    def add(self, session: LoginSession, device: Device, seconds: int) -> None:
        """Store a new session that lasts so long at most."""

    def look(self, login_session: str, *, used: bool) -> Seen:
        """Return a session's standing; `used` also notes that its operator is at work."""

    def end(self, login_session: str, by: str) -> bool:
        """Sign a session out; False where none is open under this id."""

    def remove(self, login_session: str) -> None:
        """Forget a session that ended by itself."""

    def open_ones(self) -> list[LoginRecord]:
        """Return the open sessions, last active first."""


class LoginSessions:
    """The use cases, and the watch over this process's own sessions."""

    def __init__(self, store: SessionStore, readiness: Readiness, audit: AuditLog) -> None:
        self._store = store
        self._readiness = readiness
        self._audit = audit
        self._mine: dict[str, _Watch] = {}

    def begin(
        self, operator: str, role: Role, states: frozenset[str] | None, actor: Actor, since: datetime, seconds: int
    ) -> LoginSession:
        """Open a session that lasts so long at most, and watch over it."""
        watch = _Watch(lambda: self._store.look(actor.login_session, used=True), seconds)
        session = LoginSession(operator, role, actor, since, self._readiness, watch, states)
        self._mine[actor.login_session] = watch
        self._store.add(session, this_device(), seconds)
        return session

    def close(self, login_session: str) -> None:
        """Forget a session of this process: its operator locked or left. Nothing is asked where it has none."""
        watch = self._mine.pop(login_session, None)
        if watch is not None:
            watch.end(VaultLocked("The console is locked."))
            self._store.remove(login_session)

    def close_mine(self) -> None:
        """Forget whatever this process opened."""
        for login_session in list(self._mine):
            self.close(login_session)

    def why_ended(self, session: LoginSession) -> Refused | None:
        """Return why a session is over, None while it is open. It does not count as activity."""
        watch = session.still_open
        if isinstance(watch, _Watch) and (watch.ended is not None or watch.too_long):
            return watch.ended or _too_long()
        return ended_words(self._store.look(session.actor.login_session, used=False))

    def listing(self, session: LoginSession) -> list[LoginRecord]:
        """Return the open sessions: one's own, or everybody's for whoever may see them."""
        require(session, Permission.OWN_SIGN_IN)
        everybody = Permission.OPERATOR_SIGN_IN in PERMISSIONS[session.role]
        return [
            _marked(record, session)
            for record in self._store.open_ones()
            if everybody or record.operator == session.operator
        ]

    def sign_out(self, session: LoginSession, login_session: str) -> LoginRecord:
        """End a session: one's own elsewhere, or anybody's for whoever may. Its process locks within seconds.

        Raises NotFound where none is open under this id, or it is not for this operator to end.
        """
        found = next((item for item in self.listing(session) if item.login_session == login_session), None)
        if found is None:
            raise NotFound("There is no open login session with this id.")
        detail = {"operator": found.operator, "login_session": login_session}
        entry = self._audit.entry(
            session.actor, action=Action.OPERATOR_SIGN_OUT, outcome=Outcome.INTENT, detail=detail
        )  # fmt: skip
        self._audit.record(entry)
        if not self._store.end(login_session, session.operator):
            self._audit.record(replace(entry, outcome=Outcome.FAILED))
            raise NotFound("The login session has ended by itself meanwhile.")
        self._audit.record_later(
            self._audit.entry(session.actor, action=Action.OPERATOR_SIGN_OUT, outcome=Outcome.DONE, detail=detail)
        )
        return found

    def operator_changed(self, connection: Connection, name: str, by: str) -> None:
        """End all sessions of an operator who is disabled or gets another role. Should that fail, so does this.

        The store may be another server, so it is not part of the transaction: one that is undone has signed out too.
        """
        del connection
        for item in self._store.open_ones():
            if item.operator == name:
                self._store.end(item.login_session, by)


class _Watch:
    """Raises once a session is over. Asks the store every two seconds at most; between, it costs a look at a clock."""

    def __init__(self, look: Callable[[], Seen], seconds: int) -> None:
        self._look = look
        now = waking_clock()
        self._longest = now + seconds
        self._next = now + LOOK_SECONDS
        self._lock = threading.Lock()
        self.ended: Refused | None = None

    def end(self, why: Refused) -> None:
        """Let every later call raise this."""
        self.ended, self._next = why, -math.inf

    @property
    def too_long(self) -> bool:
        """Tell whether the session has reached its full length."""
        return waking_clock() >= self._longest

    def __call__(self) -> None:
        if waking_clock() < self._next:
            return
        with self._lock:
            now = waking_clock()
            if self.ended is None and now >= self._next:
                over = _too_long() if now >= self._longest else ended_words(self._look())
                if over is None:
                    self._next = now + min(LOOK_SECONDS, self._longest - now)
                else:
                    self.end(over)
        if self.ended is not None:
            raise type(self.ended)(self.ended.message)


def ended_words(seen: Seen) -> LoginSessionEnded | None:
    """Return in words why a session is over, None for an open one."""
    if seen.standing is Standing.OPEN:
        return None
    if seen.standing is Standing.ENDED and seen.by:
        return LoginSessionEnded(f"{seen.by} signed this login session out.")
    return LoginSessionEnded("This login session is over: it was not used for 30 minutes, or was ended.")


def this_device() -> Device:
    """Return where this process runs."""
    return Device(
        platform.node()[:_NAME_LENGTH], f"{platform.system()} {platform.release()}"[:_NAME_LENGTH], os.getpid()
    )


def waking_clock() -> float:
    """Return seconds that also pass while the machine sleeps, where the platform has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _too_long() -> LoginSessionEnded:
    return LoginSessionEnded("This login session has reached its full length.")


def _marked(record: LoginRecord, session: LoginSession) -> LoginRecord:
    return replace(record, mine=record.login_session == session.actor.login_session)
