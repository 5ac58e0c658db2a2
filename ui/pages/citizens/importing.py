"""The import of a CSV file: dialog, worker and result joined. The dialog may be closed; the job goes on."""

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.citizens.csv_file import write_rejections
from core.citizens.import_model import ImportPreview, OnError
from core.errors import InvalidInput
from core.jobs.model import Rejection
from ui.ask import ask
from ui.dialogs.import_citizens import ImportDialog
from ui.error_report import said
from ui.models.vault import Desk
from ui.tasks import Job, JobStopped

_LOOK_MS = 200


class Importing(QObject):
    """`open()` opens the dialog, `look()` follows an import that runs already. Signal: `ended` when one has ended."""

    ended = pyqtSignal()

    def __init__(self, desk: Desk, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._page = page
        self._work = desk.import_work
        self._dialog: ImportDialog | None = None
        self._preview: ImportPreview | None = None
        self._path: Path | None = None
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._on_due)

    def open(self) -> None:
        """Open the dialog: on what runs or has ended last, else on the choice of a file."""
        self._desk.tasks.start(self._open())

    def look(self) -> None:
        """Follow an import that an earlier page began."""
        if self._work.view().running:
            self._timer.start()

    async def _open(self) -> None:
        dialog = ImportDialog(self._desk.theme, self._page.window() or self._page)
        self._dialog = dialog
        dialog.chosen.connect(self.choose)
        dialog.asked.connect(self._on_asked)
        dialog.stop_asked.connect(self._on_stop)
        dialog.report_asked.connect(lambda path: self._desk.tasks.start(self._save(path)))
        view = self._work.view()
        if view.running:
            dialog.show_running(view)
            self._timer.start()
        elif view.path is not None:
            dialog.show_ended(view)
        try:
            await ask(dialog, lambda: True)
        finally:
            self._dialog = None

    # --- before ------------------------------------------------------------------------------------

    def choose(self, path: Path) -> None:
        """Look through a file and show what is in it."""
        self._path, self._preview = path, None
        if self._dialog is not None:
            self._dialog.show_reading(path)
            self._desk.tasks.start(self._look_through(path))

    async def _look_through(self, path: Path) -> None:
        desk, imports = self._desk, self._desk.vault.services.imports
        try:
            columns = await desk.tasks.query(lambda: imports.columns(desk.session, path))
            if self._dialog is not None and self._path == path:
                self._dialog.show_columns(columns)
            preview = await desk.tasks.query(lambda: imports.preview(desk.session, path))
        except InvalidInput as error:
            if self._dialog is not None and self._path == path:
                self._dialog.show_refused(said(error.message), said(error.remedy))
            return
        if self._dialog is not None and self._path == path:
            self._preview = preview
            self._dialog.show_preview(preview)

    # --- while it runs -----------------------------------------------------------------------------

    def _on_asked(self, on_error: OnError) -> None:
        if self._path is not None and self._preview is not None and not self._work.view().running:
            self._desk.tasks.start(self._run(self._path, self._preview, on_error))

    async def _run(self, path: Path, preview: ImportPreview, on_error: OnError) -> None:
        desk, work = self._desk, self._work
        imports = desk.vault.services.imports
        earlier: list[Rejection] = []
        before = preview.before
        if before is not None:
            earlier = await desk.tasks.query(lambda: list(imports.rejections(desk.session, before)))
        work.begin(path, earlier)

        def run(job: Job) -> None:
            self._job = job
            work.run(imports, desk.session, path, on_error, job)
            desk.vault.services.upkeep.start_job(desk.session)

        title = self.tr("Importing {file}").format(file=path.name)
        pending = desk.tasks.job(title, run)
        self._timer.start()
        self._on_due()
        try:
            await pending
        except JobStopped:
            work.give_up()  # before its turn came
        except InvalidInput as error:
            if self._dialog is None:
                raise
            self._dialog.show_ended(work.view())
            self._dialog.show_refused(said(error.message), said(error.remedy))

    def _on_stop(self) -> None:
        if self._job is not None:
            self._job.stop()
            if self._dialog is not None:
                self._dialog.show_stopping()

    def _on_due(self) -> None:
        view = self._work.view()
        if view.running:
            if self._dialog is not None and not (self._job is not None and self._job.stopped):
                self._dialog.show_running(view)
            return
        self._timer.stop()
        self._job = None
        if self._dialog is not None:
            self._dialog.show_ended(view)
        self.ended.emit()

    # --- afterwards --------------------------------------------------------------------------------

    async def _save(self, path: Path) -> None:
        """Write the rejected lines to a file."""
        desk, view = self._desk, self._work.view()
        imports = desk.vault.services.imports
        report, stopped = view.report, view.stopped_by
        if report is not None:
            await desk.tasks.query(lambda: imports.write_report(desk.session, report.job, path))
        elif stopped is not None:
            await desk.tasks.query(lambda: write_rejections(path, [stopped]))
        if self._dialog is not None:
            self._dialog.note.setText(self.tr("The report was saved as {file}.").format(file=path.name))
            self._dialog.note.show()
