"""Where the lines of a chart stand and what is written beside them. Pure rules, no drawing."""

from collections.abc import Sequence
from datetime import date

from ui.widgets import words

_LINES = 5  # at most, besides zero
_IN_FULL_BELOW = 10_000
_THOUSAND = 1_000
_LABEL_EVERY = 4  # days


def lines(most: int) -> tuple[int, ...]:
    """Return the values of the lines: whole numbers from zero up to `most`, at most five steps of 1, 2 or 5 x 10^n."""
    step = 1
    factors = (2, 2.5, 2)  # 1, 2, 5, 10
    turn = 0
    while most > step * _LINES:
        step = int(step * factors[turn % len(factors)])
        turn += 1
    return tuple(range(0, max(most, 1) + 1, step))


def short_number(value: int) -> str:
    """`7,510`, and from ten thousand on `41.2 k`: for legends, where the exact number stands in the tip."""
    if value < _IN_FULL_BELOW:
        return words.number(value)
    tenths = round(value * 10 / _THOUSAND)
    return f"{words.number(tenths // 10)}.{tenths % 10} k"


def day_labels(days: Sequence[date], last: str) -> tuple[tuple[int, str], ...]:
    """Label every fourth day, with the month where it is another one, and the newest as `last` ("today").

    A label too near to the newest gives way.
    """
    labels = []
    month = 0
    newest = len(days) - 1
    for place in range(0, newest - 1, _LABEL_EVERY):
        day = days[place]
        pattern = "d" if day.month == month else "d MMM"
        labels.append((place, words.indian().toString(day, pattern)))
        month = day.month
    return (*labels, (newest, last)) if days else ()
