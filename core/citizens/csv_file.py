"""Reading citizens from a CSV file (RFC 4180, UTF-8), line by line, and writing cells that no program runs.

The whole file is looked through once before anything is done with it: its SHA-256, UTF-8, NUL bytes,
quotes, column names, number of rows. So what is wrong with the file as a whole is one error, and only
what is wrong with one row is left for later. Never more than one record is held in memory.
"""

import csv
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.citizens.validation import LONGEST_KEY, REQUIRED, field_rules
from core.errors import InvalidInput

BOM = b"\xef\xbb\xbf"
LONGEST_RECORD = 64 * 1024
COLUMNS = tuple(field_rules(date.max))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class CsvRow:
    """One record: the line where it begins (the header's is 1) and its cells; None where it has the wrong number."""

    line: int
    values: dict[str, str] | None = field(repr=False)


class CitizenCsv:
    """An open file of citizens. Use as a context manager; raises InvalidInput for what is wrong with the whole file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: IO[bytes] = path.open("rb")
            self._opened = os.fstat(self._file.fileno())
        except OSError as error:
            raise InvalidInput(f"The file cannot be read: {error.strerror}.", field="file") from None
        try:
            self.sha256 = ""
            self.columns: tuple[str, ...] = ()
            self.row_count = 0
            self._look_through()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def rows(self, after_line: int = 0) -> Iterator[CsvRow]:
        """Give the records that begin after a line. Empty lines are no records."""
        records = self._records(None)
        next(records, None)
        for line, cells in records:
            if line > after_line:
                fits = len(cells) == len(self.columns)
                yield CsvRow(line, dict(zip(self.columns, cells, strict=True)) if fits else None)

    def check_unchanged(self) -> None:
        """Raise InvalidInput if the file was written to since it was opened."""
        now = os.fstat(self._file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self._opened.st_size, self._opened.st_mtime_ns):
            raise InvalidInput(
                "The file was changed while it was read.",
                field="file",
                remedy="Import the changed file: it is another.",
            )

    def _look_through(self) -> None:
        digest = hashlib.sha256()
        records = self._records(digest)
        header = next(records, None)
        if header is None:
            raise InvalidInput("The file is empty.", field="file")
        self.columns = checked_columns(header[1])
        self.row_count = sum(1 for _ in records)
        self.sha256 = digest.hexdigest()

    def _records(self, digest: "hashlib._Hash | None") -> Iterator[tuple[int, list[str]]]:
        """Give line and cells of each record, header first."""
        self._file.seek(0)
        lines = _Lines(self._file, digest)
        reader = csv.reader(lines, strict=True)
        while True:
            begins = lines.number + 1
            lines.length = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidInput(f"Line {begins}: {_words(error)}", field="file") from None
            if cells:
                yield begins, cells


class _Lines:
    """The file's lines as text, counted; each is hashed, must be UTF-8 and without NUL bytes."""

    def __init__(self, file: IO[bytes], digest: "hashlib._Hash | None") -> None:
        self._file = file
        self._digest = digest
        self.number = 0
        self.length = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        data = self._file.readline(LONGEST_RECORD + 1)
        if not data:
            raise StopIteration
        if self._digest is not None:
            self._digest.update(data)
        self.number += 1
        self.length += len(data)
        if self.length > LONGEST_RECORD:
            raise InvalidInput(
                f"Around line {self.number} a record is longer than {LONGEST_RECORD // 1024} KiB; "
                "perhaps a quote is never closed.",
                field="file",
            )
        if b"\0" in data:
            raise InvalidInput(f"Line {self.number} holds a NUL byte: this is no text file.", field="file")
        if self.number == 1:
            data = data.removeprefix(BOM)
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise InvalidInput(
                f"Line {self.number} is not UTF-8.", field="file", remedy="Save the file as CSV in UTF-8."
            ) from None


def header_of(path: Path) -> tuple[str, ...]:
    """Return the cells of a file's first line as column names, checked by nobody. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            cells = next((cells for cells in csv.reader(_Lines(file, None), strict=True) if cells), None)
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.", field="file") from None
    except csv.Error as error:
        raise InvalidInput(f"Line 1: {_words(error)}", field="file") from None
    if cells is None:
        raise InvalidInput("The file is empty.", field="file")
    return tuple(cell.strip().casefold() for cell in cells)


def shown_name(name: str) -> str:
    """Return an unknown column's name if it looks like one: where a header is missing, it may be a person's value."""
    return name if name.isidentifier() and len(name) <= LONGEST_KEY else "…"


def checked_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Return the columns' names. Raises InvalidInput for unknown, repeated and missing ones, by name."""
    columns = tuple(cell.strip().casefold() for cell in header)
    unknown = [name for name in columns if name not in COLUMNS]
    if len(unknown) == len(columns):
        semicolons = len(columns) == 1 and ";" in columns[0]
        raise InvalidInput(
            "The first line holds no known column name.",
            field="file",
            remedy="Separate the columns by commas." if semicolons else f"Known are: {', '.join(COLUMNS)}.",
        )
    if unknown:
        raise InvalidInput(
            f"There is no such column: {_listed([shown_name(name) for name in unknown])}.",
            field="file",
            remedy=f"Known are: {', '.join(COLUMNS)}.",
        )
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise InvalidInput(f"A column stands there twice: {_listed(repeated)}.", field="file")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InvalidInput(f"A column is missing: {_listed(missing)}.", field="file")
    return columns


def escaped(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not run: one that begins like a formula gets an apostrophe."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_rejections(path: Path, rejections: Iterable[tuple[int, str, str]]) -> None:
    """Write lines that an import set aside: line, column, reason."""
    write_rows(path, ("line", "column", "reason"), rejections)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file whole or not at all, readable by its owner only, every cell escaped."""
    draft = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([escaped(str(cell)) for cell in row] for row in rows)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InvalidInput(f"The file {path.name} cannot be written: {error.strerror}.", field="errors") from None


def _words(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quoted value begins and never ends."
    if "new-line" in str(error):
        return "the line ends are neither those of Unix nor of Windows."
    return "a quote stands where none belongs."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
