"""Becoming an operator: the inviter gets a one-time code, the invitee joins with it and an own password.

The inviter seals the token's PIN (to a future super admin also what only super admins hold) to the code's key, so
neither learns the other's password. The code is shown once; the row alone opens nothing.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.access import store
from core.access.invitation_code import INVALID, CodeKeys, is_code, keys_of, new_code
from core.access.model import (
    LoginSession,
    NewInvitation,
    Operator,
    OperatorState,
    Permission,
    Role,
    checked_operator_name,
    checked_person,
    person_of,
    require,
)
from core.access.operator_keys import check_password
from core.access.operators import revoked
from core.access.pins import PENDING, TokenPin
from core.access.recording import recorded
from core.access.records import (
    Opener,
    OperatorSecrets,
    key_digest,
    new_operator,
    operator_of,
)
from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister, is_active_super_admin
from core.access.second_operator import Asked, Operation, OperationKind, SecondOperator
from core.access.states import require_within, states_column, states_of, states_text
from core.access.voice import OperatorVoices
from core.audit.governance import GovernanceLog
from core.audit.model import Action, Actor, Entry, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import AlreadyExists, ChangedMeanwhile, IntegrityFailure, InvitationRefused, Refused
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.migrate import check_schema
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken
from hsm.secret import Secret

OPEN = "open"
USED = "used"


class Invitations:
    """Inviting and joining. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        register: OperatorRegister,
        voices: OperatorVoices,
        pins: TokenPin,
        settings: SettingsService,
        second: SecondOperator,
        governance: GovernanceLog,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._register = register
        self._voices = voices
        self._pins = pins
        self._settings = settings
        self._second = second
        self._governance = governance
        self._audit = audit
        self._now = now

    # --- inviting ----------------------------------------------------------------------------------

    def invite(
        self,
        session: LoginSession,
        name: str,
        role: Role,
        asked: Asked,
        person: str | None = None,
        states: frozenset[str] | None = None,
    ) -> NewInvitation:
        """Invite an operator; an older invitation of the same name is void.

        `person` names who stands behind the account (a staff number, say), where somebody has several; by default
        the name itself; `states` are those whose citizens the operator will see, all by default. Needs the own
        password: it opens what is handed on. Raises ApprovalNeeded.
        """
        told = {"operator": name, "role": role.value, "states": states_text(states)}
        with recorded(self._audit, session, Action.OPERATOR_INVITE, told):
            require(session, Permission.OPERATOR_INVITE)
            require_within(session, states)
            checked_operator_name(name)
            who = person_of(name) if person is None else checked_person(person)
            with self._pins.exclusive():
                if asked.approval is None:
                    self._refuse_known_name(name)
                parameters = {**told, "person": who}
                operation = Operation(OperationKind.OPERATOR_INVITE, f"operator {name}", parameters)
                consent = self._second.consent(session, operation, asked)
                self._refuse_known_name(name)
                keys, own = self._voices.open(session, asked.password)
                self._pins.refuse_half_done([own])
                code, settings = new_code(), self._settings.read_checked()
                made = keys_of(code)
                expires = self._now() + timedelta(hours=settings.invitation_hours)
                row = {
                    "invitation_id": made.invitation_id,
                    "name": name,
                    "role": role.value,
                    "person": who,
                    "states": states_column(states),
                    "state": OPEN,
                    "invited_by": session.operator,
                    "encryption_public": made.public,
                    **_handed_on(own.columns, keys, role, made.public),
                    "created_at": self._now(),
                    "expires_at": expires,
                    "revision": 1,
                }
                # The one invitation that no second operator approved takes the place of any before it.
                alone = settings.dual_control and consent.approval is None
                void = [item for item in self._register.open_invitations() if alone or item.columns["name"] == name]
                sealed = self._sealer.seal(
                    [(store.invitation.name, row), *((item.table, revoked(item)) for item in void)]
                )
                detail = {**told, "key": made.invitation_id.hex()}
                if consent.approval is not None:
                    detail |= {"approval": consent.approval, "approver": consent.approver or ""}
                entry = self._audit.entry(
                    session.actor, action=Action.OPERATOR_INVITE, outcome=Outcome.DONE, reason=consent.reason,
                    detail=detail,
                )  # fmt: skip
                with self._database.transaction() as connection:
                    used = consent.use(connection)
                    store.add_invitation(connection, sealed[0])
                    for old, columns in zip(void, sealed[1:], strict=True):
                        if not store.replace(connection, old, columns):
                            raise ChangedMeanwhile("An invitation was changed at the same moment.")
                    self._audit.append(connection, *used, entry)
        return NewInvitation(code, name, role, expires, states)

    def _refuse_known_name(self, name: str) -> None:
        """Raise AlreadyExists for a name that is or reads like an operator's, also a disabled one's."""
        if any(person_of(row.columns["name"]) == person_of(name) for row in self._register.all()):
            raise AlreadyExists("An operator with this name, or one that reads the same, exists.", field="operator")

    # --- joining -----------------------------------------------------------------------------------

    def join(self, code: Secret, name: str, password: Secret, origin: Origin) -> Operator:
        """Become an operator, with an own password. The vault is locked before and after.

        Raises InvitationRefused, the same for every code that does not serve; InvalidInput for a weak password.
        """
        if self._token.open:
            raise Refused("Somebody is signed in here.", remedy="Lock the console, then join.")
        check_schema(self._database)
        actor = Actor(name, origin, uuid.uuid4().hex[:16])
        keys, row = self._found(code, name, origin)
        check_password(password, (name,))
        try:
            self._pins.log_in(actor, row, keys)
            with self._pins.exclusive():
                return self._join(actor, keys, password)
        except IntegrityFailure as error:
            self._record_failed(actor, error)
            raise
        finally:
            self._token.log_out()

    def _record_failed(self, actor: Actor, error: IntegrityFailure) -> None:
        """Leave an entry of a forged invitation, where the token was opened with it: without, none has a MAC."""
        if self._token.open:
            detail = {"operator": actor.operator, "error": error.code}
            self._audit.record(
                self._audit.entry(actor, action=Action.OPERATOR_JOIN, outcome=Outcome.FAILED, detail=detail)
            )

    def _found(self, code: Secret, name: str, origin: Origin) -> tuple[CodeKeys, SealedRow]:
        """Return the invitation that a code opens, not yet authenticated: the token is not open.

        A word that can be no code costs what any code costs: it is looked for as one that nobody has.
        """
        try:
            keys = keys_of(code if is_code(code) else new_code())
            with self._database.transaction() as connection:
                row = store.find_invitation(connection, keys.invitation_id)
            self._refuse_unusable(row, name)
        except InvitationRefused:
            unknown = Actor("unknown", origin, uuid.uuid4().hex[:16])
            self._audit.record(self._audit.entry(unknown, action=Action.OPERATOR_JOIN, outcome=Outcome.REFUSED))
            raise
        if row is None:
            raise InvitationRefused(INVALID)
        return keys, row

    def _refuse_unusable(self, row: SealedRow | None, name: str) -> None:
        columns = {} if row is None else row.columns
        if columns.get("state") != OPEN or columns["expires_at"] <= self._now() or columns["name"] != name:
            raise InvitationRefused(INVALID)

    def _join(self, actor: Actor, keys: CodeKeys, password: Secret) -> Operator:
        """Read the invitation once more, check it by its seal and the log, and store the new operator."""
        with self._database.transaction() as connection:
            row = store.find_invitation(connection, keys.invitation_id)
        self._refuse_unusable(row, actor.operator)
        if row is None:
            raise InvitationRefused(INVALID)
        self._sealer.check([row])
        operators = self._register.all()
        alone_before = self._refuse_stale(row, operators)
        role = Role(row.columns["role"])
        secrets = OperatorSecrets.opened(row.columns, keys, role)
        try:
            columns = new_operator(actor.operator, password, role, secrets, self._now())
        finally:
            secrets.wipe()
        columns |= {name: row.columns[name] for name in ("person", "invited_by", "states")}
        used = {**row.columns, "state": USED, PENDING: None, "revision": row.columns["revision"] + 1}
        sealed = self._sealer.seal([(store.operator.name, columns), (row.table, used)])
        joined = {
            "operator": actor.operator,
            "role": role.value,
            "states": states_text(states_of(row.columns)),
            "revision": 1,
            "signing_key": key_digest(columns["signing_public"]),
        }
        entries = [self._audit.entry(actor, action=Action.OPERATOR_JOIN, outcome=Outcome.DONE, detail=joined)]
        if alone_before and role is Role.SUPER_ADMIN:
            entries.append(self._complete(actor, operators))
        with self._database.transaction(self._register.conflicts()) as connection:
            store.add(connection, sealed[0])
            if not store.replace(connection, row, sealed[1]):
                raise InvitationRefused(INVALID)  # somebody joined with it at the same moment
            self._audit.append(connection, *entries)
        return operator_of(columns)

    def _refuse_stale(self, row: SealedRow, operators: list[SealedRow]) -> bool:
        """Raise for an invitation that no longer stands; tell whether dual control waits for its second operator.

        An old row that was put back whole has a seal that fits: the log and the operators say what it is worth.
        """
        names = {str(other.columns["name"]): other for other in operators}
        inviter = names.get(row.columns["invited_by"])
        if inviter is None or inviter.columns["state"] != OperatorState.ACTIVE.value:
            raise InvitationRefused(INVALID)
        newest = self._governance.newest_of(Action.OPERATOR_INVITE, Outcome.DONE, operator=row.columns["name"])
        if newest is None or newest.detail.get("key") != row.columns["invitation_id"].hex():
            raise IntegrityFailure("The log does not know this invitation as the newest one for this name.")
        dual_control = self._settings.read_current().dual_control
        waiting = dual_control and sum(map(is_active_super_admin, operators)) < ENOUGH_FOR_DUAL_CONTROL
        if dual_control and "approval" not in newest.detail and not waiting:
            raise InvitationRefused(INVALID)  # made alone, before dual control was complete
        return waiting

    def _complete(self, actor: Actor, operators: list[SealedRow]) -> Entry:
        """Return the entry that ends set-up under dual control: both stand in it."""
        both = [*(row.columns["name"] for row in operators if is_active_super_admin(row)),
                actor.operator]  # fmt: skip
        return self._audit.entry(
            actor, action=Action.DUAL_CONTROL_READY, outcome=Outcome.DONE, detail={"operators": both}
        )


def _handed_on(columns: Mapping[str, Any], keys: Opener, role: Role, public: bytes) -> dict[str, bytes | None]:
    """Return what the inviter seals to the code: the PIN, and to a super admin what only super admins hold."""
    secrets = OperatorSecrets.opened(columns, keys, role)
    try:
        return secrets.sealed_to(public)
    finally:
        secrets.wipe()
