"""What needs a second operator, and how a use case asks for that.

The rules and signatures of dual control stand in `core/approvals`, above the subjects that need them: so the
small protocol through which they are asked stands here, below, and `app/bootstrap.py` joins the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from core.access.model import LoginSession, Role
from core.audit.model import Entry
from hsm.secret import Secret

Parameter: TypeAlias = str | int | bool | None


class OperationKind(StrEnum):
    """What can be put under dual control. A later issue adds its own here, with a row in `GOVERNED`."""

    OPERATOR_INVITE = "operator:invite"
    OPERATOR_DISABLE = "operator:disable"
    OPERATOR_ROLE = "operator:role"
    OPERATOR_STATES = "operator:states"
    OPERATOR_FACTOR = "operator:factor"
    SETTING_CHANGE = "setting:change"
    POLICY_CHANGE = "policy:change"


@dataclass(frozen=True)
class Governed:
    """How an operation is governed: what it is called, what it means, who may approve it.

    `always`: under dual control whatever the policy says, because it is what the policy rests on.
    """

    title: str
    meaning: str
    approvers: frozenset[Role]
    always: bool = False


_SUPER_ADMINS = frozenset({Role.SUPER_ADMIN})

GOVERNED: Mapping[OperationKind, Governed] = {
    OperationKind.OPERATOR_INVITE: Governed(
        "Invite an operator",
        "Whoever holds the invitation code can join under this name and role, until the code expires.",
        _SUPER_ADMINS,
    ),
    OperationKind.OPERATOR_DISABLE: Governed(
        "Disable an operator",
        "The operator can no longer sign in. The token's PIN is changed and sealed anew for all others.",
        _SUPER_ADMINS,
    ),
    OperationKind.OPERATOR_ROLE: Governed(
        "Change an operator's role",
        "From the next sign-in on, the operator may do what the new role allows, and no more.",
        _SUPER_ADMINS,
    ),
    OperationKind.OPERATOR_STATES: Governed(
        "Bind an operator to states",
        "From the next sign-in on, the operator sees and changes citizens of these states, and of no other.",
        _SUPER_ADMINS,
    ),
    OperationKind.OPERATOR_FACTOR: Governed(
        "Remove an operator's second factor",
        "Sign-in no longer asks the operator for it. With the last one the password alone is enough.",
        _SUPER_ADMINS,
    ),
    OperationKind.SETTING_CHANGE: Governed(
        "Change a setting",
        "The new value holds for every console and command of this vault.",
        _SUPER_ADMINS,
    ),
    OperationKind.POLICY_CHANGE: Governed(
        "Change what needs two operators",
        "It changes what one operator can do alone.",
        _SUPER_ADMINS,
        always=True,
    ),
}


@dataclass(frozen=True)
class Operation:
    """Exactly what is to be done: kind, target, parameters, and the target's revision where it has one.

    Parameters hold no personal data: they are kept for ever and shown to whoever approves.
    """

    kind: OperationKind
    target: str
    parameters: Mapping[str, Parameter]
    target_revision: int | None = None


@dataclass(frozen=True)
class Asked:
    """How an operator asks: with the approval that was given, and with the own password.

    The password opens the operator's keys for this one use: to sign a request, or to seal what only operators hold.
    `reason` goes into the request and the entry; it must carry no personal data.
    """

    password: Secret | None = None
    approval: UUID | None = None
    reason: str | None = None


class Consent(Protocol):
    """That an operation may be done now, once."""

    @property
    def approver(self) -> str | None:
        """Who approved, or None where nobody had to."""

    @property
    def approval(self) -> str | None:
        """The approval's id, or None where none was needed."""

    @property
    def reason(self) -> str | None:
        """The reason that stands in the request."""

    def use(self, connection: Connection) -> tuple[Entry, ...]:
        """Use it up inside the operation's transaction; returns the entries that belong to it.

        Raises ApprovalInvalid if somebody else was quicker.
        """


class SecondOperator(Protocol):
    """Dual control, as those below it see it."""

    def consent(self, session: LoginSession, operation: Operation, asked: Asked) -> Consent:
        """Return the consent to an operation.

        Raises ApprovalNeeded after filing the request, where the policy asks for a second operator and no approval
        was named; ApprovalInvalid or IntegrityFailure for an approval that does not serve.
        """


@dataclass(frozen=True)
class NoneNeeded:
    """The consent where the policy asks for nobody."""

    reason: str | None = None
    approver: None = None
    approval: None = None

    def use(self, connection: Connection) -> tuple[Entry, ...]:
        """Do nothing."""
        del connection
        return ()
