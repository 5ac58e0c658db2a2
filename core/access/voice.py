"""An operator's own keys, opened by the own password for one use: to sign, or to open what is sealed to them."""

from core.access.model import LoginSession, OperatorState
from core.access.operator_keys import OperatorKeys, open_keys, stored_keys
from core.access.register import OperatorRegister
from core.access.tries import SignInTries
from core.errors import InvalidInput, Refused, SignInRefused
from core.storage.seal import SealedRow
from hsm.secret import Secret


class OperatorVoices:
    """Opens operators' keys. Thread-safe; keeps none. A wrong password counts as a try to sign in."""

    def __init__(self, register: OperatorRegister, tries: SignInTries) -> None:
        self._register = register
        self._tries = tries

    def open(self, session: LoginSession, password: Secret | None) -> tuple[OperatorKeys, SealedRow]:
        """Return the keys and the checked row of the operator who is signed in.

        Raises SignInRefused for a wrong password, which counts as a try to sign in, and Refused where operator or
        role is no longer what signed in.
        """
        if password is None:
            raise InvalidInput("Your password is needed for this: it opens your key.", field="password")
        row = self._register.one(session.operator)
        if row.columns["state"] != OperatorState.ACTIVE.value or row.columns["role"] != session.role.value:
            raise Refused("Your role has changed since you signed in.", remedy="Lock the console and sign in again.")
        with self._tries.one(session.operator) as attempt:
            keys = open_keys(stored_keys(row.columns), password)
            if keys is None:
                left = attempt.failed().words()
                raise SignInRefused(f"The password is wrong. {left}", remedy="Type it again.")
        return keys, row

    def sign(self, session: LoginSession, password: Secret | None, message: bytes) -> tuple[bytes, bytes]:
        """Return the operator's public signing key (32 bytes) and the Ed25519 signature (64 bytes) of a message."""
        keys, row = self.open(session, password)
        return bytes(row.columns["signing_public"]), keys.signing_private.sign(message)
