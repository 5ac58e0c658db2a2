"""SQL of the keys: KEKs, how many citizens each guards, and the wrapped data keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
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

from core.keys.model import KeyState
from core.storage.exchange import Beside, add_rows, columns_of, insertion
from core.storage.schema import metadata
from core.storage.seal import SealedRow
from core.storage.statement import Statement

kek = Table(
    "kek",
    metadata,
    Column("kek_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("cryptoperiod_days", Integer, nullable=False),
    Column("check_value", Text),
    Column("token_serial", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("activated_at", DateTime(timezone=True)),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

# Not sealed: it changes with every enrolment, and `vault verify` counts anew what it says.
kek_members = Table(
    "kek_members",
    metadata,
    Column("kek_id", Text, ForeignKey("kek.kek_id"), primary_key=True),
    Column("members", Integer, nullable=False),
)

data_key = Table(
    "data_key",
    metadata,
    Column("data_key_id", Uuid, primary_key=True),
    Column("identity_token", Text, ForeignKey("directory.identity_token"), nullable=False, unique=True),
    Column("kek_id", Text, ForeignKey("kek.kek_id"), nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

key_backup = Table(
    "key_backup",
    metadata,
    Column("label", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)


def add_kek(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed KEK with no members."""
    connection.execute(insert(kek), dict(row))
    connection.execute(insert(kek_members), {"kek_id": row["kek_id"], "members": 0})


def replace_kek(connection: Connection, row: Mapping[str, Any], old_revision: int) -> bool:
    """Store a KEK's new sealed columns; False where somebody else changed it meanwhile."""
    statement = update(kek).where(kek.c.kek_id == row["kek_id"], kek.c.revision == old_revision)
    return connection.execute(statement.values(**row)).rowcount == 1


def keks(connection: Connection) -> list[tuple[SealedRow, int]]:
    """Return all KEKs with their members, by number."""
    query = (
        select(kek, kek_members.c.members)
        .join(kek_members, kek_members.c.kek_id == kek.c.kek_id)
        .order_by(func.length(kek.c.kek_id), kek.c.kek_id)
    )
    result = []
    for row in connection.execute(query).mappings():
        columns = dict(row)
        members = int(columns.pop("members"))
        result.append((sealed_kek(columns), members))
    return result


def hold_for_wrapping(kek_id: str, count: int, capacity: int) -> Statement:
    """Return the statement that holds a KEK FOR SHARE until COMMIT and counts new members.

    It gives the KEK's columns, or nothing where the KEK has no room. Held, it cannot be destroyed meanwhile.
    """
    return Statement(
        f"""
        WITH held AS (SELECT {columns_of(kek, "k")} FROM kek k WHERE kek_id = %(kek_id)s FOR SHARE),
             room AS (UPDATE kek_members SET members = members + %(count)s
                      WHERE kek_id = %(kek_id)s AND members + %(count)s <= %(capacity)s RETURNING kek_id)
        SELECT held.* FROM held JOIN room ON room.kek_id = held.kek_id
        """,  # noqa: S608 (the program's own names)
        {"kek_id": kek_id, "count": count, "capacity": capacity},
    )


def beside(token: str) -> tuple[Beside, Beside]:
    """Join the data key of the citizen of the query's column `token`, and the KEK around it: what `joined` reads."""
    return (
        Beside(data_key, "dk", f"LEFT JOIN data_key dk ON dk.identity_token = {token}"),
        Beside(kek, "kk", "LEFT JOIN kek kk ON kk.kek_id = dk.kek_id"),
    )


def joined(columns: Sequence[dict[str, Any] | None]) -> list[SealedRow]:
    """Return the rows of data key and KEK, as far as they are there, from the parts that `beside` gave."""
    key, around = columns
    return [*([] if key is None else [sealed_data_key(key)]), *([] if around is None else [sealed_kek(around)])]


def member_total(connection: Connection) -> int:
    """Return the number of citizens under all KEKs."""
    return int(connection.execute(select(func.coalesce(func.sum(kek_members.c.members), 0))).scalar_one())


def counted_members(connection: Connection) -> dict[str, int]:
    """Count the data keys under each KEK anew."""
    query = select(data_key.c.kek_id, func.count()).group_by(data_key.c.kek_id)
    return {str(kek_id): int(count) for kek_id, count in connection.execute(query)}


def add_data_keys(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store sealed data keys."""
    add_rows(connection, data_key, rows)


def addition(row: Mapping[str, Any]) -> Statement:
    """Return the statement that stores one sealed data key."""
    return insertion(data_key, row)


def add_key_backup(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store the sealed record of the backup key."""
    connection.execute(insert(key_backup), dict(row))


def key_backups(connection: Connection) -> list[SealedRow]:
    """Return the records of backup keys."""
    rows = connection.execute(select(key_backup)).mappings()
    return [SealedRow(key_backup.name, dict(row), f"record of backup key {row['label']}") for row in rows]


def sealed_data_key(columns: dict[str, Any]) -> SealedRow:
    """Name a data key's row for checks."""
    return SealedRow(data_key.name, columns, f"data key of {columns['identity_token']}")


def sealed_kek(columns: dict[str, Any]) -> SealedRow:
    """Name a KEK's row for checks."""
    return SealedRow(kek.name, columns, f"record of {columns['kek_id']}")


def is_active(row: SealedRow) -> bool:
    """Tell whether a KEK may wrap."""
    return str(row.columns["state"]) == KeyState.ACTIVE.value
