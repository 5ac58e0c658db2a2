"""Operators, their roles and what each role may do."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from typing import Protocol

from core.audit.model import Actor
from core.errors import InvalidInput, Refused
from core.states import EVERY_STATE
from hsm.secret import Secret

OPERATOR_NAME = re.compile(r"\w(?:[\w .@-]{0,62}\w)?")
PASSWORD_MIN_LENGTH = 8
PERSON_LETTERS = 64


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
    OPERATOR_INVITE = auto()
    OPERATOR_DISABLE = auto()
    OPERATOR_ROLE = auto()
    OPERATOR_STATES = auto()
    APPROVAL_LIST = auto()
    APPROVAL_GIVE = auto()
    SETTING_LIST = auto()
    SETTING_CHANGE = auto()
    AUDIT_READ = auto()
    VAULT_VERIFY = auto()
    OWN_SIGN_IN = auto()
    OPERATOR_SIGN_IN = auto()


@dataclass(frozen=True)
class Grant:
    """One row of the published table: what a permission is for, and which roles have it.

    `before_dual_control`: also while a vault under dual control waits for its second operator. Whatever touches
    a person is not, so a permission that says nothing is refused then.
    """

    use: str
    roles: frozenset[Role]
    before_dual_control: bool = False


def _grant(use: str, *others: Role, before: bool = False) -> Grant:
    """Return a row: a super admin has every permission that is listed."""
    return Grant(use, frozenset({Role.SUPER_ADMIN, *others}), before)


# Role x use case, published in docs/permissions.md. Everything that is not in this table is refused.
GRANTS: Mapping[Permission, Grant] = {
    # Citizens, consents, delegations, proofs: the registrar's.
    Permission.CITIZEN_ENROL: _grant("Enrol and import citizens", Role.REGISTRAR),
    Permission.CITIZEN_FIND: _grant("Find, list and count citizens, without personal data", Role.REGISTRAR),
    Permission.CITIZEN_READ: _grant("Read personal data for a purpose", Role.REGISTRAR),
    Permission.CITIZEN_CHANGE: _grant("Change citizens, their roles and level", Role.REGISTRAR),
    Permission.PROOF_PROVE: _grant("Prove eligibility and see what was learnt", Role.REGISTRAR),
    # Keys and backups: the custodian's.
    Permission.KEY_LIST: _grant("See the keys", Role.CUSTODIAN, before=True),
    # Operators, approvals, settings.
    Permission.OPERATOR_LIST: _grant("See the operators", Role.AUDITOR, before=True),
    Permission.OPERATOR_INVITE: _grant("Invite an operator", before=True),
    Permission.OPERATOR_DISABLE: _grant("Disable an operator", before=True),
    Permission.OPERATOR_ROLE: _grant("Change an operator's role", before=True),
    Permission.OPERATOR_STATES: _grant("Bind an operator to the citizens of some states", before=True),
    Permission.APPROVAL_LIST: _grant(
        "See what was asked for and approved", Role.CUSTODIAN, Role.REGISTRAR, Role.AUDITOR, before=True
    ),
    Permission.APPROVAL_GIVE: _grant("Approve or reject what another asked for", before=True),
    Permission.SETTING_LIST: _grant("See the settings and their history", Role.CUSTODIAN, Role.AUDITOR, before=True),
    Permission.SETTING_CHANGE: _grant("Change a setting", before=True),
    # One's own sign-in, and others'.
    Permission.OWN_SIGN_IN: _grant(
        "See and end one's own login sessions, set up one's own second factors",
        Role.CUSTODIAN,
        Role.REGISTRAR,
        Role.AUDITOR,
        before=True,
    ),
    Permission.OPERATOR_SIGN_IN: _grant("See and end others' login sessions, remove others' factors", before=True),
    # The log and the whole: the auditor's, who reads and never sees personal data.
    Permission.AUDIT_READ: _grant("Read the log and its statistics", Role.AUDITOR, before=True),
    Permission.VAULT_VERIFY: _grant("Verify the whole vault", Role.CUSTODIAN, Role.AUDITOR, before=True),
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    role: frozenset(permission for permission, grant in GRANTS.items() if role in grant.roles) for role in Role
}


class Readiness(Protocol):
    """Says whether the vault may serve personal data yet."""

    def require_complete(self) -> None:
        """Raise SecondOperatorMissing while dual control waits for its second operator."""


def _never_ends() -> None:
    """Stand for a login session that nothing watches: a test's own."""


@dataclass(frozen=True)
class LoginSession:
    """An operator who signed in: goes into every use case as the one who asks.

    Without a `readiness` the session gets no personal data: only a sign-in gives one. `still_open()` raises
    LoginSessionEnded once it was signed out, lapsed or too long; cheap enough for each call. `states` are those that
    the operator is bound to (codes as in UP); None for an operator bound to none.
    """

    operator: str
    role: Role
    actor: Actor
    since: datetime
    readiness: Readiness | None = field(default=None, compare=False, repr=False)
    still_open: Callable[[], None] = field(default=_never_ends, compare=False, repr=False)
    states: frozenset[str] | None = None

    @property
    def seeing(self) -> str:
        """Return what of the citizens the database shows to this operator."""
        return EVERY_STATE if self.states is None else ",".join(sorted(self.states))

    def may_see(self, state: str) -> bool:
        """Tell whether the citizens of a state are this operator's."""
        return self.states is None or state in self.states


class OperatorState(StrEnum):
    """Whether an operator may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Operator:
    """An operator as lists show them: no keys, no seals. `key` is the signing key's SHA-256, in hex.

    `person` is who stands behind the account: two accounts of one person never approve each other.
    """

    name: str
    role: Role
    state: str
    created_at: datetime
    person: str = ""
    key: str = ""
    invited_by: str | None = None
    disabled_at: datetime | None = None
    states: frozenset[str] | None = None


@dataclass(frozen=True)
class Invitation:
    """An invitation that waits for its operator."""

    name: str
    role: Role
    invited_by: str
    created_at: datetime
    expires: datetime
    states: frozenset[str] | None = None


@dataclass(frozen=True)
class NewInvitation:
    """What an inviter hands over, once: nobody can show the code again."""

    code: Secret
    name: str
    role: Role
    expires: datetime
    states: frozenset[str] | None = None


def require(session: LoginSession, permission: Permission) -> None:
    """Raise Refused unless the role grants the permission and the vault may serve it; LoginSessionEnded when over."""
    session.still_open()
    grant = GRANTS.get(permission)
    if grant is None or session.role not in grant.roles:
        raise Refused(f"Your role ({session.role.value}) does not allow this.", details={"Needs": permission.value})
    if not grant.before_dual_control:
        if session.readiness is None:
            raise Refused("This login session may not touch personal data.")
        session.readiness.require_complete()


def person_of(text: str) -> str:
    """Return how a person is compared: NFKC, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def checked_person(text: str) -> str:
    """Return who stands behind an account, as it is compared. Raises InvalidInput."""
    person = person_of(text)
    if not person or len(person) > PERSON_LETTERS or not person.isprintable():
        raise InvalidInput(f"A person is named in up to {PERSON_LETTERS} letters, in one line.", field="person")
    return person


def require_state(session: LoginSession, state: str) -> None:
    """Raise Refused unless the citizens of a state are this operator's."""
    if not session.may_see(state):
        raise Refused(
            f"You work for {', '.join(sorted(session.states or ())) or 'no state'}, not for {state}.",
            remedy="Ask somebody who works for that state.",
        )


def checked_operator_name(name: str) -> str:
    """Return the name. Raises InvalidInput unless it is up to 64 letters, digits, blanks, dots, dashes, underscores."""
    if not OPERATOR_NAME.fullmatch(name):
        raise InvalidInput(
            "An operator's name has up to 64 letters, digits, blanks, dots, dashes or underscores.", field="operator"
        )
    return name
