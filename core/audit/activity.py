"""How much was done when: the log's entries, counted once and kept as statistics for charts.

Statistics are a picture, not evidence. They carry no seal, so whoever has the database in hand can
paint another picture; `audit verify` reads the log itself and never these. Bins are half hours,
because days and hours in India begin at half past in UTC.

What counts as an operation: what was refused or failed counts as refused, whatever it was. Else an
action counts at one of its outcomes only, so nothing counts twice: where an intent is written before
plaintext exists (`BEGUN_BY_INTENT`) at the intent, which counts as done by the log's own rule (see
`Outcome`); everything else when it is done. An operation that failed after its intent therefore shows
as both: it was begun, and it failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from core.audit import activity_store, store
from core.audit.model import Action, Outcome
from core.storage.database import Database

KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")  # India keeps one offset all year
HOURS = 24
WEEKDAYS = 7
# A slice is one transaction: whoever waits for the head waits for one slice, well within the lock's time-out.
SLICE = 200_000


class Series(StrEnum):
    """What a chart of activity tells apart, in the order in which it stacks them."""

    READS = "reads"
    CHANGES = "changes"
    PROOFS = "proofs"
    KEYS = "keys"
    SIGN_IN = "sign_in"
    REFUSED = "refused"


BEGUN_BY_INTENT = frozenset({Action.CITIZEN_PROFILE.value, Action.CITIZEN_UPDATE.value})
_SIGN_IN = frozenset(
    {Action.OPERATOR_SIGN_IN.value, Action.OPERATOR_LOCK.value, Action.OPERATOR_SIGN_OUT.value,
     Action.OPERATOR_FACTOR_ADD.value, Action.OPERATOR_FACTOR_REMOVE.value}
)  # fmt: skip
_OF_SUBJECT = {"proof": Series.PROOFS, "credential": Series.PROOFS, "key": Series.KEYS}
_READING_VERBS = frozenset({"show", "profile", "search", "verify", "list"})


def series_of(action: str, outcome: str) -> Series | None:
    """Return the series in which an entry counts; None where it is no operation of its own.

    An action that is not known here counts as a change: what a newer console did does not go unseen.
    """
    if outcome in {Outcome.REFUSED, Outcome.FAILED}:
        return Series.REFUSED
    counts_at = Outcome.INTENT if action in BEGUN_BY_INTENT else Outcome.DONE
    if outcome != counts_at:
        return None
    if action in _SIGN_IN:
        return Series.SIGN_IN
    subject, _, verb = action.partition(":")
    if subject in _OF_SUBJECT:
        return _OF_SUBJECT[subject]
    return Series.READS if verb in _READING_VERBS else Series.CHANGES


@dataclass(frozen=True)
class DailyActivity:
    """Operations a day: days in Asia/Kolkata, oldest first, and for each series one count a day."""

    days: tuple[date, ...]
    counts: Mapping[Series, tuple[int, ...]]

    def total(self, series: Series) -> int:
        """Return the operations of a series on all days."""
        return sum(self.counts[series])

    @property
    def totals(self) -> tuple[int, ...]:
        """Return the operations of all series, one number a day."""
        return tuple(sum(day) for day in zip(*self.counts.values(), strict=True))


@dataclass(frozen=True)
class HourlyActivity:
    """Operations by weekday (Monday first) and hour (0-23) in Asia/Kolkata, summed over some days."""

    days: int
    counts: tuple[tuple[int, ...], ...]

    @property
    def most(self) -> int:
        """Return the largest count."""
        return max(max(hours) for hours in self.counts)


class ActivityBins:
    """The statistics, brought up to date whenever they are asked for. Thread-safe; many consoles may ask at once."""

    def __init__(self, database: Database, slice_size: int = SLICE) -> None:
        self._database = database
        self._slice = slice_size

    def fold(self) -> int:
        """Count the entries that are not counted yet and return how many those were.

        An entry is read once, by whoever asks first; the others wait for the head and find nothing to do.
        """
        folded = 0
        while True:
            with self._database.transaction() as connection:
                first = activity_store.take_head(connection)
                # Entries below the head's size are committed: appending holds its lock until COMMIT.
                until = min(store.size(connection), first + self._slice)
                if until <= first:
                    return folded
                activity_store.fold(connection, first, until)
            folded += until - first

    def daily(self, days: int, today: date) -> DailyActivity:
        """Return the operations of the last `days` days, `today` (Asia/Kolkata) being the last."""
        self.fold()
        shown = tuple(today - timedelta(days=days - 1 - number) for number in range(days))
        place = {day: number for number, day in enumerate(shown)}
        counts = {series: [0] * days for series in Series}
        with self._database.transaction() as connection:
            for row in activity_store.by_day(connection, *_span(days, today)):
                series = series_of(row.action, row.outcome)
                if series is not None:
                    counts[series][place[row.day]] += row.count
        return DailyActivity(shown, {series: tuple(numbers) for series, numbers in counts.items()})

    def hourly(self, days: int, today: date) -> HourlyActivity:
        """Return when the operations of the last `days` days were done, `today` (Asia/Kolkata) being the last."""
        self.fold()
        counts = [[0] * HOURS for _ in range(WEEKDAYS)]
        with self._database.transaction() as connection:
            for row in activity_store.by_weekday_and_hour(connection, *_span(days, today)):
                if series_of(row.action, row.outcome) is not None:
                    counts[row.weekday][row.hour] += row.count
        return HourlyActivity(days, tuple(tuple(hours) for hours in counts))


def _span(days: int, today: date) -> tuple[datetime, datetime]:
    """Return first moment and end of the last `days` days."""
    end = datetime.combine(today + timedelta(days=1), time(), KOLKATA)
    return end - timedelta(days=days), end
