"""What a person types into or picks from, without label: see `field.py` for the labelled ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from PyQt6.QtCore import QCoreApplication, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QStyle, QStyleOptionButton, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.widgets.button import IconButton
from ui.widgets.label import wear


class LineInput(QLineEdit):
    """One line of text. `mono` for tokens and codes; `icon` is drawn before the text."""

    def __init__(
        self,
        theme: Theme,
        *,
        name: str,
        meaning: str,
        placeholder: str = "",
        mono: bool = False,
        large: bool = False,
        icon: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._mono = mono
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setPlaceholderText(placeholder)
        if large:
            self.setProperty("scale", "large")
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the icon: it belongs to the field, not to the tab order."""
        super().paintEvent(event)
        if self._icon is None:
            return
        pixmap = self._theme.pixmap(self._icon, "muted", 16, self.devicePixelRatioF())
        side = self._theme.px(16)
        QPainter(self).drawPixmap(QPoint(9, (self.height() - side) // 2), pixmap)

    def _on_scaled(self) -> None:
        role: Role = "mono" if self._mono else "body"
        wear(self, self._theme.font(role))
        self.setTextMargins(self._theme.px(16) + 10 if self._icon is not None else 0, 0, 0, 0)


class _LineWithButton(LineInput):
    """A line with one small button inside its right end."""

    def _put_button(self, button: IconButton) -> None:
        self._button = button
        button.setParent(self)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        margins = self.textMargins()
        self.setTextMargins(margins.left(), 0, self._theme.px(24), 0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the button at the right end."""
        super().resizeEvent(event)
        side = self._theme.px(24)
        self._button.setGeometry(self.width() - side - 4, (self.height() - side) // 2, side, side)

    def _on_scaled(self) -> None:
        super()._on_scaled()
        margins = self.textMargins()
        self.setTextMargins(margins.left(), 0, self._theme.px(24), 0)


class SearchInput(_LineWithButton):
    """A search field: Escape and the x clear it. Signals: `textChanged`, `returnPressed`."""

    def __init__(
        self, theme: Theme, *, name: str, meaning: str, placeholder: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, name=name, meaning=meaning, placeholder=placeholder, icon="search", parent=parent)
        self.setProperty("kind", "search")
        words = QCoreApplication.translate("SearchInput", "Clear search")
        clear = IconButton(theme, "x", words, name=f"{name}_clear", size=14)
        clear.hide()
        clear.clicked.connect(self.clear)
        self.textChanged.connect(lambda text: clear.setVisible(bool(text)))
        self._put_button(clear)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Escape clears a search before it does anything else."""
        if event is not None and event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)


class PasswordInput(_LineWithButton):
    """A password with an eye that shows it while it is pressed down to *shown*, and hides it again on leaving."""

    def __init__(
        self, theme: Theme, *, name: str, meaning: str, large: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, name=name, meaning=meaning, large=large, parent=parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._eye = IconButton(theme, "eye", "", name=f"{name}_eye")
        self._eye.clicked.connect(self._on_eye_clicked)
        self._put_button(self._eye)
        self._set_shown(shown=False)

    def clear(self) -> None:
        """Empty the field and hide again."""
        super().clear()
        self._set_shown(shown=False)

    def _on_eye_clicked(self) -> None:
        self._set_shown(shown=self.echoMode() is QLineEdit.EchoMode.Password)

    def _set_shown(self, *, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self._eye.set_icon("eye-off" if shown else "eye")
        self._eye.set_meaning(
            QCoreApplication.translate("PasswordInput", "Hide what is typed")
            if shown
            else QCoreApplication.translate("PasswordInput", "Show what is typed")
        )

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Hide what is typed: a password does not stay readable on a page that comes back."""
        self._set_shown(shown=False)
        super().hideEvent(event)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list: `value` for the program, `text` for the person."""

    value: str
    text: str


class ComboInput(QComboBox):
    """Pick one of a few. Signal `picked(str)` with the value. The wheel does nothing unless the list has focus."""

    picked = pyqtSignal(str)

    def __init__(
        self, theme: Theme, choices: Iterable[Choice], *, name: str, meaning: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for choice in choices:
            self.addItem(choice.text, choice.value)
        self.activated.connect(lambda _: self.picked.emit(self.value()))

    def value(self) -> str:
        """Return the value of the picked entry; empty when there is none."""
        return str(self.currentData() or "")

    def set_value(self, value: str) -> None:
        """Pick an entry by its value; an unknown one picks nothing."""
        self.setCurrentIndex(self.findData(value))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the wheel to the form: it must scroll, not change a legal ground."""
        if event is None or self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the arrow as an icon: a style sheet would need an image file for each theme."""
        super().paintEvent(event)
        tone = self._theme.pixmap("chevron-down", "text2" if self.isEnabled() else "disabled", 16, self._ratio())
        side = self._theme.px(16)
        QPainter(self).drawPixmap(QPoint(self.width() - side - 8, (self.height() - side) // 2), tone)

    def _ratio(self) -> float:
        return self.devicePixelRatioF()


class CheckInput(QCheckBox):
    """A check box with its words. Signal: `toggled`."""

    def __init__(self, theme: Theme, text: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the tick over the sheet's box, so that it follows theme and scale."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        box = QRect() if style is None else style.subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        tokens = self._theme.tokens
        paint_tick(QPainter(self), QRectF(box), QColor(tokens.on_accent if self.isEnabled() else tokens.disabled))


class TextArea(QPlainTextEdit):
    """Some lines of text, at most `limit` characters; what is over is not taken. Tab leaves the field."""

    def __init__(
        self, theme: Theme, *, name: str, meaning: str, limit: int, lines: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._limit = limit
        self._lines = lines
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._on_text_changed)
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def sizeHint(self) -> QSize:
        """High enough for its lines."""
        return QSize(200, self.fontMetrics().lineSpacing() * self._lines + 24)

    def _on_text_changed(self) -> None:
        text = self.toPlainText()
        if len(text) > self._limit:
            cursor = self.textCursor()
            at = min(cursor.position(), self._limit)
            self.setPlainText(text[: self._limit])
            cursor = self.textCursor()
            cursor.setPosition(at)
            self.setTextCursor(cursor)

    def _on_scaled(self) -> None:
        wear(self, self._theme.font("body"))
        self.setFixedHeight(self.sizeHint().height())


def paint_tick(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Draw a tick in a box, in the proportions of Lucide's `check`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, max(2.0, box.width() / 9), cap=Qt.PenCapStyle.RoundCap, join=Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    x, y, side = box.x(), box.y(), box.width()
    corners = ((0.25, 0.52), (0.43, 0.70), (0.76, 0.33))
    points = [(x + side * across, y + side * down) for across, down in corners]
    for (x1, y1), (x2, y2) in pairwise(points):
        painter.drawLine(round(x1), round(y1), round(x2), round(y2))
