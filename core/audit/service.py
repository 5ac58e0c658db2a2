"""Writing and reading the audit log; what makes an entry genuine is in `checking.py`.

Appending is the last statement of a use case's transaction: the head's lock is taken, the entries'
MACs are made in the HSM, the rows are stored, and COMMIT follows at once. A writer that hangs in
between is ended by the database after two seconds (`core/storage/database.py`).

Tree, checkpoints, anchor and the offline bundle are not here: they have files of their own in this
folder when they come.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from core.audit import store
from core.audit.checking import LogVerdict, problems, verdict_of
from core.audit.draft import Draft, DraftBatch, PlannedEntry
from core.audit.growth import LogGrowth
from core.audit.model import (
    WITHOUT_MAC,
    Actor,
    Entry,
    EntryFilter,
    Outcome,
    StoredEntry,
    columns,
    encode,
)
from core.audit.outcomes import OutcomeQueue
from core.errors import AuditUnwritable, CitizenZeroError, HsmNotAnswering, LogIntegrityFailure
from core.storage.database import (
    DATABASE_ERRORS,
    Database,
    DatabaseError,
    connection_lost,
    driver_error,
    sqlstate,
)
from core.storage.exchange import Beside, send
from core.storage.found_right import FoundRight
from core.storage.lane import BEGIN, COMMIT, Lane
from core.storage.statement import Result, Statement, StatementFailed

SCAN_BATCH = 500
UNIQUE_VIOLATION = "23505"
IDLE = "25P03"
HSM_PATIENCE_SECONDS = 1.5


class EntryMacs(Protocol):
    """The HSM's part: one HMAC per entry, under the entry key."""

    def entry_macs(self, messages: Sequence[bytes]) -> list[bytes]: ...  # noqa: D102 (a protocol's single line)


class Gate(Protocol):
    """What decides, in an entry's own transaction, whether it is written: a use that a limit may refuse."""

    @property
    def statement(self) -> Statement: ...  # noqa: D102 (a protocol's single lines)

    def allow(self, found: Result) -> None: ...  # noqa: D102

    def count(self, lane: Lane) -> None: ...  # noqa: D102


class AuditLog:
    """The log as the use cases see it. Thread-safe."""

    def __init__(self, database: Database, macs: EntryMacs, now: Callable[[], datetime]) -> None:
        self._database = database
        self._macs = macs
        self._now = now
        self._outcomes = OutcomeQueue(self.record)
        self._right = FoundRight()
        self._next: int | None = None  # the index that the next entry will have if nobody else is quicker

    def entry(self, actor: Actor, **fields: object) -> Entry:
        """Make an entry with the present time."""
        return Entry(time=self._now(), actor=actor, **fields)  # type: ignore[arg-type]

    def append(self, connection: Connection | Lane, *entries: Entry) -> list[int]:
        """Append as the last statement before COMMIT; returns the indexes.

        Raises AuditUnwritable when the log takes no entry: the caller's transaction then is undone.
        """
        first, started = -1, time.monotonic()
        self._next = None  # known again once these entries have their place
        try:
            first = store.take_indexes(connection, len(entries))
            exact = [encode(first + at, entry) for at, entry in enumerate(entries)]
            store.insert_entries(connection, _rows(first, entries, exact, self._authenticate(entries, exact)))
        except DATABASE_ERRORS as error:
            if time.monotonic() - started > HSM_PATIENCE_SECONDS and (
                connection_lost(error) or sqlstate(error) == IDLE
            ):
                # The database ended a writer that waited for the HSM: not the database is to blame.
                raise HsmNotAnswering("The HSM took too long to authenticate an audit entry.") from driver_error(error)
            raise _unwritten(error, first) from driver_error(error)
        self._next = first + len(entries)
        return list(range(first, first + len(entries)))

    def send(self, lane: Lane, statements: Sequence[Statement], planned: PlannedEntry) -> None:
        """Run the work's statements and the entry in the lane's transaction, in one exchange; COMMIT must follow.

        Raises what `append` raises, and StatementFailed for the work's own statements.
        """
        before = len(statements)
        try:
            results = lane.run([*statements, *planned.statements])
        except StatementFailed as error:
            if error.index < before:
                raise
            self._next = None
            raise _unwritten(error, planned.index) from error.cause
        if planned.statements and results[before].count == 1:
            self._next = planned.index + 1
        else:
            self.append(lane, planned.entry)

    def draft(self, entry: Entry) -> Draft:
        """Return an entry's bytes with the index that it will probably have, so that its MAC is made with others."""
        index = self._next
        if index is None or (entry.action, entry.outcome) in WITHOUT_MAC:
            return Draft(entry, -1, ())
        return Draft(entry, index, (encode(index, entry),))

    def draft_batch(self, entries: Sequence[Entry]) -> DraftBatch:
        """Return several entries' bytes with the indexes that they will probably have."""
        first = self._next
        if first is None:
            return DraftBatch(entries, -1, ())
        return DraftBatch(entries, first, [encode(first + at, entry) for at, entry in enumerate(entries)])

    def append_batch(self, connection: Connection, draft: DraftBatch, macs: Sequence[bytes]) -> None:
        """Append drafted entries as the last statements before COMMIT; made anew should another have their indexes."""
        self._next = None
        try:
            if not draft.exact or not store.take_indexes_at(connection, draft.first, len(draft.entries)):
                self.append(connection, *draft.entries)
                return
            store.insert_entries(connection, _rows(draft.first, draft.entries, draft.exact, macs))
        except DATABASE_ERRORS as error:
            raise _unwritten(error, draft.first) from driver_error(error)
        self._next = draft.first + len(draft.entries)

    def plan(self, draft: Draft, macs: Sequence[bytes]) -> PlannedEntry:
        """Join a draft with the MACs of its bytes. Should another process take the index first, it is made anew."""
        if not draft.exact:
            return PlannedEntry(draft.entry, draft.index, ())
        row = {**columns(draft.index, draft.entry), "entry": draft.exact[0], "mac": macs[0]}
        return PlannedEntry(draft.entry, draft.index, (store.entry_at(row),))

    def record(self, *entries: Entry) -> list[int]:
        """Append in a transaction of its own: an intent, an outcome, a refusal."""
        if len(entries) == 1:
            return [self.record_planned(self.planned(entries[0]))]
        with self._database.transaction() as connection:
            return self.append(connection, *entries)

    def record_planned(self, planned: PlannedEntry, gate: Gate | None = None) -> int:
        """Append a planned entry in a transaction of its own; returns its index. Raises what the gate raises."""
        with self._database.lane() as lane:
            self.send_off(lane, planned, gate)
            return self.arrived(lane, planned, gate)

    def planned(self, entry: Entry) -> PlannedEntry:
        """Return an entry with its MAC for the index that it will probably have."""
        draft = self.draft(entry)
        return self.plan(draft, self._macs.entry_macs(draft.exact) if draft.exact else ())

    def send_off(self, lane: Lane, planned: PlannedEntry, gate: Gate | None = None) -> None:
        """Send a planned entry on its way, as a transaction of its own. It is committed once `arrived` returns.

        With a gate it is written only if that lets it pass; what the gate counts is committed with it.
        """
        self._next = None
        if planned.statements:
            lane.send(*(planned.statements if gate is None else (BEGIN, gate.statement, *planned.statements, COMMIT)))

    def arrived(self, lane: Lane, planned: PlannedEntry, gate: Gate | None = None) -> int:
        """Wait until the entry that was sent off is committed; returns its index.

        Raises what `append` raises, and what the gate raises: then the entry does not stand in the log.
        """
        if planned.statements:
            result = self._answer(lane, planned, gate)
            if result.count == 1:
                self._next = planned.index + 1
                return planned.index
        elif gate is not None:
            gate.count(lane)
        lane.run([BEGIN])  # somebody else has the index
        [index] = self.append(lane, planned.entry)
        lane.run([COMMIT])
        return index

    @staticmethod
    def _answer(lane: Lane, planned: PlannedEntry, gate: Gate | None) -> Result:
        """Return what the entry's statement gave, once the gate has let it pass."""
        before = 0 if gate is None else 2  # BEGIN and the gate
        try:
            results = lane.receive()
        except StatementFailed as error:
            if error.index < before:
                raise
            raise _unwritten(error, planned.index) from error.cause
        if gate is not None:
            gate.allow(results[1])
        return results[before]

    def record_later(self, entry: Entry) -> None:
        """Append within a second, together with others: only for outcomes whose intent is committed."""
        self._outcomes.add(entry)

    def record_failed(self, entry: Entry) -> None:
        """Append what was refused at once, and what failed within a second: the HSM that failed may not answer yet.

        The refusal or failure stands, also where the log takes no entry of it.
        """
        if entry.outcome is not Outcome.REFUSED:
            self.record_later(entry)
            return
        with suppress(CitizenZeroError, *DATABASE_ERRORS):
            self.record(entry)

    def flush(self) -> None:
        """Write at once what `record_later` still holds: before the HSM is closed."""
        self._outcomes.flush()

    def search(self, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
        """Return the newest entries that fit, each checked. Raises LogIntegrityFailure."""
        with self._database.transaction() as connection:
            entries = store.find(connection, wanted, limit)
        self.check(entries)
        return entries

    def growth(self, since: int, limit: int) -> LogGrowth:
        """Return what was added from the index `since` on, not authenticated: for noticing, not for showing."""
        with self._database.transaction() as connection:
            return store.growth(connection, since, limit)

    def size(self) -> int:
        """Return the number of entries."""
        with self._database.transaction() as connection:
            return store.size(connection)

    def last_changes(self, connection: Connection, identity_tokens: Sequence[str]) -> dict[str, StoredEntry]:
        """Return each citizen's newest entry that names a revision, not yet checked."""
        [found] = send(connection, [store.last_changes_of(identity_tokens)])
        return store.changes(found)

    def last_change_beside(self, token: str) -> Beside:
        """Return how a query joins the newest entry with a revision about the citizen in its column `token`."""
        return store.last_change_beside(token)

    def last_change(self, columns: Mapping[str, Any] | None) -> StoredEntry | None:
        """Return that entry, not yet checked, from its part of a row."""
        return store.last_change(columns)

    def changed_citizens(self, connection: Connection, after: str, limit: int) -> list[str]:
        """Return the next identity tokens, in their order, of which the log names a revision."""
        return store.changed_citizens(connection, after, limit)

    def unknown(self, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return the entries but those of which all, columns and MAC, was found right since the last unlock."""
        return [entry for entry in entries if not self._right.has(entry.index, entry)]

    def check(self, entries: Sequence[StoredEntry], macs: Sequence[bytes] | None = None) -> None:
        """Raise LogIntegrityFailure for the first entry that the console did not write so.

        Asks the HSM about the `unknown` ones; `macs` are those of all the entries, where the caller had them made.
        """
        asked = self.unknown(entries) if macs is None else entries
        made = self._macs.entry_macs([entry.entry for entry in asked]) if macs is None else macs
        for entry, problem in problems(asked, made):
            raise LogIntegrityFailure(f"Audit entry {entry.index} is not what the console wrote: {problem}.")
        for entry in asked:
            self._right.add(entry.index, entry)

    def forget(self) -> None:
        """Ask the HSM about every entry again: on lock."""
        self._right.empty()

    def verify(self) -> LogVerdict:
        """Read the whole log: no gap, every MAC, every column against the exact bytes."""
        with self._database.transaction() as connection:
            return verdict_of(store.size(connection), store.scan(connection, SCAN_BATCH), self._macs.entry_macs)

    def _authenticate(self, entries: Sequence[Entry], exact: Sequence[bytes]) -> list[bytes | None]:
        """Return the MACs; none at all where every entry is one that is written before the HSM is open."""
        if all((entry.action, entry.outcome) in WITHOUT_MAC for entry in entries):
            return [None] * len(entries)
        return list(self._macs.entry_macs(exact))


def _rows(
    first: int, entries: Sequence[Entry], exact: Sequence[bytes], macs: Sequence[bytes | None]
) -> list[dict[str, Any]]:
    """Return the rows of entries whose first has this index: columns, exact bytes, MACs."""
    return [
        {**columns(first + at, entry), "entry": data, "mac": mac}
        for at, (entry, data, mac) in enumerate(zip(entries, exact, macs, strict=True))
    ]


def _unwritten(error: DatabaseError, first: int) -> Exception:
    """Return what it means that the log took no entry: a lost connection, a forged entry, or no right, no room."""
    if connection_lost(error):
        return error
    if sqlstate(error) == UNIQUE_VIOLATION:
        return LogIntegrityFailure(f"The audit log already holds an entry {first} that the console did not write.")
    return AuditUnwritable(
        "The audit entry could not be written, so nothing was done.",
        details={"PostgreSQL": type(driver_error(error) or error).__name__},
    )
