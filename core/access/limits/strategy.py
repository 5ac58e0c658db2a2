"""The moving window of the library `limits`, over several windows of several holders at once.

The library's own strategy takes one window after the other, so a use that the second one refuses would have
been counted in the first. Here all have room and count, or none counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from limits import RateLimitItem, parse_many
from limits.strategies import MovingWindowRateLimiter

from core.access.limits import store
from core.access.limits.storage import PostgresStorage, full_of
from core.access.limits.store import Window
from core.storage.statement import Result, Statement


@dataclass(frozen=True)
class Refusal:
    """Which holder (its place) must wait, by which window, and how many seconds."""

    holder: int
    item: RateLimitItem
    wait: float


@dataclass(frozen=True)
class Counting:
    """The statements that count a use, and what their answer means.

    `alone` must be a transaction of its own; `with_entry` stands before its entry in the entry's transaction.
    """

    alone: Statement
    with_entry: Statement
    items: Sequence[RateLimitItem]

    def refusal(self, found: Result) -> Refusal | None:
        """Return why the use was not counted, None where it was."""
        full = full_of(found)
        return None if full is None else Refusal(full.holder, self.items[full.window], full.wait)


class EveryWindow(MovingWindowRateLimiter):
    """All windows or none."""

    def __init__(self, storage: PostgresStorage) -> None:
        super().__init__(storage)

    def counting(self, limit: str, holders: Sequence[str]) -> Counting:
        """Return how one use of each holder is counted against a limit as in "10 per minute; 3 per second".

        A holder's key carries no amount (the library's `key_for` does): a changed limit must not begin at nought.
        """
        items, windows = _parsed(limit)
        return Counting(store.take(holders, windows), store.count(holders, windows), items)


@cache
def _parsed(limit: str) -> tuple[tuple[RateLimitItem, ...], tuple[Window, ...]]:
    items = tuple(parse_many(limit))
    return items, tuple(Window(item.amount, item.get_expiry()) for item in items)
