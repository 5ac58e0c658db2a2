"""The lanes as pages use them: everything that pages started ends together, when the console locks.

Without that, a coroutine that waited for an answer would go on after its page was deleted.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from core.errors import LoginSessionEnded, VaultLocked
from ui.pending import Pending
from ui.tasks import Job, JobStopped, Task, TaskRunner

T = TypeVar("T")

_JOBS_END_S = 5.0  # a batch of an import takes a fraction of a second


class PageTasks:
    """`start`, `query`, `command` and `report` as TaskRunner's; `end()` cancels what was started here."""

    def __init__(self, runner: TaskRunner) -> None:
        self._runner = runner
        self._started: set[Task] = set()
        self._jobs: set[Job] = set()
        self._ended = False

    def start(self, coroutine: Coroutine[Any, Any, object], *, retry: Callable[[], None] | None = None) -> None:
        """Drive a coroutine; its errors go to the report."""
        if self._ended:
            coroutine.close()
            return
        self._started = {task for task in self._started if not task.done}
        self._started.add(self._runner.start(coroutine, retry=retry))

    def query(self, work: Callable[[], T]) -> Pending[T]:
        """Read something, beside other queries and the running command."""
        return self._runner.query(lambda: self._while_open(work))

    def command(self, work: Callable[[], T]) -> Pending[T]:
        """Change something, after all commands before it."""
        return self._runner.command(lambda: self._while_open(work))

    def job(self, title: str, work: Callable[[Job], T]) -> Pending[T]:
        """Change something that takes long, shown in the status bar. A lock asks it to stop at its next safe point."""

        def noted(job: Job) -> T:
            if self._ended:
                raise JobStopped
            self._jobs.add(job)
            try:
                return work(job)
            finally:
                self._jobs.discard(job)

        return self._runner.job(title, noted)

    def _while_open(self, work: Callable[[], T]) -> T:
        """Do work; what fails only because the console was locked meanwhile is over, whoever has signed in since."""
        try:
            return work()
        except (VaultLocked, LoginSessionEnded):
            if self._ended:
                raise asyncio.CancelledError from None
            raise

    def report(self, error: BaseException, retry: Callable[[], None] | None = None) -> None:
        """Hand an error to the one place where it becomes words."""
        if not self._ended:
            self._runner.report(error, retry)

    def wait_for_jobs(self, seconds: float = _JOBS_END_S) -> None:
        """Wait until the jobs that were asked to stop have done so, but not for ever. Worker thread only."""
        until = time.monotonic() + seconds
        while self._jobs and time.monotonic() < until:
            time.sleep(0.02)

    def end(self) -> None:
        """Cancel everything at once, while the widgets are still there; nothing new begins."""
        self._ended = True
        for job in list(self._jobs):
            job.stop()
        started, self._started = self._started, set()
        for task in started:
            task.step(asyncio.CancelledError())
