"""Several statements sent to the database in one exchange, and whole batches of rows by COPY.

For the few paths where the way to the server and back costs more than the work: enrolment, the log, the
read of one citizen. Statements that belong together are built by their subjects' stores and sent at once
(PostgreSQL's pipeline mode), BEGIN included. Everything else goes through SQLAlchemy as usual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Connection, Table

COPY_FROM = 8  # rows; fewer are sent as statements


@dataclass(frozen=True)
class Statement:
    """One statement with psycopg's placeholders, and its values."""

    sql: str
    values: Sequence[object] | Mapping[str, object]


class StatementFailed(Exception):
    """The database refused the statement at `index`, and with it those behind it. `cause` is what it said."""

    def __init__(self, index: int, cause: psycopg.Error) -> None:
        super().__init__(index)
        self.index = index
        self.cause = cause


@dataclass(frozen=True)
class Result:
    """What a statement gave: its rows as columns by name, and how many rows it gave or changed."""

    rows: list[dict[str, Any]]
    count: int


def send(connection: Connection, statements: Sequence[Statement]) -> list[Result]:
    """Run statements in their order in one exchange. Raises StatementFailed, which a `Database` translates."""
    driver = _driver(connection)
    cursors = [driver.cursor(row_factory=dict_row) for _ in statements]
    try:
        with driver.pipeline():
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(statement.sql.encode(), statement.values)
    except psycopg.Error as error:
        raise StatementFailed(sum(cursor.pgresult is not None for cursor in cursors), error) from error
    return [_result(cursor) for cursor in cursors]


def add_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, row_security: bool = False
) -> None:
    """Store rows that all have the table's columns: by COPY where there are many.

    Tables with row-level security take no COPY; many statements in one exchange are as quick (`docs/adr/0022`).
    """
    if row_security and rows:
        with _driver(connection).cursor() as cursor:
            cursor.executemany(_insert_sql(table).encode(), rows)
        return
    if len(rows) < COPY_FROM:
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
def _insert_sql(table: Table) -> str:
    names = table.columns.keys()
    listed, values = ", ".join(f'"{name}"' for name in names), ", ".join(f"%({name})s" for name in names)
    return f"INSERT INTO {table.name} ({listed}) VALUES ({values})"  # noqa: S608 (the program's own names)


@cache
def _copy_sql(table: Table) -> bytes:
    listed = ", ".join(f'"{name}"' for name in table.columns.keys())  # noqa: SIM118
    return f"COPY {table.name} ({listed}) FROM STDIN".encode()


def _result(cursor: psycopg.Cursor[dict[str, Any]]) -> Result:
    return Result(cursor.fetchall() if cursor.description else [], cursor.rowcount)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the database is reached through psycopg")
    return driver
