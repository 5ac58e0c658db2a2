"""A table model that speaks in cells, so that pages say what stands in them and not how it is painted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

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
    reader says instead of the text; `tip` the tool tip; `share` (0 to 1) is drawn as a bar behind the text.
    """

    text: str
    icon: str = ""
    tone: Tone = "text"
    icon_tone: Tone | None = None
    spoken: str = ""
    tip: str = ""
    share: float | None = None


class CellModel(QAbstractTableModel):
    """Subclass it: answer `rowCount` and `cell(row, column)`; None while a page of rows is still being read.

    `cell` is called for what is visible only, several times a paint: it must not wait for anything.
    """

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._answers: dict[int, Callable[[Cell], str | None]] = {
            _Cell.DisplayRole: lambda cell: cell.text,
            _Cell.ToolTipRole: lambda cell: cell.tip or None,
            _Cell.AccessibleTextRole: lambda cell: cell.spoken or cell.text,
        }

    def cell(self, row: int, column: int) -> Cell | None:
        """Return what one cell shows."""
        raise NotImplementedError

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = _Cell.DisplayRole) -> Any:
        """Answer what Qt asks for screen readers and tool tips; what a cell looks like is `CellPainter`'s."""
        answer = self._answers.get(role)
        if answer is None or not index.isValid():
            return None
        cell = self.cell(index.row(), index.column())
        return None if cell is None else answer(cell)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Cell.DisplayRole) -> Any:
        """Answer heading and alignment of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _Cell.DisplayRole:
            return self.columns[section].title
        if role == _Cell.TextAlignmentRole:
            return _RIGHT if self.columns[section].numeric else _LEFT
        return None


class RowsModel(CellModel):
    """Rows that are all there: for small tables. `set_rows` shows others."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
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
