"""SQL of the operators: one sealed row each."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Integer, LargeBinary, Table, Text, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from core.storage.schema import metadata
from core.storage.seal import SealedRow

operator = Table(
    "operator",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("argon2_memory_kib", Integer, nullable=False),
    Column("argon2_passes", Integer, nullable=False),
    Column("argon2_lanes", Integer, nullable=False),
    Column("encryption_public", LargeBinary, nullable=False),
    Column("signing_public", LargeBinary, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("pin_sealed", LargeBinary, nullable=False),
    Column("owner_password_sealed", LargeBinary),
    Column("recovery_secret_sealed", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("states", ARRAY(Text)),  # NULL: bound to none
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed operator."""
    connection.execute(insert(operator), dict(row))


def find(connection: Connection, name: str) -> SealedRow | None:
    """Return one operator's row, with the columns that an older schema has: a sign-in may come to upgrade it."""
    query = text("SELECT * FROM operator WHERE name = :name")
    row = connection.execute(query, {"name": name}).mappings().one_or_none()
    return None if row is None else _sealed(dict(row))


def every(connection: Connection) -> list[SealedRow]:
    """Return all operators' rows, by name."""
    return [_sealed(dict(row)) for row in connection.execute(select(operator).order_by(operator.c.name)).mappings()]


def replace(connection: Connection, row: Mapping[str, Any], old_revision: int) -> bool:
    """Store an operator's new sealed columns; False where somebody else changed them meanwhile."""
    held = update(operator).where(operator.c.name == row["name"], operator.c.revision == old_revision)
    return connection.execute(held.values(**row)).rowcount == 1


def _sealed(row: dict[str, Any]) -> SealedRow:
    return SealedRow(operator.name, row, f"record of operator {row['name']}")
