"""What operators do with operators: list, change a role, bind to states, disable.

Each under dual control where the policy says so. Disabling takes two transactions around the HSM: the intent
commits that the operator is disabled and the new PIN sealed to all who stay; then the token changes its PIN; then
the outcome (`core/access/pins.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from core.access import store
from core.access.model import Invitation, LoginSession, Operator, OperatorState, Permission, Role, require
from core.access.pins import PENDING, TokenPin
from core.access.recording import recorded
from core.access.records import OF_SUPER_ADMINS, OperatorSecrets, invitation_of, operator_of
from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister, is_active_super_admin
from core.access.second_operator import Asked, Consent, Operation, OperationKind, SecondOperator
from core.access.states import require_somebody_else, require_within, states_column, states_of, states_text
from core.access.voice import OperatorVoices
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import ChangedMeanwhile, CitizenZeroError, NotFound, Refused
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow


class OperatorObserver(Protocol):
    """Whoever keeps something that ends when an operator goes or gets another role: login sessions."""

    def operator_changed(self, connection: Connection, name: str, by: str) -> None:
        """Forget it, inside the transaction in which another operator (`by`) changes this one."""


class OperatorService:
    """The operators of one vault. Thread-safe."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        register: OperatorRegister,
        voices: OperatorVoices,
        pins: TokenPin,
        settings: SettingsService,
        second: SecondOperator,
        audit: AuditLog,
        now: Callable[[], datetime],
        observers: Sequence[OperatorObserver] = (),
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._register = register
        self._voices = voices
        self._pins = pins
        self._settings = settings
        self._second = second
        self._audit = audit
        self._now = now
        self._observers = observers

    def operators(self, session: LoginSession) -> list[Operator]:
        """Return all operators, also disabled ones. Raises IntegrityFailure where a record is not the console's."""
        require(session, Permission.OPERATOR_LIST)
        return [operator_of(row.columns) for row in self._register.all()]

    def invitations(self, session: LoginSession) -> list[Invitation]:
        """Return the invitations that wait for their operators."""
        require(session, Permission.OPERATOR_LIST)
        return [invitation_of(row.columns) for row in self._register.open_invitations()]

    def set_role(self, session: LoginSession, name: str, role: Role, asked: Asked) -> Operator:
        """Give an operator another role; login sessions of the operator end.

        A new super admin gets from the one who asks what only super admins hold: the own password opens it.
        """
        told = {"operator": name, "role": role.value}
        with recorded(self._audit, session, Action.OPERATOR_ROLE, told):
            require(session, Permission.OPERATOR_ROLE)
            with self._pins.exclusive():
                rows = self._register.all()
                row = _other(session, rows, name)
                before = row.columns["role"]
                if before == role.value and asked.approval is None:
                    raise Refused(f"{name} has this role already.", meaning="Nothing was changed.")
                if role is not Role.SUPER_ADMIN:
                    self._keep_enough_super_admins(rows, row)
                operation = Operation(
                    OperationKind.OPERATOR_ROLE,
                    f"operator {name}",
                    {"operator": name, "role": role.value, "from": before},
                    row.columns["revision"],
                )
                consent = self._second.consent(session, operation, asked)
                columns = {
                    **row.columns,
                    "role": role.value,
                    **self._for_super_admins(session, row, role, asked),
                    "revision": row.columns["revision"] + 1,
                }
                detail = {**told, "from": before, "revision": columns["revision"], **_of(consent)}
                return self._store_change(session, row, columns, consent, Action.OPERATOR_ROLE, detail)

    def set_states(self, session: LoginSession, name: str, states: frozenset[str] | None, asked: Asked) -> Operator:
        """Bind an operator to the citizens of some states, or to none; login sessions of the operator end."""
        told = {"operator": name, "states": states_text(states)}
        with recorded(self._audit, session, Action.OPERATOR_STATES, told):
            require(session, Permission.OPERATOR_STATES)
            require_within(session, states)
            with self._pins.exclusive():
                rows = self._register.all()
                row = _other(session, rows, name)
                before = states_text(states_of(row.columns))
                if before == told["states"] and asked.approval is None:
                    raise Refused(f"{name} is bound so already.", meaning="Nothing was changed.")
                if states is not None:
                    require_somebody_else([other for other in rows if other is not row])
                operation = Operation(
                    OperationKind.OPERATOR_STATES, f"operator {name}", {**told, "from": before}, row.columns["revision"]
                )
                consent = self._second.consent(session, operation, asked)
                revision = row.columns["revision"] + 1
                columns = {**row.columns, "states": states_column(states), "revision": revision}
                detail = {**told, "from": before, "revision": revision, **_of(consent)}
                return self._store_change(session, row, columns, consent, Action.OPERATOR_STATES, detail)

    def disable(self, session: LoginSession, name: str, asked: Asked) -> Operator:
        """Disable an operator for good: no sign-in, a new PIN that only the others can open.

        Invitations that the operator made are void. Raises Refused for oneself and for the last who may approve;
        what the HSM raises leaves the operator disabled, and the next sign-in changes the PIN.
        """
        with recorded(self._audit, session, Action.OPERATOR_DISABLE, {"operator": name}):
            require(session, Permission.OPERATOR_DISABLE)
            with self._pins.exclusive():
                rows = self._register.all()
                row = _other(session, rows, name)
                self._pins.refuse_half_done(rows)
                self._keep_enough_super_admins(rows, row)
                operation = Operation(
                    OperationKind.OPERATOR_DISABLE, f"operator {name}", {"operator": name}, row.columns["revision"]
                )
                consent = self._second.consent(session, operation, asked)
                return self._disable(session, rows, row, consent)

    def _store_change(
        self,
        session: LoginSession,
        row: SealedRow,
        columns: Mapping[str, Any],
        consent: Consent,
        action: Action,
        detail: Mapping[str, Any],
    ) -> Operator:
        """Store an operator's changed columns with their entry, and end what the operator has open."""
        [sealed] = self._sealer.seal([(row.table, columns)])
        entry = self._audit.entry(
            session.actor, action=action, outcome=Outcome.DONE, reason=consent.reason, detail=dict(detail)
        )
        with self._database.transaction() as connection:
            used = consent.use(connection)
            _replace(connection, [(row, sealed)])
            self._tell(connection, row.columns["name"], session.operator)
            self._audit.append(connection, *used, entry)
        return operator_of(sealed)

    def _disable(self, session: LoginSession, rows: Sequence[SealedRow], row: SealedRow, consent: Consent) -> Operator:
        name, new = row.columns["name"], self._pins.new_pin()
        columns = {
            **row.columns,
            "state": OperatorState.DISABLED.value,
            "disabled_at": self._now(),
            "disabled_by": session.operator,
            **dict.fromkeys(OF_SUPER_ADMINS),
            PENDING: None,
            "revision": row.columns["revision"] + 1,
        }
        detail = {"operator": name, "revision": columns["revision"], **_of(consent)}
        intent, outcome = (
            self._audit.entry(
                session.actor, action=Action.OPERATOR_DISABLE, outcome=outcome, reason=consent.reason, detail=detail
            )
            for outcome in (Outcome.INTENT, Outcome.DONE)
        )
        staying = [other for other in rows if other is not row and other.columns["state"] == OperatorState.ACTIVE.value]
        invited = self._register.open_invitations()
        void = [item for item in invited if item.columns["invited_by"] == name]
        staying += [item for item in invited if item not in void]
        changed = [
            (row, columns),
            *zip(staying, self._pins.pending(staying, new), strict=True),
            *((item, revoked(item)) for item in void),
        ]
        sealed = self._sealer.seal([(old.table, column) for old, column in changed])
        with self._database.transaction() as connection:
            used = consent.use(connection)
            _replace(connection, zip((old for old, _ in changed), sealed, strict=True))
            self._tell(connection, name, session.operator)
            self._audit.append(connection, *used, intent)
        try:
            self._pins.change(new, outcome)
        except CitizenZeroError as error:
            error.meaning = f"{name} is disabled. The token's PIN is not changed yet: the next sign-in finishes it."
            raise
        finally:
            new.wipe()
        return operator_of(sealed[0])

    def _for_super_admins(
        self, session: LoginSession, row: SealedRow, role: Role, asked: Asked
    ) -> dict[str, bytes | None]:
        """Return what only super admins hold, sealed to a new one; nothing for any other role."""
        if role is not Role.SUPER_ADMIN:
            return dict.fromkeys(OF_SUPER_ADMINS)
        keys, own = self._voices.open(session, asked.password)
        secrets = OperatorSecrets.opened(own.columns, keys, role)
        try:
            sealed = secrets.sealed_to(row.columns["encryption_public"])
        finally:
            secrets.wipe()
        return {column: sealed[column] for column in OF_SUPER_ADMINS}

    def _keep_enough_super_admins(self, rows: Sequence[SealedRow], leaving: SealedRow) -> None:
        """Raise Refused where too few super admins would stay: two under dual control, else one."""
        if not is_active_super_admin(leaving):
            return
        staying = [row for row in rows if is_active_super_admin(row) and row is not leaving]
        if not staying:
            raise Refused("This is the last super admin.", remedy="Invite another super admin first.")
        for column, called in OF_SUPER_ADMINS.items():
            if leaving.columns[column] is not None and all(row.columns[column] is None for row in staying):
                raise Refused(
                    f"Nobody else holds the {called}: it would be lost.",
                    remedy="Have this operator invite another super admin first.",
                )
        if len(staying) < ENOUGH_FOR_DUAL_CONTROL and self._settings.read_checked().dual_control:
            raise Refused(
                "Dual control needs two super admins, and only one would stay.",
                remedy="Invite another super admin first.",
            )

    def _tell(self, connection: Connection, name: str, by: str) -> None:
        for observer in self._observers:
            observer.operator_changed(connection, name, by)


def revoked(invitation: SealedRow) -> dict[str, Any]:
    """Return the columns of an invitation that may no longer be used, not yet sealed."""
    columns = invitation.columns
    return {**columns, "state": "revoked", PENDING: None, "revision": columns["revision"] + 1}


def _other(session: LoginSession, rows: Sequence[SealedRow], name: str) -> SealedRow:
    """Return the active operator of this name, who must be somebody else."""
    row = next((row for row in rows if row.columns["name"] == name), None)
    if row is None:
        raise NotFound("There is no operator with this name.")
    if name == session.operator:
        raise Refused("Nobody disables themselves or changes their own role.", remedy="Ask another super admin.")
    if row.columns["state"] != OperatorState.ACTIVE.value:
        raise Refused(f"{name} is disabled.", meaning="Nothing was changed.", remedy="Invite the person anew.")
    return row


def _replace(connection: Connection, changed: Iterable[tuple[SealedRow, Mapping[str, Any]]]) -> None:
    for old, columns in changed:
        if not store.replace(connection, old, columns):
            raise ChangedMeanwhile("An operator's record was changed at the same moment.")


def _of(consent: Consent) -> dict[str, str]:
    """Return what an entry says about the consent."""
    return {"approval": consent.approval, "approver": consent.approver or ""} if consent.approval else {}
