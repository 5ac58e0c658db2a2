"""One caller's turn with the HSM worker: requests go out as they are made, replies come back in the same order.

So the worker has something to do while the caller does something else. Whatever was asked and not read is read
and thrown away when the turn ends. Requests that wait in the pipe must be small: a worker that cannot write its
reply reads nothing.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hsm import errors
from hsm.worker_process import WorkerEnded

if TYPE_CHECKING:
    from hsm.connection import Connection

_Reply = TypeVar("_Reply")
# A worker that was killed just before a call may look alive for the few milliseconds of its end.
_ALREADY_ENDING: Final = 0.05


@dataclass
class _Asked:
    """One request under way, then its reply or its failure."""

    frame: bytes
    expected: type[Any]
    doing: str
    sent: float
    reply: Any = None
    failure: errors.HsmError | None = None
    read: bool = False


class Turn:
    """What may be done while one has the turn; used by one thread. `limit` is the deadline of each request, seconds."""

    def __init__(self, connection: "Connection", limit: float, *, needs_login: bool) -> None:
        self._connection = connection
        self._limit = limit
        self._needs_login = needs_login
        self._under_way: deque[_Asked] = deque()
        self._refused: WorkerEnded | None = None
        self._last_reply: float | None = None

    def send(self, frame: bytes, expected: type[_Reply], doing: str) -> Callable[[], _Reply]:
        """Send a request and return what waits for its reply. That raises HsmError."""
        asked = _Asked(frame, expected, doing, time.monotonic())
        with self._connection.translated(doing):
            self._write(asked)
        self._under_way.append(asked)

        def reply() -> _Reply:
            while not asked.read:
                self._read_next()
            if asked.failure is not None:
                raise asked.failure
            return asked.reply  # type: ignore[no-any-return]

        return reply

    def settle(self) -> None:
        """Read what is still under way, whatever it says."""
        while self._under_way:
            with suppress(errors.HsmError):
                self._read_next()

    def _write(self, asked: _Asked) -> None:
        if self._refused is not None:
            return
        try:
            self._connection.write(asked.frame, asked.sent + self._limit, more=bool(self._under_way))
        except WorkerEnded as ended:
            self._refused = ended

    def _read_next(self) -> None:
        asked = self._under_way.popleft()
        asked.read = True
        try:
            with self._connection.translated(asked.doing):
                asked.reply = self._reply_to(asked)
        except errors.HsmError as failure:
            asked.failure = failure
        self._last_reply = time.monotonic()

    def _reply_to(self, asked: _Asked) -> Any:
        """Return the reply. Its deadline counts from when the worker could begin with it."""
        until = max(asked.sent, self._last_reply or 0.0) + self._limit
        try:
            if self._refused is not None:
                raise self._refused
            return self._connection.read(asked.expected, until)
        except WorkerEnded as ended:
            late = self._last_reply is not None or time.monotonic() - asked.sent > _ALREADY_ENDING
            if late or not ended.untouched:
                raise
        # The worker was killed while idle and had not quite ended when the turn began: it took none of the
        # requests, so nothing was under way.
        self._refused = None
        self._connection.renew(needs_login=self._needs_login)
        until = time.monotonic() + self._limit
        for number, again in enumerate((asked, *self._under_way)):
            self._connection.write(again.frame, until, more=number > 0)
        return self._connection.read(asked.expected, until)
