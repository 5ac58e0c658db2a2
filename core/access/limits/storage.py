"""The counts in PostgreSQL, as a storage of the library `limits`. It decides nothing: the caller names the windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from limits.storage import MovingWindowSupport, Storage

from core.access.limits import store
from core.access.limits.store import Window
from core.storage.database import DATABASE_ERRORS, Database
from core.storage.statement import Result, Statement

_MOVING_ONLY = "Only moving windows are kept: a fixed one lets twice as much through around its edge."


@dataclass(frozen=True)
class Full:
    """What is full for longest: the places of holder and window, and in how many seconds there is room."""

    holder: int
    window: int
    wait: float


def full_of(found: Result) -> Full | None:
    """Return what the statement of `store.take` found full, None where it counted the use."""
    if not found.rows:
        return None
    row = found.rows[0]
    return Full(row["holder_place"] - 1, row["window_place"] - 1, row["wait"])


class PostgresStorage(Storage, MovingWindowSupport):
    """The counts of one vault. Thread-safe; shared by all its processes."""

    STORAGE_SCHEME = ["citizen-zero+postgresql"]  # noqa: RUF012 (the library's registry reads it)

    def __init__(self, database: Database) -> None:
        super().__init__(wrap_exceptions=False)
        self._database = database

    def take(self, holders: Sequence[str], windows: Sequence[Window]) -> Full | None:
        """Count one use with every holder, or with none where a window is full. One statement, its own transaction.

        Raises DatabaseUnavailable: whoever asks then must not go on.
        """
        return full_of(self._answer(store.take(holders, windows)))

    # --- what the library's own strategy asks for ------------------------------------------------

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count one use of a key, if its window has room."""
        if amount != 1:
            raise NotImplementedError("A use counts once.")
        return self.take([key], [Window(limit, expiry)]) is None

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest use in a key's window was (seconds since 1970), and how many there are."""
        [row] = self._answer(store.newest(key, Window(limit, expiry))).rows
        return row["start"], row["uses"]

    def check(self) -> bool:
        """Tell whether the counts can be read: raises DatabaseUnavailable if not."""
        self.get_moving_window("", 1, 1)
        return True

    def clear(self, key: str) -> None:
        """Forget the uses of a key."""
        self._answer(store.forget(key))

    def reset(self) -> int | None:
        """Refuse to forget all uses at once: nothing in the console may."""
        raise NotImplementedError("The counts are not emptied as a whole.")

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Refuse to count in fixed windows."""
        raise NotImplementedError(_MOVING_ONLY)

    def get(self, key: str) -> int:
        """Refuse to count in fixed windows."""
        raise NotImplementedError(_MOVING_ONLY)

    def get_expiry(self, key: str) -> float:
        """Refuse to count in fixed windows."""
        raise NotImplementedError(_MOVING_ONLY)

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Return what the driver raises."""
        return DATABASE_ERRORS

    def _answer(self, statement: Statement) -> Result:
        with self._database.lane() as lane:
            return lane.run([statement])[0]
