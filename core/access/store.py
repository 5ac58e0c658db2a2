"""SQL of the operators and of the invitations to become one: one sealed row each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    insert,
    select,
    text,
    update,
)

from core.storage.schema import metadata
from core.storage.seal import SEAL_COLUMN, SealedRow

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
    Column("factors", ARRAY(Text)),  # ids of the second factors that sign-in asks for; none is NULL
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("states", ARRAY(Text)),  # NULL: bound to none
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
    Column("person", Text),
    Column("invited_by", Text),
    Column("disabled_at", DateTime(timezone=True)),
    Column("disabled_by", Text),
    Column("pin_pending_sealed", LargeBinary),
)

invitation = Table(
    "operator_invitation",
    metadata,
    Column("invitation_id", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("states", ARRAY(Text)),  # what the operator will be bound to; NULL: bound to none
    Column("state", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("encryption_public", LargeBinary, nullable=False),
    Column("pin_sealed", LargeBinary, nullable=False),
    Column("pin_pending_sealed", LargeBinary),
    Column("owner_password_sealed", LargeBinary),
    Column("recovery_secret_sealed", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

# Whatever columns there are: whoever signs in to an older schema is read before it is upgraded.
_EVERY_OPERATOR = "SELECT * FROM operator"
_EVERY_INVITATION = "SELECT * FROM operator_invitation"


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed operator."""
    connection.execute(insert(operator), dict(row))


def find(connection: Connection, name: str) -> SealedRow | None:
    """Return one operator's row."""
    row = connection.execute(text(f"{_EVERY_OPERATOR} WHERE name = :name"), {"name": name}).mappings().one_or_none()
    return None if row is None else _sealed(dict(row))


def every(connection: Connection) -> list[SealedRow]:
    """Return all operators' rows, by name."""
    return [_sealed(dict(row)) for row in connection.execute(text(f"{_EVERY_OPERATOR} ORDER BY name")).mappings()]


def replace(connection: Connection, old: SealedRow, row: Mapping[str, Any]) -> bool:
    """Store an operator's or an invitation's new sealed columns; False where the row is no longer as it was read."""
    table = operator if old.table == operator.name else invitation
    [key] = table.primary_key.columns
    unchanged = (key == old.columns[key.name], table.c.row_seal == old.columns[SEAL_COLUMN])
    return connection.execute(update(table).where(*unchanged).values(**row)).rowcount == 1


def count_active(connection: Connection) -> tuple[int, int]:
    """Count the operators who may sign in, and the super admins among them; seals not checked."""
    super_admins = func.count().filter(operator.c.role == "super_admin")
    query = select(func.count(), super_admins).select_from(operator).where(operator.c.state == "active")
    every, approving = connection.execute(query).one()
    return int(every), int(approving)


def add_invitation(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed invitation."""
    connection.execute(insert(invitation), dict(row))


def find_invitation(connection: Connection, invitation_id: bytes) -> SealedRow | None:
    """Return one invitation's row."""
    query = text(f"{_EVERY_INVITATION} WHERE invitation_id = :invitation_id")
    row = connection.execute(query, {"invitation_id": invitation_id}).mappings().one_or_none()
    return None if row is None else _invited(dict(row))


def open_invitations(connection: Connection, now: datetime) -> list[SealedRow]:
    """Return the invitations that may still be used, oldest first."""
    query = (
        select(invitation)
        .where(invitation.c.state == "open", invitation.c.expires_at > now)
        .order_by(invitation.c.created_at, invitation.c.name)
    )
    return [_invited(dict(row)) for row in connection.execute(query).mappings()]


def every_invitation(connection: Connection) -> list[SealedRow]:
    """Return all invitations, for whoever checks the whole vault."""
    query = text(f"{_EVERY_INVITATION} ORDER BY created_at")
    return [_invited(dict(row)) for row in connection.execute(query).mappings()]


def _sealed(row: dict[str, Any]) -> SealedRow:
    return SealedRow(operator.name, row, f"record of operator {row['name']}")


def _invited(row: dict[str, Any]) -> SealedRow:
    return SealedRow(invitation.name, row, f"invitation of {row['name']}")
