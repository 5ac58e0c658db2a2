"""Which states an operator is bound to: the rules. The change of an operator's record stands in `operators.py`.

Who is bound sees, finds, counts, enrols and changes citizens of these states only: in core, and by the policies of
the database. Who is bound to none works for all states. It takes effect at the operator's next sign-in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.access.model import LoginSession, OperatorState, Role
from core.errors import InvalidInput, Refused
from core.states import state_code
from core.storage.seal import SealedRow

ALL = "all"


def checked_states(text: str) -> frozenset[str] | None:
    """Return the states of "UP,MH"; None for "all". Raises InvalidInput."""
    if text.strip().casefold() == ALL:
        return None
    return frozenset(state_code(part) for part in text.split(","))


def states_text(states: frozenset[str] | None) -> str:
    """Return states as they are typed: "MH,UP", or "all"."""
    return ALL if states is None else ",".join(sorted(states))


def states_named(states: frozenset[str] | None) -> list[str] | str:
    """Return states as documents name them: a list of codes, or "all"."""
    return ALL if states is None else sorted(states)


def states_of(columns: Mapping[str, Any]) -> frozenset[str] | None:
    """Return what an operator's record says; None for an operator bound to none (also in an older schema)."""
    states = columns.get("states")
    return None if states is None else frozenset(states)


def states_column(states: frozenset[str] | None) -> list[str] | None:
    """Return what a record keeps: the codes in order, NULL for none."""
    return None if states is None else sorted(states)


def require_somebody_else(others: Sequence[SealedRow]) -> None:
    """Raise unless a super admin bound to no state remains: nobody else could free anybody again."""
    if not any(
        row.columns["role"] == Role.SUPER_ADMIN
        and row.columns["state"] == OperatorState.ACTIVE
        and states_of(row.columns) is None
        for row in others
    ):
        raise Refused("A super admin who is bound to no state must remain.", remedy="Bind another operator.")


def require_within(session: LoginSession, states: frozenset[str] | None) -> None:
    """Raise unless the one who binds gives no more than they have: else a bound one frees a friend, or themself."""
    if states is not None and not states:
        raise InvalidInput("An operator is bound to one state at least, or to none by all.", field="states")
    if session.states is not None and (states is None or not states <= session.states):
        raise Refused("You are bound to states yourself and give no others.")
