"""The moving window of the library `limits`, over several windows of several holders at once.

The library's own strategy takes one window after the other, so a use that the second one refuses would have
been counted in the first. Here all have room and count, or none counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.strategies import MovingWindowRateLimiter

from core.access.limits.storage import PostgresStorage
from core.access.limits.store import Window


@dataclass(frozen=True)
class Refusal:
    """Which holder (its place) must wait, by which window, and how many seconds."""

    holder: int
    item: RateLimitItem
    wait: float


class EveryWindow(MovingWindowRateLimiter):
    """All windows or none."""

    def __init__(self, storage: PostgresStorage) -> None:
        super().__init__(storage)
        self._counts = storage

    def hit_all(self, limit: str, holders: Sequence[str]) -> Refusal | None:
        """Count one use of each holder against a limit as in "10 per minute; 3 per second".

        A holder's key carries no amount (the library's `key_for` does): a changed limit must not begin at nought.
        """
        items = parse_many(limit)
        full = self._counts.take(holders, [Window(item.amount, item.get_expiry()) for item in items])
        return None if full is None else Refusal(full.holder, items[full.window], full.wait)
