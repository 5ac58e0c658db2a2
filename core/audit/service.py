"""Writing and checking the audit log.

Appending is the last statement of a use case's transaction: the head's lock is taken, the entries'
MACs are made in the HSM, the rows are stored, and COMMIT follows at once. A writer that hangs in
between is ended by the database after two seconds (`core/storage/database.py`).

Tree, checkpoints, anchor and the offline bundle are not here: they have files of their own in this
folder when they come.
"""

import hmac
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from core.audit import store
from core.audit.model import (
    WITHOUT_MAC,
    Action,
    Actor,
    Entry,
    EntryFilter,
    StoredEntry,
    columns,
    differing_column,
    encode,
    may_lack_mac,
)
from core.errors import AuditUnwritable, CitizenZeroError, LogIntegrityFailure
from core.storage.database import Database, connection_lost, sqlstate

OUTCOME_DELAY_SECONDS = 0.5
SCAN_BATCH = 500
UNIQUE_VIOLATION = "23505"


class EntryMacs(Protocol):
    """The HSM's part: one HMAC per entry, under the entry key."""

    def entry_macs(self, messages: Sequence[bytes]) -> list[bytes]: ...  # noqa: D102 (a protocol's single line)


@dataclass(frozen=True)
class LogVerdict:
    """The result of reading the whole log. `first_bad` is None when it is whole; `problem` says what is wrong."""

    entries: int
    without_mac: int
    first_bad: int | None
    problem: str | None


class AuditLog:
    """The log as the use cases see it. Thread-safe."""

    def __init__(self, database: Database, macs: EntryMacs, now: Callable[[], datetime]) -> None:
        self._database = database
        self._macs = macs
        self._now = now
        self._outcomes = _OutcomeQueue(self.record)

    def entry(self, actor: Actor, template: Entry | None = None, **fields: object) -> Entry:
        """Make an entry with the present time, from its fields or from another entry."""
        if template is not None:
            return replace(template, time=self._now(), actor=actor, **fields)  # type: ignore[arg-type]
        return Entry(time=self._now(), actor=actor, **fields)  # type: ignore[arg-type]

    def append(self, connection: Connection, *entries: Entry) -> list[int]:
        """Append as the last statement before COMMIT; returns the indexes.

        Raises AuditUnwritable when the log takes no entry: the caller's transaction then is undone.
        """
        first = -1
        try:
            first = store.take_indexes(connection, len(entries))
            rows = [columns(first + offset, entry) for offset, entry in enumerate(entries)]
            exact = [encode(first + offset, entry) for offset, entry in enumerate(entries)]
            macs = self._authenticate(entries, exact)
            store.insert_entries(
                connection,
                [{**row, "entry": data, "mac": mac} for row, data, mac in zip(rows, exact, macs, strict=True)],
            )
        except DBAPIError as error:
            if connection_lost(error):
                raise
            if sqlstate(error) == UNIQUE_VIOLATION:
                raise LogIntegrityFailure(
                    f"The audit log already holds an entry {first} that the console did not write."
                ) from None
            raise AuditUnwritable(
                "The audit entry could not be written, so nothing was done.",
                details={"PostgreSQL": type(error.orig).__name__},
            ) from None
        return [row["index"] for row in rows]

    def record(self, *entries: Entry) -> list[int]:
        """Append in a transaction of its own: an intent, an outcome, a refusal."""
        with self._database.transaction() as connection:
            return self.append(connection, *entries)

    def record_later(self, entry: Entry) -> None:
        """Append within a second, together with others: only for outcomes whose intent is committed."""
        self._outcomes.add(entry)

    def flush(self) -> None:
        """Write at once what `record_later` still holds: before the HSM is closed."""
        self._outcomes.flush()

    def search(self, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
        """Return the newest entries that fit, each checked. Raises LogIntegrityFailure."""
        with self._database.transaction() as connection:
            entries = store.find(connection, wanted, limit)
        self.check(entries)
        return entries

    def size(self) -> int:
        """Return the number of entries."""
        with self._database.transaction() as connection:
            return store.size(connection)

    def last_changes(self, connection: Connection, identity_tokens: Sequence[str]) -> dict[str, StoredEntry]:
        """Return each citizen's newest entry that names a revision, not yet checked."""
        return store.last_changes(connection, identity_tokens)

    def count_recent(self, connection: Connection, operator: str, action: Action, since: datetime) -> int:
        """Count what an operator did since a time: what a limit is held against."""
        return store.count_recent(connection, operator, action.value, since)

    def changed_citizens(self, connection: Connection, after: str, limit: int) -> list[str]:
        """Return the next identity tokens, in their order, of which the log names a revision."""
        return store.changed_citizens(connection, after, limit)

    def check(self, entries: Sequence[StoredEntry]) -> None:
        """Raise LogIntegrityFailure for the first entry that the console did not write so."""
        for entry, problem in self._problems(entries):
            raise LogIntegrityFailure(f"Audit entry {entry.index} is not what the console wrote: {problem}.")

    def verify(self) -> LogVerdict:
        """Read the whole log: no gap, every MAC, every column against the exact bytes."""
        expected, without_mac = 0, 0
        with self._database.transaction() as connection:
            size = store.size(connection)
            batches = store.scan(connection, SCAN_BATCH)
            for batch in batches:
                for position, entry in enumerate(batch):
                    if entry.index != expected + position:
                        return LogVerdict(size, without_mac, expected + position, "it is missing")
                for entry, problem in self._problems(batch):
                    return LogVerdict(size, without_mac, entry.index, problem)
                expected += len(batch)
                without_mac += sum(entry.mac is None for entry in batch)
        if expected < size:
            return LogVerdict(size, without_mac, expected, "it is missing")
        return LogVerdict(expected, without_mac, None, None)

    def _authenticate(self, entries: Sequence[Entry], exact: Sequence[bytes]) -> list[bytes | None]:
        """Return the MACs; none at all where every entry is one that is written before the HSM is open."""
        if all((entry.action, entry.outcome) in WITHOUT_MAC for entry in entries):
            return [None] * len(entries)
        return list(self._macs.entry_macs(exact))

    def _problems(self, entries: Sequence[StoredEntry]) -> list[tuple[StoredEntry, str]]:
        marked = [entry for entry in entries if entry.mac is not None]
        macs = dict(zip((e.index for e in marked), self._macs.entry_macs([e.entry for e in marked]), strict=True))
        problems: list[tuple[StoredEntry, str]] = []
        for entry in entries:
            column = differing_column(entry)
            if entry.mac is None:
                if not may_lack_mac(entry):
                    problems.append((entry, "it carries no authentication code"))
                    continue
            elif not hmac.compare_digest(entry.mac, macs[entry.index]):
                problems.append((entry, "its authentication code does not fit"))
                continue
            if column is not None:
                problems.append((entry, f"its column {column} differs from its signed bytes"))
        return problems


class _OutcomeQueue:
    """Holds outcomes for a moment, so that many share one transaction."""

    def __init__(self, write: Callable[..., list[int]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []
        self._timer: threading.Timer | None = None

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._waiting.append(entry)
            if self._timer is None:
                self._timer = threading.Timer(OUTCOME_DELAY_SECONDS, self._flush_quietly)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if waiting:
            self._write(*waiting)

    def _flush_quietly(self) -> None:
        # An intent without an outcome counts as released, so a lost outcome weakens nothing; what keeps the
        # log from being written stops the next use case at its intent, with words for the operator.
        try:
            self.flush()
        except CitizenZeroError:
            return
