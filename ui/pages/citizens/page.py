"""The page Citizens: joins the list and the detail to the use cases of core that find and show.

What the table shows stands in `listing.py`, what reveals in `revealing.py`, what changes in `editing.py`,
the import in `importing.py`. Nothing personal is kept here.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer

from core.access.model import Permission
from core.audit.model import Action, EntryFilter, Outcome, StoredEntry
from core.citizens.model import CitizenRecord
from core.errors import LimitReached
from ui.error_report import said
from ui.models.citizen_table import CitizenTableModel
from ui.models.form_values import warm
from ui.models.search_terms import TOKEN, SearchTerm
from ui.models.vault import Desk
from ui.pages.citizens.detail import CitizenDetail
from ui.pages.citizens.editing import Editing
from ui.pages.citizens.importing import Importing
from ui.pages.citizens.list_card import ListCard
from ui.pages.citizens.listing import Listing
from ui.pages.citizens.revealing import Revealing
from ui.pages.citizens.split import ListAndDetail
from ui.pages.citizens.timeline_tab import SHOWN
from ui.widgets.button import Button
from ui.widgets.empty_state import EmptyState
from ui.widgets.page import Page

if TYPE_CHECKING:
    from core.audit.growth import Change

_SETTLE_MS = 200  # after the last arrow key, before a citizen's record and reads are asked for
_READS_SHOWN = 6


class CitizensPage(Page):
    """`open_citizen(token)` shows one citizen; `enrol()` opens the enrol dialog."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", name="page_citizens")
        title = self.tr("Citizens")
        self.header.title.setText(title)
        self.setAccessibleName(title)
        self._desk = desk
        self._tasks = desk.tasks
        self._states: Mapping[str, str] = {}
        self._take_keyboard = False
        self._loaded = False
        self.model = CitizenTableModel(desk.tasks, self)
        self.list = ListCard(desk.theme, self.model)
        self.detail = CitizenDetail(desk)
        self.listing = Listing(desk, self.list, self.model, lambda: self.detail.record, self)
        self.revealing = Revealing(desk, self.detail, self)
        self.editing = Editing(desk, self.detail, self)
        self.split = ListAndDetail(desk.theme, self.list, self.detail)
        self._may_find = desk.may(Permission.CITIZEN_FIND)
        if self._may_find:
            self.body.addWidget(self.split, 1)
        else:
            self.split.hide()
            words = self.tr("Your role does not find or show citizens.")
            self.body.addWidget(EmptyState(desk.theme, "users", title, words, name="no_permission"), 1)
        self.importing = Importing(desk, self)
        self.import_button = Button(desk.theme, self.tr("Import CSV…"), name="import_csv", icon="upload")
        self.import_button.clicked.connect(self.importing.open)
        self.header.add_action(self.import_button)
        self.import_button.setVisible(desk.may(Permission.CITIZEN_ENROL))
        self.enrol_button = Button(desk.theme, self.tr("Enrol…"), name="enrol", variant="primary", icon="plus")
        self.enrol_button.clicked.connect(self.enrol)
        self.header.add_action(self.enrol_button)
        self.enrol_button.setVisible(desk.may(Permission.CITIZEN_ENROL))
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLE_MS)
        self._settled.timeout.connect(self._on_settled)
        self._connect()

    def shown(self) -> None:
        """Read the list anew, so that it is as it is now; a search or a chosen citizen stays."""
        self.importing.look()
        if not self._may_find:
            return
        if not self._loaded:
            self._tasks.start(self._load_states())
        self.listing.come_back()

    def left(self) -> None:
        """Close what lies over the page; revealed data was dropped already."""
        if self.list.panel is not None:
            self.list.panel.close_quietly()

    def open_citizen(self, token: str) -> None:
        """Find one citizen by identity token and show the detail."""
        self.list.set_search(token)
        self._take_keyboard = True
        self.listing.search(SearchTerm(TOKEN, token))

    def others_changed(self, changes: "Sequence[Change]") -> None:
        """Show what other consoles and the command line did."""
        if self._may_find:
            self.listing.note(changes)

    def enrol(self) -> None:
        """Open the enrol dialog."""
        self.editing.enrol()

    def reload(self) -> None:
        """Read the listing again."""
        self.listing.read()

    def _connect(self) -> None:
        self.list.searched.connect(self.listing.search)
        self.list.filtered.connect(self.listing.filter)
        self.listing.lost.connect(self.close_detail)
        self.listing.searched_one.connect(self._on_searched_one)
        self.listing.changed_elsewhere.connect(self._reopen)
        self.list.chosen.connect(self._on_chosen)
        self.list.opened.connect(lambda _: self.detail.tabs.bar.setFocus())
        self.list.enrol_asked.connect(self.enrol)
        self.model.arrived.connect(self._on_rows_arrived)
        self.model.failed.connect(lambda error: self._tasks.report(error, self.model.try_again))
        self.detail.closed.connect(self.close_detail)
        self.detail.tab_opened.connect(self._on_tab_opened)
        self.revealing.revealed.connect(lambda token: self._tasks.start(self._show_reads(token)))
        self.editing.enrolled.connect(lambda record: self.open_citizen(record.identity_token))
        self.editing.changed.connect(self._on_changed)
        self.importing.ended.connect(self.listing.come_back)

    # --- the list ----------------------------------------------------------------------------------

    async def _load_states(self) -> None:
        self._loaded = True
        self._states = await self._tasks.query(warm)
        own = self._desk.own_states(self._states)
        self.list.set_states(own)
        self.detail.set_states(self._states)
        self.editing.set_states(own)

    def _on_searched_one(self) -> None:
        if self._take_keyboard:
            self._take_keyboard = False
            self.list.table.setFocus()  # where the arrows go on, and Tab leads to the detail

    def _on_rows_arrived(self, _first: int, _count: int) -> None:
        """Choose again whoever was chosen before the list was read anew."""
        token, current = self.detail.token, self.list.table.chosen()
        if token and not current.isValid():
            row = self.model.row_of(token)
            if row is not None:
                self.list.table.choose(row)
        elif current.isValid() and not self.detail.token:
            self._on_chosen(current.row())

    # --- one citizen -------------------------------------------------------------------------------

    def _on_chosen(self, row: int) -> None:
        record = self.model.record_at(row)
        if record is None:
            self._forget_detail()  # its page is still being read: `_on_rows_arrived` comes back here
        elif record.identity_token != self.detail.token:
            self.show_record(record)

    def show_record(self, record: CitizenRecord) -> None:
        """Show a citizen; what was revealed of another one is gone."""
        self.detail.show_citizen(record)
        self.split.show_detail()
        self._settled.start()

    def close_detail(self) -> None:
        """Give the list all the room."""
        had_keyboard = self.detail.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._forget_detail()
        self.split.hide_detail()
        self.list.table.clearSelection()
        if had_keyboard:
            self.list.table.setFocus()

    def _forget_detail(self) -> None:
        self._settled.stop()
        self.detail.clear()

    def _on_settled(self) -> None:
        if self.detail.record is not None:
            token = self.detail.token
            self._tasks.start(self._check_record(token), retry=lambda: self._reopen(token))

    def _reopen(self, token: str) -> None:
        if self.detail.token == token:
            self._on_settled()

    async def _check_record(self, token: str) -> None:
        """Read the record again with every check (all seals, the log's word), then who read last."""
        desk = self._desk
        try:
            checked = self.listing.take_checked(token)
            if checked is None:
                checked = await self._tasks.query(lambda: desk.citizens.show(desk.session, token))
        except LimitReached as error:
            # Whoever walks through a list with the arrow keys meets this: no dialog, the list's record stands.
            if self.detail.token == token:
                self.detail.say(self.tr("As the list has it, not read anew.") + " " + said(error.message))
            return
        self.model.replace(checked)
        if self.detail.token == token:
            self.detail.update_record(checked)
            await self._show_reads(token)
            if self.detail.tabs.current() == "timeline":
                await self._show_timeline(token)

    def _on_changed(self, record: CitizenRecord) -> None:
        self.model.replace(record)
        if record.identity_token == self.detail.token:
            self.detail.update_record(record)
            self._settled.start()

    async def _show_reads(self, token: str) -> None:
        if not self._desk.may(Permission.AUDIT_READ):
            return
        wanted = EntryFilter(action=Action.CITIZEN_PROFILE, outcome=Outcome.INTENT, identity_token=token)
        entries = await self._read_log(wanted, _READS_SHOWN)
        if self.detail.token == token:
            self.detail.profile.show_reads(entries, self._desk.vault.now())

    async def _show_timeline(self, token: str) -> None:
        if not self._desk.may(Permission.AUDIT_READ):
            self.detail.timeline.say(self.tr("Your role does not read the audit log."))
            return
        entries = await self._read_log(EntryFilter(identity_token=token), SHOWN)
        if self.detail.token == token:
            self.detail.timeline.show_entries(entries, self._desk.vault.now())

    async def _read_log(self, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
        desk = self._desk
        return await self._tasks.query(lambda: desk.log.search(desk.session, wanted, limit))

    def _on_tab_opened(self, key: str) -> None:
        if key == "timeline" and self.detail.token:
            self._tasks.start(self._show_timeline(self.detail.token))
