"""An entry on its way into the log: its bytes, then its MAC, for the index that it will probably have."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.audit.model import Entry
from core.storage.statement import Statement


@dataclass(frozen=True)
class Draft:
    """An entry with its bytes for the index that it will probably have; no bytes where that cannot be guessed."""

    entry: Entry
    index: int
    exact: Sequence[bytes]


@dataclass(frozen=True)
class DraftBatch:
    """Entries that are to stand one behind the other, the first at `first`; no bytes where that cannot be guessed."""

    entries: Sequence[Entry]
    first: int
    exact: Sequence[bytes]


@dataclass(frozen=True)
class PlannedEntry:
    """The same with its MAC, as the statement that stores it if the index is still free."""

    entry: Entry
    index: int
    statements: Sequence[Statement]
