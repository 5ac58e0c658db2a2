"""What the table of citizens shows: the listing, what a search found, the place of one citizen, others' changes.

It reads in the query lane, and only what was asked for last is shown. A listing that is read anew keeps
its place: the first row in view and the chosen one are looked up by their keys. It knows no detail card.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from core.audit.model import Action, Outcome
from core.citizens import records
from core.citizens.model import CitizenCount, CitizenFilter, CitizenRecord, PageKey
from core.errors import InvalidInput, LimitReached
from ui.error_report import said
from ui.models.citizen_table import CitizenTableModel
from ui.models.page_source import PAGE_ROWS, LoadedPage, NamePages, PageSource
from ui.models.search_terms import NAME, TOKEN, SearchTerm
from ui.models.vault import Desk
from ui.pages.citizens.list_card import ListCard
from ui.widgets import words

if TYPE_CHECKING:
    from core.audit.growth import Change

_CHANGES = (Action.CITIZEN_UPDATE, Action.CITIZEN_ROLES, Action.CITIZEN_VERIFY_LEVEL)
_REST_S = 4.0  # between two times that others' changes are read: each one that begins at the top leaves an entry
_REST_SHARE = 5  # and so many times as long as the last one took
NAME_ROWS = PAGE_ROWS
_IN_VIEW = 60  # rows; what a high window shows


@dataclass
class _Read:
    """A listing as read anew: its counts, and the rows and pages of the keys that were asked for."""

    source: PageSource
    shown: CitizenCount
    total: int
    rows: dict[str, int] = field(default_factory=dict)
    pages: dict[int, LoadedPage] = field(default_factory=dict)

    def record(self, name: str) -> CitizenRecord | None:
        """Return the citizen who stands at a key's row now."""
        row = self.rows.get(name)
        if row is None:
            return None
        rows = self.pages[row // PAGE_ROWS].rows
        return rows[row % PAGE_ROWS] if row % PAGE_ROWS < len(rows) else None


class Listing(QObject):
    """`read()`, `search(term)`, `filter(wanted)`, `note(changes)`. `chosen` gives the citizen of the detail card.

    Signals: `lost` when the chosen citizen is not among what is shown; `searched_one` when an exact search
    or a jump found one: the keyboard may go to the table.
    """

    lost = pyqtSignal()
    searched_one = pyqtSignal()
    changed_elsewhere = pyqtSignal(str)

    def __init__(
        self,
        desk: Desk,
        card: ListCard,
        model: CitizenTableModel,
        chosen: Callable[[], CitizenRecord | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._checked: CitizenRecord | None = None
        self._desk = desk
        self._tasks = desk.tasks
        self._card = card
        self._model = model
        self._chosen = chosen
        self._wanted = CitizenFilter()
        self._term: SearchTerm | None = None
        self._round = 0
        self._new = 0
        self._changed = 0
        self._since: datetime = desk.vault.now()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._on_rested)
        self._pending_news = False
        model.resized.connect(self._on_resized)

    # --- asking ------------------------------------------------------------------------------------

    def read(self, *, keep: bool = True) -> None:
        """Read the listing anew; with `keep` it stays where it is."""
        self._term = None
        self._forget_news()
        self._tasks.start(self._list(keep=keep), retry=lambda: self.read(keep=keep))

    def come_back(self) -> None:
        """Read the listing anew unless a search is shown."""
        if self._term is None:
            self.read()

    def search(self, term: SearchTerm | None) -> None:
        """Show what fits a term; the listing for None."""
        if term is None:
            self.read()
            return
        self._term = term
        work = {NAME: self._find_by_name, TOKEN: self._go_to}.get(term.criterion, self._find)
        self._tasks.start(work(term), retry=lambda: self.search(term))

    def filter(self, wanted: CitizenFilter) -> None:
        """Cut down what is shown."""
        self._wanted = wanted
        if self._term is None:
            self.lost.emit()
            self.read(keep=False)
        else:
            self.search(self._term)

    # --- the listing -------------------------------------------------------------------------------

    async def _list(self, *, keep: bool) -> None:
        keys = self._keys() if keep else {}
        at_top = keep and self._model.lists and self._card.table.rowAt(0) == 0
        mine, wanted = self._begin(), self._wanted
        read = await self._tasks.query(lambda: self._read(keys, wanted))
        if mine == self._round:
            self._show_listing(read, self._chosen() if "chosen" in keys else None)
            if at_top:
                self._card.scroll_to_top_row(0)  # whoever is chosen may stand far below

    def _keys(self) -> dict[str, PageKey]:
        """Return the keys of the first row in view (of a listing) and of the chosen citizen."""
        top = self._card.table.rowAt(0)
        first = self._model.record_at(top) if top >= 0 and self._model.lists else None
        named = {"top": first, "chosen": self._chosen()}
        return {name: _key(record) for name, record in named.items() if record is not None}

    def _read(self, keys: dict[str, PageKey], wanted: CitizenFilter) -> _Read:
        """Count, and read the pages of some keys. It waits: worker thread."""
        desk = self._desk
        total = desk.keys.citizen_total()
        shown = desk.citizens.counted(desk.session, wanted) if wanted.named() else CitizenCount(total)
        read = _Read(PageSource(desk.citizens, desk.session, wanted), shown, total)
        for name, key in keys.items():
            row = read.rows[name] = read.source.place_of(key)
            number = row // PAGE_ROWS
            for needed in (number, number + 1) if row % PAGE_ROWS + _IN_VIEW > PAGE_ROWS else (number,):
                if needed not in read.pages:
                    read.pages[needed] = read.source.load(needed)
        return read

    def _show_listing(self, read: _Read, chosen: CitizenRecord | None) -> None:
        here = [page for page in read.pages.values() if page.rows]
        self._model.show_listing(read.source, read.shown.number, here=here)
        self._card.show_counts(read.shown, read.total, searched=None)
        if chosen is not None:
            found = read.record("chosen")
            if found is None or found.identity_token != chosen.identity_token:
                self.lost.emit()
            else:
                self._card.table.choose(read.rows["chosen"])
        top = read.rows.get("top")
        if top is not None and top < self._model.rowCount():
            self._card.scroll_to_top_row(top)

    # --- searching ---------------------------------------------------------------------------------

    async def _find(self, term: SearchTerm) -> None:
        desk, wanted, mine = self._desk, self._wanted, self._begin()
        try:
            found = await self._tasks.query(
                lambda: desk.citizens.find(desk.session, term.criterion, term.value, wanted)
            )
        except InvalidInput as error:
            self._show_nobody(mine, term, said(error.message))
            return
        except LimitReached as error:
            self._show_nobody(mine, term, said(error.message), self.tr("Too many searches"))
            return
        if mine != self._round:
            return
        self._model.show_found(found)
        self._card.show_counts(CitizenCount(len(found)), 0, searched=term)
        if len(found) == 1:
            self._checked = found[0]
            self._card.table.choose(0)
        else:
            self._choose_again()
        self.searched_one.emit()

    async def _find_by_name(self, term: SearchTerm) -> None:
        desk, mine = self._desk, self._begin()
        pages = NamePages(desk.citizens, desk.session, term.value, self._wanted, page_rows=NAME_ROWS)
        try:
            first = await self._tasks.query(lambda: pages.load(0))
        except InvalidInput as error:
            self._show_nobody(mine, term, said(error.message))
            return
        except LimitReached as error:
            self._show_nobody(mine, term, said(error.message), self.tr("Too many searches"))
            return
        if mine != self._round:
            return  # something else was typed meanwhile
        self._model.show_growing(pages, first, page_rows=pages.page_rows)
        self._card.show_counts(CitizenCount(len(first.rows)), 0, searched=term, more=first.more)
        self._choose_again()

    async def _go_to(self, term: SearchTerm) -> None:
        """Choose the citizen of a token at the place in the listing."""
        desk, wanted, mine = self._desk, self._wanted, self._begin()
        try:
            found = await self._tasks.query(
                lambda: desk.citizens.find(desk.session, TOKEN, term.value, CitizenFilter())
            )
        except InvalidInput as error:
            self._show_nobody(mine, term, said(error.message))
            return
        if mine != self._round:
            return
        if not found:
            self._show_nobody(mine, term, "")
        elif not records.fits(found[0], wanted):
            words_of_it = self.tr("This citizen does not fit the filters. Take a filter away to see the record.")
            self._show_nobody(mine, term, words_of_it, self.tr("Left out by the filters"))
        else:
            read = await self._tasks.query(lambda: self._read({"chosen": _key(found[0])}, wanted))
            if mine == self._round:
                self._term = None
                self._forget_news()
                self._show_listing(read, found[0])
                self.searched_one.emit()

    def _show_nobody(self, mine: int, term: SearchTerm, reason: str, title: str = "") -> None:
        if mine == self._round:
            self.lost.emit()
            self._model.show_found(())
            self._card.show_counts(CitizenCount(0), 0, searched=term)
            self._card.say_nothing_found(reason, title)

    def _choose_again(self) -> None:
        chosen = self._chosen()
        row = None if chosen is None else self._model.row_of(chosen.identity_token)
        if row is None:
            self.lost.emit()
        else:
            self._card.table.choose(row)

    def take_checked(self, token: str) -> CitizenRecord | None:
        """Return, once, the citizen whom an exact search has just found: the search has checked everything."""
        checked, self._checked = self._checked, None
        return checked if checked is not None and checked.identity_token == token else None

    def _begin(self) -> int:
        self._round += 1
        return self._round

    def _on_resized(self) -> None:
        if self._term is not None:
            count = CitizenCount(self._model.rowCount())
            self._card.show_counts(count, 0, searched=self._term, more=self._model.grows)

    # --- others' changes ---------------------------------------------------------------------------

    def note(self, changes: "Sequence[Change]") -> None:
        """Take what others did: count it, and read the listing anew without losing the place."""
        done = [change for change in changes if change.outcome == Outcome.DONE]
        new = sum(change.action == Action.CITIZEN_ENROL for change in done)
        changed = [change.identity_token for change in done if change.action in _CHANGES]
        if not new and not changed:
            return
        self._new += new
        self._changed += len(changed)
        self._show_news()
        chosen = self._chosen()
        if chosen is not None and chosen.identity_token in changed:
            self.changed_elsewhere.emit(chosen.identity_token)
        self._pending_news = True
        if not self._rest.isActive():
            self._rest.start(0)

    def _on_rested(self) -> None:
        if self._pending_news and self._term is None and self._card.isVisible():
            self._pending_news = False
            self._tasks.start(self._refresh())

    async def _refresh(self) -> None:
        began = time.monotonic()
        try:
            await self._list(keep=True)
        finally:
            took = time.monotonic() - began
            self._rest.start(round(1000 * max(_REST_S, took * _REST_SHARE)))

    def _forget_news(self) -> None:
        self._new = self._changed = 0
        self._pending_news = False
        self._since = self._desk.vault.now()
        self._show_news()

    def _show_news(self) -> None:
        when = words.clock(self._since)
        new, changed = words.number(self._new), words.number(self._changed)
        if self._new and self._changed:
            text = self.tr("{n} new, {m} changed since {time}").format(n=new, m=changed, time=when)
        elif self._new:
            text = self.tr("{n} new since {time}").format(n=new, time=when)
        else:
            text = self.tr("{n} changed since {time}").format(n=changed, time=when) if self._changed else ""
        self._card.show_news(text)


def _key(record: CitizenRecord) -> PageKey:
    return PageKey(record.state, record.identity_token)
