"""Operators and their sign-in.

Signing in means opening, with the own password, the seal around the token PIN: no other check stands
in its place. Unknown operator and wrong password get the same words after the same work. Limits,
second factors and invitations have files of their own when they come.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.access import store
from core.access.model import ACTIVE, LoginSession, Operator, Permission, Role, checked_operator_name, require
from core.access.operator_keys import (
    Argon2Cost,
    OperatorKeys,
    SealedKeys,
    check_password,
    make_keys,
    open_keys,
    seal_to,
)
from core.access.states import states_of
from core.audit.model import Action, Actor, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import AlreadyExists, CitizenZeroError, DatabaseVersion, IntegrityFailure, SignInRefused
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.migrate import SCHEMA_VERSION, Schema
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken
from hsm.secret import Secret

PIN_PURPOSE = "token PIN"
OWNER_PURPOSE = "database owner password"
RECOVERY_PURPOSE = "backup recovery secret"
UNKNOWN_LOGIN_SESSION = "-"
# A row forged to cost gigabytes must not reach Argon2: its seal can only be checked after sign-in.
_HIGHEST_COST = Argon2Cost(memory_kib=1_048_576, passes=16, lanes=16)


@dataclass(frozen=True)
class OperatorSecrets:
    """What is sealed to an operator when the operator is added."""

    pin: Secret
    owner_password: Secret | None = None
    recovery_secret: Secret | None = None


class AccessService:
    """Sign-in, lock and the operators' records."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        settings: SettingsService,
        audit: AuditLog,
        now: Callable[[], datetime],
        schema: Schema | None = None,
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._settings = settings
        self._audit = audit
        self._now = now
        self._schema = schema

    def sign_in(self, name: str, password: Secret, origin: Origin) -> LoginSession:
        """Open the vault for an operator: password, PIN, token, and the seals of what was relied on.

        Raises SignInRefused, IntegrityFailure (a forged record), or what the HSM says.
        """
        with self._database.transaction() as connection:
            row = store.find(connection, name)
        keys = self._open(row, password)
        actor = Actor(name if row else "unknown", origin, uuid.uuid4().hex[:16])
        if row is None or keys is None or row.columns["state"] != ACTIVE:
            self._audit.record(self._audit.entry(actor, action=Action.OPERATOR_SIGN_IN, outcome=Outcome.REFUSED))
            raise SignInRefused("Operator or password is wrong.")
        self._token.log_in(self._settings.read().token, keys.open(row.columns["pin_sealed"], PIN_PURPOSE))
        try:
            self._sealer.check([row, *self._settings.rows()])
            self._upgrade_if_older(actor, row, keys)
            session = LoginSession(name, Role(row.columns["role"]), actor, self._now(), states_of(row.columns))
            self._audit.record(self._audit.entry(actor, action=Action.OPERATOR_SIGN_IN, outcome=Outcome.DONE))
        except CitizenZeroError:
            self._token.log_out()
            raise
        return session

    def lock(self, session: LoginSession) -> None:
        """Record the lock, write what waits, forget the PIN. The PIN is forgotten whatever fails before."""
        try:
            self._audit.flush()
            self._audit.record(self._audit.entry(session.actor, action=Action.OPERATOR_LOCK, outcome=Outcome.DONE))
        finally:
            self._token.log_out()

    def leave(self) -> None:
        """End a one-command login session: write what waits and forget the PIN."""
        try:
            self._audit.flush()
        finally:
            self._token.log_out()

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
            "states": None,
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

    def _upgrade_if_older(self, actor: Actor, row: SealedRow, keys: OperatorKeys) -> None:
        """Bring an older schema up to date with the owner's password, which is sealed to super admins."""
        found = SCHEMA_VERSION if self._schema is None else self._schema.version()
        if self._schema is None or found == SCHEMA_VERSION:
            return
        sealed = row.columns["owner_password_sealed"]
        if sealed is None:
            raise DatabaseVersion(
                f"The database has schema {found} and must be brought to {SCHEMA_VERSION} first.",
                remedy="Ask a super admin to sign in once: that upgrades it.",
            )
        owner_password = keys.open(sealed, OWNER_PURPOSE)
        try:
            self._schema.upgrade(owner_password)
        finally:
            owner_password.wipe()
        detail = {"from": found, "to": SCHEMA_VERSION}
        self._audit.record(self._audit.entry(actor, action=Action.VAULT_UPGRADE, outcome=Outcome.DONE, detail=detail))

    def _open(self, row: SealedRow | None, password: Secret) -> OperatorKeys | None:
        if row is None:
            make_keys(password)  # the same work as for a known operator
            return None
        return open_keys(sealed_keys(row.columns), password)


def sealed_keys(columns: Mapping[str, Any]) -> SealedKeys:
    """Return an operator's keys as their record holds them. Raises IntegrityFailure for what would cost gigabytes."""
    cost = Argon2Cost(columns["argon2_memory_kib"], columns["argon2_passes"], columns["argon2_lanes"])
    highest = _HIGHEST_COST
    if not (
        8 * cost.lanes <= cost.memory_kib <= highest.memory_kib
        and 1 <= cost.passes <= highest.passes
        and 1 <= cost.lanes <= highest.lanes
        and len(columns["salt"]) >= 8  # noqa: PLR2004 (RFC 9106, 3.1)
    ):
        raise IntegrityFailure("The stored record of this operator is not what the console stored.")
    return SealedKeys(
        columns["salt"], cost, columns["encryption_public"], columns["signing_public"], columns["private_sealed"]
    )


def _operator(columns: Mapping[str, Any]) -> Operator:
    return Operator(columns["name"], Role(columns["role"]), columns["state"], columns["created_at"], states_of(columns))
