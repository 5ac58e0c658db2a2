"""A statement as a subject's store builds it, and what the database answered. Nothing is sent from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg


@dataclass(frozen=True)
class Statement:
    """One statement with psycopg's placeholders, all named or all positional, and its values."""

    sql: str
    values: Sequence[object] | Mapping[str, object]


class StatementFailed(Exception):
    """The database refused the statement at `index`, and with it those behind it. `cause` is what it said."""

    def __init__(self, index: int, cause: psycopg.Error) -> None:
        super().__init__(index)
        self.index = index
        self.cause = cause


@dataclass(frozen=True)
class Result:
    """What a statement gave: its rows, the names of their columns, and how many rows it gave or changed."""

    names: Sequence[str]
    records: Sequence[tuple[Any, ...]] = field(repr=False)
    count: int

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as columns by name."""
        return [dict(zip(self.names, record, strict=True)) for record in self.records]
