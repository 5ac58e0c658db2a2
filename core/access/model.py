"""Operators, their roles and what each role may do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
    PROOF_PROVE = auto()
    KEY_LIST = auto()
    OPERATOR_LIST = auto()
    AUDIT_READ = auto()
    VAULT_VERIFY = auto()


# Everything that is not in this table is refused.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.SUPER_ADMIN: frozenset(Permission),
    Role.CUSTODIAN: frozenset({Permission.KEY_LIST, Permission.VAULT_VERIFY}),
    Role.REGISTRAR: frozenset(
        {
            Permission.CITIZEN_ENROL,
            Permission.CITIZEN_FIND,
            Permission.CITIZEN_READ,
            Permission.CITIZEN_CHANGE,
            Permission.PROOF_PROVE,
        }
    ),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.VAULT_VERIFY}),
}


@dataclass(frozen=True)
class LoginSession:
    """An operator who signed in: goes into every use case as the one who asks."""

    operator: str
    role: Role
    actor: Actor
    since: datetime


@dataclass(frozen=True)
class Operator:
    """An operator as lists show them: no keys, no seals."""

    name: str
    role: Role
    state: str
    created_at: datetime


def require(session: LoginSession, permission: Permission) -> None:
    """Raise Refused unless the operator's role grants the permission."""
    if permission not in PERMISSIONS[session.role]:
        raise Refused(f"Your role ({session.role.value}) does not allow this.", details={"Needs": permission.value})


def checked_operator_name(name: str) -> str:
    """Return the name. Raises InvalidInput unless it is up to 64 letters, digits, blanks, dots, dashes, underscores."""
    if not OPERATOR_NAME.fullmatch(name):
        raise InvalidInput(
            "An operator's name has up to 64 letters, digits, blanks, dots, dashes or underscores.", field="operator"
        )
    return name
