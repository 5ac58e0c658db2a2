"""SQL of dual control: requests, and the signed decisions on them, one sealed row each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    update,
)

from core.storage.schema import metadata
from core.storage.seal import SEAL_COLUMN, SealedRow

request = Table(
    "approval_request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_revision", Integer),
    Column("parameters", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("requester_key", LargeBinary, nullable=False),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("log_index", BigInteger, nullable=False),
    Column("log_hash", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

decision = Table(
    "approval",
    metadata,
    Column("request_id", Uuid, ForeignKey("approval_request.request_id"), primary_key=True),
    Column("operator", Text, primary_key=True),
    Column("operator_key", LargeBinary, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed request."""
    connection.execute(insert(request), dict(row))


def add_decision(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed decision."""
    connection.execute(insert(decision), dict(row))


def replace(connection: Connection, old: SealedRow, row: Mapping[str, Any]) -> bool:
    """Store a request's new sealed columns; False where the row is no longer as it was read."""
    columns = old.columns
    unchanged = (request.c.request_id == columns["request_id"], request.c.row_seal == columns[SEAL_COLUMN])
    return connection.execute(update(request).where(*unchanged).values(**row)).rowcount == 1


def find(connection: Connection, request_id: UUID) -> list[SealedRow]:
    """Return one request, or nothing."""
    query = select(request).where(request.c.request_id == request_id)
    return [_request(dict(row)) for row in connection.execute(query).mappings()]


def newest(connection: Connection, limit: int) -> list[SealedRow]:
    """Return the requests last made, newest first."""
    query = select(request).order_by(request.c.created_at.desc(), request.c.request_id).limit(limit)
    return [_request(dict(row)) for row in connection.execute(query).mappings()]


def decisions(connection: Connection, request_ids: Sequence[UUID]) -> list[SealedRow]:
    """Return the decisions on some requests."""
    query = select(decision).where(decision.c.request_id.in_(request_ids)).order_by(decision.c.decided_at)
    return [_decision(dict(row)) for row in connection.execute(query).mappings()]


def every(connection: Connection) -> list[SealedRow]:
    """Return all rows, for whoever checks the whole vault."""
    requests = [_request(dict(row)) for row in connection.execute(select(request)).mappings()]
    return requests + [_decision(dict(row)) for row in connection.execute(select(decision)).mappings()]


def count_waiting(
    connection: Connection, now: datetime, not_by: str | None = None, kinds: Sequence[str] | None = None
) -> int:
    """Count the requests that wait, seals not checked: of some kinds, and not an operator's own."""
    table = request.c
    query = select(func.count()).select_from(request).where(table.status.in_(["waiting"]), table.expires_at > now)
    if not_by is not None:
        query = query.where(table.requester != not_by)
    if kinds is not None:
        query = query.where(table.operation.in_(kinds))
    return int(connection.execute(query).scalar_one())


def _request(columns: dict[str, Any]) -> SealedRow:
    return SealedRow(request.name, columns, f"request {columns['request_id']}")


def _decision(columns: dict[str, Any]) -> SealedRow:
    return SealedRow(decision.name, columns, f"approval of {columns['request_id']} by {columns['operator']}")
