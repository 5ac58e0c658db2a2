"""Work that must not hold up the window: coroutines on the Qt thread, core calls in worker threads.

Three lanes. *Commands* change something: one at a time and in the order they were asked for. *Queries*
only read: side by side. *Jobs* change something for minutes, one at a time, and hold up no command. All
return a `Pending` at once; a coroutine awaits it and goes on, on the Qt thread, when the result is
there. `TaskRunner.start` drives coroutines by the Qt event loop alone, so they run under qasync and in
a plain pytest-qt test alike.

Nothing is lost silently: whatever a started coroutine does not catch, and whatever a command or
query raised that nobody awaited, goes to the one `report`. This module shows nothing itself.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from ui.pending import Pending

T = TypeVar("T")

_GIVES_WAY_SECONDS = 0.001
_QUERY_THREADS = 2  # four that return big results hold the window up for 50 ms (measured: GIL)
_PROGRESS_EVERY = 0.1  # seconds between two reports of progress
_HONEST_AFTER = 1.0  # seconds before a rate says anything


class Report(Protocol):
    """Where every error of a task ends: `ErrorReport.report`."""

    def __call__(self, error: BaseException, retry: Callable[[], None] | None = None, /) -> None:
        """Turn an error into words."""


class JobStopped(Exception):
    """Work noticed that it was asked to stop, and did so safely."""


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a long piece of work is. `seconds_left` is None until it can be said honestly."""

    number: int
    title: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    stoppable: bool = True


class Job:
    """What long work gets to report by, from its worker thread."""

    def __init__(self, state: JobState, tell: Callable[[JobState], None]) -> None:
        self._state = state
        self._tell = tell
        self._began = time.monotonic()
        self._told = 0.0
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Say whether the person asked to stop: end at the next safe point."""
        return self._stopped

    def check(self) -> None:
        """Raise JobStopped when the person asked to stop."""
        if self._stopped:
            raise JobStopped

    def progress(self, done: int, total: int) -> None:
        """Say how far it is; cheap enough for every step."""
        now = time.monotonic()
        if done < total and now - self._told < _PROGRESS_EVERY:
            return
        self._told = now
        elapsed = now - self._began
        left = elapsed / done * (total - done) if done and elapsed > _HONEST_AFTER else None
        self._tell(replace(self._state, done=done, total=total, seconds_left=left))

    def stop(self) -> None:
        """Ask to stop (from the Qt thread)."""
        self._stopped = True


class Task:
    """One started coroutine."""

    def __init__(self, runner: "TaskRunner", coroutine: Coroutine[Any, Any, object]) -> None:
        self._runner = runner
        self._coroutine = coroutine
        self._waits_for: object | None = None
        self.done = False
        self.retry: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Raise CancelledError where the coroutine waits. A command that runs already is not undone."""
        if not self.done:
            self._runner.soon(lambda: self.step(asyncio.CancelledError()))

    def step(self, thrown: BaseException | None = None) -> None:
        """Run the coroutine to its next await."""
        if self.done:
            return
        self._waits_for = None
        try:
            awaited = self._coroutine.send(None) if thrown is None else self._coroutine.throw(thrown)
        except (StopIteration, asyncio.CancelledError, JobStopped):
            self._finish()
        except Exception as error:  # noqa: BLE001  # the outermost border: the report tells it apart
            self._finish()
            self._runner.report(error, self.retry)
        else:
            self._wait_for(awaited)

    def _wait_for(self, awaited: object) -> None:
        self._waits_for = awaited
        if isinstance(awaited, Pending):
            awaited.add_done_callback(lambda _: self._go_on(awaited))
        elif asyncio.isfuture(awaited):
            # asyncio marks a future that is yielded, to catch a forgotten `await`.
            awaited._asyncio_future_blocking = False  # noqa: SLF001
            awaited.add_done_callback(lambda _: self._go_on(awaited))
        else:
            words = f"A coroutine of the window awaited {type(awaited).__name__}, which nothing here can wake."
            self._runner.soon(lambda: self.step(TypeError(words)))

    def _go_on(self, awaited: object) -> None:
        if self._waits_for is awaited:  # else it was cancelled meanwhile
            self._runner.soon(self.step)

    def _finish(self) -> None:
        self.done = True
        self._runner.forget(self)


class TaskRunner(QObject):
    """Runs commands, queries, jobs and the coroutines that await them. Made once, by `app/bootstrap.py`.

    Signals: `job_started`, `job_advanced` and `job_ended` with a `JobState`; `busy_changed(bool)`
    while commands are waiting or running; `closed` at the end of `close()`.
    """

    job_started = pyqtSignal(object)
    job_advanced = pyqtSignal(object)
    job_ended = pyqtSignal(object)
    busy_changed = pyqtSignal(bool)
    closed = pyqtSignal()
    _arrived = pyqtSignal(object, object)
    _lost = pyqtSignal(object)
    _told = pyqtSignal(object)

    def __init__(self, report: Report, *, query_threads: int = _QUERY_THREADS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # A worker in the middle of Python gives way to the window after this long: with Python's own 5 ms, a
        # frame that waits for its turn once is late.
        sys.setswitchinterval(_GIVES_WAY_SECONDS)
        self._report = report
        self._commands = ThreadPoolExecutor(1, thread_name_prefix="command")
        self._long = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._queries = ThreadPoolExecutor(query_threads, thread_name_prefix="query")
        self._tasks: set[Task] = set()
        self._jobs: dict[int, Job] = {}
        self._states: dict[int, JobState] = {}
        self._last_job = 0
        self._running = 0
        self._running_commands = 0
        self._closing: Pending[None] | None = None
        # Always queued: a result that is there at once would otherwise overtake whoever asked for it.
        queued = Qt.ConnectionType.QueuedConnection
        self._arrived.connect(self._on_arrived, type=queued)  # type: ignore[call-arg]  # PyQt's stubs
        self._lost.connect(self._on_lost, type=queued)  # type: ignore[call-arg]  # leave `type` out
        self._told.connect(self._on_told, type=queued)  # type: ignore[call-arg]

    # --- asking for work ---------------------------------------------------------------------------

    def command(self, work: Callable[[], T]) -> Pending[T]:
        """Change something: after all commands before it, in a worker thread."""
        self._running_commands += 1
        self._tell_busy()
        pending = self._submit(self._commands, work)
        pending.add_done_callback(lambda _: self._on_command_done())
        return pending

    def query(self, work: Callable[[], T]) -> Pending[T]:
        """Read something, beside other queries and the running command."""
        return self._submit(self._queries, work)

    def job(self, title: str, work: Callable[[Job], T], *, stoppable: bool = True) -> Pending[T]:
        """Change something that takes long: one job at a time, beside the commands, shown in the status bar."""
        self._last_job += 1
        state = JobState(self._last_job, title, stoppable=stoppable)
        job = Job(state, self._told.emit)
        self._jobs[state.number] = job
        self._states[state.number] = state
        pending = self._submit(self._long, lambda: _run_job(job, work))
        pending.add_done_callback(lambda _: self._on_job_done(state.number))
        if state.number in self._states:  # not when everything is closing
            self.job_started.emit(state)
        return pending

    def stop_job(self, number: int) -> None:
        """Ask a job to stop at its next safe point."""
        job = self._jobs.get(number)
        if job is not None and self._states[number].stoppable:
            job.stop()

    @property
    def jobs(self) -> tuple[JobState, ...]:
        """Return the jobs that run or wait, oldest first."""
        return tuple(self._states.values())

    # --- coroutines --------------------------------------------------------------------------------

    def start(self, coroutine: Coroutine[Any, Any, object], *, retry: Callable[[], None] | None = None) -> Task:
        """Drive a coroutine from the next turn of the event loop on; its errors go to the report.

        `retry` is what "Try again" in the error dialog calls: usually the method that started it.
        """
        task = Task(self, coroutine)
        task.retry = retry
        if self._closing is not None:
            coroutine.close()
            task.done = True
            return task
        self._tasks.add(task)
        self.soon(task.step)
        return task

    def soon(self, call: Callable[[], None]) -> None:
        """Call something in the next turn of the event loop."""
        QTimer.singleShot(0, call)

    def report(self, error: BaseException, retry: Callable[[], None] | None = None) -> None:
        """Hand an error to the one place where it becomes words."""
        self._report(error, retry)

    def forget(self, task: Task) -> None:
        """Let go of a task that ended."""
        self._tasks.discard(task)
        self._go_on_closing()

    # --- closing -----------------------------------------------------------------------------------

    def close(self) -> Pending[None]:
        """End in order: nothing new, jobs stop safely, what runs runs out, then coroutines are cancelled."""
        if self._closing is None:
            self._closing = Pending()
            for number in list(self._jobs):
                self._jobs[number].stop()
            self.soon(self._go_on_closing)
        return self._closing

    def _go_on_closing(self) -> None:
        if self._closing is None or self._closing.done() or self._running:
            return
        if self._tasks:
            for task in list(self._tasks):
                task.cancel()
            return  # each comes back through `forget`
        self._commands.shutdown(wait=False)
        self._long.shutdown(wait=False)
        self._queries.shutdown(wait=False)
        self._closing.set_result(None)
        self.closed.emit()

    # --- results -----------------------------------------------------------------------------------

    def _submit(self, lane: ThreadPoolExecutor, work: Callable[[], T]) -> Pending[T]:
        pending: Pending[T] = Pending(lost=self._lost.emit)
        if self._closing is not None:
            pending.set_exception(asyncio.CancelledError())
            return pending
        self._running += 1
        future = lane.submit(work)
        pending.on_cancel = future.cancel
        future.add_done_callback(lambda done: self._arrived.emit(pending, done))
        return pending

    def _on_arrived(self, pending: Pending[Any], future: "Future[Any]") -> None:
        self._running -= 1
        if future.cancelled():
            pending.set_exception(asyncio.CancelledError())
        elif (error := future.exception()) is not None:
            pending.set_exception(error)
        else:
            pending.set_result(future.result())
        self._go_on_closing()

    def _on_lost(self, error: BaseException) -> None:
        if not isinstance(error, (asyncio.CancelledError, JobStopped)):
            self.report(error)

    def _on_told(self, state: JobState) -> None:
        if state.number in self._states:
            self._states[state.number] = state
            self.job_advanced.emit(state)

    def _on_job_done(self, number: int) -> None:
        self._jobs.pop(number, None)
        state = self._states.pop(number, None)
        if state is not None:
            self.job_ended.emit(state)

    def _on_command_done(self) -> None:
        self._running_commands -= 1
        self._tell_busy()

    def _tell_busy(self) -> None:
        self.busy_changed.emit(self._running_commands > 0)


def _run_job(job: Job, work: Callable[[Job], T]) -> T:
    job.check()  # stopped before its turn came
    return work(job)
