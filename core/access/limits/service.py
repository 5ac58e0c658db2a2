"""Limits on what an operator does, and on what is done to a citizen, whoever does it.

Each limit of the settings is held twice: for the operator over all citizens, and for the citizen over all
operators. A refused use counts nowhere, so waiting always helps. If a use cannot be counted, it is refused.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.access.limits import store  # noqa: F401 (its table belongs to the schema from the start)
from core.access.model import LoginSession
from core.errors import LimitReached
from core.settings.limits import Limited, LimitSettings
from core.storage.database import Database
from core.storage.lane import Lane
from core.storage.statement import Result, Statement

if TYPE_CHECKING:
    from core.access.limits.strategy import Counting, EveryWindow, Refusal

KNOWN_SECONDS = 3.0  # settings are read again after this time: another console may have changed them
_NOUNS = {
    Limited.METADATA: "records shown or looked up",
    Limited.PROFILE: "profiles read",
    Limited.PROOF: "proofs made",
    Limited.EXPORT: "exports",
    Limited.ERASURE: "erasures",
    Limited.ROLE_UPDATE: "changes of roles",
    Limited.LISTING: "lists and searches by name",
    Limited.PASSWORD: "tries of the password",
}


@dataclass(frozen=True)
class Use:
    """One use that is still to be counted: alone on a lane, or with the entry that it allows (the log's `Gate`)."""

    what: Limited
    _counting: "Counting"

    @property
    def statement(self) -> Statement:
        """The statement that counts it in its entry's transaction."""
        return self._counting.with_entry

    def allow(self, found: Result) -> None:
        """Raise LimitReached if the statement's answer says that it was not counted."""
        refusal = self._counting.refusal(found)
        if refusal is not None:
            raise _refused(self.what, refusal)

    def count(self, lane: Lane) -> None:
        """Count it as a transaction of its own. Raises LimitReached, and what a lane raises where it cannot count."""
        [found] = lane.run([self._counting.alone])
        self.allow(found)


class RateLimits:
    """The limits of one vault. Thread-safe. `read` returns the settings, checked; it may wait."""

    def __init__(self, database: Database, read: Callable[[], LimitSettings]) -> None:
        self._database = database
        self._read = read
        self._known: tuple[float, LimitSettings] | None = None
        self._strategy: EveryWindow | None = None

    def take(self, session: LoginSession, what: Limited, *citizens: str) -> None:
        """Count one use by the operator and of each citizen that it concerns (identity tokens).

        Raises LimitReached, or DatabaseUnavailable where nothing can be counted: then nothing may be done.
        """
        use = self.use(session, what, *citizens)
        with self._database.lane() as lane:
            use.count(lane)

    def use(self, session: LoginSession, what: Limited, *citizens: str) -> Use:
        """Return one use that is still to be counted, for whoever has other statements to send with it."""
        limit = self._settings().of(what)
        # In one order, so that two who name the same ones never wait for each other.
        holders = (
            f"{what}/operator/{session.operator}",
            *(f"{what}/citizen/{citizen}" for citizen in sorted(citizens)),
        )
        return Use(what, self._windows().counting(limit, holders))

    @contextmanager
    def import_slot(self, session: LoginSession) -> Iterator[None]:
        """Hold one of the operator's imports while it runs. Raises LimitReached if all of them run.

        The lock dies with its connection, so a killed import leaves nothing behind.
        """
        allowed = self._settings().imports_at_once
        for number in range(allowed):
            with self._database.advisory_lock(_lock_key(f"import/{session.operator}/{number}")) as held:
                if held:
                    yield
                    return
        running = "an import" if allowed == 1 else f"{allowed} imports"
        raise LimitReached(f"You have {running} running already: start this one when it has ended.", seconds=None)

    def _settings(self) -> LimitSettings:
        now = time.monotonic()
        known = self._known
        if known is None or not 0 <= now - known[0] < KNOWN_SECONDS:
            known = self._known = (now, self._read())
        return known[1]

    def _windows(self) -> "EveryWindow":
        if self._strategy is None:
            # The library takes 45 ms to import, which only a command that is limited should pay.
            from core.access.limits.storage import PostgresStorage  # noqa: PLC0415
            from core.access.limits.strategy import EveryWindow  # noqa: PLC0415

            self._strategy = EveryWindow(PostgresStorage(self._database))
        return self._strategy


def waiting_time(seconds: float) -> str:
    """Write a waiting time, rounded up, as in 0:42 or 21:03:00."""
    whole = max(1, math.ceil(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _refused(what: Limited, refusal: "Refusal") -> LimitReached:
    item, whose = refusal.item, "by one operator" if refusal.holder == 0 else "of one citizen"
    window = item.GRANULARITY.name
    return LimitReached(
        f"The limit is reached. Try again in {waiting_time(refusal.wait)}.",
        seconds=math.ceil(refusal.wait),
        details={"Limit": f"{_NOUNS[what]} {whose}: {item.amount} per {window}"},
        remedy=f"No more than {item.amount} per {window} are allowed: {_NOUNS[what]} {whose}.",
    )


def _lock_key(name: str) -> int:
    """Return the advisory lock of a name: 64 bits, signed."""
    return int.from_bytes(hashlib.sha256(f"limit {name}".encode()).digest()[:8], "big", signed=True)
