"""Looks once a second, in the query lane, at what others did to the vault. Only while somebody sees the window."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.errors import DatabaseUnavailable
from ui.models.vault import Desk

if TYPE_CHECKING:
    from core.audit.growth import Change, LogGrowth
    from core.monitor.changes import ChangeWatch

_LOOK_MS = 1000
_LOOKS = 50  # at once: a look takes 200 entries, and an import elsewhere writes thousands a second


class Watching(QObject):
    """`start(desk)` after sign-in, `stop()` before the lock.

    Signals: `changed(list[Change])` with what other login sessions did, `shrunk` when the log is shorter than
    it was. A database that does not answer is not told here: the health of the parts tells it.
    """

    changed = pyqtSignal(object)
    shrunk = pyqtSignal()

    def __init__(self, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._desk: Desk | None = None
        self._look: Callable[[], tuple[list[Change], bool]] | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._on_due)

    def start(self, desk: Desk) -> None:
        """Notice what happens from now on."""
        watch, mine = desk.vault.watch(), desk.session.actor.login_session
        self._desk = desk
        self._look = lambda: _looked(watch, mine)
        self._timer.start()
        self._on_due()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._desk = self._look = None
        self._looking = False  # whoever looks at this moment is cancelled with the desk

    def _on_due(self) -> None:
        desk, look = self._desk, self._look
        if desk is None or look is None or self._looking:
            return
        if self._window.isVisible() and not self._window.isMinimized():
            self._looking = True
            desk.tasks.start(self._tell(desk, look))

    async def _tell(self, desk: Desk, look: "Callable[[], tuple[list[Change], bool]]") -> None:
        try:
            with suppress(DatabaseUnavailable):
                changes, shrunk = await desk.tasks.query(look)
                if self._desk is not desk:
                    return
                if shrunk:
                    self.shrunk.emit()
                if changes:
                    self.changed.emit(changes)
        finally:
            self._looking = False


def _looked(watch: "ChangeWatch", mine: str) -> "tuple[list[Change], bool]":
    """Return what others did since the last look, and whether the log shrank. It waits: worker thread."""
    changes: list[Change] = []
    for _ in range(_LOOKS):
        growth: LogGrowth = watch.look()
        changes += growth.by_others(mine)
        if growth.shrunk or not growth.more:
            return changes, growth.shrunk
    return changes, False
