"""Signing in: password, second factor, identity provider; then the token PIN, the seals, and a login session.

Signing in means opening, with the own password, the seal around the token PIN: no other check stands in its
place. Unknown operator and wrong password get the same words after the same work and the same statements.
The second factor is asked before the PIN is opened; what it was checked against is sealed, and the seals are
checked as soon as the token is open. An identity provider bounds the role and never replaces password or factor.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from core.access import factor_store
from core.access.factor_check import FactorCheck, security_key_request
from core.access.factor_rows import named_factors
from core.access.factors import AskSecondFactor, FactorChallenge, FactorKind, FactorState, asked_kinds
from core.access.login_sessions import LoginSessions
from core.access.model import OPERATOR_NAME, LoginSession, OperatorState, Role
from core.access.operator_keys import OperatorKeys, make_keys, open_keys, stored_keys
from core.access.pins import TokenPin
from core.access.provider import ProviderIdentity, bounded_role
from core.access.records import OWNER_PURPOSE
from core.access.register import OperatorRegister
from core.access.states import states_of
from core.access.tries import Attempt, SignInTries
from core.audit.model import Action, Actor, Entry, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import (
    CitizenZeroError,
    DatabaseVersion,
    ProviderRefused,
    SecondFactorNeeded,
    SignInRefused,
)
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.migrate import SCHEMA_VERSION, Schema
from core.storage.seal import RowSealer, SealedRow
from hsm.secret import Secret

_CLOCK_REMEDY = "Take the code that your authenticator shows now; each code is taken once."


class SignIn:
    """`enter` opens the vault for an operator; `lock` and `leave` close it."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        settings: SettingsService,
        pins: TokenPin,
        register: OperatorRegister,
        tries: SignInTries,
        sessions: LoginSessions,
        audit: AuditLog,
        now: Callable[[], datetime],
        schema: Schema | None = None,
        *,
        provider_required: bool = False,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._settings = settings
        self._pins = pins
        self._register = register
        self._tries = tries
        self._sessions = sessions
        self._audit = audit
        self._now = now
        self._schema = schema
        self._provider_required = provider_required
        self._factors = FactorCheck(database, now)

    def enter(
        self,
        name: str,
        password: Secret,
        origin: Origin,
        *,
        ask: AskSecondFactor | None = None,
        provider: ProviderIdentity | None = None,
    ) -> LoginSession:
        """Open the vault for an operator. `ask` gets the second factor's question, if there is one.

        Raises SignInRefused, SignInPaused, SecondFactorNeeded, ProviderRefused, IntegrityFailure (a forged
        record), or what the HSM says.
        """
        self._check_provider(name, provider, origin)
        older = self._older_schema()
        row, factors, keys, actor = self._by_password(name, password, origin, older)
        kinds = self._by_second_factor(row, factors, keys, actor, ask)
        self._pins.log_in(actor, row, keys)
        try:
            self._sealer.check([row, *factors])
            self._upgrade_if_older(actor, row, keys, older)
            self._register.one(name)
            settings = self._settings.read_current()
            role = self._bounded(row, provider, actor)
            self._tries.forgive(name)
            seconds = settings.session_seconds
            session = self._sessions.begin(name, role, states_of(row.columns), actor, self._now(), seconds)
            detail = {"provider": True} if provider else {}
            self._record(actor, Outcome.DONE, {**detail, **({"factors": kinds} if kinds else {})})
        except CitizenZeroError:
            self._pins.log_out()
            with suppress(CitizenZeroError):  # what went wrong first is what is said
                self._sessions.close(actor.login_session)
            raise
        return session

    def lock(self, session: LoginSession) -> None:
        """Record the lock, write what waits, forget the PIN. The PIN is forgotten whatever fails before."""
        try:
            self._audit.flush()
            self._audit.record(self._audit.entry(session.actor, action=Action.OPERATOR_LOCK, outcome=Outcome.DONE))
        finally:
            self._pins.log_out()
            self._sessions.close(session.actor.login_session)

    def leave(self) -> None:
        """End a one-command login session: write what waits and forget the PIN."""
        try:
            self._audit.flush()
        finally:
            self._pins.log_out()
            self._sessions.close_mine()

    # --- password ----------------------------------------------------------------------------------

    def _by_password(
        self, name: str, password: Secret, origin: Origin, older: str | None
    ) -> tuple[SealedRow, list[SealedRow], OperatorKeys, Actor]:
        with self._one_try(name, older) as attempt:
            row, factors = self._stored(name, older)
            keys = self._open(row, password)
            actor = Actor(name if row else "unknown", origin, uuid.uuid4().hex[:16])
            if row is not None and keys is not None and row.columns["state"] == OperatorState.ACTIVE.value:
                return row, factors, keys, actor
            left = f" {attempt.failed().words()}" if attempt else ""
            self._record(actor, Outcome.REFUSED)
            raise SignInRefused(f"Operator or password is wrong.{left}")

    def _stored(self, name: str, older: str | None) -> tuple[SealedRow | None, list[SealedRow]]:
        """Return an operator's row and factors: the same statements for a name that is unknown or impossible."""
        possible = name if OPERATOR_NAME.fullmatch(name) else ""
        with self._database.transaction() as connection:
            row = factor_store.operator_of(connection, possible)
            return row, [] if older else factor_store.of_operator(connection, possible)

    def _open(self, row: SealedRow | None, password: Secret) -> OperatorKeys | None:
        if row is None:
            make_keys(password)  # the same work as for a known operator
            return None
        return open_keys(stored_keys(row.columns), password)

    @contextmanager
    def _one_try(self, name: str, older: str | None) -> Iterator[Attempt | None]:
        """Take a try. A schema that is older than tries knows none: the first super admin's sign-in brings them."""
        if older:
            yield None
            return
        with self._tries.one(name) as attempt:
            yield attempt

    # --- second factor -----------------------------------------------------------------------------

    def _by_second_factor(
        self,
        row: SealedRow,
        factors: Sequence[SealedRow],
        keys: OperatorKeys,
        actor: Actor,
        ask: AskSecondFactor | None,
    ) -> list[str]:
        """Ask for a second factor where the operator's row names one; return the kind that was given."""
        named = named_factors(row, factors)
        kinds = asked_kinds([(FactorKind(item.columns["kind"]), FactorState.ACTIVE) for item in named])
        if not kinds:
            return []
        request = security_key_request(named)
        if ask is None:
            raise SecondFactorNeeded("This operator signs in with a second factor.")
        challenge = FactorChallenge(row.columns["name"], kinds, None if request is None else request.options)
        answer = ask(challenge)  # a person takes time: no try is held meanwhile
        with self._tries.one(row.columns["name"]) as attempt:
            kind = self._factors.accepted(named, keys, request, answer)
            if kind is None:
                left = attempt.failed().words()
                self._record(actor, Outcome.REFUSED, {"factors": sorted(kinds)})
                raise SecondFactorNeeded(f"The second factor does not fit. {left}", remedy=_CLOCK_REMEDY)
        return [kind.value]

    # --- what was relied on ------------------------------------------------------------------------

    def _older_schema(self) -> str | None:
        """Return the schema's version where it is older than this program's."""
        found = SCHEMA_VERSION if self._schema is None else self._schema.version()
        return None if found == SCHEMA_VERSION else found

    def _upgrade_if_older(self, actor: Actor, row: SealedRow, keys: OperatorKeys, older: str | None) -> None:
        """Bring an older schema up to date with the owner's password, which is sealed to super admins."""
        if self._schema is None or older is None:
            return
        sealed = row.columns["owner_password_sealed"]
        if sealed is None:
            raise DatabaseVersion(
                f"The database has schema {older} and must be brought to {SCHEMA_VERSION} first.",
                remedy="Ask a super admin to sign in once: that upgrades it.",
            )
        owner_password = keys.open(sealed, OWNER_PURPOSE)
        try:
            self._schema.upgrade(owner_password)
        finally:
            owner_password.wipe()
        entry = self._audit.entry(
            actor, action=Action.VAULT_UPGRADE, outcome=Outcome.DONE, detail={"from": older, "to": SCHEMA_VERSION}
        )
        self._audit.record(entry)

    # --- identity provider -------------------------------------------------------------------------

    def _check_provider(self, name: str, provider: ProviderIdentity | None, origin: Origin) -> None:
        if provider is None and self._provider_required:
            words = "This console lets nobody in without the identity provider.", "Sign in there first."
        elif provider is not None and provider.operator != name:
            words = "The identity provider knows you as another operator.", "Sign in there as the same person."
        else:
            return
        self._record(Actor("unknown", origin, uuid.uuid4().hex[:16]), Outcome.REFUSED, {"provider": True})
        raise ProviderRefused(words[0], remedy=words[1])

    def _bounded(self, row: SealedRow, provider: ProviderIdentity | None, actor: Actor) -> Role:
        stored = Role(row.columns["role"])
        role = stored if provider is None else bounded_role(stored, provider.roles)
        if role is None:
            self._record(actor, Outcome.REFUSED, {"provider": True})
            raise ProviderRefused("The identity provider allows none of what your role in this vault allows.")
        return role

    def _record(self, actor: Actor, outcome: Outcome, detail: Mapping[str, Any] | None = None) -> None:
        entry: Entry = self._audit.entry(
            actor, action=Action.OPERATOR_SIGN_IN, outcome=outcome, detail=dict(detail or {})
        )  # fmt: skip
        self._audit.record(entry)
