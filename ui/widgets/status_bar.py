"""The one status bar: HSM, database, log | job with bar and cancel | operator, time to lock, Lock."""

from enum import Enum

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QSizePolicy, QWidget

from ui.tasks import JobState
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.button import Button, IconButton
from ui.widgets.label import ElidedLabel, IconLabel, Label
from ui.widgets.layout import boxed, line, row
from ui.widgets.progress import ProgressBar

HEIGHT = 30
_GAP = 6


class PartState(Enum):
    """How a part of the console is."""

    READY = "ready"
    WARNING = "warning"
    DOWN = "down"
    UNKNOWN = "unknown"


PART_LOOKS: dict[PartState, tuple[str, Tone]] = {
    PartState.READY: ("circle-check", "success"),
    PartState.WARNING: ("triangle-alert", "warning"),
    PartState.DOWN: ("octagon-alert", "danger"),
    PartState.UNKNOWN: ("circle-dashed", "muted"),
}


class StatusBar(QFrame):
    """State of the console at a glance.

    `set_part("hsm" | "database" | "log", state, detail)`, `show_job`, `hide_job`, `set_operator`,
    `set_seconds_to_lock`. Signals: `lock_asked`, `job_stop_asked(int)` with the job's number.
    """

    lock_asked = pyqtSignal()
    job_stop_asked = pyqtSignal(int)

    def __init__(self, theme: Theme, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._job_number = 0
        self._captions: list[Label] = []
        self.setObjectName("status_bar")
        self.setAccessibleName(self.tr("Status bar"))
        self.setProperty("kind", "statusbar")
        self._parts: dict[str, _Part] = {
            "hsm": _Part(theme, self.tr("HSM")),
            "database": _Part(theme, self.tr("Database")),
            "log": _Part(theme, self.tr("Log")),
        }
        layout = row(spacing=0)
        for index, part in enumerate(self._parts.values()):
            if index:
                layout.addWidget(line(upright=True))
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(self._make_job())
        layout.addWidget(line(upright=True))
        layout.addWidget(self._make_operator())
        layout.addWidget(line(upright=True))
        layout.addWidget(self._make_lock())
        self.setLayout(layout)
        for key in self._parts:
            self.set_part(key, PartState.UNKNOWN, self.tr("not yet asked"))
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def set_part(self, key: str, state: PartState, detail: str) -> None:
        """Say how the HSM, the database or the log is."""
        self._parts[key].set_state(state, detail)

    def show_job(self, job: JobState) -> None:
        """Show a job that runs."""
        if job.number != self._job_number:
            self._bar.restart()
            self._job_number = job.number
        self._job_title.setText(job.title)
        self._bar.setAccessibleName(job.title)
        self._bar.set_share(job.done / job.total if job.total else 0.0)
        self._share.setText(words.percent(job.done, job.total))
        self._stop.setVisible(job.stoppable)
        self._job.show()

    def hide_job(self) -> None:
        """Show no job any more."""
        self._job_number = 0
        self._job.hide()

    def set_operator(self, name: str) -> None:
        """Say who is signed in."""
        self._operator.setText(name)

    def set_seconds_to_lock(self, seconds: float) -> None:
        """Say how long it is until the console locks by itself."""
        self._time.setText(words.duration(seconds))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Look at the room for words."""
        super().resizeEvent(event)
        self._fit_words()

    def event(self, event: QEvent | None) -> bool:
        """Look at the room again when words or fonts changed."""
        done = super().event(event)
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._fit_words()
        return done

    def _fit_words(self) -> None:
        """Leave out words that have an icon beside them where there is no room (large text, small window)."""
        layout = self.layout()
        if layout is None or not self._captions:
            return
        hidden = self._captions[0].isHidden()
        words_width = sum(label.sizeHint().width() + _GAP for label in self._captions)
        needed = layout.totalMinimumSize().width() + (words_width if hidden else 0)
        if (needed > self.width()) != hidden:
            for label in self._captions:
                label.setVisible(hidden)

    def _make_job(self) -> QWidget:
        theme = self._theme
        self._job_title = ElidedLabel(theme, "", "caption", tone="text2")
        self._job_title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = ProgressBar(theme, meaning=self.tr("Progress"))
        self._bar.setFixedWidth(90)
        self._share = Label(theme, "", "caption", tone="text2")
        self._stop = IconButton(theme, "x", self.tr("Cancel safely"), name="job_stop")
        self._stop.clicked.connect(lambda: self.job_stop_asked.emit(self._job_number))
        pieces = row(self._job_title, self._bar, self._share, self._stop, spacing=12, margins=(12, 0, 12, 0))
        self._job = boxed(pieces)
        self._job.hide()
        return self._job

    def _make_operator(self) -> QWidget:
        self._operator = Label(self._theme, "", "caption", tone="text2")
        icon = IconLabel(self._theme, "user", tone="muted", size=14)
        icon.set_meaning(self.tr("Operator"))
        label = Label(self._theme, self.tr("Operator"), "caption")
        self._captions.append(label)
        return boxed(row(icon, label, 2, self._operator, spacing=6, margins=(12, 0, 12, 0)))

    def _make_lock(self) -> QWidget:
        self._time = Label(self._theme, "", "caption", tone="text2")
        icon = IconLabel(self._theme, "timer", tone="muted", size=14)
        icon.set_meaning(self.tr("Locks in"))
        label = Label(self._theme, self.tr("Locks in"), "caption")
        self._captions.append(label)
        self.lock = Button(self._theme, self.tr("Lock"), name="lock", variant="quiet", icon="lock", scale="small")
        self.lock.setToolTip(self.tr("Lock the console (Ctrl+L)"))
        self.lock.clicked.connect(self.lock_asked)
        return boxed(row(icon, label, 2, self._time, 2, self.lock, spacing=6, margins=(12, 0, 6, 0)))

    def _on_scaled(self) -> None:
        self._share.setMinimumWidth(self._theme.px(32))
        self._time.setMinimumWidth(self._theme.px(30))
        self._job_title.setMinimumWidth(self._theme.px(60))
        self.setFixedHeight(self._theme.px(HEIGHT))


class _Part(QWidget):
    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._name = name
        self._icon = IconLabel(theme, "circle-dashed", tone="muted", size=14)
        self._detail = ElidedLabel(theme, "", "caption", tone="text2")
        self._detail.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        label = Label(theme, name, "caption")
        self.setLayout(row(self._icon, label, 1, self._detail, spacing=6, margins=(14, 0, 11, 0)))

    def set_state(self, state: PartState, detail: str) -> None:
        icon, tone = PART_LOOKS[state]
        self._icon.set_icon(icon, tone)
        self._detail.setText(detail)
        self.setAccessibleName(f"{self._name}: {detail}")
