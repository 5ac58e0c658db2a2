"""SQL of the settings: one sealed row each, its value as JSON text."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Integer, LargeBinary, Table, Text, insert, select

from core.storage.schema import metadata
from core.storage.seal import SealedRow

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)


def new_row(name: str, value: object, now: datetime) -> dict[str, Any]:
    """Return the columns of a new setting, not yet sealed."""
    return {"name": name, "value": json.dumps(value, sort_keys=True), "revision": 1, "updated_at": now}


def add(connection: Connection, rows: list[Mapping[str, Any]]) -> None:
    """Store sealed rows."""
    connection.execute(insert(setting), [dict(row) for row in rows])


def read(connection: Connection) -> list[SealedRow]:
    """Return all settings with their seals."""
    rows = connection.execute(select(setting)).mappings()
    return [SealedRow(setting.name, dict(row), f"setting {row['name']}") for row in rows]
