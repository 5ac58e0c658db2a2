"""Enrolling a citizen, changing one, saving roles: dialogs and tabs joined to the commands of core."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.citizens.model import CitizenRecord
from core.citizens.validation import new_citizen, today
from core.errors import InvalidInput, NotFound
from ui.ask import ask
from ui.dialogs.edit_citizen import ChangeDialog, CitizenDialog, EnrolDialog
from ui.error_report import said
from ui.models.form_values import warm
from ui.models.vault import Desk
from ui.pages.citizens.detail import CitizenDetail
from ui.pages.citizens.roles_tab import RoleChange


class Editing(QObject):
    """`enrol()` opens the enrol dialog. Signals: `enrolled(CitizenRecord)`, `changed(CitizenRecord)`."""

    enrolled = pyqtSignal(object)
    changed = pyqtSignal(object)

    def __init__(self, desk: Desk, detail: CitizenDetail, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._detail = detail
        self._page = page
        self._states: Mapping[str, str] = {}
        detail.change_clicked.connect(lambda: desk.tasks.start(self._change()))
        detail.roles.save_asked.connect(self._on_save_roles)

    def set_states(self, states: Mapping[str, str]) -> None:
        """Take the names of the states, which the forms offer."""
        self._states = states

    def enrol(self) -> None:
        """Open the enrol dialog."""
        self._desk.tasks.start(self._enrol())

    async def _enrol(self) -> None:
        states = self._states or self._desk.own_states(await self._desk.tasks.query(warm))
        dialog = EnrolDialog(self._desk.theme, self._page.window() or self._page, states)
        dialog.asked.connect(partial(self._on_enrol_asked, dialog))
        await ask(dialog, lambda: True)

    def _on_enrol_asked(self, dialog: CitizenDialog, values: dict[str, Any]) -> None:
        desk = self._desk

        def work() -> CitizenRecord:
            return desk.citizens.enrol(desk.session, new_citizen(values, today(desk.vault.now())))

        desk.tasks.start(self._finish(dialog, work, self.enrolled.emit))

    async def _change(self) -> None:
        record = self._detail.record
        if record is None:
            return
        states = self._states or self._desk.own_states(await self._desk.tasks.query(warm))
        window = self._page.window() or self._page
        dialog = ChangeDialog(self._desk.theme, window, states, record, self._detail.place())
        dialog.asked.connect(partial(self._on_change_asked, dialog, record.identity_token))
        await ask(dialog, lambda: True)

    def _on_change_asked(self, dialog: CitizenDialog, token: str, values: dict[str, Any]) -> None:
        desk = self._desk
        work = partial(desk.citizens.update, desk.session, token, values)
        desk.tasks.start(self._finish(dialog, work, self.changed.emit))

    async def _finish(
        self, dialog: CitizenDialog, work: Callable[[], CitizenRecord], tell: Callable[[CitizenRecord], None]
    ) -> None:
        """Run a dialog's command; the dialog goes only when it is done."""
        try:
            record = await self._desk.tasks.command(work)
        except Exception as error:
            if not dialog.show_failure(error):
                raise
            return
        dialog.accept()
        tell(record)

    def _on_save_roles(self, change: RoleChange) -> None:
        token = self._detail.token
        if token:
            self._desk.tasks.start(self._save_roles(token, change), retry=lambda: self._on_save_roles(change))

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
            record = await desk.tasks.command(save)
        except (InvalidInput, NotFound) as error:
            self._detail.roles.say_problem(said(error.message))
            return
        if record is not None:
            self.changed.emit(record)
