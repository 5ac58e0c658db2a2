"""SQL of the log's statistics: entries counted by half hour, action and outcome, and how many are counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Table,
    Text,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from core.audit.store import audit_entry
from core.storage.schema import metadata

audit_bin = Table(
    "audit_bin",
    metadata,
    Column("half_hour", DateTime(timezone=True), primary_key=True),
    Column("action", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

audit_bin_head = Table(
    "audit_bin_head",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("size", BigInteger, nullable=False),
)

# In words, not with parameters: PostgreSQL must see that SELECT and GROUP BY name the same.
_HALF_HOUR = "date_bin('30 minutes', audit_entry.time, TIMESTAMPTZ '2000-01-01 00:00:00+00')"
# India keeps one offset all year, so no table of time zones is needed.
_LOCAL = "(audit_bin.half_hour AT TIME ZONE INTERVAL '+05:30')"


@dataclass(frozen=True)
class DayCount:
    """So many entries of one action and outcome on one day in Asia/Kolkata."""

    day: date
    action: str
    outcome: str
    count: int


@dataclass(frozen=True)
class HourCount:
    """So many entries of one action and outcome in one hour (0-23) of one weekday (0 is Monday), Asia/Kolkata."""

    weekday: int
    hour: int
    action: str
    outcome: str
    count: int


def take_head(connection: Connection) -> int:
    """Lock the statistics until COMMIT and return how many entries they count."""
    return int(connection.execute(select(audit_bin_head.c.size).with_for_update()).scalar_one())


def fold(connection: Connection, first: int, until: int) -> None:
    """Add the entries `first` to `until` (exclusive) to the counts, and move the head."""
    half_hour: ColumnElement[datetime] = literal_column(_HALF_HOUR, DateTime(timezone=True))
    entry = audit_entry.c
    counted = (
        select(half_hour, entry.action, entry.outcome, func.count())
        .where(entry.index >= first, entry.index < until)
        .group_by(half_hour, entry.action, entry.outcome)
    )
    added = insert(audit_bin).from_select(["half_hour", "action", "outcome", "count"], counted)
    together = {"count": audit_bin.c.count + added.excluded["count"]}
    keys = [audit_bin.c.half_hour, audit_bin.c.action, audit_bin.c.outcome]
    connection.execute(added.on_conflict_do_update(index_elements=keys, set_=together))
    connection.execute(update(audit_bin_head).values(size=until))


def by_day(connection: Connection, since: datetime, until: datetime) -> Iterator[DayCount]:
    """Give the counts of each day from `since` to `until` (exclusive)."""
    day: ColumnElement[date] = literal_column(f"{_LOCAL}::date")
    counts = audit_bin.c
    query = (
        select(day, counts.action, counts.outcome, func.sum(counts.count))
        .where(counts.half_hour >= since, counts.half_hour < until)
        .group_by(day, counts.action, counts.outcome)
    )
    for when, action, outcome, count in connection.execute(query):
        yield DayCount(when, action, outcome, int(count))


def by_weekday_and_hour(connection: Connection, since: datetime, until: datetime) -> Iterator[HourCount]:
    """Give the counts of each weekday's hours, summed from `since` to `until` (exclusive)."""
    weekday: ColumnElement[int] = literal_column(f"(extract(isodow FROM {_LOCAL})::int - 1)")
    hour: ColumnElement[int] = literal_column(f"extract(hour FROM {_LOCAL})::int")
    counts = audit_bin.c
    query = (
        select(weekday, hour, counts.action, counts.outcome, func.sum(counts.count))
        .where(counts.half_hour >= since, counts.half_hour < until)
        .group_by(weekday, hour, counts.action, counts.outcome)
    )
    for number, at, action, outcome, count in connection.execute(query):
        yield HourCount(int(number), int(at), action, outcome, int(count))
