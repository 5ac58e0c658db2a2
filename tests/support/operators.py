"""Operators for tests beside the first one, and a second factor to sign in with."""

import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pyotp

from core.access import store
from core.access.factors import FactorAnswer, FactorChallenge
from core.access.model import LoginSession, Role
from core.access.second_factors import Confirmed
from core.access.service import PIN_PURPOSE, OperatorSecrets
from hsm.secret import Secret
from tests.support.vault import PASSWORD, RealVault, opened


def add_operator(real: RealVault, name: str, role: Role, password: str = PASSWORD) -> None:
    """Add an operator as an invitation does: keys under the own password, the PIN sealed to them."""
    services = real.vault.services
    secrets = OperatorSecrets(opened(real.vault, "pin_sealed", PIN_PURPOSE))
    row = services.access.operator_row(name, Secret(password), role, secrets)
    [sealed] = services.access._sealer.seal([("operator", row)])
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
