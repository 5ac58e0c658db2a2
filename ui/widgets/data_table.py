"""The table: 30 px rows with hairlines, one selected row with a bar, a hover row, no grid.

Speed decides its shape: the view draws the cells of a `CellModel` itself, column by column, from texts that are
laid out already (`cell_painter.py`, `docs/adr/0027`), without delegate, roles or `::item` rules. Roles are answered
for screen readers and tool tips.
"""

from PyQt6.QtCore import QAbstractItemModel, QEvent, QLine, QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui.theme.theme import Theme
from ui.widgets.cell_model import CellModel
from ui.widgets.cell_painter import CellPainter, Room
from ui.widgets.label import wear

_BAR = 3
_PADDING = 8  # at both sides of a cell, as in the header
_INSET = 8  # with it: the card's padding


class DataTable(QTableView):
    """`DataTable(theme, name="citizens", meaning=self.tr("Citizens"))`, then `setModel` and `set_widths`.

    Signals: `row_chosen(QModelIndex)` when another row is selected, `row_opened(QModelIndex)` on
    Enter or a double click. Ctrl+C copies nothing: data leaves a table only by its own action.
    """

    row_chosen = pyqtSignal(QModelIndex)
    row_opened = pyqtSignal(QModelIndex)

    def __init__(
        self, theme: Theme, *, name: str, meaning: str, dense: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._dense = dense
        self._hovered = -1
        self._cells = CellPainter(theme)
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)  # Tab leaves the table, arrows move in it
        self.setCornerButtonEnabled(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._set_up_headers()
        self.doubleClicked.connect(self.row_opened)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def _set_up_headers(self) -> None:
        header = _Header(self._theme, self)
        self.setHorizontalHeader(header)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(48)
        rows = self.verticalHeader()
        if rows is not None:
            rows.hide()
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def set_widths(self, *widths: int) -> None:
        """Set the width of each column in px at text scale 1; the last one takes what is left."""
        for column, width in enumerate(widths):
            self.setColumnWidth(column, self._theme.px(width))

    @property
    def hovered_row(self) -> int:
        """Return the row under the pointer, -1 for none."""
        return self._hovered

    def chosen(self) -> QModelIndex:
        """Return the first cell of the selected row; invalid when none is."""
        selection = self.selectionModel()
        rows = [] if selection is None else selection.selectedRows()
        return rows[0] if rows else QModelIndex()

    def choose(self, row_number: int) -> None:
        """Select a row and bring it into view."""
        self.selectRow(row_number)
        model = self.model()
        if model is not None:
            self.scrollTo(model.index(row_number, 0))

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model."""
        super().setModel(model)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(self._on_current_row_changed)

    # --- painting ----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw hover ground, cells, hairlines and the bar of the selected row; nothing of it is Qt's own drawing."""
        viewport = self.viewport()
        if viewport is None:
            return
        tokens = self._theme.tokens
        chosen = self.chosen()
        painter = QPainter(viewport)
        if self._hovered >= 0 and self._hovered != chosen.row():
            top, height = self._span(self._hovered)
            painter.fillRect(0, top, viewport.width(), height, QColor(tokens.hover))
        if chosen.isValid():
            top, height = self._span(chosen.row())
            painter.fillRect(0, top, viewport.width(), height, QColor(tokens.selection))
        self._paint_cells(painter, event)
        if chosen.isValid():
            top, height = self._span(chosen.row())
            painter.fillRect(0, top, _BAR, height, QColor(tokens.accent))

    def _paint_cells(self, painter: QPainter, event: QPaintEvent | None) -> None:
        """Draw the cells and hairlines of the rows that are to be drawn."""
        model = self.model()
        viewport = self.viewport()
        if not isinstance(model, CellModel) or viewport is None or not model.rowCount():
            return
        area = viewport.rect() if event is None else event.rect()
        first, last = self.rowAt(max(0, area.top())), self.rowAt(area.bottom())
        if first < 0:
            return
        height = self.rowHeight(first)
        numbers = range(first, (last if last >= 0 else model.rowCount() - 1) + 1)
        top = self.rowViewportPosition(first)
        rows = [(number, top + at * height) for at, number in enumerate(numbers)]  # all rows are equally high
        for column in range(len(model.columns)):
            left = self.columnViewportPosition(column) + _PADDING + (_INSET if column == 0 else 0)
            width = self.columnViewportPosition(column) + self.columnWidth(column) - _PADDING - left
            if width > 0 and left < viewport.width() and left + width > 0:
                self._cells.paint(painter, model, column, Room(left, width), rows, height)
        painter.setPen(QColor(self._theme.tokens.hairline))
        across = viewport.width()
        painter.drawLines(*(QLine(0, y + height - 1, across, y + height - 1) for _, y in rows))

    def _span(self, number: int) -> tuple[int, int]:
        return self.rowViewportPosition(number), self.rowHeight(number)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follow the pointer with the hover row."""
        super().mouseMoveEvent(event)
        if event is not None:
            self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent | None) -> None:
        """Drop the hover row."""
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, number: int) -> None:
        if number == self._hovered:
            return
        viewport = self.viewport()
        for changed in (self._hovered, number):
            if changed >= 0 and viewport is not None:
                top, height = self._span(changed)
                viewport.update(QRegion(0, top, viewport.width(), height))
        self._hovered = number

    # --- keyboard ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Open by Enter; copy nothing."""
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen().isValid():
            self.row_opened.emit(self.chosen())
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_C:
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Select the first row when the keyboard comes in and none is selected."""
        super().focusInEvent(event)
        model = self.model()
        by_key = event is not None and event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        if by_key and model is not None and model.rowCount() and not self.chosen().isValid():
            self.selectRow(max(0, self.rowAt(0)))

    def _on_current_row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.row_chosen.emit(current)

    def _on_changed(self) -> None:
        self._cells.forget()
        rows = self.verticalHeader()
        if rows is not None:
            height = self._theme.px(28 if self._dense else 30)
            rows.setMinimumSectionSize(height)
            rows.setDefaultSectionSize(height)
        header = self.horizontalHeader()
        if header is not None:
            wear(header, self._theme.font("small"))
        side = self._theme.px(16)
        self.setIconSize(QSize(side, side))
        self.viewport().update()  # type: ignore[union-attr]  # a table view always has one


class _Header(QHeaderView):
    """A header whose words follow the alignment of their column."""

    def __init__(self, theme: Theme, table: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        wear(self, theme.font("small"))
