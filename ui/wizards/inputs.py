"""What the wizard needs beside the toolkit's inputs: a radio button with its explanation, and a strength meter."""

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QRadioButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from ui.pending import Pending
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.field import PasswordField
from ui.widgets.label import Label
from ui.widgets.layout import column, row

_PAUSE_MS = 250
_BARS = 4


class RadioInput(QRadioButton):
    """One of several; the sheet draws the ring, the dot is drawn here."""

    def __init__(self, theme: Theme, text: str, *, name: str) -> None:
        super().__init__(text.replace("&", "&&"))
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(text)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the dot of the one that is chosen."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        box = QRect() if style is None else style.subElementRect(
            QStyle.SubElement.SE_RadioButtonIndicator, option, self
        )  # fmt: skip
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.on_accent))
        inset = box.width() * 0.32
        painter.drawEllipse(QRectF(box).adjusted(inset, inset, -inset, -inset))

    def _on_changed(self) -> None:
        self.setFont(self._theme.font("button"))


class ExplainedRadio(QWidget):
    """A radio button with a line below that says what choosing it means."""

    def __init__(self, theme: Theme, text: str, meaning: str, *, name: str, mono: bool = False) -> None:
        super().__init__()
        self.radio = RadioInput(theme, text, name=name)
        self.radio.setAccessibleDescription(meaning)
        self.setFocusProxy(self.radio)
        line = Label(theme, meaning, "mono" if mono else "caption", tone="muted", wrap=True)
        below = row(line, margins=(theme.px(18) + 8, 0, 0, 0))
        self.setLayout(column(self.radio, below, spacing=0))


class StrengthBar(QWidget):
    """Four bars and a word: how long a password stands against guessing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._score: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(4)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a usual width."""
        return QSize(160, 4)

    def set_score(self, score: int | None) -> None:
        """Show 0 to 4; None for nothing typed."""
        self._score = score
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the bars."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        score = self._score or 0
        filled = QColor(tokens.tone(strength_tone(score)))
        width = (self.width() - 4 * (_BARS - 1)) / _BARS
        for number in range(_BARS):
            painter.setBrush(filled if number < score else QColor(tokens.track))
            painter.drawRoundedRect(QRectF(number * (width + 4), 0, width, 4), 2, 2)


class NewPassword(QWidget):
    """A secret typed twice, with its strength computed in a worker. Signal: `edited(str, str)` with field and text.

    `ask_score` runs in a worker thread and returns 0 to 4 (None for no text).
    """

    edited = pyqtSignal(str, str)

    def __init__(self, theme: Theme, tasks: TaskRunner, first: PasswordField, again: PasswordField) -> None:
        super().__init__()
        self._tasks = tasks
        self._round = 0
        self.first = first
        self.again = again
        self.ask_score: Callable[[], int | None] = lambda: None  # the owner puts its own in: it knows what else counts
        self._bar = StrengthBar(theme)
        self._word = Label(theme, "", "caption")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._measure)
        strength = row(self._bar, self._word, spacing=10)
        strength.setStretch(0, 1)
        left = column(self.first, strength, spacing=6)
        pair = row(left, column(self.again, None, spacing=0), spacing=16)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        self.setLayout(pair)
        first.edited.connect(self._on_first_edited)
        again.edited.connect(lambda text: self.edited.emit(self.again.editor.objectName(), text))
        self._show(None)

    def _on_first_edited(self, text: str) -> None:
        self.edited.emit(self.first.editor.objectName(), text)
        self._timer.start()

    def _measure(self) -> None:
        self._round += 1
        mine = self._round
        pending: Pending[int | None] = self._tasks.query(self.ask_score)
        pending.add_done_callback(lambda done: self._on_measured(mine, done))

    def _on_measured(self, mine: int, done: Pending[int | None]) -> None:
        score = done.result()
        if mine == self._round:
            self._show(score)

    def _show(self, score: int | None) -> None:
        self._bar.set_score(score)
        self._word.setText(strength_word(score))
        self._word.set_tone("muted" if score is None else strength_tone(score))


def strength_tone(score: int) -> Tone:
    """Return the colour of a strength: only what is too weak to take is a danger."""
    tones: tuple[Tone, ...] = ("danger", "danger", "warning", "success", "success")
    return tones[score]


def strength_word(score: int | None) -> str:
    """Return a strength in words."""
    if score is None:
        return QCoreApplication.translate("Strength", "8 characters or more")
    return (
        QCoreApplication.translate("Strength", "guessed at once"),
        QCoreApplication.translate("Strength", "easy to guess"),
        QCoreApplication.translate("Strength", "fair"),
        QCoreApplication.translate("Strength", "strong"),
        QCoreApplication.translate("Strength", "very strong"),
    )[score]
