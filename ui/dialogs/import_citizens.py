"""Importing citizens from a CSV file: choose it, see what its columns are, start, watch, save the report.

The dialog does none of it: it tells what was asked for and shows what it is given. It shows names of
columns, numbers of lines and reasons, never a value of the file.
"""

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from core.citizens.import_model import FileColumn, ImportPreview, OnError
from core.jobs.model import JobState, Rejection
from ui.models import import_words
from ui.models.counted import counted
from ui.models.import_work import ImportView
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.banner import Banner, BannerKind
from ui.widgets.button import Button
from ui.widgets.cell_model import Column, RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.dialog import DialogFrame
from ui.widgets.inputs import Choice
from ui.widgets.label import ElidedLabel, Label
from ui.widgets.layout import boxed, column, row
from ui.widgets.progress import ProgressBlock
from ui.widgets.segmented import Segmented

_WIDTH = 600
_TABLE_HEIGHT = 190
_HEADER, _ROW = 34, 28


class ImportDialog(DialogFrame):
    """Signals: `chosen(Path)`, `asked(OnError)`, `stop_asked`, `report_asked(Path)`. Closing it stops nothing."""

    chosen = pyqtSignal(object)
    asked = pyqtSignal(object)
    stop_asked = pyqtSignal()
    report_asked = pyqtSignal(object)

    def __init__(self, theme: Theme, window: QWidget) -> None:
        title = self.tr("Import citizens from a CSV file")
        super().__init__(theme, window, title, name="import_dialog", width=_WIDTH)
        self._path: Path | None = None
        self._picker: QFileDialog | None = None
        self._listed = 0
        self.body.setSpacing(12)
        self.body.addWidget(self._make_file())
        self.banner = Banner(theme, "info", "", name="import_banner")
        self.body.addWidget(self.banner)
        self.progress = ProgressBlock(theme, name="import_progress")
        self.progress.stop_asked.connect(self.stop_asked)
        self.progress.go_on_asked.connect(self.submit)
        self.body.addWidget(self.progress)
        self.counts = Label(theme, "", "caption")
        self.body.addWidget(self.counts)
        self.columns = RowsModel((Column(self.tr("Column"), mono=True), Column(self.tr("Holds")),
                                         Column(self.tr("State"))))  # fmt: skip
        self._columns_box = self._boxed_table(self.columns, "import_columns", self.tr("Columns of the file"), 160, 120)
        self.rejections = RowsModel((Column(self.tr("Line")), Column(self.tr("Column")),
                                            Column(self.tr("Reason"))))  # fmt: skip
        self._rejections_box = self._boxed_table(self.rejections, "import_errors", self.tr("Rejected lines"), 80, 130)
        self._policy_box = self._make_policy()
        self.body.addWidget(self._policy_box)
        self.note = Label(theme, "", "caption", wrap=True)
        self.body.addWidget(self.note)
        self.rule_foot()
        self.save = Button(theme, self.tr("Save error report…"), name="import_save", icon="download")
        self.save.clicked.connect(self._on_save)
        self.foot.insertWidget(0, self.save)
        self.set_action(self.tr("Import"), icon="upload")
        self.show_start()

    # --- what it is told ---------------------------------------------------------------------------

    def show_start(self) -> None:
        """Ask for a file."""
        self._show()
        self.note.setText(
            self.tr(
                "UTF-8, columns named in the first line, in any order. name, phone, state and district must be there."
            )
        )
        self._set_action(self.tr("Import"), may=False)

    def show_reading(self, path: Path) -> None:
        """Say that a file is being looked through."""
        self._path = path
        self.file.setText(path.name)
        self._show(self.banner)
        self.banner.set_words("", self.tr("Looking through the file…"), kind="info")
        self._set_action(self.tr("Import"), may=False)

    def show_columns(self, columns: Sequence[FileColumn]) -> None:
        """Show what each column is."""
        self.columns.set_rows([import_words.column_row(column) for column in columns])
        self._columns_box.show()

    def show_refused(self, sentence: str, remedy: str) -> None:
        """Say why the file as a whole is refused; its columns stay in view."""
        self.banner.set_words(sentence, remedy, kind="danger")
        self.banner.show()
        self.note.setText(self.tr("Nothing was imported. Correct the file, then choose it again."))

    def show_preview(self, preview: ImportPreview) -> None:
        """Say what is in the file, and offer to import it."""
        lines = counted(preview.row_count, self.tr("{n} line"), self.tr("{n} lines"))
        broken = len({rejection.line for rejection in preview.rejections})
        looked = (
            self.tr("Of the first {n}, {m} would be rejected.") if broken else self.tr("The first {n} are in order.")
        )
        text = looked.format(n=words.number(len(preview.rows)), m=words.number(broken))
        self._show(self.banner, self._columns_box, self._policy_box)
        self.banner.set_words(lines, text, kind="warning" if broken else "success")
        self._list_anew(preview.rejections)
        self._rejections_box.setVisible(broken > 0)
        before = preview.before
        self.note.setText(import_words.before_line(before))
        self.note.show()
        finished = before is not None and (before.state is JobState.FINISHED or before.live)
        begun = before is not None and before.done > 0
        verb = self.tr("Go on importing") if begun else self.tr("Import {lines}").format(lines=lines)
        self._set_action(verb, may=preview.row_count > 0 and not finished)

    def show_running(self, view: ImportView) -> None:
        """Show how far it is."""
        if self.progress.isHidden():
            self._show(self.progress, self.counts)
            self._listed = -1
            self.file.setText("" if view.path is None else view.path.name)
            self.progress.start(self.tr("Importing"))
            self.choose.setEnabled(False)
            self.note.setText(self.tr("Closing this window does not stop it: the status bar shows how far it is."))
            self.note.show()
            self._set_action("", may=False)
            self.cancel_button().set_text(self.tr("Close"))
        if view.progress is not None:
            self.progress.advance(view.progress.done, view.progress.total, view.progress.remaining)
            self.counts.setText(import_words.progress_line(view.progress))
        self._list(view.rejections)

    def show_stopping(self) -> None:
        """Say that it stops after what it is storing now."""
        self.counts.setText(self.tr("Stopping after the batch that is being stored…"))

    def show_ended(self, view: ImportView) -> None:
        """Say how it ended."""
        self.choose.setEnabled(True)
        self.file.setText("" if view.path is None else view.path.name)
        self._show(self.banner)
        self._list(view.rejections)
        self._rejections_box.setVisible(bool(view.rejections))
        self.note.setText("")
        report, stopped = view.report, view.stopped_by
        self.save.setVisible(stopped is not None or (report is not None and report.rejected > 0))
        title, text, kind = self._ending(view)
        self.banner.set_words(title, text, kind=kind)
        if report is not None and report.rejected > len(view.rejections):
            self.note.setText(self.tr("Not all rejected lines are listed here. The report has all of them."))
            self.note.show()
        again = report is None or report.job.state is JobState.CANCELLED
        if again and stopped is None:
            self.note.setText(self.tr("Choose the same file again to go on where it stood."))
            self.note.show()
        self._set_action("", may=False)
        self.cancel_button().set_text(self.tr("Close"))

    def _ending(self, view: ImportView) -> tuple[str, str, BannerKind]:
        if view.stopped_by is not None:
            where = self.tr("Line {n} is broken").format(n=words.number(view.stopped_by.line))
            return where, self.tr("The import stopped. Correct the line, or have broken lines set aside."), "danger"
        if view.report is None:
            return self.tr("The import did not end"), self.tr("What was done before stays."), "danger"
        if view.report.job.state is JobState.CANCELLED:
            return self.tr("Import stopped"), import_words.ended_line(view.report), "warning"
        kind: BannerKind = "warning" if view.report.rejected else "success"
        return self.tr("Import finished"), import_words.ended_line(view.report), kind

    # --- inside ------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Ask for the import."""
        self.asked.emit(OnError(self.policy.value()))

    def cancel_button(self) -> Button:
        """Return the button that closes the dialog."""
        button = self.findChild(Button, "import_dialog_cancel")
        if button is None:
            raise LookupError(self.objectName())
        return button

    def _make_file(self) -> QWidget:
        theme = self._theme
        self.file = ElidedLabel(theme, self.tr("No file chosen"), mode=Qt.TextElideMode.ElideMiddle)
        self.choose = Button(theme, self.tr("Choose file…"), name="import_choose", icon="folder-open")
        self.choose.clicked.connect(self._on_choose)
        line = row(self.choose, self.file, spacing=12)
        line.setStretch(1, 1)
        return boxed(line)

    def _make_policy(self) -> QWidget:
        theme = self._theme
        meaning = self.tr("Broken lines")
        choices = [
            Choice(OnError.STOP.value, self.tr("Stop at a broken line")),
            Choice(OnError.SKIP.value, self.tr("Set broken lines aside")),
        ]
        self.policy = Segmented(theme, choices, name="import_policy", meaning=meaning)
        self.policy.picked.connect(self._on_policy)
        self._policy_note = Label(theme, "", "caption", wrap=True)
        self._on_policy(OnError.STOP.value)
        pieces = column(Label(theme, meaning, "strong"), row(self.policy, None), self._policy_note, spacing=6)
        return boxed(pieces)

    def _on_policy(self, value: str) -> None:
        stop = self.tr("All lines are checked first. If one is broken, nothing is imported.")
        skip = self.tr("All others are imported. The report names line, column and reason, no personal data.")
        self._policy_note.setText(stop if value == OnError.STOP.value else skip)

    def _boxed_table(self, model: RowsModel, name: str, meaning: str, *widths: int) -> QWidget:
        table = DataTable(self._theme, name=name, meaning=meaning, dense=True)
        table.setModel(model)
        table.set_widths(*widths)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        model.modelReset.connect(lambda: self._fit_table(table, model.rowCount()))
        self._fit_table(table, 0)
        box = boxed(column(Label(self._theme, meaning, "strong"), table, spacing=6))
        self.body.addWidget(box)
        return box

    def _fit_table(self, table: DataTable, rows: int) -> None:
        """Make a table as high as its rows, up to a limit."""
        table.setFixedHeight(self._theme.px(min(_HEADER + _ROW * max(rows, 1), _TABLE_HEIGHT)))

    def _show(self, *pieces: QWidget) -> None:
        """Show these of the changing pieces, hide the others."""
        for piece in (self.banner, self.progress, self.counts, self._columns_box, self._rejections_box,
                      self._policy_box, self.save):  # fmt: skip
            piece.setVisible(piece in pieces)

    def _set_action(self, text: str, *, may: bool) -> None:
        self.action.setVisible(bool(text))
        self.action.setEnabled(may)
        if text:
            self.action.set_text(text)

    def _list_anew(self, rejections: Sequence[Rejection]) -> None:
        self._listed = -1
        self._list(rejections)

    def _list(self, rejections: Sequence[Rejection]) -> None:
        if len(rejections) != self._listed:
            self._listed = len(rejections)
            self.rejections.set_rows([import_words.rejection_row(rejection) for rejection in rejections])
            self._rejections_box.setVisible(bool(rejections))

    def _on_choose(self) -> None:
        self._pick(QFileDialog.AcceptMode.AcceptOpen, self.tr("Choose a CSV file"), self.chosen.emit)

    def _on_save(self) -> None:
        self._pick(QFileDialog.AcceptMode.AcceptSave, self.tr("Save the error report"), self.report_asked.emit)

    def _pick(self, mode: QFileDialog.AcceptMode, title: str, tell: "object") -> None:
        picker = QFileDialog(self, title, "", self.tr("CSV files (*.csv);;All files (*)"))
        picker.setAcceptMode(mode)
        if mode is QFileDialog.AcceptMode.AcceptSave:
            picker.setDefaultSuffix("csv")
            picker.selectFile("import-errors.csv")
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(lambda name: tell(Path(name)))  # type: ignore[operator]  # a signal's emit
        picker.open()
