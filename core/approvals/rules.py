"""All decisions of trust about approvals, in one place and without I/O: rows and keys in, an error or nothing out.

IntegrityFailure where something is not what the console stored or what was signed; ApprovalInvalid where it is,
but does not serve.
"""

from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.access.second_operator import GOVERNED, Operation
from core.approvals.model import Decision, Party, Request, Status, Verdict
from core.errors import ApprovalInvalid, IntegrityFailure


def check_request_signature(request: Request, signature: bytes, requester: Party | None) -> None:
    """Raise IntegrityFailure unless the requester's own, certified key signed exactly this request."""
    if requester is None or requester.key != request.requester_key:
        raise IntegrityFailure("This request does not carry the key of the operator who is said to ask.")
    _check(requester.key, signature, request.signed_bytes(), "The request")


def check_decision_signature(request: Request, decision: Decision, signature: bytes, decider: Party | None) -> None:
    """Raise IntegrityFailure unless the decider's own, certified key signed exactly this decision on this request."""
    if decider is None or decider.key != decision.operator_key:
        raise IntegrityFailure("This approval does not carry the key of the operator who is said to approve.")
    _check(decider.key, signature, decision.signed_bytes(request), "The approval")


def refuse_one_voice(requester: Party, approver: Party) -> None:
    """Raise ApprovalInvalid unless requester and approver are two operators, two persons and two keys."""
    if requester.name == approver.name:
        raise ApprovalInvalid(
            "You asked for this yourself. Another operator must approve.", remedy="Ask another super admin."
        )
    if requester.person == approver.person:
        raise ApprovalInvalid(
            "Requester and approver are two accounts of one person. Another person must approve.",
            remedy="Ask another super admin.",
        )
    if requester.key == approver.key:
        raise ApprovalInvalid(
            "Requester and approver sign with the same key. Another key must approve.",
            remedy="Ask another super admin.",
        )


def refuse_approver(request: Request, approver: Party) -> None:
    """Raise ApprovalInvalid unless this operator may approve such an operation, and it is about somebody else."""
    if not approver.active:
        raise ApprovalInvalid(f"{approver.name} approved this and is disabled since.")
    if approver.role not in GOVERNED[request.operation.kind].approvers:
        raise ApprovalInvalid(f"The role of {approver.name} ({approver.role.value}) does not allow to approve this.")
    if request.operation.parameters.get("operator") == approver.name:
        raise ApprovalInvalid("This request is about the approver. Another operator must approve.")


def refuse_status(status: Status, wanted: Status) -> None:
    """Raise ApprovalInvalid unless a request stands where it must."""
    if status is wanted:
        return
    words: Mapping[Status, tuple[str, str | None]] = {
        Status.WAITING: ("Nobody has approved this yet.", "Ask another operator to approve it."),
        Status.APPROVED: ("This is approved already.", "The requester can go on now."),
        Status.REJECTED: ("This was rejected.", None),
        Status.EXECUTED: ("This approval was used already: each serves once.", None),
        Status.EXPIRED: ("This request has expired.", None),
    }
    message, remedy = words[status]
    raise ApprovalInvalid(message, remedy=remedy)


def refuse_other_requester(request: Request, operator: str) -> None:
    """Raise ApprovalInvalid unless this operator asked for it."""
    if request.requester != operator:
        raise ApprovalInvalid("Another operator asked for this. Only who asked may go on.")


def refuse_other_operation(request: Request, operation: Operation) -> None:
    """Raise ApprovalInvalid unless exactly what was approved is to be done."""
    approved = request.operation
    if (approved.kind, approved.target, dict(approved.parameters)) != (
        operation.kind,
        operation.target,
        dict(operation.parameters),
    ):
        raise ApprovalInvalid("This approval is for something else: operation, target or a parameter differs.")
    if approved.target_revision != operation.target_revision:
        raise ApprovalInvalid("What this approval is about has changed since it was asked for.")


def status_at(status: Status, expires: datetime, now: datetime) -> Status:
    """Return a stored status as it is at a time."""
    return Status.EXPIRED if status in {Status.WAITING, Status.APPROVED} and expires <= now else status


def verdict_of(status: Status) -> Verdict | None:
    """Return which decision a status rests on."""
    return {
        Status.APPROVED: Verdict.APPROVE,
        Status.EXECUTED: Verdict.APPROVE,
        Status.REJECTED: Verdict.REJECT,
    }.get(status)


def _check(key: bytes, signature: bytes, message: bytes, what: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise IntegrityFailure(f"{what} is not what was signed.") from None
