"""Whether entries of the log are what the console wrote: their MACs, their columns, and no gap between them.

Pure: the entries and what the HSM says of their bytes are passed in.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.audit.model import StoredEntry, differing_column, may_lack_mac


@dataclass(frozen=True)
class LogVerdict:
    """The result of reading the whole log. `first_bad` is None when it is whole; `problem` says what is wrong."""

    entries: int
    without_mac: int
    first_bad: int | None
    problem: str | None


def verdict_of(
    size: int, batches: Iterable[Sequence[StoredEntry]], macs: Callable[[Sequence[bytes]], Sequence[bytes]]
) -> LogVerdict:
    """Go through the whole log, of which the head says the size: no gap, every MAC, every column against the bytes."""
    expected, without_mac = 0, 0
    for batch in batches:
        for position, entry in enumerate(batch):
            if entry.index != expected + position:
                return LogVerdict(size, without_mac, expected + position, "it is missing")
        for entry, problem in problems(batch, macs([entry.entry for entry in batch])):
            return LogVerdict(size, without_mac, entry.index, problem)
        expected += len(batch)
        without_mac += sum(entry.mac is None for entry in batch)
    if expected < size:
        return LogVerdict(size, without_mac, expected, "it is missing")
    return LogVerdict(expected, without_mac, None, None)


def problems(entries: Sequence[StoredEntry], macs: Sequence[bytes]) -> list[tuple[StoredEntry, str]]:
    """Return the entries that the console did not write so, and why. `macs` are those of their bytes."""
    found: list[tuple[StoredEntry, str]] = []
    for entry, mac in zip(entries, macs, strict=True):
        column = differing_column(entry)
        if entry.mac is None:
            if not may_lack_mac(entry):
                found.append((entry, "it carries no authentication code"))
                continue
        elif not hmac.compare_digest(entry.mac, mac):
            found.append((entry, "its authentication code does not fit"))
            continue
        if column is not None:
            found.append((entry, f"its column {column} differs from its signed bytes"))
    return found
