"""SQL of the limits: one row a use and holder, numbered, so that "the tenth newest" is one look into an index.

The function `count_uses` (migration 0011) looks and counts under locks of the holders, by the server's clock:
exact for all processes of all consoles. The rows carry no seal: see `docs/adr/0021`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, DateTime, Table, Text

from core.storage.schema import metadata
from core.storage.statement import Statement

limit_use = Table(
    "limit_use",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

_TAKE = "SELECT * FROM take_limits(%(holders)s::text[], %(amounts)s::bigint[], %(seconds)s::bigint[])"
_COUNT = "SELECT * FROM count_uses(%(holders)s::text[], %(amounts)s::bigint[], %(seconds)s::bigint[])"
_NEWEST = """
    SELECT extract(epoch FROM coalesce(min(at), clock_timestamp()))::float8 AS start, count(at) AS uses
    FROM (SELECT at FROM limit_use WHERE holder = %(holder)s
          AND at > clock_timestamp() - make_interval(secs => %(seconds)s) ORDER BY number DESC LIMIT %(amount)s) newest
"""


@dataclass(frozen=True)
class Window:
    """At most `amount` uses within any `seconds`."""

    amount: int
    seconds: int


def take(holders: Sequence[str], windows: Sequence[Window]) -> Statement:
    """Return the statement that counts one use with every holder, or with none where one of the windows is full.

    It gives nothing, or `holder_place` and `window_place` (from 1) of the one that is full for longest and its `wait`
    in seconds. It must be a transaction of its own: it takes the wait for the disk away from the whole of it.
    """
    return Statement(_TAKE, _values(holders, windows))


def count(holders: Sequence[str], windows: Sequence[Window]) -> Statement:
    """Return the statement that does the same in the transaction of an entry, which is not written where it refuses."""
    return Statement(_COUNT, _values(holders, windows))


def _values(holders: Sequence[str], windows: Sequence[Window]) -> dict[str, object]:
    return {
        "holders": list(holders),
        "amounts": [window.amount for window in windows],
        "seconds": [window.seconds for window in windows],
    }


def newest(holder: str, window: Window) -> Statement:
    """Return the statement that gives a window's oldest use (`start`, seconds since 1970) and how many there are."""
    return Statement(_NEWEST, {"holder": holder, "amount": window.amount, "seconds": window.seconds})


def forget(holder: str) -> Statement:
    """Return the statement that forgets a holder's uses."""
    return Statement("DELETE FROM limit_use WHERE holder = %(holder)s", {"holder": holder})
