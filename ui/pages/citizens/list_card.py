"""The list of citizens: search field, filter chips, table and footer. It asks nothing of the vault itself."""

from collections.abc import Mapping

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from core.citizens.model import CitizenCount, CitizenFilter, looks_like_token
from ui.models import citizen_table as table_columns
from ui.models.citizen_table import CitizenTableModel
from ui.models.counted import counted, rounded
from ui.models.search_terms import NAME, SearchTerm, called, only_letters, recognise
from ui.models.widths import shared
from ui.pages.citizens.filters import FiltersPanel, chip_text, without
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.chip import FilterChip
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.inputs import SearchInput
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, line, row

# px a column: token, state, district, roles, level, status, verified; and who gets what is left over.
_WIDTHS = (214, 50, 122, 126, 100, 84, 78)
_WIDTHS_IN_STATE = (220, 0, 124, 130, 106, 92, 92)
_SPREAD = (2, 0, 3, 4, 1, 1, 1)
_AROUND = 12  # the card's border and the scroll bar
_PAUSE_MS = 300  # after the last letter, before a name is searched for: each search leaves an entry
_AHEAD = 120  # rows beyond those in view that are read before they are seen
_BESIDE = 1  # chips that stand beside the search field; more of them take a row of their own


class ListCard(Card):
    """Search, chips, table, footer, and what stands there when nothing does.

    Signals: `searched(SearchTerm | None)` on Enter, when typing a name has paused, or when the field is
    emptied; `filtered(CitizenFilter)`;
    `chosen(int)` with a row; `opened(int)` on Enter or a double click; `enrol_asked` from the empty vault.
    """

    searched = pyqtSignal(object)
    filtered = pyqtSignal(object)
    chosen = pyqtSignal(int)
    opened = pyqtSignal(int)
    enrol_asked = pyqtSignal()

    def __init__(self, theme: Theme, model: CitizenTableModel) -> None:
        super().__init__(theme, flush=True)
        self.setObjectName("citizen_list")
        self._states: Mapping[str, str] = {}
        self._wanted = CitizenFilter()
        self._searching = False
        self._by_name = False
        self._last_top = 0
        self.panel: FiltersPanel | None = None
        self.body.setSpacing(0)
        self.body.addWidget(self._make_head())
        self.body.addWidget(line())
        self.table = self._make_table(model)
        self.none = EmptyState(theme, "search-x", self.tr("No citizen matches"), name="no_match")
        self.nobody = EmptyState(
            theme,
            "users",
            self.tr("No citizen yet"),
            self.tr("Citizens stand here once they are enrolled."),
            action=self.tr("Enrol a citizen…"),
            action_icon="plus",
            name="no_citizen",
        )
        self.nobody.acted.connect(self.enrol_asked)
        self._stack = QStackedWidget()
        for widget in (self.table, self.none, self.nobody):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack, 1)
        self._count = Label(theme, "", "caption")
        self._news = Label(theme, "", "caption")
        self._news.setObjectName("citizen_news")
        self._order = Label(theme, self.tr("sorted by state and token"), "caption")
        self.set_footer(self._count, 8, self._news, None, self._order)
        self._paused = QTimer(self)
        self._paused.setSingleShot(True)
        self._paused.setInterval(_PAUSE_MS)
        self._paused.timeout.connect(self._on_paused)

    # --- what the page tells it --------------------------------------------------------------------

    def set_states(self, states: Mapping[str, str]) -> None:
        """Take the names of the states; from now on filters can be opened."""
        self._states = states
        self.panel = FiltersPanel(self._theme, self.filters, states)
        self.panel.changed.connect(self._on_filter_changed)
        self.filters.setEnabled(True)
        self._show_chips()

    def set_filter(self, wanted: CitizenFilter) -> None:
        """Show a filter; no signal."""
        self._wanted = wanted
        if self.panel is not None:
            self.panel.show_filter(wanted)
        self.table.setColumnHidden(table_columns.STATE, wanted.state is not None)
        self._share_width()
        self._show_chips()

    def show_counts(self, shown: CitizenCount, total: int, *, searched: SearchTerm | None, more: bool = False) -> None:
        """Write the footer, and say so where nothing is shown."""
        if searched is not None:
            found = self.tr("{n} and more found by {criterion}") if more else self.tr("{n} found by {criterion}")
            text = found.format(n=words.number(shown.number), criterion=called(searched.criterion).lower())
        elif self._wanted.named():
            some = self.tr("{n} of {total} citizens") if shown.exact else self.tr("about {n} of {total} citizens")
            number = shown.number if shown.exact else rounded(shown.number)
            text = some.format(n=words.number(number), total=words.number(total))
        else:
            text = counted(total, self.tr("{n} citizen"), self.tr("{n} citizens"))
        self._count.setText(text)
        self._searching = searched is not None
        self._by_name = searched is not None and searched.criterion == NAME
        if shown.number:
            self._stack.setCurrentWidget(self.table)
        elif searched is None and not total:
            self._stack.setCurrentWidget(self.nobody)
        else:
            self.say_nothing_found()

    def show_news(self, text: str) -> None:
        """Say what others did since the list was read."""
        self._news.setText(text)

    def say_nothing_found(self, reason: str = "", title: str = "") -> None:
        """Say that nobody matches, and what search takes."""
        usual = (
            self.tr("Search takes whole numbers, or the first 3 to 12 letters of a name.")
            if self._searching or reason
            else self.tr("Take a filter away to see more.")
        )
        self.none.set_words(title or self.tr("No citizen matches"), reason or usual)
        self._stack.setCurrentWidget(self.none)

    def scroll_to_top_row(self, number: int) -> None:
        """Scroll so that a row is the first in view."""
        model = self.table.model()
        if model is not None:
            self.table.scrollTo(model.index(number, 0), DataTable.ScrollHint.PositionAtTop)

    def set_search(self, text: str) -> None:
        """Put text into the search field; no search begins."""
        self.search.blockSignals(True)
        self.search.setText(text)
        self.search.blockSignals(False)
        self._show_taken_for(text)

    # --- inside ------------------------------------------------------------------------------------

    def _make_head(self) -> QWidget:
        theme = self._theme
        self.search = SearchInput(
            theme,
            name="citizen_search",
            meaning=self.tr("Search citizens"),
            placeholder=self.tr("Name prefix, phone, Aadhaar, PAN or token"),
        )
        self.search.returnPressed.connect(self._on_search)
        self.search.textChanged.connect(self._on_text_changed)
        self._taken = Label(theme, "", "caption")
        self._taken_icon = IconLabel(theme, "corner-down-left", tone="muted", size=14)
        self._taken_box = boxed(row(self._taken, self._taken_icon, spacing=6))
        self._taken_box.hide()
        self.filters = Button(theme, self.tr("Filters"), name="filters", icon="list-filter")
        self.filters.setEnabled(False)
        self.filters.clicked.connect(self._on_filters)
        self._beside: QHBoxLayout = row(spacing=8)
        top = row(self.search, self._taken_box, self._beside, self.filters, spacing=8)
        top.setStretch(0, 1)
        self._below: QHBoxLayout = row(spacing=8)
        self._below_box = boxed(self._below)
        self._below_box.hide()

        return boxed(column(top, self._below_box, spacing=8, margins=(15, 11, 15, 9)))

    def _make_table(self, model: CitizenTableModel) -> DataTable:
        table = DataTable(self._theme, name="citizens_table", meaning=self.tr("Citizens"))
        table.setModel(model)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        selection = table.selectionModel()
        if selection is not None:  # not `row_chosen`: that tells of a row to which the keyboard merely came as well
            selection.selectionChanged.connect(lambda *_: self._on_selection_changed())
        bar = table.verticalScrollBar()
        if bar is not None:
            bar.valueChanged.connect(self._on_scrolled)
        table.row_opened.connect(lambda index: self.opened.emit(index.row()))
        return table

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width among the columns; whoever is chosen stays in view."""
        super().resizeEvent(event)
        self._share_width()
        if self.table.chosen().isValid():
            self.table.scrollTo(self.table.chosen())

    def _share_width(self) -> None:
        """Give each column what its words need, and what is left over to those that may be long."""
        by_state = self._wanted.state is not None
        needed = _WIDTHS_IN_STATE if by_state else _WIDTHS
        room = round((self.width() - _AROUND) / self._theme.text_scale)
        self.table.set_widths(*shared(room, needed, _SPREAD))

    def _on_selection_changed(self) -> None:
        index = self.table.chosen()
        if index.isValid():
            self.chosen.emit(index.row())

    def _on_text_changed(self, text: str) -> None:
        self._show_taken_for(text)
        self._paused.stop()
        if text:
            self._paused.start()
        elif self._searching:
            self._searching = False
            self.searched.emit(None)

    def _on_paused(self) -> None:
        """Search for a name by itself, and for a whole token; numbers wait for Enter."""
        term = recognise(self.search.text())
        if term is not None and (term.criterion == NAME or looks_like_token(term.value)):
            self._search_for(term)
        elif self._by_name:
            self._by_name = False
            self.searched.emit(None)  # what was found is not what stands in the field any more

    def _show_taken_for(self, text: str) -> None:
        term = recognise(text)
        self._taken_box.setVisible(bool(text.strip()))
        self._taken_icon.setVisible(term is not None and term.criterion != NAME)
        if term is not None:
            self._taken.setText(called(term.criterion))
        else:
            short = self.tr("three letters at least") if only_letters(text) else self.tr("no whole number yet")
            self._taken.setText(short)

    def _on_search(self) -> None:
        self._paused.stop()
        text = self.search.text()
        term = recognise(text)
        if term is not None:
            self._search_for(term)
        elif text.strip():
            self._searching = True
            self.say_nothing_found()

    def _search_for(self, term: SearchTerm) -> None:
        self._searching = True
        self.searched.emit(term)

    def _on_scrolled(self, top: int) -> None:
        """Have the rows read that come next in the direction of scrolling."""
        model = self.table.model()
        if isinstance(model, CitizenTableModel) and top != self._last_top:
            bar = self.table.verticalScrollBar()
            in_view = 0 if bar is None else bar.pageStep()
            model.prefetch(top + in_view + _AHEAD if top > self._last_top else max(top - _AHEAD, 0))
            self._last_top = top

    def _on_filters(self) -> None:
        if self.panel is None:
            return
        if self.panel.isVisible():
            self.panel.close_quietly()
        else:
            self.panel.show_filter(self._wanted)
            self.panel.open()

    def _on_filter_changed(self, wanted: CitizenFilter) -> None:
        self.set_filter(wanted)
        self.filtered.emit(wanted)

    def _show_chips(self) -> None:
        for layout in (self._beside, self._below):
            while (item := layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
        named = self._wanted.named()
        target = self._beside if len(named) <= _BESIDE else self._below
        for name in named:
            chip = FilterChip(self._theme, chip_text(name, self._wanted, self._states), name=f"chip_{name}")
            chip.removed.connect(lambda name=name: self._on_filter_changed(without(self._wanted, name)))
            target.addWidget(chip)
        if target is self._below:
            target.addStretch(1)
        self._below_box.setVisible(len(named) > _BESIDE)
