"""Sharing a table's width among its columns: each gets what its words need, the rest goes where words may be long."""

from collections.abc import Sequence


def shared(room: int, needed: Sequence[int], spread: Sequence[int]) -> list[int]:
    """Return a width for each column: `needed`, plus the rest of `room` in the proportions of `spread`."""
    left = max(0, room - sum(needed))
    parts = sum(spread) or 1
    return [width + left * share // parts for width, share in zip(needed, spread, strict=True)]
