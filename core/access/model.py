"""Operators, their roles and what each role may do."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto

from core.audit.model import Actor
from core.errors import InvalidInput, Refused

OPERATOR_NAME = re.compile(r"\w(?:[\w .@-]{0,62}\w)?")
PASSWORD_MIN_LENGTH = 8


class Role(StrEnum):
    """What an operator is to the vault."""

    SUPER_ADMIN = "super_admin"
    CUSTODIAN = "custodian"
    REGISTRAR = "registrar"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What may be asked for; each use case requires one."""

    CITIZEN_ENROL = auto()
    CITIZEN_FIND = auto()
    CITIZEN_READ = auto()
    CITIZEN_CHANGE = auto()
    KEY_LIST = auto()
    OPERATOR_LIST = auto()
    AUDIT_READ = auto()
    VAULT_VERIFY = auto()
    OWN_SIGN_IN = auto()
    OPERATOR_SIGN_IN = auto()


# Everything that is not in this table is refused.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.SUPER_ADMIN: frozenset(Permission),
    Role.CUSTODIAN: frozenset({Permission.KEY_LIST, Permission.VAULT_VERIFY, Permission.OWN_SIGN_IN}),
    Role.REGISTRAR: frozenset(
        {
            Permission.CITIZEN_ENROL,
            Permission.CITIZEN_FIND,
            Permission.CITIZEN_READ,
            Permission.CITIZEN_CHANGE,
            Permission.OWN_SIGN_IN,
        }
    ),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.VAULT_VERIFY, Permission.OWN_SIGN_IN}),
}


def _never_ends() -> None:
    """Stand for a login session that nothing watches: a test's own."""


@dataclass(frozen=True)
class LoginSession:
    """An operator who signed in: goes into every use case as the one who asks.

    `still_open()` raises LoginSessionEnded once it was signed out, lapsed or too long; cheap enough for each call.
    """

    operator: str
    role: Role
    actor: Actor
    since: datetime
    still_open: Callable[[], None] = field(default=_never_ends, compare=False, repr=False)


@dataclass(frozen=True)
class Operator:
    """An operator as lists show them: no keys, no seals."""

    name: str
    role: Role
    state: str
    created_at: datetime


def require(session: LoginSession, permission: Permission) -> None:
    """Raise Refused unless the operator's role grants the permission, LoginSessionEnded where it is over."""
    session.still_open()
    if permission not in PERMISSIONS[session.role]:
        raise Refused(f"Your role ({session.role.value}) does not allow this.", details={"Needs": permission.value})


def checked_operator_name(name: str) -> str:
    """Return the name. Raises InvalidInput unless it is up to 64 letters, digits, blanks, dots, dashes, underscores."""
    if not OPERATOR_NAME.fullmatch(name):
        raise InvalidInput(
            "An operator's name has up to 64 letters, digits, blanks, dots, dashes or underscores.", field="operator"
        )
    return name
