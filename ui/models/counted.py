"""Counting in words: one key, two keys, 1,234 keys."""

from ui.widgets import words


def counted(count: int, one: str, many: str) -> str:
    """Return `one` for 1, else `many` with {n} filled in."""
    return (one if count == 1 else many).format(n=words.number(count))
