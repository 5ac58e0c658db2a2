"""How much was done when, for operators who may read the log.

It leaves no entry, unlike reading the log: it names nobody and no citizen, and a chart that writes an
entry each time it is drawn would soon show itself.
"""

from datetime import date

from core.access.model import LoginSession, Permission, require
from core.audit.activity import ActivityBins, DailyActivity, HourlyActivity


class ActivityService:
    """What operators see of the log's statistics."""

    def __init__(self, bins: ActivityBins) -> None:
        self._bins = bins

    def daily(self, session: LoginSession, days: int, today: date) -> DailyActivity:
        """Return the operations of the last `days` days, `today` (Asia/Kolkata) being the last."""
        require(session, Permission.AUDIT_READ)
        return self._bins.daily(days, today)

    def heat(self, session: LoginSession, days: int, today: date) -> HourlyActivity:
        """Return when the operations of the last `days` days were done, by weekday and hour in Asia/Kolkata."""
        require(session, Permission.AUDIT_READ)
        return self._bins.hourly(days, today)
