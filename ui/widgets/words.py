"""Numbers, dates and durations as a person reads them: Indian grouping, IST, `0:47`.

Pure functions; the language follows Qt's default locale (Hindi or else English, both of India).
"""

from datetime import datetime, timedelta, timezone

from PyQt6.QtCore import QCoreApplication, QLocale

IST = timezone(timedelta(hours=5, minutes=30), "IST")
DASH = "–"  # noqa: RUF001  # what a cell without a value shows
DOT = " · "
DOTS = "•" * 8

_MINUTE = 60
_HOUR = 3600


def indian() -> QLocale:
    """Return the locale for numbers and dates: Hindi of India when that is the language, else English of India."""
    hindi = QLocale().language() == QLocale.Language.Hindi
    return QLocale("hi_IN") if hindi else QLocale("en_IN")


def number(value: int) -> str:
    """12,84,551."""
    return indian().toString(value)


def percent(done: int, total: int) -> str:
    """`62 %`, rounded down, so that 100 means done."""
    return f"{0 if total <= 0 else min(100, done * 100 // total)} %"


def duration(seconds: float) -> str:
    """`0:47`, `4:12`, `1:04:00`; parts of a second count as a whole one."""
    whole = max(0, -int(-seconds // 1))
    if whole >= _HOUR:
        return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"
    return f"{whole // _MINUTE}:{whole % _MINUTE:02}"


def about(seconds: float) -> str:
    """Say how long something still takes, no more exactly than can be known."""
    whole = max(1, round(seconds))
    if whole < _MINUTE:
        return QCoreApplication.translate("words", "about {n} s left").format(n=whole)
    if whole < _HOUR:
        return QCoreApplication.translate("words", "about {n} min left").format(n=round(whole / _MINUTE))
    return QCoreApplication.translate("words", "about {n} h left").format(n=round(whole / _HOUR))


def date(when: datetime) -> str:
    """`14 Jul 2026`, in IST. `when` carries its zone."""
    return indian().toString(_local(when).date(), "d MMM yyyy")


def clock(when: datetime, *, seconds: bool = False) -> str:
    """`14:32` or `14:32:08`, in IST."""
    return _local(when).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(when: datetime, *, seconds: bool = False) -> str:
    """`14 Jul 2026, 14:32 IST`."""
    return f"{date(when)}, {clock(when, seconds=seconds)} IST"


def _local(when: datetime) -> datetime:
    return when.astimezone(IST)
