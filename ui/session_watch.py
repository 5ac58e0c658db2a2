"""Notices within seconds that the login session is over: signed out from elsewhere, too long, lapsed."""

from contextlib import suppress

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from core.errors import DatabaseUnavailable
from ui.error_report import said
from ui.models.vault import Desk

_LOOK_MS = 1_500


class SessionWatch(QObject):
    """`start(desk)` after sign-in, `stop()` before the lock; looks whether the window is seen or not.

    Signal `ended(str)`, with why, once. A store that does not answer is told by whoever needs it.
    """

    ended = pyqtSignal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._desk: Desk | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._on_due)

    def start(self, desk: Desk) -> None:
        """Watch over a desk's login session."""
        self._desk = desk
        self._looking = False
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._desk = None

    def _on_due(self) -> None:
        desk = self._desk
        if desk is not None and not self._looking:
            self._looking = True
            desk.tasks.start(self._look(desk))

    async def _look(self, desk: Desk) -> None:
        try:
            with suppress(DatabaseUnavailable):
                why = await desk.tasks.query(lambda: desk.vault.services.sessions.why_ended(desk.session))
                if why is not None and self._desk is desk:
                    self.ended.emit(said(why.message))
        finally:
            self._looking = False
