"""Several statements sent to the database in one exchange, and whole batches of rows by COPY.

Statements that belong together are built by their subjects' stores and sent at once (PostgreSQL's pipeline
mode), BEGIN included: on a SQLAlchemy connection here, on a lane (`core/storage/lane.py`) where even that
is too slow. Everything else goes through SQLAlchemy as usual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import TupleRow, tuple_row
from sqlalchemy import Connection, LargeBinary, Table
from sqlalchemy.dialects.postgresql import ARRAY

from core.storage.lane import Lane
from core.storage.statement import Result, Statement, StatementFailed

COPY_FROM = 8  # rows; fewer are sent as statements


@dataclass(frozen=True)
class Beside:
    """One subject's table in a query over several subjects' rows: how it joins, and under which alias.

    So each subject keeps the SQL of its own tables, and yet all rows are of one moment and come at once.
    """

    table: Table
    alias: str
    join: str


@dataclass(frozen=True)
class Condition:
    """What stands behind WHERE, with its values."""

    sql: str
    values: Sequence[object]


def beside(parts: Sequence[Beside], wanted: Condition) -> Statement:
    """Return the query for all columns of all parts, the first of which the others join."""
    return Statement(_beside_sql(tuple(parts), wanted.sql), wanted.values)


def apart(parts: Sequence[Beside], record: Sequence[Any]) -> list[dict[str, Any] | None]:
    """Return each part's columns of a row that `beside`'s query gave; None for a part that joined nothing."""
    found: list[dict[str, Any] | None] = []
    start = 0
    for part in parts:
        names = _names(part.table)
        values = record[start : start + len(names)]
        start += len(names)
        # The first column of each table is (part of) its primary key, so it is never NULL in a row.
        found.append(None if values[0] is None else dict(zip(names, values, strict=True)))
    return found


def send(connection: Connection | Lane, statements: Sequence[Statement]) -> list[Result]:
    """Run statements in their order in one exchange. Raises StatementFailed, which a `Database` translates."""
    if isinstance(connection, Lane):
        return connection.run(statements)
    driver = _driver(connection)
    cursors = [driver.cursor(row_factory=tuple_row) for _ in statements]
    try:
        with driver.pipeline():
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(statement.sql.encode(), statement.values)
    except psycopg.Error as error:
        raise StatementFailed(sum(cursor.pgresult is not None for cursor in cursors), error) from error
    return [_result(cursor) for cursor in cursors]


def add_rows(
    connection: Connection | Lane, table: Table, rows: Sequence[Mapping[str, Any]], *, row_security: bool = False
) -> None:
    """Store rows that all have the table's columns: by COPY where there are many.

    Tables with row-level security take no COPY; many statements in one exchange are as quick (`docs/adr/0022`).
    """
    if row_security and rows and not isinstance(connection, Lane):
        with _driver(connection).cursor() as cursor:
            cursor.executemany(_insert_sql(table).encode(), rows)
        return
    if len(rows) < COPY_FROM or isinstance(connection, Lane):
        send(connection, [insertion(table, row) for row in rows])
        return
    names = table.columns.keys()
    with _driver(connection).cursor() as cursor, cursor.copy(_copy_sql(table)) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def insertion(table: Table, row: Mapping[str, Any]) -> Statement:
    """Return the statement that stores one row with all the table's columns."""
    return Statement(_insert_sql(table), row)


@cache
def columns_of(table: Table, alias: str) -> str:
    """Return a table's columns as a SELECT lists them."""
    return ", ".join(f'{alias}."{name}"' for name in table.columns.keys())  # noqa: SIM118 (no mapping, keys in order)


@cache
def _beside_sql(parts: tuple[Beside, ...], where: str) -> str:
    listed = ", ".join(columns_of(part.table, part.alias) for part in parts)
    return f"SELECT {listed} FROM {' '.join(part.join for part in parts)} WHERE {where}"  # noqa: S608


@cache
def _names(table: Table) -> tuple[str, ...]:
    return tuple(table.columns.keys())


@cache
def _insert_sql(table: Table) -> str:
    names = table.columns.keys()
    listed, values = ", ".join(f'"{name}"' for name in names), ", ".join(_placeholder(table, name) for name in names)
    return f"INSERT INTO {table.name} ({listed}) VALUES ({values})"  # noqa: S608 (the program's own names)


def _placeholder(table: Table, name: str) -> str:
    """Return a column's placeholder; psycopg must be told to send arrays of bytes as they are: ten times as fast."""
    kind = table.columns[name].type
    return f"%({name}){'b' if isinstance(kind, ARRAY) and isinstance(kind.item_type, LargeBinary) else 's'}"


@cache
def _copy_sql(table: Table) -> bytes:
    listed = ", ".join(f'"{name}"' for name in table.columns.keys())  # noqa: SIM118
    return f"COPY {table.name} ({listed}) FROM STDIN".encode()


def _result(cursor: psycopg.Cursor[TupleRow]) -> Result:
    if cursor.description is None:
        return Result((), (), cursor.rowcount)
    return Result([column.name for column in cursor.description], cursor.fetchall(), cursor.rowcount)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the database is reached through psycopg")
    return driver
