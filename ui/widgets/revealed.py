"""The plum box of a value that is on the screen now, with what is left of its time."""

from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication, QPoint, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import column, row


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value that may be shown now. `seconds` until it is masked again; `entry` of the audit log."""

    value: str
    purpose: str
    entry: int
    seconds: float = 60.0

    def __repr__(self) -> str:
        """Never print the value."""
        return f"Revealed(purpose={self.purpose!r}, entry={self.entry})"


class RevealedBox(QWidget):
    """Shows a `Revealed`. Signals: `hidden` (Hide now or Escape), `copy_asked` (Ctrl+C or the menu)."""

    hidden = pyqtSignal()
    copy_asked = pyqtSignal()

    def __init__(self, theme: Theme, label: str, *, name: str, compact: bool) -> None:
        super().__init__()
        self._theme = theme
        self._compact = compact
        self.setObjectName(f"{name}_revealed")
        self.setAccessibleName(QCoreApplication.translate("SecretField", "{field}, revealed").format(field=label))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        eye = IconLabel(theme, "eye", tone="secret", size=14)
        field = Label(theme, label, "caption", tone="secret")
        self._value = Label(theme, "", "value")
        self._left = Label(theme, "", "caption", tone="secret")
        self._record = Label(theme, "", "caption", tone="secret")
        hide = Button(
            theme,
            QCoreApplication.translate("SecretField", "Hide now"),
            name=f"{name}_hide",
            icon="eye-off",
            icon_tone="secret",
            scale="small",
        )
        hide.clicked.connect(self.hidden)
        self._bar = _TimeBar(theme)
        inside: QVBoxLayout
        if compact:
            top: QHBoxLayout = row(eye, field, self._value, None, self._left, hide, spacing=8)
            inside = column(top, self._bar, spacing=6, margins=(12, 7, 9, 9))
        else:
            names = column(row(eye, field, None, spacing=6), self._value, spacing=1)
            top = row(names, None, hide)
            below = row(self._left, None, self._record)
            inside = column(top, self._bar, below, spacing=6, margins=(13, 11, 13, 10))
        self.setLayout(inside)

    def show_value(self, revealed: Revealed) -> None:
        """Put the value in."""
        self._value.setText(revealed.value)
        record = QCoreApplication.translate("SecretField", "{purpose} · recorded as entry {entry}")
        text = record.format(purpose=revealed.purpose, entry=words.number(revealed.entry))
        self._record.setText(text)
        self.setToolTip(text if self._compact else "")

    def show_time(self, seconds: float, share: float) -> None:
        """Show how long it stays."""
        left = words.duration(seconds)
        again = QCoreApplication.translate("SecretField", "Masked again in {time}").format(time=left)
        self._left.setText(left if self._compact else again)
        self._bar.set_share(share)

    def clear(self) -> None:
        """Take everything out."""
        self._value.setText("")
        self._record.setText("")
        self.setToolTip("")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Ask for a copy by Ctrl+C, hide by Escape."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event is not None and event.key() == Qt.Key.Key_Escape:
            self.hidden.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the plum ground."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.secret_border))
        painter.setBrush(QColor(tokens.secret_soft))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _on_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = QAction(QCoreApplication.translate("SecretField", "Copy…"), menu)
        copy.triggered.connect(self.copy_asked)
        menu.addAction(copy)
        menu.popup(self.mapToGlobal(at))


class _TimeBar(QWidget):
    """What is left of the time: a plum bar that gets shorter."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._share = 1.0
        self.setFixedHeight(3)

    def set_share(self, share: float) -> None:
        """Show what is left, 0 to 1."""
        self._share = share
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw track and rest."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        full = QRectF(self.rect())
        painter.setBrush(QColor(tokens.secret_border))
        painter.drawRoundedRect(full, 1.5, 1.5)
        painter.setBrush(QColor(tokens.secret))
        painter.drawRoundedRect(QRectF(0, 0, full.width() * self._share, full.height()), 1.5, 1.5)
