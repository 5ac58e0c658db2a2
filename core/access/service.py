"""The operators' records. Signing in is in `sign_in.py`, second factors in `second_factors.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.access import store
from core.access.model import LoginSession, Operator, Permission, Role, checked_operator_name, require
from core.access.operator_keys import check_password, make_keys, seal_to
from core.errors import AlreadyExists, CitizenZeroError
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from hsm.secret import Secret

PIN_PURPOSE = "token PIN"
OWNER_PURPOSE = "database owner password"
RECOVERY_PURPOSE = "backup recovery secret"
ACTIVE = "active"


@dataclass(frozen=True)
class OperatorSecrets:
    """What is sealed to an operator when the operator is added."""

    pin: Secret
    owner_password: Secret | None = None
    recovery_secret: Secret | None = None


class AccessService:
    """The operators' records."""

    def __init__(self, database: Database, sealer: RowSealer, now: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now

    def store_first_operator(
        self, connection: Connection, name: str, password: Secret, secrets: OperatorSecrets
    ) -> None:
        """Add the first super admin of a new vault, whose token is open already."""
        row = self.operator_row(name, password, Role.SUPER_ADMIN, secrets)
        store.add(connection, self._sealer.seal([(store.operator.name, row)])[0])

    def operator_row(self, name: str, password: Secret, role: Role, secrets: OperatorSecrets) -> dict[str, Any]:
        """Return the columns of a new operator, not yet sealed. Raises InvalidInput for a weak password."""
        checked_operator_name(name)
        check_password(password, (name,))
        keys = make_keys(password)

        def sealed(secret: Secret | None, purpose: str) -> bytes | None:
            return None if secret is None else seal_to(keys.encryption_public, secret, purpose)

        return {
            "name": name,
            "role": role.value,
            "state": ACTIVE,
            "salt": keys.salt,
            "argon2_memory_kib": keys.cost.memory_kib,
            "argon2_passes": keys.cost.passes,
            "argon2_lanes": keys.cost.lanes,
            "encryption_public": keys.encryption_public,
            "signing_public": keys.signing_public,
            "private_sealed": keys.private_sealed,
            "pin_sealed": sealed(secrets.pin, PIN_PURPOSE),
            "owner_password_sealed": sealed(secrets.owner_password, OWNER_PURPOSE),
            "recovery_secret_sealed": sealed(secrets.recovery_secret, RECOVERY_PURPOSE),
            "created_at": self._now(),
            "revision": 1,
        }

    def operators(self, session: LoginSession) -> list[Operator]:
        """Return all operators. Raises IntegrityFailure where a record was forged or changed."""
        require(session, Permission.OPERATOR_LIST)
        rows = self.rows()
        self._sealer.check(rows)
        return [_operator(row.columns) for row in rows]

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.every(connection)

    @staticmethod
    def conflicts() -> dict[str, CitizenZeroError]:
        """Return what a violated constraint of this subject means."""
        return {"operator_pkey": AlreadyExists("An operator with this name exists already.", field="operator")}


def _operator(columns: Mapping[str, Any]) -> Operator:
    return Operator(columns["name"], Role(columns["role"]), columns["state"], columns["created_at"])
