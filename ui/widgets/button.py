"""Buttons. Each carries a verb and its object; an ellipsis at the end means that it asks for more."""

from typing import Literal

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.label import wear

Variant = Literal["plain", "primary", "danger", "destroy", "quiet", "link"]
Scale = Literal["small", "normal", "large"]

_ICON_GAP = 3  # px, beside the 4 that Qt leaves between icon and word
_ICON_TONES: dict[Variant, Tone] = {
    "plain": "text2",
    "primary": "on_accent",
    "danger": "danger",
    "destroy": "on_accent",
    "quiet": "text2",
    "link": "accent",
}


class Button(QPushButton):
    """`Button(theme, self.tr("Export…"), name="export", icon="download")`.

    Variants: plain, primary (one a page), danger (red words: opens something irreversible), destroy
    (red fill: its last step), quiet (no frame), link. Scales: small 26, normal 30, large 36 px.
    A disabled button needs its reason in words beside it. Signal: `clicked`.
    """

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        name: str,
        variant: Variant = "plain",
        icon: str | None = None,
        icon_tone: Tone | None = None,
        scale: Scale = "normal",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._theme = theme
        self._icon = icon
        self._icon_tone: Tone = icon_tone or _ICON_TONES[variant]
        self._scale = scale
        self.setObjectName(name)
        self.setAccessibleName(text.removesuffix("…"))
        self.setProperty("variant", variant)
        self.setProperty("scale", scale)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if variant == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Press by Enter as well as by Space; a destroying button by Space alone."""
        entered = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered and self.property("variant") != "destroy":
            self.click()
        else:
            super().keyPressEvent(event)

    def set_text(self, text: str) -> None:
        """Say something else (a button that counts: "Reveal 2 fields for 60 s")."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text.removesuffix("…"))

    def set_icon(self, icon: str, tone: Tone | None = None) -> None:
        """Show another icon."""
        self._icon = icon
        self._icon_tone = tone or self._icon_tone
        self._on_changed()

    def _on_changed(self) -> None:
        role: Role = "small" if self._scale == "small" else "button"
        wear(self, self._theme.font(role))
        if self._icon is not None:
            self.setIcon(self._theme.icon(self._icon, self._icon_tone, pad=_ICON_GAP))
            side = self._theme.px(16)
            self.setIconSize(QSize(side + self._theme.px(_ICON_GAP), side))


class IconButton(QToolButton):
    """A small button without a word (copy, close, reveal): never a main action. `meaning` is its name and tool tip."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        meaning: str,
        *,
        name: str,
        tone: Tone = "text2",
        size: int = 16,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._tone: Tone = tone
        self._size = size
        self.setObjectName(name)
        self.setProperty("kind", "icon")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_meaning(meaning)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def set_meaning(self, meaning: str) -> None:
        """Say what pressing it does."""
        self.setAccessibleName(meaning)
        self.setToolTip(meaning)

    def set_icon(self, icon: str, tone: Tone | None = None) -> None:
        """Show another icon."""
        self._icon = icon
        self._tone = tone or self._tone
        self._on_changed()

    def _on_changed(self) -> None:
        self.setIcon(self._theme.icon(self._icon, self._tone, self._size))
        side = self._theme.px(self._size)
        self.setIconSize(QSize(side, side))


class CopyButton(IconButton):
    """Copies a text that is no secret (a code, a token, a hash): `CopyButton(theme, meaning, text, name=…)`."""

    def __init__(self, theme: Theme, meaning: str, text: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "copy", meaning, name=name, parent=parent)
        self.text_to_copy = text
        self.clicked.connect(lambda: copy_text(self.text_to_copy))


def copy_text(text: str) -> None:
    """Put a text that is no secret on the clipboard."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
