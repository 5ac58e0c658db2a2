"""Revealing a citizen's fields: purpose first, the intent in the log before anything is decrypted, then for a time.

Released values go straight into the secret fields of the detail; nothing is kept here.
"""

from collections.abc import Iterable

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.citizens.model import Field
from ui.ask import ask
from ui.dialogs.copy_value import CopyDialog
from ui.dialogs.reveal import RevealDialog, RevealRequest
from ui.models.vault import Desk
from ui.pages.citizens.detail import CitizenDetail
from ui.widgets.secret_field import SecretField


class Revealing(QObject):
    """`ask(fields)` opens the purpose dialog with these fields ticked. Signal: `revealed(str)` with the token."""

    revealed = pyqtSignal(str)

    def __init__(self, desk: Desk, detail: CitizenDetail, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._detail = detail
        self._page = page
        detail.reveal_clicked.connect(lambda: self.ask(()))
        detail.profile.reveal_asked.connect(self.ask)
        detail.profile.copy_asked.connect(lambda piece: desk.tasks.start(self._copy(piece)))

    def ask(self, ticked: Iterable[Field]) -> None:
        """Ask for a purpose, then reveal."""
        self._desk.tasks.start(self._ask_for_purpose(tuple(ticked)))

    async def _ask_for_purpose(self, ticked: tuple[Field, ...]) -> None:
        record, theme = self._detail.record, self._desk.theme
        if record is None:
            return
        seconds = self._desk.settings.reveal_seconds
        window = self._page.window() or self._page
        dialog = RevealDialog(theme, window, record, place=self._detail.place(), ticked=ticked, seconds=seconds)
        request = await ask(dialog, dialog.answer)
        if request is not None:
            self._reveal(record.identity_token, request)

    def _reveal(self, token: str, request: RevealRequest) -> None:
        if self._detail.token == token:
            self._desk.tasks.start(self._run(token, request), retry=lambda: self._reveal(token, request))

    async def _run(self, token: str, request: RevealRequest) -> None:
        desk, profile = self._desk, self._detail.profile
        profile.record_fields(request.fields)
        try:
            released = await desk.tasks.query(
                lambda: desk.citizens.profile(desk.session, token, request.purpose, request.fields, request.reason)
            )
        except BaseException:
            if self._detail.token == token:
                profile.mask_values(request.fields)
            raise
        if self._detail.token != token:
            return  # another citizen was chosen meanwhile: the values are dropped
        if not self._page.isVisible():
            profile.mask_values()  # nothing is revealed behind another page or the lock
            return
        profile.reveal(released, desk.settings.reveal_seconds)
        self.revealed.emit(token)

    async def _copy(self, piece: SecretField) -> None:
        dialog = CopyDialog(self._desk.theme, self._page.window() or self._page)
        if await ask(dialog, lambda: True):
            piece.copy_value()
