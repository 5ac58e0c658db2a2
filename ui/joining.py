"""Joining with an invitation code, from the unlock screen: nobody is signed in meanwhile."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject

from core.access.model import Operator
from core.audit.model import Origin
from core.secret import Secret
from ui.dialogs.command import conduct
from ui.dialogs.join import JoinDialog
from ui.models.vault import OpenedVault
from ui.pages.unlock import UnlockScreen
from ui.tasks import TaskRunner
from ui.theme.theme import Theme


class Joining(QObject):
    """Opens the dialog when the screen asks. `vault` gives the vault once it is reached, None where it was not."""

    def __init__(
        self,
        theme: Theme,
        tasks: TaskRunner,
        screen: UnlockScreen,
        vault: Callable[[], Coroutine[Any, Any, OpenedVault | None]],
    ) -> None:
        super().__init__(screen)
        self._theme = theme
        self._tasks = tasks
        self._screen = screen
        self._vault = vault
        screen.join_asked.connect(lambda: tasks.start(self._join()))

    async def _join(self) -> None:
        vault = await self._vault()
        if vault is None:
            return  # the degraded screen says why
        dialog = JoinDialog(self._theme, self._screen)

        def prepare() -> partial[Operator]:
            code, password = Secret(dialog.code.text()), Secret(dialog.password)
            return partial(vault.services.invitations.join, code, dialog.operator.text(), password, Origin.CONSOLE)

        conduct(self._tasks, dialog, prepare, self._on_joined)

    def _on_joined(self, operator: Operator) -> None:
        self._screen.set_operator(operator.name)
        joined = self.tr("{operator} has joined. Unlock with the password that you chose.")
        self._screen.show_locked(joined.format(operator=operator.name))
        self._screen.password.editor.setFocus()
