"""The one place where unwrapped data keys stay for a moment: bounded, 300 seconds at most, emptied on lock."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from hsm.secret import Secret

SECONDS = 300.0
ENTRIES = 4_096


@dataclass(frozen=True)
class _Held:
    wrapped: bytes
    value: Secret
    until: float


class DataKeyCache:
    """Data keys in clear, by id. `clock` gives monotonic seconds. Thread-safe."""

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS, entries: int = ENTRIES) -> None:
        self._clock = clock
        self._seconds = seconds
        self._entries = entries
        self._held: OrderedDict[UUID, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, data_key_id: UUID, wrapped: bytes) -> Secret | None:
        """Return the key if it is held, not too old, and still the one that is stored wrapped."""
        with self._lock:
            self._forget_old()
            held = self._held.get(data_key_id)
            # A copy: the held one may be wiped while the caller still works with it.
            return Secret(held.value.reveal()) if held is not None and held.wrapped == wrapped else None

    def put(self, data_key_id: UUID, wrapped: bytes, value: Secret) -> None:
        """Hold a key; the oldest goes when there are too many."""
        with self._lock:
            self._forget_old()
            self._held.pop(data_key_id, None)
            self._held[data_key_id] = _Held(wrapped, Secret(value.reveal()), self._clock() + self._seconds)
            while len(self._held) > self._entries:
                self._held.popitem(last=False)[1].value.wipe()

    def forget_old(self) -> None:
        """Drop keys whose time is over; called by a timer as well, so that none outlives its time unused."""
        with self._lock:
            self._forget_old()

    def empty(self) -> None:
        """Wipe everything: on lock."""
        with self._lock:
            while self._held:
                self._held.popitem()[1].value.wipe()

    def __len__(self) -> int:
        return len(self._held)

    def _forget_old(self) -> None:
        now = self._clock()
        # All are held equally long, so the oldest stand first.
        while self._held and next(iter(self._held.values())).until <= now:
            self._held.popitem(last=False)[1].value.wipe()
