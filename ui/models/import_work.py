"""One import as windows look at it: what the worker thread tells, kept for dialogs that come and go.

Plain data under a lock, no Qt: the worker writes, a dialog reads by its own timer. It outlives pages and
dialogs, not the lock: a desk has one. It holds lines, columns and reasons, never a value.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.citizens.import_model import ImportReport, OnError
from core.errors import LineRefused
from core.jobs.model import Progress, Rejection

if TYPE_CHECKING:
    from core.access.model import LoginSession
    from core.citizens.importing import CitizenImport
    from ui.tasks import Job

LISTED = 1000  # rejections that a dialog lists; the report has all of them


@dataclass(frozen=True)
class ImportView:
    """How an import is at this moment. `rejections` are the first ones only."""

    path: Path | None = None
    running: bool = False
    progress: Progress | None = None
    rejections: tuple[Rejection, ...] = ()
    report: ImportReport | None = None
    stopped_by: Rejection | None = None


class ImportWork:
    """`begin(path)`, then `run` in a worker thread, then `end`; `view()` from anywhere."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._view = ImportView()
        self._listed: list[Rejection] = []

    def view(self) -> ImportView:
        """Return how it is now."""
        with self._lock:
            if len(self._listed) != len(self._view.rejections):
                self._put(rejections=tuple(self._listed))
            return self._view

    def begin(self, path: Path, earlier: Sequence[Rejection] = ()) -> None:
        """Forget the last import; `earlier` was set aside by earlier runs of this one."""
        with self._lock:
            self._listed = list(earlier[:LISTED])
            self._view = ImportView(path, running=True)

    def give_up(self) -> None:
        """Note that it was stopped before it began."""
        with self._lock:
            self._put(running=False)

    def run(self, imports: "CitizenImport", session: "LoginSession", path: Path, on_error: OnError, job: "Job") -> None:
        """Import, telling how far it is. It waits: worker thread."""

        def advanced(progress: Progress) -> None:
            with self._lock:
                self._put(progress=progress)
            job.progress(progress.done, progress.total)

        try:
            report = imports.run(
                session,
                path,
                on_error,
                progress=advanced,
                rejected=self._set_aside,
                cancelled=lambda: job.stopped,
            )
        except LineRefused as refused:
            rejection = Rejection(*refused.rejection)
            self._set_aside([rejection])
            with self._lock:
                self._put(stopped_by=rejection)
        else:
            with self._lock:
                self._put(report=report)
        finally:
            with self._lock:
                self._put(running=False)

    def _set_aside(self, rejections: Sequence[Rejection]) -> None:
        with self._lock:
            self._listed += rejections[: max(0, LISTED - len(self._listed))]

    def _put(
        self,
        *,
        running: bool | None = None,
        progress: Progress | None = None,
        rejections: tuple[Rejection, ...] | None = None,
        report: ImportReport | None = None,
        stopped_by: Rejection | None = None,
    ) -> None:
        old = self._view
        self._view = ImportView(
            old.path,
            old.running if running is None else running,
            progress or old.progress,
            old.rejections if rejections is None else rejections,
            report or old.report,
            stopped_by or old.stopped_by,
        )
