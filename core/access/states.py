"""Which states an operator is bound to: rules, and the change of an operator's record.

Who is bound sees, finds, counts, enrols and changes citizens of these states only: in core, and by the policies of
the database. Who is bound to none works for all states. It takes effect at the operator's next sign-in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.access import store
from core.access.model import ACTIVE, LoginSession, Permission, Role, require
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import ChangedMeanwhile, InvalidInput, NotFound, Refused
from core.states import state_code
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow

ALL = "all"


def checked_states(text: str) -> frozenset[str] | None:
    """Return the states of "UP,MH"; None for "all". Raises InvalidInput."""
    if text.strip().casefold() == ALL:
        return None
    return frozenset(state_code(part) for part in text.split(","))


def states_of(columns: Mapping[str, Any]) -> frozenset[str] | None:
    """Return what an operator's record says; None for an operator bound to none (also in an older schema)."""
    states = columns.get("states")
    return None if states is None else frozenset(states)


class StateBinding:
    """Binds operators to states. Thread-safe."""

    def __init__(self, database: Database, sealer: RowSealer, audit: AuditLog) -> None:
        self._database = database
        self._sealer = sealer
        self._audit = audit

    def bind(self, session: LoginSession, name: str, states: frozenset[str] | None) -> None:
        """Bind an operator to states, or to none. Raises Refused, NotFound, or IntegrityFailure for a forged record."""
        require(session, Permission.OPERATOR_CHANGE)
        _require_within(session, states)
        with self._database.transaction() as connection:
            rows = {row.columns["name"]: row for row in store.every(connection)}
        row = rows.get(name)
        if row is None:
            raise NotFound("There is no operator with this name.")
        self._sealer.check(list(rows.values()))
        if states is not None:
            _require_somebody_else([other for other in rows.values() if other is not row])
        old = int(row.columns["revision"])
        columns = {**row.columns, "states": None if states is None else sorted(states), "revision": old + 1}
        [sealed] = self._sealer.seal([(store.operator.name, columns)])
        detail = {"operator": name, "states": ALL if states is None else sorted(states)}
        entry = self._audit.entry(session.actor, action=Action.OPERATOR_STATES, outcome=Outcome.DONE, detail=detail)
        with self._database.transaction() as connection:
            if not store.replace(connection, sealed, old):
                raise ChangedMeanwhile("Somebody else changed this operator at the same moment.")
            self._audit.append(connection, entry)


def _require_somebody_else(others: Sequence[SealedRow]) -> None:
    """Raise unless a super admin bound to no state remains: nobody else could free anybody again."""
    if not any(
        row.columns["role"] == Role.SUPER_ADMIN and row.columns["state"] == ACTIVE and states_of(row.columns) is None
        for row in others
    ):
        raise Refused("A super admin who is bound to no state must remain.", remedy="Bind another operator.")


def _require_within(session: LoginSession, states: frozenset[str] | None) -> None:
    """Raise unless the one who binds gives no more than they have: else a bound one frees a friend, or themself."""
    if states is not None and not states:
        raise InvalidInput("An operator is bound to one state at least, or to none by all.", field="states")
    if session.states is not None and (states is None or not states <= session.states):
        raise Refused("You are bound to states yourself and give no others.")
