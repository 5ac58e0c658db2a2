"""SQL of the settings and of their changes: one sealed row each, values as JSON text."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Integer, LargeBinary, Table, Text, Uuid, insert, select, update

from core.storage.schema import metadata
from core.storage.seal import SEAL_COLUMN, SealedRow

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

change = Table(
    "setting_change",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("old_value", Text, nullable=False),
    Column("new_value", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("approved_by", Text),
    Column("approval_id", Uuid),
    Column("reason", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)


def value_text(value: object) -> str:
    """Return a value as its column keeps it."""
    return json.dumps(value, sort_keys=True)


def new_row(name: str, value: object, now: datetime) -> dict[str, Any]:
    """Return the columns of a new setting, not yet sealed."""
    return {"name": name, "value": value_text(value), "revision": 1, "updated_at": now}


def add(connection: Connection, rows: list[Mapping[str, Any]]) -> None:
    """Store sealed rows."""
    connection.execute(insert(setting), [dict(row) for row in rows])


def replace(connection: Connection, old: SealedRow, row: Mapping[str, Any]) -> bool:
    """Store a setting's new sealed columns; False where the row is no longer as it was read."""
    columns = old.columns
    unchanged = (setting.c.name == columns["name"], setting.c.row_seal == columns[SEAL_COLUMN])
    return connection.execute(update(setting).where(*unchanged).values(**row)).rowcount == 1


def read(connection: Connection) -> list[SealedRow]:
    """Return all settings with their seals."""
    rows = connection.execute(select(setting)).mappings()
    return [SealedRow(setting.name, dict(row), f"setting {row['name']}") for row in rows]


def add_change(connection: Connection, row: Mapping[str, Any]) -> None:
    """Store a sealed change."""
    connection.execute(insert(change), dict(row))


def changes(connection: Connection, name: str | None = None) -> list[SealedRow]:
    """Return the changes of one setting or of all, newest first."""
    query = select(change).order_by(change.c.changed_at.desc(), change.c.revision.desc())
    if name is not None:
        query = query.where(change.c.name == name)
    rows = connection.execute(query).mappings()
    return [SealedRow(change.name, dict(row), f"change {row['revision']} of setting {row['name']}") for row in rows]
