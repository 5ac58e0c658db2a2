"""The activity of the last days in words and numbers: what its charts draw, and the tables behind them."""

from datetime import date

from PyQt6.QtCore import QCoreApplication

from core.audit.activity import HOURS, DailyActivity, HourlyActivity, Series
from ui.models.counted import counted
from ui.widgets import words
from ui.widgets.cell_model import Cell, Column


def series_words() -> dict[Series, str]:
    """Return the names of the series, in their order."""
    return {
        Series.READS: QCoreApplication.translate("Activity", "Reads"),
        Series.CHANGES: QCoreApplication.translate("Activity", "Changes"),
        Series.PROOFS: QCoreApplication.translate("Activity", "Proofs"),
        Series.KEYS: QCoreApplication.translate("Activity", "Keys"),
        Series.SIGN_IN: QCoreApplication.translate("Activity", "Sign-in"),
        Series.REFUSED: QCoreApplication.translate("Activity", "Refused"),
    }


def operations(count: int) -> str:
    """`1 operation`, `2,540 operations`."""
    one = QCoreApplication.translate("Activity", "{n} operation")
    return counted(count, one, QCoreApplication.translate("Activity", "{n} operations"))


# --- days --------------------------------------------------------------------------------------------


def day_tip(activity: DailyActivity, place: int) -> str:
    """Return one day with all its numbers, a line each; series without operations are left out."""
    lines = [f"{_weekday_and_date(activity.days[place])}{words.DOT}{operations(activity.totals[place])}"]
    for series, name in series_words().items():
        count = activity.counts[series][place]
        if count:
            lines.append(f"{name} {words.number(count)}")
    return "\n".join(lines)


def daily_description(activity: DailyActivity) -> str:
    """Say the whole chart for whoever cannot see it: total, maximum, refusals, keys."""
    totals = activity.totals
    most = max(totals)
    text = QCoreApplication.translate(
        "Activity",
        "{total} in {days} days. Most on {day}: {most}. Refused: {refused}. "
        "Left and Right move along the days, T shows a table.",
    )
    return text.format(
        total=operations(sum(totals)),
        days=len(totals),
        day=_weekday_and_date(activity.days[totals.index(most)]),
        most=words.number(most),
        refused=words.number(activity.total(Series.REFUSED)),
    )


def daily_columns() -> list[Column]:
    """Return the headings of the table of days."""
    day = QCoreApplication.translate("Activity", "Day")
    total = QCoreApplication.translate("Activity", "Total")
    return [Column(day), *(Column(name, numeric=True) for name in series_words().values()), Column(total, numeric=True)]


def daily_rows(activity: DailyActivity) -> list[list[Cell]]:
    """Return the table of days, newest first."""
    rows = []
    for place in reversed(range(len(activity.days))):
        numbers = [activity.counts[series][place] for series in Series]
        cells = [Cell(words.number(number), tone="text" if number else "muted") for number in numbers]
        rows.append([Cell(_weekday_and_date(activity.days[place])), *cells, Cell(words.number(sum(numbers)))])
    return rows


# --- hours -------------------------------------------------------------------------------------------


def weekdays(*, full: bool = False) -> list[str]:
    """Return the names of the weekdays, Monday first."""
    pattern = "dddd" if full else "ddd"
    monday = date(2024, 1, 1)
    return [words.indian().toString(monday.replace(day=1 + number), pattern) for number in range(7)]


def hour_tip(activity: HourlyActivity, weekday: int, hour: int) -> str:
    """`Monday, 09-10 h: 1,640 operations`."""
    text = QCoreApplication.translate("Activity", "{weekday}, {start}:00 to {end}:00 IST{dot}{operations}")
    return text.format(
        weekday=weekdays(full=True)[weekday],
        start=f"{hour:02}",
        end=f"{(hour + 1) % HOURS:02}",
        dot=words.DOT,
        operations=operations(activity.counts[weekday][hour]),
    )


def hourly_description(activity: HourlyActivity) -> str:
    """Say the whole map for whoever cannot see it: total, maximum, keys."""
    weekday, hour = next(
        (number, hours.index(activity.most)) for number, hours in enumerate(activity.counts) if activity.most in hours
    )
    text = QCoreApplication.translate(
        "Activity", "{total} in {days} days. Most: {most}. The arrow keys move along the hours, T shows a table."
    )
    most = hour_tip(activity, weekday, hour)
    return text.format(total=operations(sum(map(sum, activity.counts))), days=activity.days, most=most)


def hourly_columns() -> list[Column]:
    """Return the headings of the table of hours."""
    hour = QCoreApplication.translate("Activity", "Hour")
    return [Column(hour), *(Column(name, numeric=True) for name in weekdays())]


def hourly_rows(activity: HourlyActivity) -> list[list[Cell]]:
    """Return the table of hours."""
    rows = []
    for hour in range(HOURS):
        numbers = [hours[hour] for hours in activity.counts]
        cells = [Cell(words.number(number), tone="text" if number else "muted") for number in numbers]
        rows.append([Cell(f"{hour:02}:00"), *cells])
    return rows


def _weekday_and_date(day: date) -> str:
    return words.indian().toString(day, "ddd d MMM yyyy")
