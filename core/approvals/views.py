"""A case as an operator sees it before deciding: what will be done, who signed, what was checked, in words."""

from core.access.records import key_digest
from core.access.second_operator import GOVERNED
from core.approvals import rules
from core.approvals.cases import Case
from core.approvals.model import ApprovalView, Check, Party, Signature, Status, Verdict, shown
from core.errors import ApprovalInvalid

_ACTS = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected"}


def view_of(case: Case, viewer: Party) -> ApprovalView:
    """Return the view of a checked case for the operator who looks at it."""
    request, governed = case.request, GOVERNED[case.request.operation.kind]
    why_not = _why_not(case, viewer)
    return ApprovalView(
        request.request_id,
        request.operation.kind,
        governed.title,
        governed.meaning,
        request.operation.target,
        tuple((name, shown(value)) for name, value in sorted(request.operation.parameters.items())),
        request.signed_bytes().hex(),
        request.digest,
        request.requester,
        request.reason,
        request.created,
        request.expires,
        case.status,
        _signatures(case),
        _checks(case, viewer),
        why_not,
    )


def _why_not(case: Case, viewer: Party) -> str | None:
    try:
        rules.refuse_status(case.status, Status.WAITING)
        rules.refuse_one_voice(case.requester, viewer)
        rules.refuse_approver(case.request, viewer)
    except ApprovalInvalid as refused:
        return refused.message
    return None


def _signatures(case: Case) -> tuple[Signature, ...]:
    request, decision = case.request, case.decision
    asked = Signature(request.requester, "asked", request.created, key_digest(request.requester_key), request.reason)
    if decision is None:
        return (asked,)
    key = key_digest(decision.operator_key)
    return asked, Signature(decision.operator, _ACTS[decision.verdict], decision.decided_at, key, decision.reason)


def _checks(case: Case, viewer: Party) -> tuple[Check, ...]:
    """Return what was checked. The first three hold for any case that could be loaded at all."""
    other = case.approver or viewer
    try:
        rules.refuse_one_voice(case.requester, other)
        two = True
    except ApprovalInvalid:
        two = False
    return (
        Check("The record carries the HSM's seal: nothing in it was changed since.", passed=True),
        Check(f"{case.request.requester}'s own key signed exactly this.", passed=True),
        Check("The log holds no earlier use or rejection of it.", passed=True),
        Check(f"{case.request.requester} and {other.name} are two persons with two keys.", passed=two),
        Check("It has not expired.", passed=case.status is not Status.EXPIRED),
    )
