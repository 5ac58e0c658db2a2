"""Signing in and out.

Signing in means opening, with the own password, the seal around the token PIN: no other check stands
in its place. Unknown operator and wrong password get the same words after the same work. Limits,
second factors have files of their own when they come; operators' records stand in `register.py`.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

from core.access import store
from core.access.model import LoginSession, OperatorState, Readiness, Role
from core.access.operator_keys import OperatorKeys, make_keys, open_keys
from core.access.pins import TokenPin
from core.access.records import OWNER_PURPOSE, sealed_keys
from core.access.register import OperatorRegister
from core.audit.model import Action, Actor, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import CitizenZeroError, DatabaseVersion, SignInRefused
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.migrate import SCHEMA_VERSION, Schema
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken
from hsm.secret import Secret

UNKNOWN_LOGIN_SESSION = "-"


class AccessService:
    """Sign-in and lock."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        settings: SettingsService,
        pins: TokenPin,
        register: OperatorRegister,
        readiness: Readiness,
        audit: AuditLog,
        now: Callable[[], datetime],
        schema: Schema | None = None,
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._settings = settings
        self._pins = pins
        self._register = register
        self._readiness = readiness
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
        if row is None or keys is None or row.columns["state"] != OperatorState.ACTIVE.value:
            self._audit.record(self._audit.entry(actor, action=Action.OPERATOR_SIGN_IN, outcome=Outcome.REFUSED))
            raise SignInRefused("Operator or password is wrong.")
        self._pins.log_in(actor, row, keys)
        try:
            self._sealer.check([row, *self._settings.rows()])
            self._upgrade_if_older(actor, row, keys)
            self._register.one(name)
            self._settings.current_rows()
            session = LoginSession(name, Role(row.columns["role"]), actor, self._now(), self._readiness)
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
