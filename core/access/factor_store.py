"""SQL of second factors, and of what each gave last. The operator's row names the factors that sign-in asks for.

`operator_factor` is sealed. `factor_use` is not: it is written before the token is open, and who edits it can
at most have a code accepted again that was accepted a moment ago, beside the password.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)

from core.access.store import operator
from core.storage.schema import metadata
from core.storage.seal import SealedRow

operator_factor = Table(
    "operator_factor",
    metadata,
    Column("factor_id", Text, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("secret_sealed", LargeBinary),
    Column("credential", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)
factor_use = Table(
    "factor_use",
    metadata,
    Column("factor_id", Text, ForeignKey("operator_factor.factor_id", ondelete="CASCADE"), primary_key=True),
    Column("used", BigInteger, nullable=False),
)


def operator_of(connection: Connection, name: str) -> SealedRow | None:
    """Return an operator's row with all columns that the database has: also those of an older or newer schema."""
    found = connection.execute(text("SELECT * FROM operator WHERE name = :name"), {"name": name}).mappings().first()
    return None if found is None else SealedRow(operator.name, dict(found), f"record of operator {name}")


def change_operator(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Store the next revision of an operator's row; False where somebody else was quicker."""
    earlier = (operator.c.name == row["name"]) & (operator.c.revision == row["revision"] - 1)
    return connection.execute(update(operator).where(earlier).values(**row)).rowcount == 1


def of_operator(connection: Connection, name: str) -> list[SealedRow]:
    """Return an operator's factors, oldest first."""
    wanted = select(operator_factor).where(operator_factor.c.operator == name)
    return _sealed(connection, wanted.order_by(operator_factor.c.created_at, operator_factor.c.factor_id))


def every(connection: Connection) -> list[SealedRow]:
    """Return all factors, for whoever checks the whole vault."""
    return _sealed(connection, select(operator_factor))


def find(connection: Connection, factor_id: str) -> SealedRow | None:
    """Return one factor."""
    found = _sealed(connection, select(operator_factor).where(operator_factor.c.factor_id == factor_id))
    return found[0] if found else None


def add(connection: Connection, row: Mapping[str, Any], used: int) -> None:
    """Store a sealed factor, and what it gave last."""
    connection.execute(insert(operator_factor), dict(row))
    connection.execute(insert(factor_use), {"factor_id": row["factor_id"], "used": used})


def replace(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Store the next revision of a factor; False where somebody else was quicker."""
    factor = operator_factor.c
    earlier = (factor.factor_id == row["factor_id"]) & (factor.revision == row["revision"] - 1)
    return connection.execute(update(operator_factor).where(earlier).values(**row)).rowcount == 1


def remove(connection: Connection, factor_ids: Sequence[str]) -> None:
    """Delete factors."""
    connection.execute(delete(operator_factor).where(operator_factor.c.factor_id.in_(factor_ids)))


def used(connection: Connection, factor_ids: Sequence[str]) -> dict[str, int]:
    """Return what factors gave last."""
    found = connection.execute(select(factor_use).where(factor_use.c.factor_id.in_(factor_ids)))
    return {row.factor_id: row.used for row in found}


def use_higher(connection: Connection, factor_id: str, value: int) -> bool:
    """Take a step or counter if it is higher than the last one; one process at a time gets it."""
    last = factor_use.c
    higher = update(factor_use).where((last.factor_id == factor_id) & (last.used < value)).values(used=value)
    return connection.execute(higher).rowcount == 1


def use_bit(connection: Connection, factor_id: str, bit: int) -> bool:
    """Take a recovery code's bit if it is free; one process at a time gets it."""
    last = factor_use.c
    free = (last.factor_id == factor_id) & (last.used.op("&")(bit) == 0)
    return connection.execute(update(factor_use).where(free).values(used=last.used.op("|")(bit))).rowcount == 1


def _sealed(connection: Connection, wanted: Any) -> list[SealedRow]:
    rows = connection.execute(wanted).mappings()
    return [
        SealedRow(operator_factor.name, dict(row), f"second factor {row['factor_id']} of operator {row['operator']}")
        for row in rows
    ]
