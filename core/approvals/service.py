"""Dual control: a request holds exactly what is to be done, another operator signs it, and it serves once.

`consent` is what the use cases below ask through `core/access/second_operator.py`. Whether somebody is needed
stands in two settings: `dual_control`, and `approval_policy`, the operations that it names; what those rest on is
always under it. The rules themselves stand in `rules.py`, the signed bytes in `model.py`.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.access.model import LoginSession, Permission, Role, require
from core.access.recording import recorded
from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister
from core.access.second_operator import GOVERNED, Asked, Consent, NoneNeeded, Operation, OperationKind
from core.access.voice import OperatorVoices
from core.approvals import rules, store
from core.approvals.cases import Case, Cases, entry_hash
from core.approvals.model import (
    REASON_LETTERS,
    ApprovalView,
    Decision,
    Inbox,
    Request,
    Status,
    Verdict,
    parameters_text,
)
from core.approvals.views import view_of
from core.audit.model import Action, Entry, EntryFilter, Outcome, timestamp
from core.audit.service import AuditLog
from core.errors import ApprovalInvalid, ApprovalNeeded, ChangedMeanwhile, InvalidInput, Refused
from core.settings.model import VaultSettings
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from hsm.secret import Secret

SHOWN = 200
EVERY = 2**31 - 1


@dataclass(frozen=True)
class _Granted:
    """An approval that serves: used up inside the operation's transaction."""

    row: SealedRow
    used: Mapping[str, Any]
    entry: Entry
    approver: str
    approval: str
    reason: str | None

    def use(self, connection: Connection) -> tuple[Entry, ...]:
        """Mark the request as executed. Raises ApprovalInvalid if it was used at the same moment."""
        if not store.replace(connection, self.row, self.used):
            raise ApprovalInvalid("This approval was used at the same moment: each serves once.")
        return (self.entry,)


class ApprovalService:
    """Requests and approvals of one vault. Thread-safe."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        register: OperatorRegister,
        voices: OperatorVoices,
        settings: SettingsService,
        cases: Cases,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._register = register
        self._voices = voices
        self._settings = settings
        self._cases = cases
        self._audit = audit
        self._now = now

    # --- asked by the use cases ----------------------------------------------------------------------

    def consent(self, session: LoginSession, operation: Operation, asked: Asked) -> Consent:
        """Return the consent to an operation: none needed, or the approval that was named, checked.

        Raises ApprovalNeeded after filing the request, ApprovalInvalid, IntegrityFailure.
        """
        settings, reason = self._settings.read_current(), checked_reason(asked.reason)
        if not self._needed(settings, operation):
            return NoneNeeded(reason)
        if asked.approval is None:
            raise self._filed(session, operation, reason, asked.password, settings)
        return self._granted(session, operation, asked.approval)

    def _needed(self, settings: VaultSettings, operation: Operation) -> bool:
        if not settings.dual_control:
            return False
        if not GOVERNED[operation.kind].always and operation.kind.value not in settings.approval_policy:
            return False
        if operation.kind is not OperationKind.OPERATOR_INVITE:
            return True
        if len(self._register.super_admins()) >= ENOUGH_FOR_DUAL_CONTROL:
            return True
        if operation.parameters["role"] != Role.SUPER_ADMIN.value:
            raise Refused(
                "Dual control waits for its second operator, who must be able to approve: a super admin.",
                remedy="Invite a second super admin first.",
            )
        return False

    def _filed(
        self,
        session: LoginSession,
        operation: Operation,
        reason: str | None,
        password: Secret | None,
        settings: VaultSettings,
    ) -> ApprovalNeeded:
        """File the request, signed by its requester, and return what is raised about it."""
        keys, own = self._voices.open(session, password)
        [head], now = self._audit.search(EntryFilter(), 1), self._now()
        request = Request(
            uuid.uuid4(),
            settings.log_id,
            operation,
            session.operator,
            bytes(own.columns["signing_public"]),
            reason,
            now,
            now + timedelta(hours=settings.approval_hours),
            head.index,
            entry_hash(head.entry),
        )
        columns = _columns(request, keys.signing_private.sign(request.signed_bytes()))
        [row] = self._sealer.seal([(store.request.name, columns)])
        detail = {"approval": str(request.request_id), "operation": operation.kind.value}
        entry = self._audit.entry(
            session.actor, action=Action.APPROVAL_REQUEST, outcome=Outcome.DONE, reason=reason, detail=detail
        )
        with self._database.transaction() as connection:
            store.add(connection, row)
            self._audit.append(connection, entry)
        return ApprovalNeeded(str(request.request_id), operation.kind.value, timestamp(request.expires))

    def _granted(self, session: LoginSession, operation: Operation, request_id: UUID) -> _Granted:
        """Check an approval against exactly this operation: two distinct keys, fresh, unused."""
        case = self._cases.one(request_id)
        rules.refuse_other_requester(case.request, session.operator)
        rules.refuse_status(case.status, Status.APPROVED)
        rules.refuse_other_operation(case.request, operation)
        if case.approver is None:
            raise ApprovalInvalid("Nobody has approved this yet.")
        rules.refuse_one_voice(case.requester, case.approver)
        rules.refuse_approver(case.request, case.approver)
        columns = self._next(case, Status.EXECUTED)
        detail = {
            "approval": str(request_id),
            "operation": operation.kind.value,
            "approver": case.approver.name,
        }
        entry = self._audit.entry(
            session.actor, action=Action.APPROVAL_EXECUTE, outcome=Outcome.DONE, reason=case.request.reason,
            detail=detail,
        )  # fmt: skip
        return _Granted(case.row, columns, entry, case.approver.name, str(request_id), case.request.reason)

    # --- asked by operators --------------------------------------------------------------------------

    def show(self, session: LoginSession, request_id: UUID) -> ApprovalView:
        """Return one request in full. Raises NotFound, or IntegrityFailure where anything of it was edited."""
        require(session, Permission.APPROVAL_LIST)
        return view_of(self._cases.one(request_id), self._cases.party(session.operator))

    def listing(self, session: LoginSession) -> list[ApprovalView]:
        """Return the requests last made, newest first."""
        require(session, Permission.APPROVAL_LIST)
        cases = self._cases.newest(SHOWN)
        return [view_of(case, case.parties[session.operator]) for case in cases]

    def inbox(self, session: LoginSession) -> Inbox:
        """Return the same by what they are to this operator: to decide on, own and open, done."""
        views = self.listing(session)
        waiting = tuple(view for view in views if view.may_decide)
        still = {Status.WAITING, Status.APPROVED}
        mine = tuple(view for view in views if view.requester == session.operator and view.status in still)
        done = tuple(view for view in views if view not in waiting and view not in mine)
        return Inbox(waiting, mine, done)

    def waiting_count(self, session: LoginSession) -> int:
        """Count what waits for this operator, for a badge: cheap, seals not checked."""
        kinds = [kind.value for kind, governed in GOVERNED.items() if session.role in governed.approvers]
        if not kinds:
            return 0
        with self._database.transaction() as connection:
            return store.count_waiting(connection, self._now(), session.operator, kinds)

    def count_waiting(self) -> int:
        """Count all that waits, for a locked console's status: seals not checked."""
        with self._database.transaction() as connection:
            return store.count_waiting(connection, self._now())

    def approve(self, session: LoginSession, request_id: UUID, password: Secret) -> ApprovalView:
        """Sign a request with the own key, which the password opens for this one signature."""
        with recorded(self._audit, session, Action.APPROVAL_APPROVE, {"approval": str(request_id)}):
            require(session, Permission.APPROVAL_GIVE)
            case, me = self._cases.one(request_id), self._cases.party(session.operator)
            rules.refuse_one_voice(case.requester, me)
            rules.refuse_status(case.status, Status.WAITING)
            rules.refuse_approver(case.request, me)
            return self._decide(session, case, Verdict.APPROVE, None, password)

    def reject(self, session: LoginSession, request_id: UUID, reason: str, password: Secret) -> ApprovalView:
        """Reject a request with a reason, signed too. Who asked may take the own request back the same way."""
        with recorded(self._audit, session, Action.APPROVAL_REJECT, {"approval": str(request_id)}):
            require(session, Permission.APPROVAL_LIST)
            words = checked_reason(reason)
            if words is None:
                raise InvalidInput("Say why: a rejection has a reason.", field="reason")
            case, me = self._cases.one(request_id), self._cases.party(session.operator)
            if case.requester != me:
                require(session, Permission.APPROVAL_GIVE)
                if me.role not in GOVERNED[case.request.operation.kind].approvers:
                    raise Refused(f"Your role ({me.role.value}) does not allow to decide on this.")
            rules.refuse_status(case.status, Status.WAITING)
            return self._decide(session, case, Verdict.REJECT, words, password)

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.every(connection)

    def check(self) -> None:
        """Raise IntegrityFailure for the first request that was edited, forged or put back."""
        self._cases.newest(EVERY)

    def _decide(
        self, session: LoginSession, case: Case, verdict: Verdict, reason: str | None, password: Secret
    ) -> ApprovalView:
        keys, own = self._voices.open(session, password)
        key = bytes(own.columns["signing_public"])
        decision = Decision(session.operator, key, verdict, reason, self._now())
        columns = {
            "request_id": case.request.request_id,
            "operator": decision.operator,
            "operator_key": decision.operator_key,
            "verdict": verdict.value,
            "reason": reason,
            "decided_at": decision.decided_at,
            "signature": keys.signing_private.sign(decision.signed_bytes(case.request)),
            "revision": 1,
        }
        [row] = self._sealer.seal([(store.decision.name, columns)])
        approves = verdict is Verdict.APPROVE
        after = self._next(case, Status.APPROVED if approves else Status.REJECTED)
        detail = {"approval": str(case.request.request_id), "operation": case.request.operation.kind.value}
        entry = self._audit.entry(
            session.actor,
            action=Action.APPROVAL_APPROVE if approves else Action.APPROVAL_REJECT,
            outcome=Outcome.DONE,
            reason=reason,
            detail=detail,
        )
        with self._database.transaction() as connection:
            if not store.replace(connection, case.row, after):
                raise ChangedMeanwhile("Somebody else decided on this at the same moment.")
            store.add_decision(connection, row)
            self._audit.append(connection, entry)
        return view_of(self._cases.one(case.request.request_id), self._cases.party(session.operator))

    def _next(self, case: Case, status: Status) -> Mapping[str, Any]:
        """Return a request's next state, sealed. One HSM call, so before BEGIN."""
        columns = {**case.row.columns, "status": status.value, "revision": case.row.columns["revision"] + 1}
        return self._sealer.seal([(case.row.table, columns)])[0]


def checked_reason(reason: str | None) -> str | None:
    """Return a reason in one line, None where there is none. Raises InvalidInput where it is too long."""
    words = " ".join((reason or "").split())
    if len(words) > REASON_LETTERS or not words.isprintable():
        raise InvalidInput(f"A reason has up to {REASON_LETTERS} letters, in one line.", field="reason")
    return words or None


def _columns(request: Request, signature: bytes) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "operation": request.operation.kind.value,
        "target": request.operation.target,
        "target_revision": request.operation.target_revision,
        "parameters": parameters_text(request.operation.parameters),
        "requester": request.requester,
        "requester_key": request.requester_key,
        "reason": request.reason,
        "created_at": request.created,
        "expires_at": request.expires,
        "log_index": request.log_index,
        "log_hash": request.log_hash,
        "signature": signature,
        "status": Status.WAITING.value,
        "revision": 1,
    }
