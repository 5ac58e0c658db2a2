"""Four weeks of invented activity like those of the pictures: quiet Sundays, a busy day, refusals at the end."""

import random
from datetime import date, timedelta

from core.audit.activity import HOURS, DailyActivity, HourlyActivity, Series

TODAY = date(2026, 7, 14)
_SHARES = {
    Series.READS: 0.52,
    Series.CHANGES: 0.2,
    Series.PROOFS: 0.13,
    Series.KEYS: 0.03,
    Series.SIGN_IN: 0.09,
    Series.REFUSED: 0.02,
}


def daily(days: int = 28) -> DailyActivity:
    """Return days up to 14 July 2026."""
    chance = random.Random(7)  # noqa: S311 (invented numbers)
    shown = tuple(TODAY - timedelta(days=days - 1 - number) for number in range(days))
    counts: dict[Series, list[int]] = {series: [] for series in Series}
    for day in shown:
        busy = 750 if day.weekday() >= 5 else chance.randint(1500, 2100)
        for series, share in _SHARES.items():
            counts[series].append(round(busy * share * chance.uniform(0.8, 1.2)))
    counts[Series.REFUSED][-1] = 110
    counts[Series.REFUSED][5] = 1
    return DailyActivity(shown, {series: tuple(numbers) for series, numbers in counts.items()})


def nothing(days: int = 28) -> DailyActivity:
    """Return days on which nothing was done."""
    return DailyActivity(daily(days).days, dict.fromkeys(Series, (0,) * days))


def hourly() -> HourlyActivity:
    """Return office hours, and one Sunday night."""
    chance = random.Random(7)  # noqa: S311 (invented numbers)
    busy = [0, 0, 0, 0, 0, 0, 10, 40, 300, 700, 1300, 1640, 1500, 900, 800, 1200, 900, 500, 200, 30, 20, 10, 0, 0]
    by_day = [0.9, 1.0, 0.95, 0.9, 0.6, 0.1, 0.03]
    counts = [[round(busy[hour] * share * chance.uniform(0.8, 1.0)) for hour in range(HOURS)] for share in by_day]
    counts[1][11] = 1640
    counts[6][2] = 620
    return HourlyActivity(28, tuple(tuple(hours) for hours in counts))
