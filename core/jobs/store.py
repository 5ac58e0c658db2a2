"""SQL of the jobs: one sealed row each, and the lines that a job set aside."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy import text as sql

from core.jobs.model import Rejection
from core.storage.schema import metadata
from core.storage.seal import SealedRow

job = Table(
    "job",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

# Not sealed: nothing relies on them, they only tell an operator what to mend in a file.
job_rejection = Table(
    "job_rejection",
    metadata,
    Column("job_id", Uuid, ForeignKey("job.job_id"), primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("reason", Text, nullable=False),
)


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed new job."""
    connection.execute(insert(job), dict(row))


def replace(connection: Connection, row: Mapping[str, Any], old_revision: int) -> bool:
    """Store a job's new sealed columns; False where somebody else changed it meanwhile."""
    statement = update(job).where(job.c.job_id == row["job_id"], job.c.revision == old_revision)
    return connection.execute(statement.values(**row)).rowcount == 1


def find(connection: Connection, job_id: UUID) -> SealedRow | None:
    """Return a job's row."""
    row = connection.execute(select(job).where(job.c.job_id == job_id)).mappings().one_or_none()
    return None if row is None else _sealed(dict(row))


def newest(connection: Connection, kind: str, subject: str) -> SealedRow | None:
    """Return the row of the job that was last started on a subject."""
    query = select(job).where(job.c.kind == kind, job.c.subject == subject).order_by(job.c.started_at.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _sealed(dict(row))


def recent(connection: Connection, limit: int) -> list[SealedRow]:
    """Return the jobs that were last started."""
    query = select(job).order_by(job.c.started_at.desc(), job.c.job_id).limit(limit)
    return [_sealed(dict(row)) for row in connection.execute(query).mappings()]


def add_rejections(connection: Connection, job_id: UUID, rejections: Sequence[Rejection]) -> None:
    """Store what a batch set aside."""
    if rejections:
        connection.execute(insert(job_rejection), [{"job_id": job_id, **item._asdict()} for item in rejections])


def rejections(connection: Connection, job_id: UUID, after: tuple[int, str], limit: int) -> list[Rejection]:
    """Return what a job set aside, by line and column, after a (line, column)."""
    table = job_rejection.c
    query = (
        select(table.line, table.field, table.reason)
        .where(table.job_id == job_id, tuple_(table.line, table.field) > tuple_(*after))
        .order_by(table.line, table.field)
        .limit(limit)
    )
    return [Rejection(*row) for row in connection.execute(query)]


def locked(connection: Connection, keys: Sequence[int]) -> Iterator[int]:
    """Give those of the advisory locks that some process holds."""
    query = sql("SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted")
    held = {int(row[0]) for row in connection.execute(query)}
    # PostgreSQL shows the two halves of a signed key as unsigned numbers.
    return (key for key in keys if key in held or key + 2**64 in held)


def count(connection: Connection) -> int:
    """Count the jobs."""
    return int(connection.execute(select(func.count()).select_from(job)).scalar_one())


def new_counts(counts: Mapping[str, int]) -> str:
    """Return counts as their column keeps them."""
    return json.dumps(dict(counts), sort_keys=True)


def _sealed(columns: dict[str, Any]) -> SealedRow:
    return SealedRow(job.name, columns, f"record of job {columns['job_id']}")
