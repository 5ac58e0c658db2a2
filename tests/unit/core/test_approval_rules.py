"""Dual control's rules on bytes and keys alone: each attack is an input and an error."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.access.model import Role
from core.access.second_operator import Operation, OperationKind
from core.approvals import rules
from core.approvals.model import Decision, Party, Request, Status, Verdict, parameters_text
from core.errors import ApprovalInvalid, IntegrityFailure

ASHA_KEY, RAVI_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
NOW = datetime(2026, 7, 14, 9, 2, tzinfo=UTC)


def party(name: str, key: Ed25519PrivateKey, **changes: Any) -> Party:
    """Return an active super admin."""
    made = Party(name, name, key.public_key().public_bytes_raw(), Role.SUPER_ADMIN, active=True)
    return replace(made, **changes)


ASHA, RAVI = party("asha", ASHA_KEY), party("ravi", RAVI_KEY)
OPERATION = Operation(OperationKind.OPERATOR_ROLE, "operator meera", {"operator": "meera", "role": "auditor"}, 3)
REQUEST = Request(
    UUID(int=7), "log", OPERATION, "asha", ASHA.key, "tidy up", NOW, NOW + timedelta(hours=24), 40, b"\x01" * 32
)
DECISION = Decision("ravi", RAVI.key, Verdict.APPROVE, None, NOW + timedelta(minutes=5))

REQUEST_CHANGES: dict[str, Request] = {
    "id": replace(REQUEST, request_id=UUID(int=8)),
    "vault": replace(REQUEST, vault="another log"),
    "operation": replace(REQUEST, operation=replace(OPERATION, kind=OperationKind.OPERATOR_DISABLE)),
    "target": replace(REQUEST, operation=replace(OPERATION, target="operator asha")),
    "target_revision": replace(REQUEST, operation=replace(OPERATION, target_revision=4)),
    "no target_revision": replace(REQUEST, operation=replace(OPERATION, target_revision=None)),
    "parameters": replace(REQUEST, operation=replace(OPERATION, parameters={"operator": "meera", "role": "registrar"})),
    "fewer parameters": replace(REQUEST, operation=replace(OPERATION, parameters={"operator": "meera"})),
    "reason": replace(REQUEST, reason=None),
    "created": replace(REQUEST, created=NOW - timedelta(microseconds=1)),
    "expires": replace(REQUEST, expires=NOW + timedelta(days=365)),
    "log_index": replace(REQUEST, log_index=41),
    "log_hash": replace(REQUEST, log_hash=b"\x02" * 32),
}
DECISION_CHANGES: dict[str, Decision] = {
    "verdict": replace(DECISION, verdict=Verdict.REJECT),
    "reason": replace(DECISION, reason="fine"),
    "decided_at": replace(DECISION, decided_at=NOW),
}


@pytest.mark.parametrize("changed", REQUEST_CHANGES)
def test_both_signatures_cover_every_part_of_a_request(changed: str) -> None:
    asked, approved = ASHA_KEY.sign(REQUEST.signed_bytes()), RAVI_KEY.sign(DECISION.signed_bytes(REQUEST))
    rules.check_request_signature(REQUEST, asked, ASHA)
    rules.check_decision_signature(REQUEST, DECISION, approved, RAVI)
    with pytest.raises(IntegrityFailure):
        rules.check_request_signature(REQUEST_CHANGES[changed], asked, ASHA)
    with pytest.raises(IntegrityFailure):
        rules.check_decision_signature(REQUEST_CHANGES[changed], DECISION, approved, RAVI)


@pytest.mark.parametrize("changed", DECISION_CHANGES)
def test_an_approval_covers_every_part_of_the_decision(changed: str) -> None:
    approved = RAVI_KEY.sign(DECISION.signed_bytes(REQUEST))
    with pytest.raises(IntegrityFailure):
        rules.check_decision_signature(REQUEST, DECISION_CHANGES[changed], approved, RAVI)


def test_a_key_that_is_not_the_operators_certified_one_signs_nothing() -> None:
    signature = ASHA_KEY.sign(REQUEST.signed_bytes())
    for somebody in (None, replace(ASHA, key=RAVI.key)):
        with pytest.raises(IntegrityFailure):
            rules.check_request_signature(REQUEST, signature, somebody)
    approved = RAVI_KEY.sign(DECISION.signed_bytes(REQUEST))
    for somebody in (None, replace(RAVI, key=ASHA.key)):
        with pytest.raises(IntegrityFailure):
            rules.check_decision_signature(REQUEST, DECISION, approved, somebody)
    with pytest.raises(IntegrityFailure):
        rules.check_request_signature(REQUEST, b"", ASHA)


def test_a_request_signature_is_no_approval() -> None:
    """The two carry different tags, so none can be passed off as the other, even by one key."""
    with pytest.raises(IntegrityFailure):
        rules.check_decision_signature(REQUEST, DECISION, RAVI_KEY.sign(REQUEST.signed_bytes()), RAVI)


@pytest.mark.parametrize(
    ("approver", "words"),
    [
        (ASHA, "yourself"),
        (replace(RAVI, person="asha"), "one person"),
        (replace(RAVI, key=ASHA.key), "same key"),
    ],
)
def test_one_voice_under_two_names_never_approves(approver: Party, words: str) -> None:
    rules.refuse_one_voice(ASHA, RAVI)
    with pytest.raises(ApprovalInvalid, match=words):
        rules.refuse_one_voice(ASHA, approver)


@pytest.mark.parametrize(
    "approver",
    [
        replace(RAVI, active=False),
        *(replace(RAVI, role=role) for role in Role if role is not Role.SUPER_ADMIN),
        replace(RAVI, name="meera"),
    ],
)
def test_who_may_not_approve_this_does_not(approver: Party) -> None:
    rules.refuse_approver(REQUEST, RAVI)
    with pytest.raises(ApprovalInvalid):
        rules.refuse_approver(REQUEST, approver)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.APPROVED])
def test_only_an_approved_request_serves(status: Status) -> None:
    with pytest.raises(ApprovalInvalid):
        rules.refuse_status(status, Status.APPROVED)


def test_expiry_holds_to_the_microsecond_and_never_revives_what_is_done() -> None:
    end = REQUEST.expires
    assert rules.status_at(Status.APPROVED, end, end - timedelta(microseconds=1)) is Status.APPROVED
    assert rules.status_at(Status.APPROVED, end, end) is Status.EXPIRED
    assert rules.status_at(Status.WAITING, end, end) is Status.EXPIRED
    assert rules.status_at(Status.EXECUTED, end, end) is Status.EXECUTED
    assert rules.status_at(Status.REJECTED, end, end) is Status.REJECTED


@pytest.mark.parametrize("changed", ["operation", "target", "target_revision", "parameters", "fewer parameters"])
def test_an_approval_serves_only_the_operation_in_it(changed: str) -> None:
    rules.refuse_other_operation(REQUEST, OPERATION)
    with pytest.raises(ApprovalInvalid):
        rules.refuse_other_operation(REQUEST, REQUEST_CHANGES[changed].operation)


# --- the signed bytes -------------------------------------------------------------------------------

_VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20)
_PARAMETERS = st.dictionaries(st.text(min_size=1, max_size=12), _VALUES, max_size=6)


@given(_PARAMETERS, st.randoms(use_true_random=False))
def test_the_same_request_gives_the_same_bytes_in_any_order(parameters: dict[str, Any], order: Any) -> None:
    names = list(parameters)
    order.shuffle(names)
    again = {name: parameters[name] for name in names}
    one = replace(REQUEST, operation=replace(OPERATION, parameters=parameters))
    other = replace(REQUEST, operation=replace(OPERATION, parameters=again))
    assert one.signed_bytes() == other.signed_bytes()
    assert parameters_text(parameters) == parameters_text(again)


@given(_PARAMETERS, _PARAMETERS)
def test_different_parameters_give_different_bytes(one: dict[str, Any], other: dict[str, Any]) -> None:
    bytes_of = [
        replace(REQUEST, operation=replace(OPERATION, parameters=parameters)).signed_bytes()
        for parameters in (one, other)
    ]
    assert (bytes_of[0] == bytes_of[1]) == (parameters_text(one) == parameters_text(other))


@given(st.datetimes(timezones=st.timezones()), _PARAMETERS)
def test_the_bytes_are_deterministic_cbor_whatever_the_time_zone(time: datetime, parameters: dict[str, Any]) -> None:
    request = replace(REQUEST, created=time, operation=replace(OPERATION, parameters=parameters))
    data = request.signed_bytes()
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data
    try:
        moved = time.astimezone(UTC)
    except OverflowError:
        return
    assert replace(request, created=moved).signed_bytes() == data
