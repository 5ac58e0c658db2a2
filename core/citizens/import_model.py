"""What an import is asked and what it tells: plain data and words, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.citizens.csv_file import COLUMNS, CsvRow, shown_name
from core.citizens.validation import REQUIRED
from core.jobs.model import Job, Rejection

PREVIEW_ROWS = 20
ENROLLED = "already_enrolled"
OTHER_STATE = "other_state"
UNIQUE = {"aadhaar_hash": "aadhaar", "pan_hash": "pan", "user_id": "user_id"}  # column: its name in a file
ROW = "row"  # stands where a whole row, not one column, is rejected
REASONS: Mapping[str, str] = {
    "missing": "It must be there.",
    "not_valid": "It is not valid.",
    "not_listed": "It is none of the known values.",
    "check_digit": "Its check digit is wrong.",
    "characters": "There are broken or control characters in it.",
    "no_letter": "There is no letter in it.",
    "too_long": "It is too long.",
    "in_future": "It lies in the future.",
    "too_old": "It lies too far back.",
    "out_of_range": "It is out of range.",
    OTHER_STATE: "The operator works for other states.",
    "business_only": "Only a citizen with the role business has one.",
    "cells": "The row has more or fewer cells than there are columns.",
    ENROLLED: "A citizen with it is enrolled already, in the vault or by an earlier line.",
}


class OnError(StrEnum):
    """What a broken line means: the file is refused before anything is done, or the line is set aside."""

    STOP = "stop"
    SKIP = "skip"


@dataclass(frozen=True)
class ImportReport:
    """How an import ended. `already` tells that this file was finished before, so that nothing was done now."""

    job: Job
    already: bool

    @property
    def imported(self) -> int:
        """Return how many citizens this file enrolled, in all its runs."""
        return self.job.counts.get("imported", 0)

    @property
    def rejected(self) -> int:
        """Return how many lines were set aside."""
        return self.job.counts.get("rejected", 0)


class ColumnState(StrEnum):
    """What a column of a file is to an import."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    TWICE = "twice"
    MISSING = "missing"


@dataclass(frozen=True)
class FileColumn:
    """One column: of the file, or missing in it. A name that may be a person's value stands as "…"."""

    name: str
    state: ColumnState


def looked_at(header: Sequence[str]) -> tuple[FileColumn, ...]:
    """Return what each column of a file is, in the file's order, then what must be there and is not."""
    found = [FileColumn(*_column(header, position)) for position in range(len(header))]
    missing = [FileColumn(name, ColumnState.MISSING) for name in REQUIRED if name not in header]
    return (*found, *missing)


def _column(header: Sequence[str], position: int) -> tuple[str, ColumnState]:
    name = header[position]
    if name not in COLUMNS:
        return shown_name(name), ColumnState.UNKNOWN
    return name, ColumnState.TWICE if name in header[:position] else ColumnState.KNOWN


@dataclass(frozen=True)
class ImportPreview:
    """The beginning of a file: its rows as they stand there, and by line what is wrong with them.

    `before` is the last job on the same file: unfinished, it is gone on with; finished, nothing is left to do.
    """

    columns: tuple[str, ...]
    row_count: int
    rows: tuple[CsvRow, ...] = field(repr=False)
    rejections: tuple[Rejection, ...]
    before: Job | None = None
