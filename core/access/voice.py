"""An operator's own keys, opened by the own password for one use: to sign, or to open what is sealed to them."""

from typing import Protocol

from core.access.model import LoginSession, OperatorState
from core.access.operator_keys import OperatorKeys, open_keys
from core.access.records import sealed_keys
from core.access.register import OperatorRegister
from core.errors import InvalidInput, Refused, SignInRefused
from core.storage.seal import SealedRow
from hsm.secret import Secret


class PasswordWatch(Protocol):
    """Who counts wrong passwords, wherever they are typed, and locks an operator out."""

    def require_open(self, operator: str) -> None:
        """Raise SignInRefused while the operator is locked out."""

    def failed(self, operator: str) -> None:
        """Count a wrong password."""

    def succeeded(self, operator: str) -> None:
        """Count from nought again."""


class OperatorVoices:
    """Opens operators' keys. Thread-safe; keeps none. `watch` counts wrong passwords together with those of sign-in."""

    def __init__(self, register: OperatorRegister, watch: PasswordWatch | None = None) -> None:
        self._register = register
        self._watch = watch

    def open(self, session: LoginSession, password: Secret | None) -> tuple[OperatorKeys, SealedRow]:
        """Return the keys and the checked row of the operator who is signed in.

        Raises SignInRefused for a wrong password, Refused where operator or role is no longer what signed in.
        """
        if password is None:
            raise InvalidInput("Your password is needed for this: it opens your key.", field="password")
        row = self._register.one(session.operator)
        if row.columns["state"] != OperatorState.ACTIVE.value or row.columns["role"] != session.role.value:
            raise Refused("Your role has changed since you signed in.", remedy="Lock the console and sign in again.")
        if self._watch is not None:
            self._watch.require_open(session.operator)
        keys = open_keys(sealed_keys(row.columns), password)
        if keys is None:
            if self._watch is not None:
                self._watch.failed(session.operator)
            raise SignInRefused("The password is wrong.", remedy="Type it again.")
        if self._watch is not None:
            self._watch.succeeded(session.operator)
        return keys, row

    def sign(self, session: LoginSession, password: Secret | None, message: bytes) -> tuple[bytes, bytes]:
        """Return the operator's public signing key (32 bytes) and the Ed25519 signature (64 bytes) of a message."""
        keys, row = self.open(session, password)
        return bytes(row.columns["signing_public"]), keys.signing_private.sign(message)
