"""Counting in words: one key, two keys, 1,234 keys."""

from ui.widgets import words


def counted(count: int, one: str, many: str) -> str:
    """Return `one` for 1, else `many` with {n} filled in."""
    return (one if count == 1 else many).format(n=words.number(count))


def rounded(estimate: int) -> int:
    """Return an estimate with no more digits than it deserves: three."""
    unit: int = 10 ** max(0, len(str(estimate)) - 3)
    return estimate // unit * unit
