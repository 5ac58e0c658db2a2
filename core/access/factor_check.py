"""The second factor's question at sign-in, and whether an answer to it fits and was not taken before."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.access import factor_store
from core.access.factor_rows import secret_purpose
from core.access.factors import FactorAnswer, FactorKind, is_recovery_code, recovery_bit, totp_step
from core.access.operator_keys import OperatorKeys
from core.access.security_keys import SecurityKeyRequest, assertion
from core.storage.database import Database
from core.storage.seal import SealedRow


class FactorCheck:
    """Holds answers against the factors that the operator's row names; one process gets each answer."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def accepted(
        self,
        named: Sequence[SealedRow],
        keys: OperatorKeys,
        request: SecurityKeyRequest | None,
        answer: FactorAnswer,
    ) -> FactorKind | None:
        """Return the kind of factor that an answer fits and that was not used for it before, None if it fits none."""
        if answer.assertion is not None:
            return self._accepted_key(named, request, answer.assertion)
        code = answer.code or ""
        kind = FactorKind.RECOVERY if is_recovery_code(code) else FactorKind.TOTP
        for columns in (item.columns for item in named if item.columns["kind"] == kind.value):
            secret = keys.open(columns["secret_sealed"], secret_purpose(columns))
            recovery = kind is FactorKind.RECOVERY
            found = recovery_bit(secret, code) if recovery else totp_step(secret, code, self._now().timestamp())
            secret.wipe()
            if found is not None:
                take = factor_store.use_bit if recovery else factor_store.use_higher
                with self._database.transaction() as connection:
                    return kind if take(connection, columns["factor_id"], found) else None
        return None

    def _accepted_key(
        self, named: Sequence[SealedRow], request: SecurityKeyRequest | None, response: Mapping[str, Any]
    ) -> FactorKind | None:
        keys = _security_keys(named)
        found = None if request is None else request.asserted(response, [item.columns["credential"] for item in keys])
        if found is None:
            return None
        position, counter = found
        if counter == 0:  # the key counts nothing (WebAuthn 2, 6.1.1)
            return FactorKind.FIDO2
        with self._database.transaction() as connection:
            used = factor_store.use_higher(connection, keys[position].columns["factor_id"], counter)
        return FactorKind.FIDO2 if used else None


def _security_keys(named: Sequence[SealedRow]) -> list[SealedRow]:
    return [item for item in named if item.columns["kind"] == FactorKind.FIDO2.value]


def security_key_request(named: Sequence[SealedRow]) -> SecurityKeyRequest | None:
    """Return what is asked of a security key, None where none is named."""
    credentials = [item.columns["credential"] for item in _security_keys(named)]
    return assertion(credentials) if credentials else None
