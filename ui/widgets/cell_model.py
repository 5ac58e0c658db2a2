"""A table model that speaks in cells, so that pages say what stands in them and not how it is painted.

Brushes, fonts and icons are cached per theme: a table asks for them thousands of times a second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt6.QtGui import QBrush, QFont, QIcon

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone

_Cell = Qt.ItemDataRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds numbers (then at the right), or tokens (then mono)."""

    title: str
    numeric: bool = False
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows. Status is icon and word: muted when normal (`Cell("Active", "circle-check", "muted")`).

    `icon_tone` defaults to `tone`, for plain text to the supporting grey; `spoken` is what a screen
    reader says instead of the text; `tip` the tool tip.
    """

    text: str
    icon: str = ""
    tone: Tone = "text"
    icon_tone: Tone | None = None
    spoken: str = ""
    tip: str = ""


class CellModel(QAbstractTableModel):
    """Subclass it: answer `rowCount` and `cell(row, column)`; None while a page of rows is still being read.

    `cell` is called for what is visible only, several times a paint: it must not wait for anything.
    """

    def __init__(self, theme: Theme, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.columns = tuple(columns)
        self._brushes: dict[Tone, QBrush] = {}
        self._fonts: dict[Role, QFont] = {}
        self._icons: dict[tuple[str, Tone], QIcon] = {}
        self._answers: dict[int, Callable[[Cell, Column], Any]] = {
            _Cell.DisplayRole: lambda cell, _: cell.text,
            _Cell.DecorationRole: lambda cell, _: self._icon(cell) if cell.icon else None,
            _Cell.ForegroundRole: lambda cell, _: self._brush(cell.tone),
            _Cell.FontRole: lambda _, column: self._font("mono") if column.mono else None,
            _Cell.TextAlignmentRole: lambda _, column: _RIGHT if column.numeric else _LEFT,
            _Cell.ToolTipRole: lambda cell, _: cell.tip or None,
            _Cell.AccessibleTextRole: lambda cell, _: cell.spoken or cell.text,
        }
        theme.changed.connect(self._on_theme_changed)

    def cell(self, row: int, column: int) -> Cell | None:
        """Return what one cell shows."""
        raise NotImplementedError

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = _Cell.DisplayRole) -> Any:
        """Answer Qt's roles from the cell."""
        answer = self._answers.get(role)
        if answer is None or not index.isValid():
            return None
        cell = self.cell(index.row(), index.column())
        return None if cell is None else answer(cell, self.columns[index.column()])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Cell.DisplayRole) -> Any:
        """Answer heading and alignment of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _Cell.DisplayRole:
            return self.columns[section].title
        if role == _Cell.TextAlignmentRole:
            return _RIGHT if self.columns[section].numeric else _LEFT
        return None

    def _brush(self, tone: Tone) -> QBrush:
        if tone not in self._brushes:
            self._brushes[tone] = QBrush(self._theme.colour(tone))
        return self._brushes[tone]

    def _font(self, role: Role) -> QFont:
        if role not in self._fonts:
            self._fonts[role] = self._theme.font(role)
        return self._fonts[role]

    def _icon(self, cell: Cell) -> QIcon:
        tone: Tone = cell.icon_tone or ("text2" if cell.tone == "text" else cell.tone)
        if (cell.icon, tone) not in self._icons:
            self._icons[cell.icon, tone] = self._theme.icon(cell.icon, tone)
        return self._icons[cell.icon, tone]

    def _on_theme_changed(self) -> None:
        self._brushes.clear()
        self._fonts.clear()
        self._icons.clear()


class RowsModel(CellModel):
    """Rows that are all there: for small tables. `set_rows` shows others."""

    def __init__(
        self,
        theme: Theme,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(theme, columns, parent)
        self._rows = list(rows)

    def set_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def cell(self, row: int, column: int) -> Cell:
        """Return what one cell shows."""
        return self._rows[row][column]
