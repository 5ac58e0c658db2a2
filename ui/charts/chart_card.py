"""The card around a chart: heading, what stands above it, and the same data as a table behind T."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QHeaderView, QStackedWidget, QWidget

from ui.theme.theme import Theme
from ui.widgets.button import IconButton
from ui.widgets.card import Card
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.label import Label
from ui.widgets.layout import Piece, boxed, column, row

_NARROWEST = 36  # px at text scale 1, of a column of the table


class ChartCard(Card):
    """Subclass it: `set_chart` with what draws, `set_rows` with the same data, `show_data`, `show_empty`.

    `above` stands between heading and chart, `aside` at the right of the heading; `height` of the
    chart and `first_width` of the table's first column are px at text scale 1. Until there is
    something to show it says `waiting`.
    """

    def __init__(
        self,
        theme: Theme,
        title: str,
        caption: str,
        *,
        name: str,
        columns: Sequence[Column],
        first_width: int,
        height: int,
        waiting: str,
        empty: EmptyState,
        above: QWidget | None = None,
        aside: Sequence[Piece] = (),
    ) -> None:
        self.toggle = IconButton(theme, "table-2", "", name=f"{name}_toggle")
        super().__init__(theme, title, caption=caption, aside=boxed(row(self.toggle, *aside, spacing=10)), parent=None)
        self.setObjectName(name)
        self.chart: QWidget | None = None
        self.model = RowsModel(columns, parent=self)
        self.table = DataTable(theme, name=f"{name}_table", meaning=title, dense=True)
        self.table.setModel(self.model)
        header = self.table.horizontalHeader()
        if header is not None:
            header.setStretchLastSection(False)  # all but the first take what is left
            header.setMinimumSectionSize(theme.px(_NARROWEST))
            header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.table.set_widths(first_width)
        self._waiting = boxed(column(None, row(None, Label(theme, waiting, tone="muted"), None), None))
        self._empty = empty
        self._stack = QStackedWidget()
        for page in (self._waiting, self._empty, self.table):
            self._stack.addWidget(page)
        if above is not None:
            self.body.addWidget(above)
            self.body.addSpacing(4)
        self._above = above
        self.body.addWidget(self._stack, 1)
        self.toggle.clicked.connect(self.toggle_table)
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_T), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.toggle_table)
        self._height = height
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)
        self._show(self._waiting)

    @property
    def shows_table(self) -> bool:
        """Tell whether the table stands in the chart's place."""
        return self._stack.currentWidget() is self.table

    def set_chart(self, chart: QWidget) -> None:
        """Take what draws."""
        self.chart = chart
        self._stack.addWidget(chart)

    def set_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Show the same data in the table; the chosen row stays chosen."""
        chosen = self.table.chosen().row()
        self.model.set_rows(rows)
        if 0 <= chosen < len(rows):
            self.table.choose(chosen)

    def show_data(self) -> None:
        """Show the chart, or the table where it stood there before."""
        if self.chart is not None and not self.shows_table:
            self._show(self.chart)

    def show_empty(self) -> None:
        """Say that there is nothing to draw yet."""
        self._show(self._empty)

    def toggle_table(self) -> None:
        """Show the table instead of the chart, or the chart again; the keyboard goes along."""
        if self.chart is None or self._stack.currentWidget() not in (self.chart, self.table):
            return
        inside = self._stack.isAncestorOf(self.focusWidget())  # None is inside nothing
        shown = self.chart if self.shows_table else self.table
        self._show(shown)
        if inside:
            shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_scaled(self) -> None:
        self._stack.setMinimumHeight(self._theme.px(self._height))

    def _show(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        drawn = page in (self.chart, self.table)
        self.toggle.setEnabled(drawn)
        if self._above is not None:
            self._above.setVisible(drawn)
        is_table = page is self.table
        self.toggle.set_icon("chart-column" if is_table else "table-2")
        self.toggle.set_meaning(self.tr("Show as a chart (T)") if is_table else self.tr("Show as a table (T)"))
