"""A week of hours as a map: Monday first, 24 hours, more is farther from the page's own colour.

168 rectangles need no plotting library: this module paints them itself.
"""

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tokens

_GAP = 2  # px
_TEXT = 11  # px
_LEFT = 40  # px at text scale 1: the weekdays
_FOOT = 24  # px at text scale 1: the hours
_HOURS = 24
_LABEL_EVERY = 3  # hours
_LEAST_CELL = (12, 20)  # px
_FRAME = 2  # px
_SCALE_SIZE = (80, 8)
Place = tuple[int, int]
"""Weekday (0 is Monday) and hour, or another row and column."""

_STEPS: dict[Qt.Key, Place] = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


def heat(tokens: Tokens, share: float) -> QColor:
    """Return the colour of a share of the maximum, 0 to 1; whatever is not zero differs from zero."""
    steps = [QColor(colour) for colour in tokens.heat]
    if share <= 0:
        return steps[0]
    at = max(min(share, 1.0) * (len(steps) - 1), 0.25)
    low = min(int(at), len(steps) - 2)
    part = at - low
    pairs = zip(steps[low].getRgb(), steps[low + 1].getRgb(), strict=True)
    return QColor(*(round((a or 0) + ((b or 0) - (a or 0)) * part) for a, b in pairs))


class HeatMap(QWidget):
    """`show_counts(rows, tips)`; the arrow keys move, Escape lets go, a click chooses.

    `mark(places)` puts the danger frame around what was found unusual. Signal: `cell_chosen(object)`,
    a place or None.
    """

    cell_chosen = pyqtSignal(object)

    def __init__(
        self, theme: Theme, rows: Sequence[str], *, name: str, meaning: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names = tuple(rows)
        self._counts: tuple[tuple[int, ...], ...] = ()
        self._tips: tuple[tuple[str, ...], ...] = ()
        self._marked: frozenset[Place] = frozenset()
        self._description = ""
        self.chosen: Place | None = None
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_counts(self, counts: Sequence[Sequence[int]], tips: Sequence[Sequence[str]]) -> None:
        """Draw other counts, one row a weekday; `tips` say each cell in words."""
        self._counts = tuple(tuple(row) for row in counts)
        self._tips = tuple(tuple(row) for row in tips)
        self._describe()
        self.update()

    def mark(self, places: Sequence[Place]) -> None:
        """Put the danger frame around cells, and around no others."""
        self._marked = frozenset(places)
        self.update()

    def set_description(self, description: str) -> None:
        """Say in words what the map shows, with its maximum."""
        self._description = description
        self._describe()

    def choose(self, place: Place | None) -> None:
        """Choose a cell, None for none."""
        if place != self.chosen:
            self.chosen = place
            self._describe()
            self.update()
            self.cell_chosen.emit(place)

    def cell_at(self, position: QPoint) -> Place | None:
        """Return the cell under a point."""
        for row, counts in enumerate(self._counts):
            for column in range(len(counts)):
                if self._cell(row, column).adjusted(0, 0, _GAP, _GAP).contains(position):
                    return row, column
        return None

    def minimumSizeHint(self) -> QSize:
        """Room for cells that can be hit."""
        width, height = _LEAST_CELL
        return QSize(self._theme.px(_LEFT) + _HOURS * width, self._theme.px(_FOOT) + len(self._names) * height)

    # --- mouse and keyboard ------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move along the cells."""
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _STEPS and self._counts:
            down, right = (0, 0) if self.chosen is None else _STEPS[key]
            row, column = self.chosen or (0, 0)
            place = (_bounded(row + down, len(self._counts)), _bounded(column + right, len(self._counts[0])))
            self.choose(place)
            corner = self._cell(*place).topRight()
            QToolTip.showText(self.mapToGlobal(corner), self._tips[place[0]][place[1]], self)
        elif key == Qt.Key.Key_Escape and self.chosen is not None:
            self.choose(None)
            QToolTip.hideText()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose the cell under the pointer; the chosen one is let go."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            place = self.cell_at(event.position().toPoint())
            self.choose(None if place == self.chosen else place)

    def event(self, event: QEvent | None) -> bool:
        """Tell the number of the cell under the pointer."""
        if event is not None and event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.cell_at(event.pos())
            QToolTip.showText(event.globalPos(), self._tips[place[0]][place[1]] if place else "", self)
            return True
        return super().event(event)

    def _describe(self) -> None:
        chosen = self._tips[self.chosen[0]][self.chosen[1]] if self.chosen is not None else ""
        self.setAccessibleDescription(f"{chosen}. {self._description}" if chosen else self._description)

    # --- looks -------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw cells, what is chosen or marked, and the words at the edges."""
        painter = QPainter(self)
        tokens = self._theme.tokens
        most = max((max(row) for row in self._counts), default=0) or 1
        for row, counts in enumerate(self._counts):
            for column, count in enumerate(counts):
                painter.fillRect(self._cell(row, column), heat(tokens, count / most))
        for place in sorted(self._marked):
            self._frame(painter, place, tokens.danger)
        if self.chosen is not None:
            self._frame(painter, self.chosen, tokens.accent)
        self._paint_words(painter)

    def _frame(self, painter: QPainter, place: Place, colour: str) -> None:
        half = _FRAME / 2
        painter.setPen(QPen(QColor(colour), _FRAME, join=Qt.PenJoinStyle.MiterJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self._cell(*place)).adjusted(half, half, -half, -half))

    def _paint_words(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.tokens.muted))
        painter.setFont(_small(self._theme))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, name in enumerate(self._names):
            cell = self._cell(row, 0)
            painter.drawText(QRect(0, cell.top(), cell.left() - self._theme.px(8), cell.height()), right, name)
        top = self._cell(len(self._names) - 1, 0).bottom()
        for hour in range(0, _HOURS, _LABEL_EVERY):
            cell = self._cell(0, hour)
            room = QRect(cell.center().x() - 20, top, 40, self._theme.px(_FOOT))
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, f"{hour:02}")

    def _cell(self, row: int, column: int) -> QRect:
        """Return a cell on whole pixels, its gap left out."""
        left, height = self._theme.px(_LEFT), self.height() - self._theme.px(_FOOT)
        width, rows = self.width() - left, len(self._names)
        x, beyond = left + width * column // _HOURS, left + width * (column + 1) // _HOURS
        y, below = height * row // rows, height * (row + 1) // rows
        return QRect(x, y, beyond - x - _GAP, below - y - _GAP)


class HeatScale(QWidget):
    """The strip that says which colour is how much: from none to the most."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(*_SCALE_SIZE)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the colours side by side."""
        painter = QPainter(self)
        for x in range(self.width()):
            painter.fillRect(x, 0, 1, self.height(), heat(self._theme.tokens, x / (self.width() - 1)))


def _small(theme: Theme) -> QFont:
    font = theme.font("caption")
    font.setPixelSize(theme.px(_TEXT))
    return font


def _bounded(number: int, count: int) -> int:
    return min(max(number, 0), count - 1)
