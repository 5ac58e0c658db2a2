"""Operators and second factors for tests: invited, approved, joined by the real services, each at an own console."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pyotp

from app.bootstrap import Services, Vault, open_vault
from app.start import begin
from core.access import store
from core.access.factors import Confirmed, FactorAnswer, FactorChallenge
from core.access.model import LoginSession, Role
from core.access.records import PIN_PURPOSE, OperatorSecrets, new_operator
from core.access.second_operator import Asked
from core.audit.model import Origin
from core.errors import ApprovalNeeded
from hsm.secret import Secret
from tests.support.vault import OPERATOR, PASSWORD, RealVault, opened

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


def add_operator(real: RealVault, name: str, role: Role, password: str = PASSWORD) -> None:
    """Add an operator as an invitation does, without one: keys under the own password, the PIN sealed to them."""
    services = real.vault.services
    secrets = OperatorSecrets(opened(real.vault, "pin_sealed", PIN_PURPOSE))
    row = new_operator(name, Secret(password), role, secrets, services.register._now())
    [sealed] = services.register._sealer.seal([("operator", row)])
    with services.database.transaction() as connection:
        store.add(connection, sealed)


_EARLY = 10  # seconds of a step


class Authenticator:
    """An authenticator program: it has read the otpauth URI. Each code is handed out once, in its own time."""

    def __init__(self, uri: str) -> None:
        self.secret = parse_qs(urlsplit(uri).query)["secret"][0]
        self._totp = pyotp.TOTP(self.secret)
        self._step = int(time.time() // 30) - 2

    def code(self, step: int | None = None) -> str:
        """Return the code of a step, now by default."""
        return str(self._totp.generate_otp(int(time.time() // 30) if step is None else step))

    def fresh(self) -> str:
        """Return a code that is taken now and was not handed out before; waits where the window has none left."""
        now, spent = divmod(time.time(), 30)
        self._step = max(self._step + 1, int(now) - int(spent < _EARLY))  # the one before is good for as long still
        while self._step > int(time.time() // 30) + 1:
            time.sleep(0.5)
        return self.code(self._step)

    def ask(self) -> Callable[[FactorChallenge], FactorAnswer]:
        """Return what answers sign-in's question with a fresh code."""
        return lambda _: FactorAnswer(code=self.fresh())


def add_totp(real: RealVault, session: LoginSession, password: str = PASSWORD) -> tuple[Authenticator, Confirmed]:
    """Add an authenticator for whoever signed in, and confirm it."""
    factors = real.vault.services.factors
    new = factors.begin_totp(session)
    authenticator = Authenticator(new.uri)
    return authenticator, factors.confirm_totp(session, Secret(password), new.factor.factor_id, authenticator.fresh())
