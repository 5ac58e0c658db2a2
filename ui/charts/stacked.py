"""Stacked bars, one for each day. Drawn on whole pixels, so that the line between two pieces is one pixel.

Importing this module imports pyqtgraph: see `ui/charts/__init__.py`.
"""

import math
from dataclasses import dataclass

import pyqtgraph
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QTransform,
)
from PyQt6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QToolTip, QWidget

from ui.charts.scale import lines
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.layout import column

_BAR = 0.66  # of the room that a bar has
_LEAST = 2  # px: what is there is seen, above all one refusal among thousands of reads
_GAP = 1  # px of ground between two pieces
_HEADROOM = 1.03
_TEXT = 11  # px
_LEFT_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True)
class Stacks:
    """What is drawn: for each series, in the order of the chart colours, one number a bar.

    `labels` are places and words of the axis below; `tips` say each bar in words, with all its numbers.
    """

    series: tuple[tuple[int, ...], ...]
    labels: tuple[tuple[int, str], ...]
    tips: tuple[str, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """Return the height of each bar."""
        return tuple(sum(bar) for bar in zip(*self.series, strict=True))


class StackedBars(QWidget):
    """`show_stacks(…)`; Left, Right, Home and End move along the bars, Escape lets go, a click chooses.

    Signal: `bar_chosen(int)`, -1 when none is chosen any more. `meaning` is its accessible name;
    `set_description` says what it shows, a chosen bar's words are added to it.
    """

    bar_chosen = pyqtSignal(int)

    def __init__(self, theme: Theme, *, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._description = ""
        self.chosen = -1
        self.stacks = Stacks((), (), ())
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plot = pyqtgraph.PlotWidget(background=None)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # The widget around it hears mouse and wheel: nothing pans, and the wheel scrolls the page.
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot.setProperty("kind", "clear")
        self._plot.viewport().setAutoFillBackground(False)
        self._item: pyqtgraph.PlotItem = self._plot.getPlotItem()
        self._item.hideButtons()
        self._item.setMenuEnabled(False)
        self._item.setMouseEnabled(x=False, y=False)
        self._item.disableAutoRange()
        self._item.layout.setContentsMargins(0, 0, 0, 0)
        self._bars = _Bars(theme)
        self._item.addItem(self._bars)
        self.setLayout(column(self._plot, spacing=0))
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def show_stacks(self, stacks: Stacks) -> None:
        """Draw other numbers. A chosen bar stays chosen where there are as many."""
        self.stacks = stacks
        most = max(stacks.totals, default=0)
        at = lines(most)
        self._bars.show_stacks(stacks, at)
        self._item.setXRange(-0.5, max(len(stacks.tips), 1) - 0.5, padding=0)
        self._item.setYRange(0, max(most, at[-1], 1) * _HEADROOM, padding=0)
        self._item.getAxis("left").setTicks([[(value, words.number(value)) for value in at]])
        self._item.getAxis("bottom").setTicks([list(stacks.labels)])
        if self.chosen >= len(stacks.tips):
            self.choose(-1)
        self._make_room()
        self._describe()

    def set_description(self, description: str) -> None:
        """Say in words what the chart shows, with its maximum."""
        self._description = description
        self._describe()

    def choose(self, bar: int) -> None:
        """Choose a bar, -1 for none."""
        if bar != self.chosen:
            self.chosen = bar
            self._bars.choose(bar)
            self._describe()
            self.bar_chosen.emit(bar)

    def bar_at(self, position: QPoint) -> int:
        """Return the bar in whose column a point lies, -1 beside them."""
        box = self._item.getViewBox()
        if not box.sceneBoundingRect().contains(QPointF(position)):
            return -1
        place: float = box.mapSceneToView(QPointF(position)).x()
        return min(max(round(place), 0), len(self.stacks.tips) - 1)

    # --- mouse and keyboard ------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move along the bars."""
        if event is None:
            return
        key, newest = Qt.Key(event.key()), len(self.stacks.tips) - 1
        if newest < 0:
            super().keyPressEvent(event)
        elif key in _LEFT_KEYS:
            start = newest if self.chosen < 0 else self.chosen + _LEFT_KEYS[key]
            self._choose_by_key(min(max(start, 0), newest))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose_by_key(0 if key == Qt.Key.Key_Home else newest)
        elif key == Qt.Key.Key_Escape and self.chosen >= 0:
            self.choose(-1)
            QToolTip.hideText()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose the bar under the pointer; the chosen one is let go."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            bar = self.bar_at(event.position().toPoint())
            self.choose(-1 if bar == self.chosen else bar)

    def event(self, event: QEvent | None) -> bool:
        """Tell the numbers of the bar under the pointer."""
        if event is not None and event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self.bar_at(event.pos())
            QToolTip.showText(event.globalPos(), self.stacks.tips[bar] if bar >= 0 else "", self)
            return True
        return super().event(event)

    def _choose_by_key(self, bar: int) -> None:
        self.choose(bar)
        box = self._item.getViewBox()
        beside = box.mapViewToScene(QPointF(bar + 0.5, 0)).x()
        QToolTip.showText(self.mapToGlobal(QPoint(round(beside), 0)), self.stacks.tips[bar], self)

    def _describe(self) -> None:
        chosen = self.stacks.tips[self.chosen].replace("\n", ", ") if self.chosen >= 0 else ""
        said = f"{chosen}. {self._description}" if chosen else self._description
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)  # which Qt tells the screen reader

    # --- looks -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep room for the newest day's word."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Leave free at the right what the last word needs beyond its bar: narrow bars, large text."""
        if not self.stacks.labels:
            return
        font = self._item.getAxis("bottom").style["tickFont"]
        word = QFontMetricsF(font).horizontalAdvance(self.stacks.labels[-1][1])
        beyond = word / 2 - self._item.getViewBox().width() / len(self.stacks.tips) / 2
        self._item.layout.setContentsMargins(0, 0, max(0, math.ceil(beyond) + 1), 0)

    def _on_changed(self) -> None:
        theme = self._theme
        font = theme.font("caption")
        font.setPixelSize(theme.px(_TEXT))
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(pyqtgraph.mkPen(None))
            axis.setTextPen(pyqtgraph.mkPen(theme.tokens.muted))
            axis.setStyle(tickLength=0, tickAlpha=0, tickFont=font, tickTextOffset=theme.px(8))
            axis.setStyle(hideOverlappingLabels=False)  # the newest day's word reaches beyond its bar
        self._item.getAxis("bottom").setHeight(theme.px(26))
        self._make_room()
        self._bars.update()


class _Bars(QGraphicsItem):
    """Lines, selection and bars, in this order."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._stacks = Stacks((), (), ())
        self._lines: tuple[int, ...] = ()
        self._chosen = -1

    def show_stacks(self, stacks: Stacks, at: tuple[int, ...]) -> None:
        self.prepareGeometryChange()
        self._stacks, self._lines = stacks, at
        self.update()

    def choose(self, bar: int) -> None:
        self._chosen = bar
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole of what is drawn, in bars and numbers."""
        most = max(*self._stacks.totals, *self._lines, 1)
        return QRectF(-0.5, 0, max(len(self._stacks.tips), 1), most * _HEADROOM)

    def paint(
        self, painter: QPainter | None, _option: QStyleOptionGraphicsItem | None, _widget: QWidget | None = None
    ) -> None:
        """Draw on whole pixels of the view."""
        if painter is None:
            return
        tokens = self._theme.tokens
        to_pixels = painter.worldTransform()
        area = to_pixels.mapRect(self.boundingRect()).toRect()
        painter.save()
        painter.resetTransform()
        if self._chosen >= 0:
            self._paint_chosen(painter, to_pixels, area)
        for value in self._lines:
            colour = QColor(tokens.border if value == 0 else tokens.hairline)
            painter.fillRect(area.left(), _height(to_pixels, value), area.width(), 1, colour)
        colours = [QColor(colour) for colour in tokens.chart]
        for bar, pieces in enumerate(zip(*self._stacks.series, strict=True)):
            self._paint_bar(painter, to_pixels, bar, list(zip(colours, pieces, strict=True)))
        painter.restore()

    def _paint_chosen(self, painter: QPainter, to_pixels: QTransform, area: QRect) -> None:
        tokens = self._theme.tokens
        left, right = (round(to_pixels.map(QPointF(self._chosen + side, 0)).x()) for side in (-0.5, 0.5))
        painter.fillRect(left, area.top(), right - left, area.height(), QColor(tokens.accent_soft))
        for edge in (left, right - 1):
            painter.fillRect(edge, area.top(), 1, area.height(), QColor(tokens.accent))

    def _paint_bar(self, painter: QPainter, to_pixels: QTransform, bar: int, pieces: list[tuple[QColor, int]]) -> None:
        left, right = (round(to_pixels.map(QPointF(bar + side * _BAR, 0)).x()) for side in (-0.5, 0.5))
        below = base = _height(to_pixels, 0)
        total = 0
        ground = QColor(self._theme.tokens.surface)
        for colour, count in pieces:
            if not count:
                continue
            total += count
            gap = _GAP if below < base else 0
            top = min(_height(to_pixels, total), below - gap - _LEAST)
            painter.fillRect(left, below - gap, right - left, gap, ground)  # over a hairline that would show through
            painter.fillRect(left, top, right - left, below - gap - top, colour)
            below = top


def _height(to_pixels: QTransform, value: float) -> int:
    return round(to_pixels.map(QPointF(0, value)).y())
