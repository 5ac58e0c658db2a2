"""Moments as lists say them: short, in IST, with "Today" where it is today."""

from datetime import datetime

from PyQt6.QtCore import QCoreApplication

from ui.widgets import words

_HOUR, _DAY = 60, 24 * 60  # minutes


def short(when: datetime, now: datetime) -> str:
    """`Today 14:31`, `12 Jul 11:04`, or `12 Jul 2024` in another year."""
    day, today = when.astimezone(words.IST).date(), now.astimezone(words.IST).date()
    if day == today:
        return QCoreApplication.translate("when", "Today {time}").format(time=words.clock(when))
    if day.year == today.year:
        return f"{words.indian().toString(day, 'd MMM')} {words.clock(when)}"
    return words.date(when)


def age(since: datetime, now: datetime) -> str:
    """Return how long ago something was: "12 min", "2 h", "3 d"."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < _HOUR:
        return QCoreApplication.translate("when", "{n} min").format(n=minutes)
    if minutes < _DAY:
        return QCoreApplication.translate("when", "{n} h").format(n=minutes // _HOUR)
    return QCoreApplication.translate("when", "{n} d").format(n=minutes // _DAY)
