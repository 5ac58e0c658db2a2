"""SQL of the citizens: the directory that owns uniqueness and routing, and the vault rows by state.

Lists, counts and searches by name are in `list_store.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.storage.exchange import Beside, Condition, add_rows, columns_of, insertion, send
from core.storage.schema import metadata
from core.storage.seal import SealedRow
from core.storage.statement import Statement

directory = Table(
    "directory",
    metadata,
    Column("identity_token", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("aadhaar_hash", String(64), unique=True),
    Column("pan_hash", String(64), unique=True),
    Column("phone_digest", LargeBinary),
    Column("email_digest", LargeBinary),
    # 16 bytes for each prefix; NULL for citizens enrolled before there was a search by name.
    Column("name_digests", ARRAY(LargeBinary)),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

vault = Table(
    "identity_vault",
    metadata,
    Column("identity_token", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("name_enc", LargeBinary),
    Column("phone_enc", LargeBinary),
    Column("email_enc", LargeBinary),
    Column("address_enc", LargeBinary),
    Column("birth_date_enc", LargeBinary),
    Column("gstin_enc", LargeBinary),
    Column("attributes_enc", LargeBinary),
    Column("aadhaar_hash", String(64)),
    Column("pan_hash", String(64)),
    Column("state", Text, primary_key=True),
    Column("district", Text),
    Column("roles", ARRAY(Text), nullable=False),
    Column("primary_role", Text, nullable=False),
    Column("verification_level", Text, nullable=False),
    Column("last_verified", DateTime(timezone=True)),
    Column("status", Text, nullable=False),
    Column("encryption_key_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("is_deleted", Boolean, nullable=False),
)

UNIQUE = {"aadhaar_hash": "text", "pan_hash": "text", "user_id": "uuid"}  # what nobody else may have, and its type


def add(connection: Connection, directory_rows: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store sealed directory and vault rows of new citizens."""
    add_rows(connection, directory, directory_rows, row_security=True)
    add_rows(connection, vault, rows, row_security=True)


def addition(directory_row: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[Statement, Statement]:
    """Return the statements that store one new citizen's sealed rows."""
    return insertion(directory, directory_row), insertion(vault, row)


def taken(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, object]]:
    """Return those (column, value) pairs of new directory rows that a citizen in the vault has already."""
    statements = [
        Statement(
            f"SELECT {column} FROM directory WHERE {column} = ANY(%(values)s::{kind}[])",  # noqa: S608 (our own names)
            {"values": [row[column] for row in rows if row[column] is not None]},
        )
        for column, kind in UNIQUE.items()
    ]
    results = send(connection, statements)
    return {(column, value) for column, found in zip(UNIQUE, results, strict=True) for (value,) in found.records}


def replace(
    connection: Connection, directory_row: Mapping[str, Any], row: Mapping[str, Any], old_revision: int
) -> bool:
    """Store a citizen's new sealed rows; False where somebody else changed them meanwhile.

    A new state moves the vault row to that state's partition.
    """
    token = row["identity_token"]
    held = update(directory).where(directory.c.identity_token == token, directory.c.revision == old_revision)
    if connection.execute(held.values(**directory_row)).rowcount != 1:
        return False
    changed = update(vault).where(vault.c.identity_token == token, vault.c.revision == old_revision)
    return connection.execute(changed.values(**row)).rowcount == 1


def directory_row(connection: Connection, token: str) -> SealedRow | None:
    """Return the directory row of an identity token."""
    return directory_rows(connection, [token]).get(token)


# Directory and vault row of a citizen, for a query that other subjects join: they join `WHOSE`.
WHOSE = "d.identity_token"
PARTS = (
    Beside(directory, "d", "directory d"),
    Beside(vault, "v", "LEFT JOIN LATERAL vault_row(d.state, d.identity_token) v ON true"),
)


def of_token(token: str) -> Condition:
    """Return the condition for one citizen."""
    return Condition(f"{WHOSE} = %s", (token,))


def of_tokens(tokens: Sequence[str]) -> Condition:
    """Return the condition for several citizens."""
    return Condition(f"{WHOSE} = ANY(%s::text[])", (list(tokens),))


def of_value(column: str, value: object, limit: int) -> Condition:
    """Return the condition for citizens whose directory row has a value: a digest, a user id, an identity token."""
    return Condition(f"d.{column} = %s ORDER BY {WHOSE} LIMIT %s", (value, limit))


def directory_rows(connection: Connection, tokens: Sequence[str]) -> dict[str, SealedRow]:
    """Return the directory rows of identity tokens."""
    sql = f"SELECT {columns_of(directory, 'd')} FROM directory d WHERE identity_token = ANY(%(tokens)s)"  # noqa: S608
    [found] = send(connection, [Statement(sql, {"tokens": list(tokens)})])
    return {row["identity_token"]: sealed_directory(row) for row in found.rows}


def directory_after(connection: Connection, token: str, limit: int) -> list[SealedRow]:
    """Return the next directory rows by identity token."""
    query = select(directory).where(directory.c.identity_token > token).order_by(directory.c.identity_token)
    return [sealed_directory(dict(row)) for row in connection.execute(query.limit(limit)).mappings()]


def without_name_digests(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next identity tokens of citizens whose names were never indexed."""
    query = (
        select(directory.c.identity_token)
        .where(directory.c.name_digests.is_(None), directory.c.identity_token > after)
        .order_by(directory.c.identity_token)
        .limit(limit)
    )
    return [str(row[0]) for row in connection.execute(query)]


def unindexed(connection: Connection) -> int:
    """Count the citizens whose names were never indexed."""
    query = select(func.count()).select_from(directory).where(directory.c.name_digests.is_(None))
    return int(connection.execute(query).scalar_one())


def sample_directory(connection: Connection, size: int) -> list[SealedRow]:
    """Return some directory rows, chosen at random by the database."""
    rows = connection.execute(select(directory).order_by(func.random()).limit(size)).mappings()
    return [sealed_directory(dict(row)) for row in rows]


def sealed_directory(columns: dict[str, Any]) -> SealedRow:
    """Name a directory row for checks."""
    return SealedRow(directory.name, columns, f"directory row of {columns['identity_token']}")


def sealed_vault(columns: dict[str, Any]) -> SealedRow:
    """Name a vault row for checks."""
    return SealedRow(vault.name, columns, f"record of {columns['identity_token']}")
