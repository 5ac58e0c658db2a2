"""Outcomes that follow an intent within a second, written many in one transaction."""

import threading
from collections.abc import Callable

from core.audit.model import Entry
from core.errors import CitizenZeroError

OUTCOME_DELAY_SECONDS = 0.5


class OutcomeQueue:
    """Holds outcomes for a moment, so that many share one transaction."""

    def __init__(self, write: Callable[..., list[int]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[Entry] = []
        self._timer: threading.Timer | None = None

    def add(self, entry: Entry) -> None:
        """Hold an entry, and see that it is written soon."""
        with self._lock:
            self._waiting.append(entry)
            if self._timer is None:
                self._timer = threading.Timer(OUTCOME_DELAY_SECONDS, self._flush_quietly)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write at once what is held."""
        with self._writing:  # whoever flushes before closing the HSM also waits for what the timer is writing
            with self._lock:
                waiting, self._waiting = self._waiting, []
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            if waiting:
                self._write(*waiting)

    def _flush_quietly(self) -> None:
        # An intent without an outcome counts as released, so a lost outcome weakens nothing; what keeps the
        # log from being written stops the next use case at its intent, with words for the operator.
        try:
            self.flush()
        except CitizenZeroError:
            return
