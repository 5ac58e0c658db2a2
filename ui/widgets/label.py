"""Text on a page: a role gives the font, a tone the colour."""

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone

# Where QStyleSheetStyle keeps the font of a widget's first polish, to put it back at every later one:
# without this a label that changed its role would fall back with the next theme.
_FIRST_FONT = "_q_styleSheetWidgetFont"
_TONES: dict[Role, Tone] = {"caption": "muted", "group": "muted"}


class Label(QLabel):
    """One line, or with `wrap` a paragraph. Plain text always: nothing typed is ever read as HTML.

    `Label(theme, "Contact", "strong")`, `Label(theme, "until 31 Mar", "caption")`,
    `Label(theme, "Refused", tone="danger")`. With `selectable` the text can be marked and copied.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: Role = "body",
        *,
        tone: Tone | None = None,
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role = role
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setWordWrap(wrap)
        self.setProperty("tone", tone or _TONES.get(role, "text"))
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._on_scaled()
        theme.changed.connect(self._on_scaled)  # not `scaled`: a new sheet puts back the font of the first polish

    def set_tone(self, tone: Tone) -> None:
        """Wear another colour."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            repolish(self)
            self._on_scaled()  # polishing puts back the font that it saw first

    def set_role(self, role: Role) -> None:
        """Wear another font."""
        self._role = role
        self._on_scaled()

    def _on_scaled(self) -> None:
        wear(self, self._theme.font(self._role))


class ElidedLabel(Label):
    """One line that gives way: what does not fit is cut (tokens and hashes in the middle), the tool tip has it all."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: Role = "body",
        *,
        tone: Tone | None = None,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, text, role, tone=tone, parent=parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        few = self.fontMetrics().averageCharWidth() * 6
        whole = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(min(few, whole), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Tell the whole text by tool tip as soon as it does not fit."""
        super().resizeEvent(event)
        self.setToolTip(self.text() if self._shown() != self.text() else "")

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())


class IconLabel(QLabel):
    """An icon that cannot be pressed. Without a word beside it, give `meaning`: read aloud, shown as tool tip."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        *,
        tone: Tone = "text2",
        size: int = 16,
        meaning: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._tone: Tone = tone
        self._size = size
        self.set_meaning(meaning)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def set_icon(self, icon: str, tone: Tone | None = None) -> None:
        """Show another icon, perhaps in another colour."""
        self._icon = icon
        self._tone = tone or self._tone
        self._on_changed()

    def set_meaning(self, meaning: str) -> None:
        """Say what the icon means when no word stands beside it."""
        self.setAccessibleName(meaning)
        self.setToolTip(meaning)

    def changeEvent(self, event: QEvent | None) -> None:
        """Grey when disabled, and back."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.EnabledChange:
            self._on_changed()

    def _on_changed(self) -> None:
        side = self._theme.px(self._size)
        tone: Tone = self._tone if self.isEnabled() else "disabled"
        self.setPixmap(self._theme.pixmap(self._icon, tone, self._size, self.devicePixelRatioF()))
        self.setFixedSize(side, side)


class MarkLabel(QLabel):
    """The product's mark, `size` px at text scale 1."""

    def __init__(self, theme: Theme, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._size = size
        self.setAccessibleName("Citizen Zero")
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        side = self._theme.px(self._size)
        self.setPixmap(self._theme.mark(self._size, self.devicePixelRatioF()))
        self.setFixedSize(side, side)


def wear(widget: QWidget, font: QFont) -> None:
    """Set a font so that it stays, also when the style sheet is made anew."""
    widget.setFont(font)
    if widget.property(_FIRST_FONT) is not None:
        widget.setProperty(_FIRST_FONT, font)


def repolish(widget: QWidget) -> None:
    """Let the style sheet look at a widget again after one of its dynamic properties changed.

    Not before the first polish, which comes with the first show: the sheet would keep the font of
    that moment and put it back later.
    """
    style = widget.style()
    if style is not None and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        style.unpolish(widget)
        style.polish(widget)
    widget.update()
