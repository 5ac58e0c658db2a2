"""Paints the cells of a `CellModel`, word by word from what was laid out before.

Qt asks a model seven times for each cell and lays its text out anew in each frame; that is most of what a
scrolled table costs. A laid-out text is kept here instead, by its words, font and room (`docs/adr/0027`).
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap, QStaticText, QTransform

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.cell_model import Cell, CellModel, Column

_KEPT_TEXTS = 4_096  # several screens of the widest table
_ICON = 16
_ICON_GAP = 6
_BAR = 54
_BAR_LEAST = 3.0  # what is not empty can be seen
_BAR_GAP = 10


class Room(NamedTuple):
    """Where the words of a column stand: px from the left of the viewport, and how many there are."""

    left: int
    width: int


class CellPainter:
    """Draws cells of one theme; on the Qt thread only."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._texts: OrderedDict[tuple[str, bool, int], QStaticText] = OrderedDict()
        self._colours: dict[Tone, QColor] = {}
        self._fonts: dict[bool, tuple[QFont, QFontMetrics]] = {}
        self._icons: dict[tuple[str, Tone, float], QPixmap] = {}

    def forget(self) -> None:
        """Drop what was made for other colours, fonts or sizes."""
        self._texts.clear()
        self._colours.clear()
        self._fonts.clear()
        self._icons.clear()

    def paint(
        self, painter: QPainter, model: CellModel, column: int, room: Room, rows: Iterable[tuple[int, int]], height: int
    ) -> None:
        """Draw one column: `rows` are their numbers and tops, `height` is that of each, px."""
        described = model.columns[column]
        painter.setFont(self._font(described.mono)[0])
        tone: Tone | None = None
        for row, top in rows:
            cell = model.cell(row, column)
            if cell is None or (not cell.text and not cell.icon):
                continue
            if cell.tone != tone:
                tone = cell.tone
                painter.setPen(self._colour(tone))
            left, width = room
            if cell.share is not None:
                width -= self._bar(painter, cell.share, left + width, top, height)
                painter.setPen(self._colour(tone))
            if cell.icon:
                beside = self._icon(painter, cell, left, top, height)
                left, width = left + beside, width - beside
            text = self._text(cell.text, described, width)
            size = text.size()
            if described.numeric:
                left += width - round(size.width())
            painter.drawStaticText(left, top + round((height - size.height()) / 2), text)

    def _text(self, words: str, column: Column, width: int) -> QStaticText:
        """Return a text laid out for its room, cut in the middle where it is too long."""
        key = (words, column.mono, width)
        text = self._texts.get(key)
        if text is None:
            font, metrics = self._font(column.mono)
            text = QStaticText(metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, width))
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            text.prepare(QTransform(), font)
            self._texts[key] = text
            if len(self._texts) > _KEPT_TEXTS:
                self._texts.popitem(last=False)
        return text

    def _icon(self, painter: QPainter, cell: Cell, left: int, top: int, height: int) -> int:
        """Draw a cell's icon; returns how far right of it the words begin."""
        tone: Tone = cell.icon_tone or ("text2" if cell.tone == "text" else cell.tone)
        device = painter.device()
        ratio = 1.0 if device is None else device.devicePixelRatioF()
        key = (cell.icon, tone, ratio)
        pixmap = self._icons.get(key)
        if pixmap is None:
            pixmap = self._icons[key] = self._theme.pixmap(cell.icon, tone, _ICON, ratio)
        side = self._theme.px(_ICON)
        painter.drawPixmap(left, top + (height - side) // 2, side, side, pixmap)
        return side + self._theme.px(_ICON_GAP)

    def _bar(self, painter: QPainter, share: float, right: int, top: int, height: int) -> int:
        """Draw how full something is; returns how far left of it the words end."""
        whole, middle = self._theme.px(_BAR), top + height // 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tokens = self._theme.tokens
        filled = max(_BAR_LEAST, whole * min(share, 1.0)) if share else 0.0
        for width, colour in ((whole, tokens.track), (filled, tokens.border_strong)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(right - whole, middle - 2, width, 5), 2.5, 2.5)
        painter.restore()
        return whole + _BAR_GAP

    def _colour(self, tone: Tone) -> QColor:
        if tone not in self._colours:
            self._colours[tone] = self._theme.colour(tone)
        return self._colours[tone]

    def _font(self, mono: bool) -> tuple[QFont, QFontMetrics]:
        if mono not in self._fonts:
            font = self._theme.font("mono" if mono else "body")
            self._fonts[mono] = font, QFontMetrics(font)
        return self._fonts[mono]
