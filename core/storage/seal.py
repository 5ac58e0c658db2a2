"""Row seals: an HMAC in the HSM over the table's name and all columns of a row.

A seal is found wrong when any column, the revision included, was changed outside the console, or
when a row or a part of it was put in another's place. NULL columns are left out of the sealed
bytes, so that a later nullable column does not break seals made before it; a column that is emptied
or filled still changes them.

Seals say nothing about a whole old row that was put back: its revision is compared with the log
(`core/citizens/integrity.py`).
"""

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import cbor2

from core.errors import IntegrityFailure
from core.storage.found_right import FoundRight

SEAL_COLUMN = "row_seal"
# Values that have one form in CBOR as they are, and those that have one once they are plain.
_AS_THEY_ARE = frozenset({str, bytes, int, bool})
_SIMPLE = frozenset({UUID, datetime, date, memoryview})
MacBatch: TypeAlias = Callable[[Sequence[bytes]], list[bytes]]


@dataclass(frozen=True)
class SealedRow:
    """One row as read: its table, all its columns, and the words that name it in an error."""

    table: str
    columns: Mapping[str, Any]
    name: str


def _plain(value: object) -> object:
    """Give the one CBOR form of a column value, the same before writing and after reading."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case UUID():
            return value.bytes
        case memoryview():
            return value.tobytes()
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def sealed_bytes(table: str, columns: Mapping[str, Any]) -> bytes:
    """Return the exact bytes that a seal authenticates (deterministic CBOR)."""
    kept: dict[str, object] = {}
    simple = True
    for name in _in_order(tuple(columns)):
        value = columns[name]
        if value is None:
            continue
        kind = type(value)
        if kind in _AS_THEY_ARE or (kind is list and _AS_THEY_ARE.issuperset(map(type, value))):
            kept[name] = value
        else:
            kept[name] = _plain(value)
            simple = simple and kind in _SIMPLE
    # With its names in order already, a map of simple values needs no encoder that sorts: a third of the time.
    return cbor2.dumps(["czseal1", table, kept], canonical=not simple)


@cache
def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that are sealed in the order of deterministic CBOR (RFC 8949, 4.2.3): shorter names first."""
    return tuple(sorted((name for name in names if name != SEAL_COLUMN), key=lambda name: (len(name), name.encode())))


class RowSealer:
    """Makes and checks row seals with the seal key in the HSM; batches cost one call."""

    def __init__(self, macs: MacBatch) -> None:
        self._macs = macs
        self._right = FoundRight()

    def seal(
        self, rows: Sequence[tuple[str, Mapping[str, Any]]], macs: Sequence[bytes] | None = None
    ) -> list[dict[str, Any]]:
        """Return each (table, columns) as columns with their `row_seal`, ready to store.

        `macs` are those of their `sealed_bytes`, where the caller had them made together with others.
        """
        macs = self._macs([sealed_bytes(table, columns) for table, columns in rows]) if macs is None else macs
        return [{**columns, SEAL_COLUMN: mac} for (_, columns), mac in zip(rows, macs, strict=True)]

    def broken(self, rows: Sequence[SealedRow], macs: Sequence[bytes] | None = None) -> list[SealedRow]:
        """Return the rows whose seal does not fit. `macs` are those of `bytes_of`, where the caller had them made."""
        if not rows:
            return []
        macs = self._macs(self.bytes_of(rows)) if macs is None else macs
        return [row for row, mac in zip(rows, macs, strict=True) if not _same(row.columns.get(SEAL_COLUMN), mac)]

    @staticmethod
    def bytes_of(rows: Sequence[SealedRow]) -> list[bytes]:
        """Return the bytes that the rows' seals authenticate."""
        return [sealed_bytes(row.table, row.columns) for row in rows]

    def unknown(self, rows: Iterable[SealedRow]) -> list[SealedRow]:
        """Return the rows but those whose seal was found right on just their present content since the last unlock."""
        return [row for row in rows if not self._right.has((row.table, row.name), row.columns)]

    def check(self, rows: Iterable[SealedRow], macs: Sequence[bytes] | None = None) -> None:
        """Raise IntegrityFailure for the first row whose seal does not fit.

        Asks the HSM about the `unknown` ones; `macs` are those of all the rows, where the caller had them made.
        """
        asked = self.unknown(rows) if macs is None else list(rows)
        for row in self.broken(asked, macs):
            raise IntegrityFailure(
                f"The stored {row.name} is not what the console stored: its seal does not fit.",
                details={"Table": row.table},
            )
        for row in asked:
            self._right.add((row.table, row.name), dict(row.columns))

    def forget(self) -> None:
        """Ask the HSM about every row again: on lock."""
        self._right.empty()


def _same(stored: object, mac: bytes) -> bool:
    match stored:
        case bytes() | memoryview():
            return hmac.compare_digest(bytes(stored), mac)
        case _:
            return False
