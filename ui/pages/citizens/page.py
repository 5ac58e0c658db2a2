"""The page Citizens: joins the list, the detail and the dialogs to the use cases of core.

Nothing personal is kept here: released values go straight into the secret fields of the detail,
which forget them after their time, on leaving the page, on another choice and on lock.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from PyQt6.QtCore import QTimer

from core.access.model import Permission
from core.audit.model import Action, EntryFilter, Outcome, StoredEntry
from core.citizens.model import CitizenFilter, CitizenRecord, Field
from core.citizens.validation import new_citizen, today
from core.errors import InvalidInput, NotFound
from ui.ask import ask
from ui.dialogs.copy_value import CopyDialog
from ui.dialogs.edit_citizen import ChangeDialog, CitizenDialog, EnrolDialog
from ui.dialogs.reveal import RevealDialog, RevealRequest
from ui.error_report import said
from ui.models.citizen_table import CitizenTableModel
from ui.models.form_values import warm
from ui.models.page_source import PageSource
from ui.models.search_terms import SearchTerm
from ui.models.vault import Desk
from ui.pages.citizens.detail import CitizenDetail
from ui.pages.citizens.list_card import ListCard
from ui.pages.citizens.roles_tab import RoleChange
from ui.pages.citizens.split import ListAndDetail
from ui.pages.citizens.timeline_tab import SHOWN
from ui.widgets.button import Button
from ui.widgets.page import Page
from ui.widgets.secret_field import SecretField

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
        self._wanted = CitizenFilter()
        self._searched: SearchTerm | None = None
        self._select_next = ""
        self._round = 0
        self._loaded = False
        self.model = CitizenTableModel(desk.theme, desk.tasks, self)
        self.list = ListCard(desk.theme, self.model)
        self.detail = CitizenDetail(desk)
        self.split = ListAndDetail(desk.theme, self.list, self.detail)
        self.body.addWidget(self.split, 1)
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
        if not self._loaded:
            self._tasks.start(self._load_states())
        if self._searched is None:
            self._select_next = self._select_next or self.detail.token
            self.reload()

    def left(self) -> None:
        """Close what lies over the page; revealed data was dropped already."""
        if self.list.panel is not None:
            self.list.panel.close_quietly()

    def open_citizen(self, token: str) -> None:
        """Find one citizen by identity token and show the detail."""
        self.list.set_search(token)
        self.list.table.setFocus()  # where the arrows go on, and Tab leads to the detail
        self._on_searched(SearchTerm("identity_token", token))

    def enrol(self) -> None:
        """Open the enrol dialog."""
        self._tasks.start(self._enrol())

    def reload(self) -> None:
        """Read count and first rows of the listing again."""
        self._tasks.start(self._list(), retry=self.reload)

    def _connect(self) -> None:
        self.list.searched.connect(self._on_searched)
        self.list.filtered.connect(self._on_filtered)
        self.list.chosen.connect(self._on_chosen)
        self.list.opened.connect(lambda _: self.detail.tabs.bar.setFocus())
        self.list.enrol_asked.connect(self.enrol)
        self.model.arrived.connect(self._on_rows_arrived)
        self.model.failed.connect(lambda error: self._tasks.report(error, self.model.try_again))
        self.detail.closed.connect(self.close_detail)
        self.detail.reveal_clicked.connect(lambda: self._ask_reveal(()))
        self.detail.profile.reveal_asked.connect(self._ask_reveal)
        self.detail.profile.copy_asked.connect(lambda piece: self._tasks.start(self._copy(piece)))
        self.detail.change_clicked.connect(lambda: self._tasks.start(self._change()))
        self.detail.tab_opened.connect(self._on_tab_opened)
        self.detail.roles.save_asked.connect(self._on_save_roles)

    # --- the list ----------------------------------------------------------------------------------

    async def _load_states(self) -> None:
        self._loaded = True
        self._states = await self._tasks.query(warm)
        self.list.set_states(self._states)
        self.detail.set_states(self._states)

    async def _list(self) -> None:
        self._round += 1
        mine, wanted, desk = self._round, self._wanted, self._desk

        def count() -> tuple[int, int]:
            total = desk.keys.citizen_total()
            return (desk.citizens.count(desk.session, wanted) if wanted.named() else total), total

        shown, total = await self._tasks.query(count)
        if mine == self._round:
            self.model.show_listing(PageSource(desk.citizens, desk.session, wanted), shown)
            self.list.show_counts(shown, total, searched=None)

    async def _find(self, term: SearchTerm) -> None:
        self._round += 1
        mine, wanted, desk = self._round, self._wanted, self._desk
        try:
            found = await self._tasks.query(
                lambda: desk.citizens.find(desk.session, term.criterion, term.value, wanted)
            )
        except InvalidInput as error:
            if mine == self._round:
                self.close_detail()
                self.model.show_found(())
                self.list.show_counts(0, 0, searched=term)
                self.list.say_nothing_found(said(error.message))
            return
        if mine != self._round:
            return
        self.model.show_found(found)
        self.list.show_counts(len(found), 0, searched=term)
        if len(found) == 1:
            self.list.table.choose(0)
        elif not any(record.identity_token == self.detail.token for record in found):
            self.close_detail()

    def _on_searched(self, term: SearchTerm | None) -> None:
        self._searched = term
        if term is None:
            self._select_next = self.detail.token
            self.reload()
        else:
            self._tasks.start(self._find(term), retry=lambda: self._on_searched(term))

    def _on_filtered(self, wanted: CitizenFilter) -> None:
        self._wanted = wanted
        if self._searched is None:
            self.close_detail()
            self.reload()
        else:
            self._on_searched(self._searched)

    def _on_rows_arrived(self, _first: int, _count: int) -> None:
        """Choose again whoever was chosen before the list was read anew."""
        token, current = self._select_next or self.detail.token, self.list.table.chosen()
        if token and not current.isValid():
            row = self.model.row_of(token)
            if row is not None:
                self._select_next = ""
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
        record = await self._tasks.query(lambda: desk.citizens.show(desk.session, token))
        self.model.replace(record)
        if self.detail.token == token:
            self.detail.update_record(record)
            await self._show_reads(token)
            if self.detail.tabs.current() == "timeline":
                await self._show_timeline(token)

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

    # --- reveal ------------------------------------------------------------------------------------

    def _ask_reveal(self, ticked: Iterable[Field]) -> None:
        self._tasks.start(self._ask_for_purpose(tuple(ticked)))

    async def _ask_for_purpose(self, ticked: tuple[Field, ...]) -> None:
        record = self.detail.record
        if record is None:
            return
        seconds = self._desk.settings.reveal_seconds
        dialog = RevealDialog(
            self.theme, self.window() or self, record, place=self.detail.place(), ticked=ticked, seconds=seconds
        )
        request = await ask(dialog, dialog.answer)
        if request is not None and self.detail.token == record.identity_token:
            self._reveal(record.identity_token, request)

    def _reveal(self, token: str, request: RevealRequest) -> None:
        if self.detail.token == token:
            self._tasks.start(self._run_reveal(token, request), retry=lambda: self._reveal(token, request))

    async def _run_reveal(self, token: str, request: RevealRequest) -> None:
        desk, profile = self._desk, self.detail.profile
        profile.record_fields(request.fields)
        try:
            released = await self._tasks.query(
                lambda: desk.citizens.profile(desk.session, token, request.purpose, request.fields, request.reason)
            )
        except BaseException:
            if self.detail.token == token:
                profile.mask_values(request.fields)
            raise
        if self.detail.token != token or not self._on_screen():
            profile.mask_values()
            return
        profile.reveal(released, desk.settings.reveal_seconds)
        await self._show_reads(token)

    def _on_screen(self) -> bool:
        """Tell whether this page is what is shown: nothing is revealed behind another page or the lock."""
        return self.isVisible()

    async def _copy(self, piece: SecretField) -> None:
        dialog = CopyDialog(self.theme, self.window() or self)
        if await ask(dialog, lambda: True):
            piece.copy_value()

    # --- enrol, change, roles ----------------------------------------------------------------------

    async def _enrol(self) -> None:
        states = self._states or await self._tasks.query(warm)
        dialog = EnrolDialog(self.theme, self.window() or self, states)
        dialog.asked.connect(partial(self._on_enrol_asked, dialog))
        await ask(dialog, lambda: True)

    def _on_enrol_asked(self, dialog: CitizenDialog, values: dict[str, Any]) -> None:
        desk = self._desk

        def work() -> CitizenRecord:
            return desk.citizens.enrol(desk.session, new_citizen(values, today(desk.vault.now())))

        self._tasks.start(self._finish_dialog(dialog, work))

    async def _change(self) -> None:
        record = self.detail.record
        if record is None:
            return
        states = self._states or await self._tasks.query(warm)
        dialog = ChangeDialog(self.theme, self.window() or self, states, record, self.detail.place())
        dialog.asked.connect(partial(self._on_change_asked, dialog, record.identity_token))
        await ask(dialog, lambda: True)

    def _on_change_asked(self, dialog: CitizenDialog, token: str, values: dict[str, Any]) -> None:
        desk = self._desk
        self._tasks.start(self._finish_dialog(dialog, lambda: desk.citizens.update(desk.session, token, values)))

    async def _finish_dialog(self, dialog: CitizenDialog, work: Any) -> None:
        try:
            record: CitizenRecord = await self._tasks.command(work)
        except Exception as error:
            if not dialog.show_failure(error):
                raise
            return
        dialog.accept()
        if record.identity_token == self.detail.token:
            self.model.replace(record)
            self.detail.update_record(record)
            self._settled.start()
        else:
            self.open_citizen(record.identity_token)

    def _on_save_roles(self, change: RoleChange) -> None:
        if self.detail.token:
            token = self.detail.token
            self._tasks.start(self._save_roles(token, change), retry=lambda: self._on_save_roles(change))

    async def _save_roles(self, token: str, change: RoleChange) -> None:
        desk = self._desk

        def save() -> CitizenRecord | None:
            record = None
            if change.roles is not None:
                record = desk.citizens.set_roles(desk.session, token, change.roles, change.primary)
            if change.level is not None:
                record = desk.citizens.set_level(desk.session, token, change.level)
            return record

        try:
            record = await self._tasks.command(save)
        except (InvalidInput, NotFound) as error:
            self.detail.roles.say_problem(said(error.message))
            return
        if record is not None:
            self.model.replace(record)
            if self.detail.token == token:
                self.detail.update_record(record)
                self._settled.start()
