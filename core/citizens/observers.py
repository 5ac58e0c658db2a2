"""Whom citizens tell of a change: subjects above, which they do not know.

`app/bootstrap.py` registers who listens. What a listener has to store commits together with the change.
"""

from collections.abc import Sequence
from typing import Protocol

from core.storage.statement import Statement


class CitizenObserver(Protocol):
    """A subject that keeps something that follows from a citizen's record."""

    def changed(self, identity_token: str) -> Sequence[Statement]:
        """Return what belongs into the transaction that stores a change of this citizen."""
        ...
