"""A second factor of somebody else is removed by two operators; one's own by oneself."""

from uuid import UUID

import pytest

from core.access.factors import Factor
from core.access.model import NewInvitation, Role
from core.access.second_operator import Asked
from core.approvals.model import Status
from core.audit.model import EntryFilter
from core.errors import ApprovalInvalid, ApprovalNeeded, IntegrityFailure, SecondFactorNeeded, SignInRefused
from hsm.secret import Secret
from tests.support.operators import SECOND, Authenticator, Console, console, password_of, with_operator
from tests.support.vault import RealVault
from ui.models.approval_words import carrying_out

LOSES = "asha.lost"


def add_authenticator(who: Console) -> tuple[Authenticator, Factor]:
    """Add an authenticator for whoever sits at a console."""
    factors = who.services.factors
    new = factors.begin_totp(who.session)
    authenticator = Authenticator(new.uri)
    password = Secret(password_of(who.name))
    return authenticator, factors.confirm_totp(
        who.session, password, new.factor.factor_id, authenticator.fresh()
    ).factor


def ask(who: Console, factor: Factor) -> UUID:
    """Ask for the removal; returns the request."""
    with pytest.raises(ApprovalNeeded) as needed:
        who.services.factors.remove(who.session, factor.factor_id, who.asked(reason="Telephone stolen"))
    return UUID(needed.value.approval_id)


@pytest.fixture
def factor(real: RealVault, second: Console) -> Factor:
    """Give the factor of an operator who has lost the device."""
    if not real.sql("SELECT 1 FROM operator WHERE name = %s", [LOSES]):
        with_operator(real, LOSES, by=second)
    found = real.vault.services.factors.factors(real.session, LOSES)
    if found:
        return found[0]
    with console(real, LOSES) as who:
        return add_authenticator(who)[1]


def test_one_super_admin_alone_removes_nobodys_factor(
    real: RealVault, first: Console, second: Console, factor: Factor
) -> None:
    request = ask(first, factor)
    view = first.services.approvals.show(first.session, request)
    assert dict(view.parameters) == {"operator": LOSES, "factor": factor.factor_id, "kind": "totp"}
    remove = first.services.factors.remove
    with pytest.raises(ApprovalInvalid, match="Nobody has approved"):
        remove(first.session, factor.factor_id, first.asked(request))
    with pytest.raises(ApprovalInvalid, match="yourself"):
        first.approve(request)
    with pytest.raises(SecondFactorNeeded), console(real, LOSES):
        pass
    second.services.approvals.reject(second.session, request, "Call first", Secret(password_of(SECOND)))
    with pytest.raises(ApprovalInvalid, match="rejected"):
        remove(first.session, factor.factor_id, first.asked(request))


def test_an_edited_request_removes_nothing(real: RealVault, first: Console, second: Console, factor: Factor) -> None:
    request = ask(first, factor)
    with (
        real.changed(
            "approval_request", "UPDATE approval_request SET status = 'approved' WHERE request_id = %s", [request]
        ),
        pytest.raises(IntegrityFailure),
    ):
        first.services.factors.remove(first.session, factor.factor_id, first.asked(request))
    second.approve(request)
    with pytest.raises(SignInRefused):
        first.services.factors.remove(first.session, factor.factor_id, Asked(Secret("not the password"), request))


def test_with_another_super_admins_approval_the_password_is_enough_again_and_the_log_names_both(
    real: RealVault, first: Console, second: Console, factor: Factor
) -> None:
    request = ask(first, factor)
    second.approve(request)
    first.services.factors.remove(first.session, factor.factor_id, first.asked(request))
    with console(real, LOSES) as who:
        assert who.services.factors.factors(who.session) == []
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:factor_remove", outcome="done"), 1)
    assert entry.detail["operator"] == LOSES
    assert (entry.detail["approval"], entry.detail["approver"]) == (str(request), SECOND)
    assert entry.reason == "Telephone stolen"


def test_the_window_carries_out_exactly_what_was_approved(
    real: RealVault, first: Console, second: Console, factor: Factor
) -> None:
    removal = ask(first, factor)
    with pytest.raises(ApprovalNeeded) as needed:
        first.services.invitations.invite(
            first.session, "farida.sheikh", Role.REGISTRAR, first.asked(), "staff 4711", frozenset({"UP", "MH"})
        )
    for request in (removal, UUID(needed.value.approval_id)):
        second.approve(request)
        view = first.services.approvals.show(first.session, request)
        result = carrying_out(first.services, first.session, view)(Secret(password_of(first.name)))
        assert first.services.approvals.show(first.session, request).status is Status.EXECUTED
    assert isinstance(result, NewInvitation)
    assert result.states == frozenset({"UP", "MH"})
    assert real.vault.services.factors.factors(real.session, LOSES) == []


def test_ones_own_factor_needs_nobody_else(real: RealVault, second: Console) -> None:
    _, own = add_authenticator(second)
    with pytest.raises(SecondFactorNeeded), console(real, SECOND):
        pass
    second.services.factors.remove(second.session, own.factor_id, second.asked())
    with console(real, SECOND):
        pass
