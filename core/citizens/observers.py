"""Whom citizens tell of a change: subjects above, which they do not know.

`app/bootstrap.py` registers who listens. What a listener has to store commits together with the change; what may
come later, and may fail without harm to the change, it does once it is told that the change is stored.
"""

from collections.abc import Sequence
from typing import Protocol

from core.access.model import LoginSession
from core.storage.statement import Statement


class CitizenObserver(Protocol):
    """A subject that keeps something that follows from a citizen's record."""

    def changed(self, identity_token: str) -> Sequence[Statement]:
        """Return what belongs into the transaction that stores a change of this citizen."""
        ...

    def stored(self, session: LoginSession, identity_tokens: Sequence[str]) -> None:
        """Take note, after the commit, that citizens were enrolled or changed. Returns at once, raises nothing."""
        ...
