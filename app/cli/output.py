"""What commands print: one JSON document with `--json`, plain lines without.

Control and direction characters in values are shown as escapes, so that a hostile name cannot
rewrite the terminal.
"""

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.errors import ApprovalNeeded, CitizenZeroError, InvalidFields

if TYPE_CHECKING:
    from core.jobs.model import Progress


class Output:
    """Prints results and errors in the form that was asked for."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    def result(self, document: Mapping[str, Any], lines: Sequence[str] | None = None) -> None:
        """Print a result; without `lines` the document itself is shown, one fact a line."""
        if self.json:
            print_text(json.dumps(plain(document), ensure_ascii=False, indent=None))
            return
        for line in facts(document) if lines is None else lines:
            print_text(line)

    def progress(self, progress: "Progress") -> None:
        """Show how far a job is on one line of a terminal; nothing where nobody watches."""
        if self.json or not sys.stderr.isatty():
            return
        left = "" if progress.remaining is None else f", about {_duration(progress.remaining)} left"
        rate = "" if progress.rate is None else f"  {progress.rate:,.0f} a second{left}"
        end = "\n" if progress.done >= progress.total else ""
        print(f"\r\033[K{progress.done:,} of {progress.total:,}{rate}", end=end, file=sys.stderr, flush=True)  # noqa: T201

    def error(self, error: CitizenZeroError) -> None:
        """Print an error: as JSON on standard output, else in words on standard error."""
        if self.json and isinstance(error, ApprovalNeeded):
            filed = {"id": error.approval_id, "operation": error.operation, "expires": error.expires}
            print_text(json.dumps({"approval": filed}))
            return
        if self.json:
            body: dict[str, Any] = {"code": error.code, "message": error.message}
            if isinstance(error, InvalidFields):
                body["fields"] = error.problems
            print_text(json.dumps({"error": body}, ensure_ascii=False))
            return
        for sentence in (error.message, error.meaning, error.remedy, f"Code {error.code}"):
            if sentence:
                print_text(sentence, file=sys.stderr)


def print_text(text: str, file: Any = None) -> None:
    """Print a line with control and direction characters made visible."""
    print("".join(_visible(character) for character in text), file=file or sys.stdout)


def facts(document: Mapping[str, Any]) -> list[str]:
    """Return a document as aligned lines of name and value."""
    values = plain(document)
    width = max((len(name) for name in values), default=0)
    return [f"{name.ljust(width)}  {_words(value)}" for name, value in values.items()]


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: times in RFC 3339 UTC, dates as they are, enums by value."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID() | Path():
            return str(value)
        case Mapping():
            return {plain(name): plain(item) for name, item in value.items()}
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"  # noqa: PLR2004 (minutes from then on)


def _words(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_words(item) for item in value) or "-"
        case dict():
            return "; ".join(f"{name} {_words(item)}" for name, item in value.items()) or "-"
    return str(value)


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in {"Cc", "Cf"} or character in "\u200c\u200d":
        return character  # joiners belong to Indic scripts
    return f"\\u{ord(character):04x}"
