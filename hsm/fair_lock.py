"""A lock that is granted in the order of asking, so that no caller starves behind a busy one.

Python's own lock may be taken again at once by the thread that just released it; a job that calls
the HSM in a loop would then keep an operator's call waiting.
"""

from collections import deque
from threading import Lock
from types import TracebackType


class FairLock:
    """First come, first served; use it with `with`. Not re-entrant."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._held = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:  # Ctrl+C while waiting: leave the queue, or pass on a turn just given
            with self._guard:
                given = turn not in self._waiting
                if not given:
                    self._waiting.remove(turn)
            if given:
                self._pass_on()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()  # the lock stays held, now by that waiter
            else:
                self._held = False
