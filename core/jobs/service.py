"""Starting, going on with, cancelling and ending jobs.

One process at a time works on a subject: it holds an advisory lock of the database, which dies with its
connection. Should two nevertheless meet (a connection was lost), each step compares the row's revision,
so only one of them gets on. A step of a job and the work itself commit together.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.access.model import LoginSession, require
from core.audit.model import Action, Actor, Entry, Outcome
from core.audit.service import AuditLog
from core.errors import IntegrityFailure, JobCancelled, JobRunsElsewhere, NotFound
from core.jobs import store
from core.jobs.model import NEEDS, Job, JobKind, JobState, Rejection
from core.storage.database import Database
from core.storage.seal import MacBatch, RowSealer, SealedRow

RECENT = 50
REJECTIONS_AT_ONCE = 1_000


class JobRun:
    """One process's work on one job: knows how far it came, and stores each step with the work's own rows."""

    def __init__(self, columns: Mapping[str, Any], sealer: RowSealer, now: Callable[[], datetime]) -> None:
        self._columns = dict(columns)
        self._sealer = sealer
        self._now = now
        self._since = time.monotonic()
        self._seconds_before = float(columns["seconds"])

    @property
    def job(self) -> Job:
        """Return the job as last stored."""
        return job_of(self._columns, live=True)

    def sealed(self, macs: MacBatch | None = None, **changes: Any) -> dict[str, Any]:
        """Return the row's next state, sealed: `done`, `position`, `counts`, `state`. One HSM call, so before BEGIN.

        `macs` makes the seal, where the caller has others made by the same call.
        """
        if "counts" in changes:
            changes["counts"] = store.new_counts(changes["counts"])
        columns = {
            **self._columns,
            **changes,
            "seconds": self._seconds_before + time.monotonic() - self._since,
            "updated_at": self._now(),
            "revision": self._columns["revision"] + 1,
        }
        sealer = self._sealer if macs is None else RowSealer(macs)
        return sealer.seal([(store.job.name, columns)])[0]

    def step(self, connection: Connection, row: Mapping[str, Any], rejections: Sequence[Rejection] = ()) -> None:
        """Store the next state inside the work's transaction. Raises JobCancelled or JobRunsElsewhere."""
        if not store.replace(connection, row, self._columns["revision"]):
            found = store.find(connection, self._columns["job_id"])
            if found is not None and found.columns["state"] == JobState.CANCELLED.value:
                raise JobCancelled("The job was cancelled by somebody else.")
            raise JobRunsElsewhere("Another process has gone on with this job.")
        store.add_rejections(connection, self._columns["job_id"], rejections)

    def stepped(self, row: Mapping[str, Any]) -> None:
        """Take a state as the present one: call it once its transaction is committed."""
        self._columns = dict(row)


class JobService:
    """The jobs of one vault. Thread-safe."""

    def __init__(self, database: Database, sealer: RowSealer, audit: AuditLog, now: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._audit = audit
        self._now = now

    @contextmanager
    def run(
        self, session: LoginSession, kind: JobKind, subject: str, total: int, *, again: bool = False
    ) -> Iterator[JobRun]:
        """Give the job on a subject: a new one, or the unfinished one where it stood, or the finished one as it is.

        A finished one is begun anew only if told to (`again`). The caller ends the run with `end`; what it
        raises leaves the job as its last step stored it. Raises JobRunsElsewhere.
        """
        require(session, NEEDS[kind])
        with self._database.advisory_lock(_lock_key(kind.value, subject)) as held:
            if not held:
                raise JobRunsElsewhere("Another window or process works on this at the moment.")
            with self._database.transaction() as connection:
                found = store.newest(connection, kind.value, subject)
            if found is not None:
                self._sealer.check([found])
            if found is None or (again and found.columns["state"] == JobState.FINISHED.value):
                yield self._begin(session.actor, kind, subject, total)
            elif found.columns["state"] == JobState.FINISHED.value:
                yield JobRun(found.columns, self._sealer, self._now)
            else:
                yield self._go_on(session.actor, found)

    def end(self, session: LoginSession, run: JobRun, state: JobState, error: str | None = None) -> Job:
        """Store how the job ended, with its entry. A cancelled or failed one can be started again."""
        row = run.sealed(state=state.value, error=error)
        outcome = Outcome.FAILED if state is JobState.FAILED else Outcome.DONE
        entry = self._entry(session.actor, Action.JOB_END, outcome, run.job, state=state.value, **run.job.counts)
        with self._database.transaction() as connection:
            run.step(connection, row)
            self._audit.append(connection, entry)
        run.stepped(row)
        return job_of(row)

    def cancel(self, session: LoginSession, job_id: UUID) -> Job:
        """Cancel a job, also one that another process works on: it stops before its next batch."""
        with self._database.transaction() as connection:
            found = store.find(connection, job_id)
        if found is None:
            raise NotFound("There is no such job.")
        self._sealer.check([found])
        job = job_of(found.columns)
        require(session, NEEDS[job.kind])
        if job.state is not JobState.RUNNING:
            return job
        run = JobRun(found.columns, self._sealer, self._now)
        row = {**run.sealed(state=JobState.CANCELLED.value)}
        with self._database.transaction() as connection:
            if not store.replace(connection, row, found.columns["revision"]):
                raise JobRunsElsewhere("The job got on at the same moment.", remedy="Cancel it again.")
            self._audit.append(connection, self._entry(session.actor, Action.JOB_CANCEL, Outcome.DONE, job))
        return job_of(row)

    def recent(self, limit: int = RECENT) -> list[Job]:
        """Return the jobs last started, and whether a process works on each.

        The seals are not checked: the vault may be locked.
        """
        with self._database.transaction() as connection:
            rows = store.recent(connection, limit)
            keys = {row.columns["job_id"]: _lock_key(row.columns["kind"], row.columns["subject"]) for row in rows}
            live = set(store.locked(connection, list(keys.values())))
        return [
            job_of(row.columns, live=row.columns["state"] == "running" and keys[row.columns["job_id"]] in live)
            for row in rows
        ]

    def last(self, kind: JobKind, subject: str) -> Job | None:
        """Return the job last started on a subject, its seal checked, and whether a process works on it."""
        key = _lock_key(kind.value, subject)
        with self._database.transaction() as connection:
            found = store.newest(connection, kind.value, subject)
            live = found is not None and key in set(store.locked(connection, [key]))
        if found is None:
            return None
        self._sealer.check([found])
        return job_of(found.columns, live=live and found.columns["state"] == JobState.RUNNING.value)

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.recent(connection, store.count(connection) + 1)

    def rejections(self, job_id: UUID, after: tuple[int, str] = (0, "")) -> list[Rejection]:
        """Return the next lines that a job set aside, a thousand at most, after a (line, column)."""
        with self._database.transaction() as connection:
            return store.rejections(connection, job_id, after, REJECTIONS_AT_ONCE)

    def _begin(self, actor: Actor, kind: JobKind, subject: str, total: int) -> JobRun:
        now = self._now()
        columns = {
            "job_id": uuid.uuid4(),
            "kind": kind.value,
            "subject": subject,
            "state": JobState.RUNNING.value,
            "operator": actor.operator,
            "done": 0,
            "total": total,
            "position": 0,
            "counts": store.new_counts({}),
            "seconds": 0.0,
            "error": None,
            "started_at": now,
            "updated_at": now,
            "revision": 1,
        }
        [row] = self._sealer.seal([(store.job.name, columns)])
        with self._database.transaction() as connection:
            store.add(connection, row)
            self._audit.append(connection, self._entry(actor, Action.JOB_START, Outcome.DONE, job_of(row)))
        return JobRun(row, self._sealer, self._now)

    def _go_on(self, actor: Actor, found: SealedRow) -> JobRun:
        run = JobRun(found.columns, self._sealer, self._now)
        row = run.sealed(state=JobState.RUNNING.value, error=None)
        with self._database.transaction() as connection:
            run.step(connection, row)
            self._audit.append(
                connection, self._entry(actor, Action.JOB_START, Outcome.DONE, run.job, done=run.job.done)
            )
        run.stepped(row)
        return run

    def _entry(self, actor: Actor, action: Action, outcome: Outcome, job: Job, **detail: Any) -> Entry:
        named = {"job": str(job.job_id), "kind": job.kind.value, **detail}
        return self._audit.entry(actor, action=action, outcome=outcome, detail=named)


def job_of(columns: Mapping[str, Any], *, live: bool = False) -> Job:
    """Return a job from the columns of its row."""
    try:
        return Job(
            columns["job_id"],
            JobKind(columns["kind"]),
            columns["subject"],
            JobState(columns["state"]),
            columns["operator"],
            columns["done"],
            columns["total"],
            columns["position"],
            json.loads(columns["counts"]),
            columns["seconds"],
            columns["error"],
            columns["started_at"],
            columns["updated_at"],
            live,
        )
    except ValueError:
        raise IntegrityFailure("A stored job has a value that the console does not know.") from None


def _lock_key(kind: str, subject: str) -> int:
    """Return the advisory lock of a subject: 64 bits, signed."""
    return int.from_bytes(hashlib.sha256(f"job {kind} {subject}".encode()).digest()[:8], "big", signed=True)
