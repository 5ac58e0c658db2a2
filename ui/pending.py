"""A result that is on its way to the Qt thread.

It can be awaited by a coroutine that `TaskRunner.start` drives, and by an asyncio task as well.
It belongs to the Qt thread: nothing else may touch it. It knows no Qt.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """`value = await pending`. Raises what the work raised, or CancelledError.

    A failure that nobody ever looked at is handed to `lost` when the object goes.
    """

    def __init__(self, *, lost: Callable[[BaseException], None] | None = None) -> None:
        self._lost = lost
        self._value: T | None = None
        self._error: BaseException | None = None
        self._done = False
        self._seen = False
        self._callbacks: list[Callable[[Pending[T]], None]] = []
        self.on_cancel: Callable[[], bool] | None = None

    def done(self) -> bool:
        """Say whether it is here."""
        return self._done

    def result(self) -> T:
        """Return the value or raise the error; asyncio.InvalidStateError while it is on its way."""
        if not self._done:
            raise asyncio.InvalidStateError
        self._seen = True
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set together with _done

    def cancel(self) -> bool:
        """Give up what has not begun; False when it runs already or is done."""
        return self.on_cancel is not None and self.on_cancel()

    def add_done_callback(self, callback: Callable[["Pending[T]"], None]) -> None:
        """Call back when it is here; at once when it is already."""
        if self._done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def set_result(self, value: T) -> None:
        """Bring the value; the first outcome counts."""
        if not self._done:
            self._value = value
            self._finish()

    def set_exception(self, error: BaseException) -> None:
        """Bring an error; the first outcome counts."""
        if not self._done:
            self._error = error
            self._finish()

    def _finish(self) -> None:
        self._done = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def __await__(self) -> Generator[Any, Any, T]:
        if not self._done:
            if _in_asyncio_task():
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self.add_done_callback(lambda _: _wake(future))
                yield from future
            else:
                yield self
        return self.result()

    def __del__(self) -> None:
        if self._error is not None and not self._seen and self._lost is not None:
            self._lost(self._error)


def _in_asyncio_task() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False  # no asyncio loop runs: a plain Qt one does


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
