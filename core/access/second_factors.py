"""Second factors of operators: adding, confirming, listing, removing, and the question at sign-in.

A factor is a sealed row, its secret sealed to the operator's own key. The operator's row, sealed as well, names
the factors that sign-in asks for, and the log's newest entry about them names that row's revision: a factor that
is deleted, swapped, or rolled back in SQL is found at the next sign-in. A factor counts once a first answer has
confirmed it. Recovery codes come with the first one and go with the last.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from core.access import factor_store as store
from core.access.factor_rows import factor_of, is_active, kind_and_state, named_factors, secret_purpose
from core.access.factors import (
    LABEL_LENGTH,
    Confirmed,
    Factor,
    FactorKind,
    FactorState,
    NewTotp,
    new_recovery_codes,
    new_totp_secret,
    totp_step,
    totp_uri,
)
from core.access.model import PERMISSIONS, LoginSession, Permission, require
from core.access.operator_keys import OperatorKeys, open_keys, seal_to, stored_keys
from core.access.recording import recorded
from core.access.second_operator import Asked, Consent, NoneNeeded, Operation, OperationKind, SecondOperator
from core.access.security_keys import SecurityKeyRequest, registration
from core.access.tries import SignInTries
from core.access.voice import OperatorVoices
from core.audit.model import Action, Entry, Outcome
from core.audit.service import AuditLog
from core.errors import ChangedMeanwhile, InvalidInput, NotFound, SecondFactorNeeded, SignInRefused
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from hsm.secret import Secret

FACTORS_AT_MOST = 8
PENDING_LASTS = timedelta(minutes=10)
_COUNTING = frozenset({FactorKind.TOTP, FactorKind.FIDO2})
_WAITING = (FactorKind.TOTP.value, FactorState.PENDING.value)
_LABELS = {FactorKind.TOTP: "Authenticator", FactorKind.FIDO2: "Security key", FactorKind.RECOVERY: "Recovery codes"}
_CLOCK = "See that the clocks of computer and authenticator are right, then type the code that it shows now."


class SecondFactors:
    """The use cases."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        tries: SignInTries,
        voices: OperatorVoices,
        second: SecondOperator,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._tries = tries
        self._voices = voices
        self._second = second
        self._audit = audit
        self._now = now

    def begin_totp(self, session: LoginSession, label: str = "") -> NewTotp:
        """Make a TOTP factor for oneself. It asks for nothing until `confirm_totp` has seen a first code."""
        require(session, Permission.OWN_SIGN_IN)
        operator, factors = self._checked(session.operator)
        secret = new_totp_secret()
        row = self._new(operator, factors, FactorKind.TOTP, label, FactorState.PENDING, secret=secret)
        with self._database.transaction() as connection:
            waiting = [item.columns["factor_id"] for item in factors if kind_and_state(item) == _WAITING]
            store.remove(connection, waiting)  # one at a time: what nobody confirmed is given up
            store.add(connection, row, used=-1)
        return NewTotp(factor_of(row), totp_uri(secret, session.operator), row["created_at"] + PENDING_LASTS)

    def confirm_totp(self, session: LoginSession, password: Secret, factor_id: str, code: str) -> Confirmed:
        """Let a TOTP factor count, by a first code and the operator's password.

        Raises NotFound for a factor that does not wait for it, SignInRefused, SecondFactorNeeded for a wrong code.
        """
        require(session, Permission.OWN_SIGN_IN)
        operator, factors = self._checked(session.operator)
        waiting = [item for item in factors if kind_and_state(item) == _WAITING]
        found = next((item.columns for item in waiting if item.columns["factor_id"] == factor_id), None)
        if found is None or found["created_at"] + PENDING_LASTS < self._now():
            raise NotFound("No authenticator waits for its first code under this id.", remedy="Add it anew.")
        keys = self._own_keys(operator, password)
        step = totp_step(keys.open(found["secret_sealed"], secret_purpose(found)), code, self._now().timestamp())
        if step is None:
            raise SecondFactorNeeded("The code does not fit: nothing was added.", remedy=_CLOCK)
        row = {**found, "state": FactorState.ACTIVE.value, "revision": found["revision"] + 1}

        def confirm(connection: Connection, sealed: Mapping[str, Any]) -> None:
            if not store.replace(connection, sealed) or not store.use_higher(connection, factor_id, step):
                raise ChangedMeanwhile("The factor was changed from elsewhere at the same moment.")

        return self._let_count(session, operator, factors, row, confirm)

    def begin_security_key(self, session: LoginSession) -> SecurityKeyRequest:
        """Return the question that makes a security key register itself for this operator."""
        require(session, Permission.OWN_SIGN_IN)
        _, factors = self._checked(session.operator)
        known = [item.columns["credential"] for item in factors if item.columns["credential"] is not None]
        return registration(session.operator, known)

    def add_security_key(
        self,
        session: LoginSession,
        password: Secret,
        request: SecurityKeyRequest,
        response: Mapping[str, Any],
        label: str = "",
    ) -> Confirmed:
        """Let a security key count, by its answer and the operator's password.

        Raises SignInRefused, SecondFactorNeeded for an answer that is not genuine.
        """
        require(session, Permission.OWN_SIGN_IN)
        operator, factors = self._checked(session.operator)
        self._own_keys(operator, password)
        credential, counter = request.registered(response)
        row = self._new(operator, factors, FactorKind.FIDO2, label, FactorState.ACTIVE, credential=credential)
        return self._let_count(
            session, operator, factors, row, lambda connection, sealed: store.add(connection, sealed, used=counter)
        )

    def factors(self, session: LoginSession, operator: str | None = None) -> list[Factor]:
        """Return an operator's factors, one's own by default. Raises IntegrityFailure for a forged or changed one."""
        own = operator is None or operator == session.operator
        require(session, Permission.OWN_SIGN_IN if own else Permission.OPERATOR_SIGN_IN)
        _, factors = self._checked(operator or session.operator)
        with self._database.transaction() as connection:
            used = store.used(connection, [item.columns["factor_id"] for item in factors])
        return [factor_of(item.columns, used.get(item.columns["factor_id"])) for item in factors]

    def remove(self, session: LoginSession, factor_id: str, asked: Asked) -> Factor:
        """Remove a factor: one's own, or, for whoever may, another operator's (the device is lost).

        Needs the own password. Another's is under dual control where the policy names it. With the last authenticator
        or key the recovery codes go too. Raises NotFound, SignInRefused, ApprovalNeeded.
        """
        require(session, Permission.OWN_SIGN_IN)
        with self._database.transaction() as connection:
            found = store.find(connection, factor_id)
        if found is None or not self._may_touch(session, found):
            raise NotFound("There is no second factor with this id.")
        name, kind = found.columns["operator"], found.columns["kind"]
        with recorded(self._audit, session, Action.OPERATOR_FACTOR_REMOVE, {"operator": name, "factor": kind}):
            operator, factors = self._checked(name)
            self._voices.open(session, asked.password)
            consent: Consent = NoneNeeded(asked.reason)
            if name != session.operator:
                parameters = {"operator": name, "factor": factor_id, "kind": kind}
                revision = operator.columns["revision"]
                operation = Operation(OperationKind.OPERATOR_FACTOR, f"operator {name}", parameters, revision)
                consent = self._second.consent(session, operation, asked)
            self._remove(session, operator, factors, found, consent)
        return factor_of(found.columns)

    def _remove(
        self,
        session: LoginSession,
        operator: SealedRow,
        factors: Sequence[SealedRow],
        found: SealedRow,
        consent: Consent,
    ) -> None:
        """Take a factor away, with the last that counts all of them; the consent is used in the same transaction."""
        factor_id = found.columns["factor_id"]
        left = [item for item in factors if item.columns["factor_id"] != factor_id]
        if not any(FactorKind(item.columns["kind"]) in _COUNTING and is_active(item) for item in left):
            left = []
        gone = [item.columns["factor_id"] for item in factors if item not in left]
        named = [item.columns["factor_id"] for item in left if is_active(item)]

        def take_away(connection: Connection) -> tuple[Entry, ...]:
            store.remove(connection, gone)
            return consent.use(connection)

        action = Action.OPERATOR_FACTOR_REMOVE
        self._change_operator(session, operator, named, action, found.columns, take_away, consent)

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.every(connection)

    # --- inside ------------------------------------------------------------------------------------

    def _checked(self, name: str) -> tuple[SealedRow, list[SealedRow]]:
        """Return an operator's row and factors, their seals and their agreement checked."""
        with self._database.transaction() as connection:
            operator = store.operator_of(connection, name)
            factors = store.of_operator(connection, name)
        if operator is None:
            raise NotFound("There is no such operator.")
        self._sealer.check([operator, *factors])
        named_factors(operator, factors)
        return operator, factors

    def _own_keys(self, operator: SealedRow, password: Secret) -> OperatorKeys:
        """Open the operator's own keys. A wrong password counts as a try to sign in."""
        with self._tries.one(operator.columns["name"]) as attempt:
            keys = open_keys(stored_keys(operator.columns), password)
            if keys is None:
                raise SignInRefused(f"The password is wrong. {attempt.failed().words()}")
        return keys

    def _new(
        self,
        operator: SealedRow,
        factors: Sequence[SealedRow],
        kind: FactorKind,
        label: str,
        state: FactorState,
        *,
        secret: Secret | None = None,
        credential: bytes | None = None,
    ) -> dict[str, Any]:
        """Return a new factor's columns, sealed."""
        if len(factors) >= FACTORS_AT_MOST:
            raise InvalidInput(f"An operator has {FACTORS_AT_MOST} second factors at most.", remedy="Remove one first.")
        if len(label) > LABEL_LENGTH or not label.isprintable():
            raise InvalidInput(f"A label has up to {LABEL_LENGTH} printable characters.", field="label")
        row: dict[str, Any] = {
            "factor_id": secrets.token_hex(8),
            "operator": operator.columns["name"],
            "kind": kind.value,
            "label": label or _LABELS[kind],
            "state": state.value,
            "secret_sealed": None,
            "credential": credential,
            "created_at": self._now(),
            "revision": 1,
        }
        if secret is not None:
            row["secret_sealed"] = seal_to(operator.columns["encryption_public"], secret, secret_purpose(row))
        return self._sealer.seal([(store.operator_factor.name, row)])[0]

    def _let_count(
        self,
        session: LoginSession,
        operator: SealedRow,
        factors: Sequence[SealedRow],
        row: Mapping[str, Any],
        put: Callable[[Connection, Mapping[str, Any]], None],
    ) -> Confirmed:
        """Store a factor that counts from now on, named in the operator's row; the first brings recovery codes."""
        [sealed] = self._sealer.seal([(store.operator_factor.name, row)])
        named = [item.columns["factor_id"] for item in factors if is_active(item)]
        codes: Secret | None = None
        recovery: dict[str, Any] | None = None
        if not any(item.columns["kind"] == FactorKind.RECOVERY for item in factors):
            codes = new_recovery_codes()
            recovery = self._new(operator, (), FactorKind.RECOVERY, "", FactorState.ACTIVE, secret=codes)

        def store_all(connection: Connection) -> tuple[Entry, ...]:
            put(connection, sealed)
            if recovery is not None:
                store.add(connection, recovery, used=0)
            return ()

        added = [sealed["factor_id"], *([] if recovery is None else [recovery["factor_id"]])]
        self._change_operator(session, operator, [*named, *added], Action.OPERATOR_FACTOR_ADD, sealed, store_all)
        return Confirmed(factor_of(sealed), () if codes is None else tuple(codes.reveal_text().splitlines()))

    def _change_operator(
        self,
        session: LoginSession,
        operator: SealedRow,
        named: Sequence[str],
        action: Action,
        factor: Mapping[str, Any],
        work: Callable[[Connection], tuple[Entry, ...]],
        consent: Consent | None = None,
    ) -> None:
        """Name the factors in the operator's row, with an entry that names the row's revision: all or nothing.

        `work` returns the entries that go before it.
        """
        revision = operator.columns["revision"] + 1
        columns = {**operator.columns, "factors": list(named) or None, "revision": revision}
        [row] = self._sealer.seal([(operator.table, columns)])
        detail = {"operator": columns["name"], "factor": factor["kind"], "revision": revision}
        if consent is not None and consent.approval is not None:
            detail |= {"approval": consent.approval, "approver": consent.approver or ""}
        reason = None if consent is None else consent.reason
        entry = self._audit.entry(session.actor, action=action, outcome=Outcome.DONE, reason=reason, detail=detail)
        with self._database.transaction() as connection:
            before = work(connection)
            if not store.change_operator(connection, row):
                raise ChangedMeanwhile("The operator's record was changed from elsewhere at the same moment.")
            self._audit.append(connection, *before, entry)

    @staticmethod
    def _may_touch(session: LoginSession, factor: SealedRow) -> bool:
        own = factor.columns["operator"] == session.operator
        return own or Permission.OPERATOR_SIGN_IN in PERMISSIONS[session.role]
