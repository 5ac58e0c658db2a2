"""SQL of the audit log: the head that counts it, and its entries.

The program's database role may only INSERT and SELECT entries. Whoever appends holds the head's
row lock until COMMIT, so indexes have no gap and follow the order of commits.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    select,
    true,
)

from core.audit.growth import Change, LogGrowth
from core.audit.model import EntryFilter, StoredEntry
from core.storage.exchange import Beside, add_rows, columns_of, send
from core.storage.lane import Lane
from core.storage.schema import metadata
from core.storage.statement import Result, Statement

audit_head = Table(
    "audit_head",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("size", BigInteger, nullable=False),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("operator", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("login_session", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("identity_token", Text),
    Column("purpose", Text),
    Column("reason", Text),
    Column("citizen_revision", Integer),
    Column("entry", LargeBinary, nullable=False),
    Column("mac", LargeBinary),
)


_ENTRY_AT = """
    WITH taken AS (
        UPDATE audit_head SET size = size + 1
        WHERE size = %(index)s::bigint AND current_setting('citizen_zero.refused', true) IS DISTINCT FROM 'yes'
        RETURNING size
    )
    INSERT INTO audit_entry (index, time, operator, origin, login_session, action, outcome, identity_token, purpose,
                             reason, citizen_revision, entry, mac)
    SELECT %(index)s::bigint, %(time)s::timestamptz, %(operator)s::text, %(origin)s::text, %(login_session)s::text,
           %(action)s::text, %(outcome)s::text, %(identity_token)s::text, %(purpose)s::text, %(reason)s::text,
           %(citizen_revision)s::integer, %(entry)s::bytea, %(mac)s::bytea
    FROM taken
"""


def take_indexes(connection: Connection | Lane, count: int) -> int:
    """Lock the head until COMMIT and return the first of `count` new indexes."""
    sql = "UPDATE audit_head SET size = size + %(count)s::bigint RETURNING size"
    [taken] = send(connection, [Statement(sql, {"count": count})])
    return int(taken.records[0][0]) - count


def take_indexes_at(connection: Connection, first: int, count: int) -> bool:
    """Lock the head until COMMIT and take `count` indexes from `first` on, if the head is still there."""
    sql = "UPDATE audit_head SET size = size + %(count)s::bigint WHERE size = %(first)s::bigint"
    [taken] = send(connection, [Statement(sql, {"first": first, "count": count})])
    return taken.count == 1


def insert_entries(connection: Connection | Lane, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store entries: columns, exact bytes and MAC."""
    add_rows(connection, audit_entry, rows)


def entry_at(row: Mapping[str, Any]) -> Statement:
    """Return the statement that takes the row's index and stores the entry, if the head is still there.

    It stores nothing behind a use that was refused in the same transaction (`core/access/limits`).
    """
    return Statement(_ENTRY_AT, row)


def size(connection: Connection) -> int:
    """Return the number of entries that the head counts."""
    return int(connection.execute(select(audit_head.c.size)).scalar_one())


def growth(connection: Connection, since: int, limit: int) -> LogGrowth:
    """Return the log's size and the entries from `since` on, in one query of one moment."""
    table = audit_entry.c
    wanted = (table.index, table.action, table.outcome, table.operator, table.login_session, table.identity_token)
    added = select(*wanted).where(table.index >= since).order_by(table.index).limit(limit + 1).lateral("added")
    rows = connection.execute(select(audit_head.c.size, added).select_from(audit_head.outerjoin(added, true()))).all()
    size = int(rows[0][0])
    changes = tuple(Change(*row[1:]) for row in rows[:limit] if row[1] is not None)
    return LogGrowth(size, changes, more=len(rows) > limit, shrunk=size < since)


def scan(connection: Connection, batch: int) -> Iterator[list[StoredEntry]]:
    """Give all entries in index order, `batch` at a time."""
    after = -1
    while True:
        query = select(audit_entry).where(audit_entry.c.index > after).order_by(audit_entry.c.index).limit(batch)
        entries = _entries(connection, query)
        if not entries:
            return
        yield entries
        after = entries[-1].index


def find(connection: Connection, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
    """Return the newest entries that fit, newest first."""
    table = audit_entry.c
    query = select(audit_entry)
    for column, value in (
        (table.operator, wanted.operator),
        (table.action, wanted.action),
        (table.outcome, wanted.outcome),
        (table.identity_token, wanted.identity_token),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(table.time >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.time < wanted.until)
    if wanted.before is not None:
        query = query.where(table.index < wanted.before)
    return _entries(connection, query.order_by(table.index.desc()).limit(limit))


def last_change_beside(token: str) -> Beside:
    """Join the newest entry with a revision about the citizen of the query's column `token`: what `last_change` reads.

    The log's word on which revision is current, of the same moment as the rows beside it.
    """
    newest = f"""LEFT JOIN LATERAL (
        SELECT * FROM audit_entry WHERE identity_token = {token} AND citizen_revision IS NOT NULL
        ORDER BY index DESC LIMIT 1
    ) e ON true"""  # noqa: S608 (the program's own names)
    return Beside(audit_entry, "e", newest)


def last_changes_of(identity_tokens: Sequence[str]) -> Statement:
    """Return the statement that gives each citizen's newest entry with a revision: what the log says is current."""
    return Statement(
        f"""SELECT {columns_of(audit_entry, "e")} FROM unnest(%(tokens)s::text[]) AS wanted (token)
            CROSS JOIN LATERAL (
                SELECT * FROM audit_entry WHERE identity_token = wanted.token AND citizen_revision IS NOT NULL
                ORDER BY index DESC LIMIT 1
            ) e""",  # noqa: S608 (the program's own names)
        {"tokens": list(identity_tokens)},
    )


def last_change(columns: Mapping[str, Any] | None) -> StoredEntry | None:
    """Return the entry in a part of a row that `last_change_beside` gave."""
    return None if columns is None else StoredEntry(**columns)


def changes(found: Result) -> dict[str, StoredEntry]:
    """Return the entries that `last_changes_of` gave, by citizen."""
    return {str(row["identity_token"]): StoredEntry(**row) for row in found.rows}


def changed_citizens(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next identity tokens, in their order, of which the log names a revision."""
    query = (
        select(audit_entry.c.identity_token)
        .where(audit_entry.c.citizen_revision.is_not(None), audit_entry.c.identity_token > after)
        .distinct()
        .order_by(audit_entry.c.identity_token)
        .limit(limit)
    )
    return [str(row[0]) for row in connection.execute(query)]


def _entries(connection: Connection, query: Select[Any]) -> list[StoredEntry]:
    return [StoredEntry(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 (SQLAlchemy's public name)
