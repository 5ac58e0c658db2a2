"""SQL of the proofs: one credential and one record of what was learnt for each citizen, both sealed."""

from collections.abc import Mapping
from collections.abc import Sequence as TokenSequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Sequence,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    update,
)

from core.storage.schema import metadata
from core.storage.seal import SealedRow
from core.storage.statement import Statement

credential = Table(
    "eligibility_credential",
    metadata,
    Column("identity_token", Text, ForeignKey("directory.identity_token"), primary_key=True),
    Column("citizen_revision", Integer, nullable=False),
    Column("data_key_id", Uuid, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("openings_enc", LargeBinary, nullable=False),
    Column("status_index", BigInteger, nullable=False, unique=True),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)
budget = Table(
    "learning_budget",
    metadata,
    Column("identity_token", Text, ForeignKey("directory.identity_token"), primary_key=True),
    Column("data_key_id", Uuid, nullable=False),
    Column("learnt_enc", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)
_STATUS_INDEX = Sequence("eligibility_status_index")
_NAMES = {credential.name: "eligibility credential", budget.name: "learning budget"}
TABLES = (credential, budget)


def row_of(connection: Connection, table: Table, identity_token: str) -> SealedRow | None:
    """Return a citizen's row of one of the two tables, not yet checked."""
    found = connection.execute(select(table).where(table.c.identity_token == identity_token)).mappings().first()
    return None if found is None else _sealed(table, {**found})


def rows_after(connection: Connection, table: Table, identity_token: str, limit: int) -> list[SealedRow]:
    """Return the next rows of a table by identity token."""
    query = select(table).where(table.c.identity_token > identity_token).order_by(table.c.identity_token).limit(limit)
    return [_sealed(table, {**row}) for row in connection.execute(query).mappings()]


def next_status_indexes(connection: Connection, count: int) -> list[int]:
    """Return numbers that no credential had before."""
    numbers = select(_STATUS_INDEX.next_value()).select_from(func.generate_series(1, count))
    return [int(number) for number in connection.execute(numbers).scalars()]


def hold_records(connection: Connection, revisions: Mapping[str, int]) -> bool:
    """Tell whether citizens' records still have these revisions, and let nobody change them before COMMIT."""
    directory = metadata.tables["directory"]
    token, revision = directory.c.identity_token, directory.c.revision
    # In one order, so that two who hold several never wait for each other.
    query = select(token, revision).where(token.in_(list(revisions))).order_by(token).with_for_update(read=True)
    return {str(key): int(value) for key, value in connection.execute(query)} == dict(revisions)


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Store a sealed row in place of the one of the revision before; tell whether that was still there."""
    if row["revision"] == 1:
        connection.execute(insert(table).values(**row))
        return True
    same = (table.c.identity_token == row["identity_token"]) & (table.c.revision == row["revision"] - 1)
    return connection.execute(update(table).where(same).values(**row)).rowcount == 1


def put_all(connection: Connection, table: Table, rows: TokenSequence[Mapping[str, Any]]) -> bool:
    """Store sealed rows as `put` does; tell whether all rows of the revisions before were still there."""
    first = [{**row} for row in rows if row["revision"] == 1]
    if first:
        connection.execute(insert(table), first)
    return all(put(connection, table, row) for row in rows if row["revision"] > 1)


def rows_of(connection: Connection, table: Table, identity_tokens: TokenSequence[str]) -> dict[str, SealedRow]:
    """Return citizens' rows of one of the two tables, not yet checked."""
    query = select(table).where(table.c.identity_token.in_(identity_tokens))
    return {row["identity_token"]: _sealed(table, {**row}) for row in connection.execute(query).mappings()}


def removal(identity_token: str) -> Statement:
    """Return the statement that removes a citizen's credential and openings."""
    return Statement("DELETE FROM eligibility_credential WHERE identity_token = %s", [identity_token])


def issued_for(connection: Connection, identity_tokens: TokenSequence[str], until: datetime) -> dict[str, int]:
    """Return the citizen's revision that each credential was issued for, of those that live beyond a time."""
    table = credential.c
    query = select(table.identity_token, table.citizen_revision).where(
        table.identity_token.in_(identity_tokens), table.expires_at > until
    )
    return {str(token): int(revision) for token, revision in connection.execute(query)}


def _sealed(table: Table, columns: dict[str, Any]) -> SealedRow:
    return SealedRow(table.name, columns, f"{_NAMES[table.name]} of {columns['identity_token']}")
