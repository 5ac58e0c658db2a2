"""Requests and approvals: what serves, once, and what does not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.access.model import Role
from core.access.second_operator import Asked
from core.approvals.model import Status
from core.audit.model import EntryFilter, Origin
from core.errors import ApprovalInvalid, ApprovalNeeded, InvalidInput, NotFound, Refused, SignInRefused
from hsm.secret import Secret
from tests.support.operators import Console, console, password_of, with_operator
from tests.support.vault import OPERATOR, RealVault, in_threads


def ask(who: Console, value: int, name: str = "reveal_seconds", reason: str | None = None) -> UUID:
    """File a request to change a setting."""
    with pytest.raises(ApprovalNeeded) as needed:
        who.services.policies.change(who.session, name, str(value), who.asked(reason=reason))
    return UUID(needed.value.approval_id)


def go_on(who: Console, value: int, approval: UUID, name: str = "reveal_seconds") -> None:
    """Do what was asked for."""
    who.services.policies.change(who.session, name, str(value), who.asked(approval))


@pytest.fixture
def later(real: RealVault) -> Iterator[Console]:
    """Give the first operator's console, whose clock is 25 hours ahead."""
    vault = open_vault(begin(real.home), lambda: datetime.now(UTC) + timedelta(hours=25))
    try:
        yield Console(vault, vault.sign_in(OPERATOR, Secret(password_of(OPERATOR)), Origin.CLI))
    finally:
        vault.close()


def test_another_operators_signature_lets_it_run_once(first: Console, second: Console) -> None:
    request = ask(first, 31, reason="shorter looks")
    second.approve(request)
    go_on(first, 31, request)
    assert first.services.settings.read_checked().reveal_seconds == 31
    with pytest.raises(ApprovalInvalid, match="once"):
        go_on(first, 31, request)
    entries = first.services.audit.search(EntryFilter(action="approval:execute"), 1)
    assert entries[0].detail["approver"] == second.name
    [done] = first.services.audit.search(EntryFilter(action="setting:change", outcome="done"), 1)
    assert (done.detail["from"], done.detail["to"], done.reason) == ("60 s", "31 s", "shorter looks")


def test_an_approver_sees_exactly_what_will_be_done(first: Console, second: Console) -> None:
    request = ask(first, 32, reason="shorter looks")
    view = second.services.approvals.show(second.session, request)
    assert view.target == "setting reveal_seconds"
    assert dict(view.parameters)["to"] == "32 s"
    assert (view.requester, view.reason, view.status) == (OPERATOR, "shorter looks", Status.WAITING)
    assert view.may_decide
    assert all(check.passed for check in view.checks)
    assert len(view.digest) == 64
    mine = first.services.approvals.show(first.session, request)
    assert not mine.may_decide
    assert "yourself" in str(mine.why_not)


def test_the_inbox_sorts_by_what_a_request_is_to_the_operator(first: Console, second: Console) -> None:
    before = second.services.approvals.waiting_count(second.session)
    request = ask(first, 33)
    assert second.services.approvals.waiting_count(second.session) == before + 1
    assert request in [view.id for view in second.services.approvals.inbox(second.session).waiting]
    assert request in [view.id for view in first.services.approvals.inbox(first.session).mine]
    second.approve(request)
    assert request in [view.id for view in second.services.approvals.inbox(second.session).done]
    go_on(first, 33, request)
    assert request in [view.id for view in first.services.approvals.inbox(first.session).done]


def test_who_asked_cannot_approve(first: Console) -> None:
    request = ask(first, 34)
    with pytest.raises(ApprovalInvalid, match="Another operator must approve"):
        first.approve(request)
    with pytest.raises(ApprovalInvalid, match="Nobody has approved"):
        go_on(first, 34, request)


def test_a_second_account_of_the_same_person_cannot_approve(real: RealVault, first: Console, second: Console) -> None:
    invite = first.services.invitations.invite
    with pytest.raises(ApprovalNeeded) as needed:
        invite(first.session, "anjali.2", Role.SUPER_ADMIN, first.asked(), person=OPERATOR.upper())
    approval = UUID(needed.value.approval_id)
    second.approve(approval)
    made = invite(first.session, "anjali.2", Role.SUPER_ADMIN, first.asked(approval), person=OPERATOR.upper())
    from tests.support.operators import join

    join(real, made.code, "anjali.2")
    request = ask(first, 35)
    with console(real, "anjali.2") as same, pytest.raises(ApprovalInvalid, match="one person"):
        same.approve(request)


def test_a_rejection_has_a_reason_and_ends_it(first: Console, second: Console) -> None:
    request = ask(first, 36)
    reject = second.services.approvals.reject
    with pytest.raises(InvalidInput, match="why"):
        reject(second.session, request, "  ", Secret(password_of(second.name)))
    view = reject(second.session, request, "too short to read", Secret(password_of(second.name)))
    assert (view.status, view.signatures[1].reason) == (Status.REJECTED, "too short to read")
    with pytest.raises(ApprovalInvalid, match="rejected"):
        go_on(first, 36, request)
    with pytest.raises(ApprovalInvalid, match="rejected"):
        second.approve(request)


def test_who_asked_may_take_the_request_back(first: Console, second: Console) -> None:
    request = ask(first, 37)
    first.services.approvals.reject(first.session, request, "a slip", Secret(password_of(first.name)))
    with pytest.raises(ApprovalInvalid, match="rejected"):
        second.approve(request)


def test_an_approval_serves_only_who_asked(first: Console, second: Console) -> None:
    request = ask(first, 38)
    second.approve(request)
    with pytest.raises(ApprovalInvalid, match="Another operator asked"):
        go_on(second, 38, request)


@pytest.mark.parametrize(("name", "value"), [("reveal_seconds", 40), ("idle_seconds", 39)])
def test_an_approval_serves_exactly_what_was_approved(first: Console, second: Console, name: str, value: int) -> None:
    request = ask(first, 39)
    second.approve(request)
    with pytest.raises(ApprovalInvalid, match="something else"):
        go_on(first, value, request, name)


def test_an_approval_is_void_once_its_target_has_changed(first: Console, second: Console) -> None:
    early, late = ask(first, 41), ask(first, 42)
    second.approve(early)
    second.approve(late)
    go_on(first, 41, early)
    with pytest.raises(ApprovalInvalid):
        go_on(first, 42, late)


def test_an_expired_approval_does_not_serve_and_cannot_be_given(
    first: Console, second: Console, later: Console
) -> None:
    approved, waiting = ask(first, 43), ask(first, 44)
    second.approve(approved)
    with pytest.raises(ApprovalInvalid, match="expired"):
        go_on(later, 43, approved)
    assert later.services.approvals.show(later.session, waiting).status is Status.EXPIRED
    assert later.services.approvals.count_waiting() == 0


def test_nobody_approves_what_is_about_themselves(real: RealVault, first: Console, second: Console) -> None:
    with_operator(real, "third.admin", Role.SUPER_ADMIN, by=second)
    with pytest.raises(ApprovalNeeded) as needed:
        first.services.operators.set_role(first.session, "third.admin", Role.AUDITOR, first.asked())
    with console(real, "third.admin") as third, pytest.raises(ApprovalInvalid, match="about the approver"):
        third.approve(UUID(needed.value.approval_id))


def test_an_approver_who_was_disabled_since_does_not_count(real: RealVault, first: Console, second: Console) -> None:
    with_operator(real, "leaving.admin", Role.SUPER_ADMIN, by=second)
    request = ask(first, 45)
    with console(real, "leaving.admin") as leaving:
        leaving.approve(request)
    with pytest.raises(ApprovalNeeded) as needed:
        first.services.operators.disable(first.session, "leaving.admin", first.asked())
    second.approve(UUID(needed.value.approval_id))
    first.services.operators.disable(first.session, "leaving.admin", first.asked(UUID(needed.value.approval_id)))
    with pytest.raises(ApprovalInvalid, match="disabled since"):
        go_on(first, 45, request)


def test_the_signing_key_opens_only_with_the_own_password(first: Console, second: Console) -> None:
    request = ask(first, 46)
    for wrong in ("not the password at all", password_of(first.name)):
        with pytest.raises(SignInRefused):
            second.services.approvals.approve(second.session, request, Secret(wrong))
    with pytest.raises(InvalidInput, match="password"):
        first.services.policies.change(first.session, "idle_seconds", "55", Asked())
    assert second.services.approvals.show(second.session, request).status is Status.WAITING


def test_an_unknown_approval_is_not_found(first: Console, second: Console) -> None:
    with pytest.raises(NotFound):
        go_on(first, 47, uuid4())
    with pytest.raises(NotFound):
        second.approve(uuid4())


def test_an_approval_used_by_two_processes_at_once_serves_one(real: RealVault, first: Console, second: Console) -> None:
    request = ask(first, 48)
    second.approve(request)
    with console(real, OPERATOR) as again:
        raised = in_threads(2, lambda number: go_on((first, again)[number], 48, request))
    assert len(raised) == 1
    assert isinstance(raised[0], Refused)
    revisions = real.sql("SELECT count(*) FROM setting_change WHERE name = 'reveal_seconds' AND new_value = '48'")
    assert revisions == [(1,)]
    assert real.vault.services.check.verify(real.session).whole


def test_the_policy_says_what_needs_two_and_changing_it_always_does(first: Console, second: Console) -> None:
    change = first.services.policies.change
    with pytest.raises(ApprovalNeeded) as needed:
        change(first.session, "approval_policy", "operator:invite,operator:disable,operator:role", first.asked())
    assert needed.value.operation == "policy:change"
    request = UUID(needed.value.approval_id)
    second.approve(request)
    change(first.session, "approval_policy", "operator:role,operator:invite,operator:disable", first.asked(request))
    assert change(first.session, "kek_capacity", "500", first.asked()).approved_by is None
    for name, value in (("dual_control", "off"), ("approval_policy", "none"), ("approval_hours", "1")):
        with pytest.raises(ApprovalNeeded):
            change(first.session, name, value, first.asked())
