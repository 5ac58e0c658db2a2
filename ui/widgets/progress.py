"""Long work: what, n of m, honest time left, a bar that never jumps back, and a safe way out."""

from PyQt6.QtCore import QCoreApplication, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, row


class ProgressBar(QWidget):
    """A bar from 0 to 1. `set_share` never goes back unless `restart` was called."""

    def __init__(self, theme: Theme, *, meaning: str, height: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._height = height
        self._share = 0.0
        self.setAccessibleName(meaning)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(height)
        theme.changed.connect(self.update)

    @property
    def share(self) -> float:
        """Return how much is done, 0 to 1."""
        return self._share

    def restart(self) -> None:
        """Begin again at nothing."""
        self._share = 0.0
        self.update()

    def set_share(self, share: float) -> None:
        """Show how much is done, 0 to 1."""
        self._share = max(self._share, min(max(share, 0.0), 1.0))
        self.setAccessibleDescription(words.percent(round(self._share * 100), 100))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a usual width."""
        return QSize(120, self._height)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw track and bar."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        full = QRectF(self.rect())
        painter.setBrush(QColor(tokens.track))
        painter.drawRoundedRect(full, radius, radius)
        if tokens.border == tokens.text:  # the contrast theme draws every edge
            painter.setPen(QColor(tokens.border))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(full.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
            painter.setPen(Qt.PenStyle.NoPen)
        if self._share > 0:
            done = QRectF(0, 0, max(full.width() * self._share, full.height()), full.height())
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(done, radius, radius)


class ProgressBlock(QWidget):
    """Long work on a page or in a card. Signal `stopped` when the person asks to stop (or to go on again).

    `start(what)`, then `advance(done, total, seconds_left)`, then `stop_at(sentence, go_on)` or
    `finish(sentence)`. The button says Cancel safely while it runs and Go on after a stop.
    """

    stop_asked = pyqtSignal()
    go_on_asked = pyqtSignal()

    def __init__(self, theme: Theme, *, name: str = "progress", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = Label(theme, "", "button")
        self._left = Label(theme, "", "caption")
        self._bar = ProgressBar(theme, meaning="")
        self._note_icon = IconLabel(theme, "pause", tone="muted", size=14)
        self._note = Label(theme, "", "caption")
        self._button = Button(theme, "", name=f"{name}_button", scale="small")
        self._button.clicked.connect(self._on_clicked)
        self._stopped = False
        self._title = ""
        self._below = boxed(row(self._note_icon, self._note, None, self._button, spacing=6))
        self.setLayout(column(row(self._what, None, self._left), self._bar, self._below, spacing=8))
        self.setObjectName(name)
        self.start("")

    def start(self, what: str) -> None:
        """Say what begins ("Re-wrapping")."""
        self._title = what
        self._stopped = False
        self._what.setText(what)
        self._bar.setAccessibleName(what)
        self._bar.restart()
        self._left.setText("")
        self._note.setText("")
        self._note_icon.hide()
        self._button.set_text(QCoreApplication.translate("ProgressBlock", "Cancel safely"))
        self._button.show()

    def advance(self, done: int, total: int, seconds_left: float | None = None) -> None:
        """Show how far it is."""
        count = QCoreApplication.translate("ProgressBlock", "{what} {done} of {total}")
        self._what.setText(count.format(what=self._title, done=words.number(done), total=words.number(total)))
        self._left.setText("" if seconds_left is None else words.about(seconds_left))
        self._bar.set_share(done / total if total else 0.0)

    def stop_at(self, sentence: str) -> None:
        """Say where it stopped safely; it can go on from there."""
        self._stopped = True
        self._note.setText(sentence)
        self._note_icon.set_icon("pause", "muted")
        self._note_icon.show()
        self._left.setText("")
        self._button.set_text(QCoreApplication.translate("ProgressBlock", "Go on"))

    def finish(self, sentence: str) -> None:
        """Say that all is done."""
        self._bar.set_share(1.0)
        self._left.setText("")
        self._note.setText(sentence)
        self._note_icon.set_icon("circle-check", "success")
        self._note_icon.show()
        self._button.hide()

    def _on_clicked(self) -> None:
        if self._stopped:
            self.go_on_asked.emit()
        else:
            self.stop_asked.emit()
