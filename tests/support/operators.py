"""Operators for tests: invited, approved and joined by the real services, each with an own console on the vault."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from app.bootstrap import Services, Vault, open_vault
from app.start import begin
from core.access.model import LoginSession, Role
from core.access.second_operator import Asked
from core.audit.model import Origin
from core.errors import ApprovalNeeded
from hsm.secret import Secret
from tests.support.vault import OPERATOR, PASSWORD, RealVault

SECOND = "vikram.shetty"


def password_of(name: str) -> str:
    """Return a test operator's password."""
    return PASSWORD if name == OPERATOR else f"four unrelated words for {name}"


@dataclass
class Console:
    """A console of its own on the vault, at which one operator is signed in."""

    vault: Vault
    session: LoginSession
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Know who sits here."""
        self.name = self.session.operator

    @property
    def services(self) -> Services:
        """The services of this console."""
        return self.vault.services

    def asked(self, approval: UUID | None = None, reason: str | None = None) -> Asked:
        """Return how this operator asks."""
        return Asked(Secret(password_of(self.name)), approval, reason)

    def approve(self, request: UUID) -> None:
        """Approve a request."""
        self.services.approvals.approve(self.session, request, Secret(password_of(self.name)))


@contextmanager
def console(real: RealVault, name: str) -> Iterator[Console]:
    """Give an operator's own console: another process would not be another vault."""
    vault = open_vault(begin(real.home))
    try:
        yield Console(vault, vault.sign_in(name, Secret(password_of(name)), Origin.CLI))
    finally:
        vault.close()


def own(real: RealVault) -> Console:
    """Return the first operator's console, which every test vault has open."""
    return Console(real.vault, real.session)


def join(real: RealVault, code: Secret, name: str) -> None:
    """Join with a code, at a locked console."""
    vault = open_vault(begin(real.home))
    try:
        vault.services.invitations.join(code, name, Secret(password_of(name)), Origin.CLI)
    finally:
        vault.close()


def with_operator(
    real: RealVault, name: str = SECOND, role: Role = Role.SUPER_ADMIN, *, by: Console | None = None
) -> None:
    """Add an operator. Under dual control the first needs nobody; for later ones name who approves (`by`)."""
    first = own(real)
    invite = first.services.invitations.invite
    try:
        made = invite(first.session, name, role, first.asked())
    except ApprovalNeeded as needed:
        assert by is not None, "this needs an approver"
        approval = UUID(needed.approval_id)
        by.approve(approval)
        made = invite(first.session, name, role, first.asked(approval))
    join(real, made.code, name)
