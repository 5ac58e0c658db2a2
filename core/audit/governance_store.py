"""SQL of the entries that govern: about operators, settings and approvals. They are few, and have an own index."""

from collections.abc import Sequence

from sqlalchemy import Connection, Text, literal, select

from core.audit.model import Action, Outcome, StoredEntry
from core.audit.store import audit_entry


def governing(
    connection: Connection, actions: Sequence[Action], outcomes: Sequence[Outcome], after: int
) -> list[StoredEntry]:
    """Return the entries of these actions with an index greater than `after`, newest first."""
    table = audit_entry.c
    # Actions as literals, so that the planner sees that the partial index fits.
    named = [literal(action.value, Text, literal_execute=True) for action in actions]
    query = (
        select(audit_entry)
        .where(table.action.in_(named), table.outcome.in_([outcome.value for outcome in outcomes]), table.index > after)
        .order_by(table.index.desc())
    )
    return [StoredEntry(**row) for row in connection.execute(query).mappings()]
