"""The legend above a chart: colour, name and total of each series."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from ui.charts.scale import short_number
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.label import Label
from ui.widgets.layout import boxed, row

_SIDE = 10
_LARGE = 1.5  # text this large needs two rows


class Legend(QWidget):
    """`Legend(theme, names)` in the order of the chart colours, then `set_totals(…)`."""

    def __init__(self, theme: Theme, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._totals = [Label(theme, "", "small") for _ in names]
        self._entries = [
            boxed(row(_Swatch(theme, number), Label(theme, name, "caption", tone="text2"), total, None, spacing=6))
            for number, (name, total) in enumerate(zip(names, self._totals, strict=True))
        ]
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self.setLayout(self._grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def set_totals(self, totals: Sequence[int]) -> None:
        """Write the totals, short; the tip has them in full."""
        for label, total in zip(self._totals, totals, strict=True):
            label.setText(short_number(total))
            label.setToolTip(words.number(total))

    def _on_scaled(self) -> None:
        across = len(self._entries) if self._theme.text_scale < _LARGE else -(-len(self._entries) // 2)
        self._grid.setHorizontalSpacing(self._theme.px(16))
        for number, entry in enumerate(self._entries):
            self._grid.addWidget(entry, number // across, number % across)
        for number in range(len(self._entries) + 1):
            self._grid.setColumnStretch(number, int(number == across))


class _Swatch(QWidget):
    """The colour of a series."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self._theme = theme
        self._number = number
        self.setFixedSize(_SIDE, _SIDE)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw a small square with round corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.chart[self._number]))
        painter.drawRoundedRect(self.rect(), 2, 2)
