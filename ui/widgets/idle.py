"""Watches for a person at keyboard and mouse; without one the console locks.

The clock is passed in: on Linux one that runs on while the machine sleeps, so that a lid closed
over lunch counts as not used.
"""

import time
from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication

_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
    }
)
_TICK_MS = 1000


def waking_clock() -> float:
    """Return seconds that also pass while the machine sleeps, where the platform has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class IdleWatch(QObject):
    """Counts down from `seconds`; any key, click, touch or movement of the mouse starts it again.

    Signals: `ticked(float)` with the seconds left, once a second; `expired` once, then it stops.
    """

    ticked = pyqtSignal(float)
    expired = pyqtSignal()

    def __init__(
        self,
        application: QApplication,
        seconds: float,
        *,
        clock: Callable[[], float] = waking_clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._application = application
        self._seconds = seconds
        self._clock = clock
        self._last_use = clock()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def running(self) -> bool:
        """Say whether it counts."""
        return self._timer.isActive()

    def set_seconds(self, seconds: float) -> None:
        """Take another time-out, at once."""
        self._seconds = seconds
        self.look()

    def start(self) -> None:
        """Begin to count, from now."""
        self._last_use = self._clock()
        if not self.running:
            self._application.installEventFilter(self)
            self._timer.start()
        self.look()

    def stop(self) -> None:
        """Stop counting (the console is locked already)."""
        self._timer.stop()
        self._application.removeEventFilter(self)

    def look(self) -> None:
        """Look at the clock: tell the time left, or that it is over."""
        if not self.running:
            return
        left = self._seconds - (self._clock() - self._last_use)
        self.ticked.emit(max(0.0, left))
        if left <= 0:
            self.stop()
            self.expired.emit()

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        """Take note of a person, let everything pass."""
        if event is not None and event.type() in _INPUT:
            self._last_use = self._clock()
        return False
