"""What was added to the log since a place in it: how a window learns of what others did.

It tells that something happened and where to look, and authenticates nothing: whoever shows a change reads
it by the service that checks it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One new entry: what was done, by whom, to which citizen."""

    index: int
    action: str
    outcome: str
    operator: str
    login_session: str
    identity_token: str | None


@dataclass(frozen=True)
class LogGrowth:
    """The log's size, and the entries since the place asked about, oldest first.

    `more`: there are further ones. `shrunk`: the log is shorter than it was, which an append-only log never is.
    """

    size: int
    changes: tuple[Change, ...]
    more: bool = False
    shrunk: bool = False

    def by_others(self, login_session: str) -> tuple[Change, ...]:
        """Return the changes that another login session made."""
        return tuple(change for change in self.changes if change.login_session != login_session)
