"""Ages as days: who is at least N years old on a day was born on a certain day or before.

A person born on 29 February is a year older on 1 March in common years.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from core.proofs.attributes import DAY_ZERO

INDIA: Final = timezone(timedelta(hours=5, minutes=30), "IST")  # one offset all year
FEBRUARY, LAST_COMMON_DAY = 2, 28


def day_in_india(seconds: int) -> date:
    """Return the day in Asia/Kolkata of a time in seconds since 1970. Raises ValueError beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(INDIA).date()
    except (OverflowError, OSError):
        raise ValueError("no day of the calendar") from None


def last_birthday(years: int, day: date) -> int:
    """Return the last birth date (days since 1900-01-01, negative before) of those at least `years` old on `day`."""
    year = day.year - years
    if year < 1:
        return -DAY_ZERO.toordinal()  # nobody: before the calendar began
    try:
        last = day.replace(year=year)
    except ValueError:  # 29 February, and the year has none
        last = date(year, FEBRUARY, LAST_COMMON_DAY)
    return (last - DAY_ZERO).days
