"""Chips stand in headers and details only, never in table rows; a filter chip says what a table is cut down to."""

from typing import Literal

from PyQt6.QtCore import QCoreApplication, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.label import IconLabel, Label, repolish, wear
from ui.widgets.layout import row

ChipTone = Literal["neutral", "accent", "success", "warning", "danger", "secret"]

_WORD_TONES: dict[ChipTone, Tone] = {
    "neutral": "text2",
    "accent": "accent",
    "success": "success",
    "warning": "warning",
    "danger": "danger",
    "secret": "secret",
}


class Chip(QFrame):
    """Icon and word on a soft tone: `Chip(theme, self.tr("Active"), "circle-check", "success")`."""

    def __init__(
        self, theme: Theme, text: str, icon: str, tone: ChipTone = "neutral", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = IconLabel(theme, icon, tone=_WORD_TONES[tone], size=14)
        self._word = Label(theme, text, "small", tone=_WORD_TONES[tone])
        self.setProperty("chip", tone)
        self.setLayout(row(self._icon, self._word, spacing=6, margins=(7, 0, 8, 0)))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._theme = theme
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def set_status(self, text: str, icon: str, tone: ChipTone) -> None:
        """Say another state."""
        self._word.setText(text)
        self._word.set_tone(_WORD_TONES[tone])
        self._icon.set_icon(icon, _WORD_TONES[tone])
        self.setProperty("chip", tone)
        repolish(self)

    def text(self) -> str:
        """Return the word."""
        return self._word.text()

    def _on_scaled(self) -> None:
        self.setFixedHeight(self._theme.px(22))


class FilterChip(QPushButton):
    """An active filter with an x: pressing it (or Delete) takes it away. Signal: `removed`."""

    removed = pyqtSignal()

    def __init__(self, theme: Theme, text: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._theme = theme
        self.setObjectName(name)
        self.setProperty("kind", "filter")
        meaning = QCoreApplication.translate("FilterChip", "Remove filter {filter}").format(filter=text)
        self.setAccessibleName(meaning)
        self.setToolTip(meaning)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the x stands after the word
        self.clicked.connect(self.removed)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        side = self._theme.px(14)
        wear(self, self._theme.font("button"))
        self.setIcon(self._theme.icon("x", "accent", 14, pad=-3))
        self.setIconSize(QSize(side + self._theme.px(3), side))
