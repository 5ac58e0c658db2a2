"""Tells a window what other consoles did: one query a look, which costs less than one row written.

The window looks once a second, in its query lane. Nothing is remembered but the place in the log.
"""

from core.audit.growth import LogGrowth
from core.audit.service import AuditLog

MOST_AT_ONCE = 200


class ChangeWatch:
    """Looks at the log's growth. For one thread at a time."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._seen: int | None = None

    def look(self) -> LogGrowth:
        """Return what was added since the last look; the first one only notes the place.

        After `more`, the next look goes on where this one ended. Raises DatabaseUnavailable.
        """
        if self._seen is None:
            self._seen = self._audit.size()
            return LogGrowth(self._seen, ())
        growth = self._audit.growth(self._seen, MOST_AT_ONCE)
        self._seen = growth.changes[-1].index + 1 if growth.changes else growth.size
        return growth
