"""The table of citizens: a listing of millions read page by page, or the few that a search found.

Rows that are not here yet show a quiet "…" while their page is read in the background; 64 pages are
kept. It holds no personal data: a citizen's record has none.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QCoreApplication, QModelIndex, QObject, QTimer, pyqtSignal

from core.citizens.model import CitizenRecord, CitizenStatus
from ui.models import citizen_words
from ui.models.page_source import PAGE_ROWS, LoadedPage, Pages
from ui.models.page_tasks import PageTasks
from ui.widgets import words
from ui.widgets.cell_model import Cell, CellModel, Column

KEPT_PAGES = 64
_READ_AT_ONCE = 2
_WAIT_AT_MOST = 4  # pages asked for and not yet begun: what was only passed in scrolling is not worth reading
_ROLES_SHOWN = 2  # what the column has room for; all of them stand in the tip
_WAITING = Cell("…", tone="muted")
_BLANK = Cell("")


class CitizenTableModel(CellModel):
    """`show_listing(source, count)` or `show_found(records)`; `record_at(row)` is None while it is on its way.

    What a search by name finds grows as one scrolls (`show_growing`). Signals: `arrived(first_row, count)`
    when a page has been read, `failed(error)` when it could not, `resized` when there are more or fewer rows
    than was thought.
    """

    arrived = pyqtSignal(int, int)
    failed = pyqtSignal(object)
    resized = pyqtSignal()

    def __init__(self, tasks: PageTasks, parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)
        self._tasks = tasks
        self._source: Pages | None = None
        self._count = 0
        self._next_page: int | None = None
        self._found = False
        self._page_rows = PAGE_ROWS
        self._pages: OrderedDict[int, tuple[CitizenRecord, ...]] = OrderedDict()
        self._cells: dict[int, dict[int, tuple[Cell, ...]]] = {}
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._reading: set[int] = set()
        self._broken: set[int] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._read_wanted)

    # --- what is shown -----------------------------------------------------------------------------

    def show_listing(
        self, source: Pages, count: int, *, page_rows: int = PAGE_ROWS, here: Sequence[LoadedPage] = ()
    ) -> None:
        """Show a listing of `count` rows; its pages are read as they come into view, but for those `here` already."""
        last = max((page.number * page_rows + len(page.rows) for page in here), default=0)
        self._begin(source, max(count, last), page_rows)
        for page in here:
            self._keep(page)
        self.endResetModel()

    def show_growing(self, source: Pages, first: LoadedPage, *, page_rows: int = PAGE_ROWS) -> None:
        """Show the first page of rows whose number is not known; the next one is read when the last row is seen."""
        self._begin(source, len(first.rows), page_rows)
        self._keep(first)
        self._found = True
        self._next_page = 1 if first.more else None
        self.endResetModel()

    @property
    def lists(self) -> bool:
        """Tell whether a whole listing is shown, not what a search found."""
        return self._source is not None and not self._found

    @property
    def grows(self) -> bool:
        """Tell whether there are more rows than are shown."""
        return self._next_page is not None

    def canFetchMore(self, parent: QModelIndex = QModelIndex()) -> bool:  # noqa: B008  # Qt's signature
        """Tell whether there are more rows than are shown."""
        return not parent.isValid() and self.grows and self._next_page not in self._reading | self._broken

    def fetchMore(self, parent: QModelIndex = QModelIndex()) -> None:  # noqa: B008
        """Read the next rows."""
        if self._next_page is not None and not parent.isValid():
            self._want(self._next_page)

    def prefetch(self, row: int) -> None:
        """Have the page of a row read, after everything that is in view."""
        number = row // self._page_rows
        if 0 <= row < self._count and number not in self._pages and self._next_page is None:
            self._want(number, urgent=False)

    def show_found(self, found: Sequence[CitizenRecord]) -> None:
        """Show what a search found."""
        self._begin(None, len(found), max(len(found), 1))
        self._keep(LoadedPage(0, tuple(found)))
        self.endResetModel()

    def replace(self, record: CitizenRecord) -> None:
        """Show a citizen's record as it is now, where it is in view."""
        for number, rows in self._pages.items():
            for position, old in enumerate(rows):
                if old.identity_token == record.identity_token:
                    self._pages[number] = (*rows[:position], record, *rows[position + 1 :])
                    self._cells.pop(number, None)
                    row = number * self._page_rows + position
                    self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))
                    return

    def record_at(self, row: int) -> CitizenRecord | None:
        """Return the citizen in a row, None while the page is being read."""
        number, position = divmod(row, self._page_rows)
        rows = self._pages.get(number)
        if rows is None:
            self._want(number)
            return None
        self._pages.move_to_end(number)
        return rows[position] if position < len(rows) else None

    def row_of(self, identity_token: str) -> int | None:
        """Return the row of a citizen among the pages that are here."""
        for number, rows in self._pages.items():
            for position, record in enumerate(rows):
                if record.identity_token == identity_token:
                    return number * self._page_rows + position
        return None

    def try_again(self) -> None:
        """Read the pages that could not be read."""
        self._broken.clear()
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self.columns) - 1))

    # --- Qt's questions ----------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Return the number of rows."""
        return 0 if parent.isValid() else self._count

    def cell(self, row: int, column: int) -> Cell:
        """Return what one cell shows."""
        number, position = divmod(row, self._page_rows)
        made = self._cells.get(number)
        cells = None if made is None else made.get(position)
        if cells is None:
            rows = self._pages.get(number)
            if rows is None:
                self._want(number)
                return _BLANK if column else _WAITING
            if position >= len(rows):
                return _BLANK
            # Row by row: the cells of a whole page would take longer than a frame has.
            cells = self._cells.setdefault(number, {})[position] = _cells_of(rows[position])
        return cells[column]

    # --- reading -----------------------------------------------------------------------------------

    def _begin(self, source: Pages | None, count: int, page_rows: int) -> None:
        self.beginResetModel()
        self._source = source
        self._count = count
        self._next_page = None
        self._found = False
        self._page_rows = page_rows
        self._pages.clear()
        self._cells.clear()
        self._wanted.clear()
        self._reading.clear()
        self._broken.clear()

    def _want(self, number: int, *, urgent: bool = True) -> None:
        if number in self._reading or number in self._broken or self._source is None:
            return
        if urgent or number not in self._wanted:
            self._wanted[number] = None
            self._wanted.move_to_end(number, last=urgent)
        while len(self._wanted) > _WAIT_AT_MOST:
            self._wanted.popitem(last=False)
        if not self._soon.isActive():
            self._soon.start()

    def _read_wanted(self) -> None:
        """Read what was asked for last first: it is what is in view."""
        source = self._source
        while source is not None and self._wanted and len(self._reading) < _READ_AT_ONCE:
            number, _ = self._wanted.popitem()
            self._reading.add(number)
            self._tasks.start(self._read(source, number))

    async def _read(self, source: Pages, number: int) -> None:
        try:
            page = await self._tasks.query(partial(source.load, number))
        except Exception as error:  # noqa: BLE001  # whoever shows the table says it in words
            if source is self._source:
                self._reading.discard(number)
                self._broken.add(number)
                self.failed.emit(error)
        else:
            if source is self._source:
                self._reading.discard(number)
                self._show(page)
        self._read_wanted()

    def _show(self, page: LoadedPage) -> None:
        first = page.number * self._page_rows
        last = first + len(page.rows)
        if page.number == self._next_page:
            self._next_page = page.number + 1 if page.more else None
        self._keep(page)
        if page.more:
            self._resize(max(self._count, last if self.grows else last + 1))
        elif last < self._count or page.rows:
            self._resize(last)
        if page.rows:
            self.dataChanged.emit(self.index(first, 0), self.index(last - 1, len(self.columns) - 1))
        self.arrived.emit(first, len(page.rows))

    def _resize(self, count: int) -> None:
        """Have another number of rows: a count may be an estimate, and others enrol meanwhile."""
        if count == self._count:
            return
        if count > self._count:
            self.beginInsertRows(QModelIndex(), self._count, count - 1)
            self._count = count
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), count, self._count - 1)
            self._count = count
            self.endRemoveRows()
        self.resized.emit()

    def _keep(self, page: LoadedPage) -> None:
        self._pages[page.number] = page.rows
        self._cells.pop(page.number, None)
        while len(self._pages) > KEPT_PAGES:
            dropped, _ = self._pages.popitem(last=False)
            self._cells.pop(dropped, None)


def _columns() -> tuple[Column, ...]:
    return (
        Column(QCoreApplication.translate("CitizenTable", "Token"), mono=True),
        Column(QCoreApplication.translate("CitizenTable", "State")),
        Column(QCoreApplication.translate("CitizenTable", "District")),
        Column(QCoreApplication.translate("CitizenTable", "Roles")),
        Column(QCoreApplication.translate("CitizenTable", "Level")),
        Column(QCoreApplication.translate("CitizenTable", "Status")),
        Column(QCoreApplication.translate("CitizenTable", "Verified")),
    )


TOKEN, STATE, DISTRICT, ROLES, LEVEL, STATUS, VERIFIED = range(7)


def _cells_of(record: CitizenRecord) -> tuple[Cell, ...]:
    icon, tone = citizen_words.status_look(record.status)
    status = Cell(citizen_words.status_word(record.status), icon, tone)
    if record.status is CitizenStatus.ERASED:
        dash = Cell(words.DASH, tone="muted")
        return (Cell(record.identity_token, tone="muted"), *([dash] * 4), status, dash)
    named = [citizen_words.role_word(role) for role in record.roles]
    several = len(named) > _ROLES_SHOWN
    roles = f"{named[0]} +{len(named) - 1}" if several else ", ".join(named)
    verified = words.DASH if record.last_verified is None else words.date(record.last_verified)
    return (
        Cell(record.identity_token),
        Cell(record.state),
        Cell(record.district),
        Cell(roles, tip=", ".join(named) if several else "", spoken=", ".join(named)),
        Cell(citizen_words.level_word(record.verification_level), citizen_words.level_icon(record.verification_level)),
        status,
        Cell(verified, tone="muted"),
    )
