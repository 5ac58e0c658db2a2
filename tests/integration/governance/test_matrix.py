"""Every role, every use case, with own, another's and no approval: exactly the published table."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any
from uuid import UUID

import pytest

from core.access.model import GRANTS, Permission, Role
from core.access.second_operator import GOVERNED, Asked, OperationKind
from core.audit.model import EntryFilter
from core.citizens.model import Purpose, VerificationLevel
from core.errors import AlreadyExists, ApprovalInvalid, ApprovalNeeded, Refused
from hsm.secret import Secret
from tests.support.operators import SECOND, Console, console, password_of
from tests.support.vault import ASHA, OPERATOR, RAVI, RealVault, new_person

USES: dict[Permission, Callable[[Console, str], Any]] = {
    Permission.CITIZEN_ENROL: lambda who, _: who.services.citizens.enrol(who.session, new_person(RAVI)),
    Permission.CITIZEN_FIND: lambda who, token: who.services.citizens.show(who.session, token),
    Permission.CITIZEN_READ: lambda who, token: who.services.citizens.profile(who.session, token, Purpose.SUPPORT),
    Permission.CITIZEN_CHANGE: lambda who, token: who.services.citizens.set_level(
        who.session, token, VerificationLevel.DOCUMENT
    ),
    Permission.PROOF_PROVE: lambda who, _: who.services.proofs.authority(who.session),
    Permission.KEY_LIST: lambda who, _: who.services.keys.ledger(who.session),
    Permission.OPERATOR_LIST: lambda who, _: who.services.operators.operators(who.session),
    Permission.OWN_SIGN_IN: lambda who, _: who.services.sessions.listing(who.session),
    Permission.OPERATOR_SIGN_IN: lambda who, _: who.services.factors.factors(who.session, SECOND),
    Permission.APPROVAL_LIST: lambda who, _: who.services.approvals.listing(who.session),
    Permission.SETTING_LIST: lambda who, _: who.services.policies.listing(who.session),
    Permission.AUDIT_READ: lambda who, _: who.services.log.search(who.session, EntryFilter(), 1),
    Permission.VAULT_VERIFY: lambda who, _: who.services.check.verify(who.session),
}

# Each does something that can be done again and again with other values.
GOVERNED_USES: dict[Permission, Callable[[Console, Asked, int], Any]] = {
    Permission.OPERATOR_INVITE: lambda who, asked, number: who.services.invitations.invite(
        who.session, f"invited {number}", Role.AUDITOR, asked
    ),
    Permission.OPERATOR_DISABLE: lambda who, asked, _: who.services.operators.disable(who.session, "to.disable", asked),
    Permission.OPERATOR_ROLE: lambda who, asked, _: who.services.operators.set_role(
        who.session, "to.change", Role.AUDITOR, asked
    ),
    Permission.OPERATOR_STATES: lambda who, asked, number: who.services.operators.set_states(
        who.session, "to.change", frozenset({"KA", "MH"} if number % 2 else {"KA"}), asked
    ),
    Permission.SETTING_CHANGE: lambda who, asked, number: who.services.policies.change(
        who.session, "reveal_seconds", str(100 + number), asked
    ),
}


@pytest.fixture(scope="module")
def consoles(real: RealVault, second: Console, others: dict[Role, str]) -> Iterator[dict[Role, Console]]:
    """Give a console for an operator of each role."""
    with ExitStack() as stack:
        opened = {role: stack.enter_context(console(real, name)) for role, name in others.items()}
        yield {Role.SUPER_ADMIN: stack.enter_context(console(real, OPERATOR)), **opened}


@pytest.fixture(scope="module")
def token(real: RealVault, second: Console) -> str:
    """Enrol Asha."""
    return real.enrol(ASHA).identity_token


def test_every_permission_has_a_row_and_a_use_case_here() -> None:
    assert set(GRANTS) == set(Permission)
    assert set(USES) | set(GOVERNED_USES) | {Permission.APPROVAL_GIVE} == set(Permission)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", USES)
def test_a_use_case_is_open_to_exactly_the_roles_in_the_table(
    consoles: dict[Role, Console], token: str, role: Role, permission: Permission
) -> None:
    if role not in GRANTS[permission].roles:
        with pytest.raises(Refused, match="does not allow"):
            USES[permission](consoles[role], token)
        return
    with suppress(AlreadyExists):  # the second to enrol Ravi meets that he is there
        USES[permission](consoles[role], token)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", GOVERNED_USES)
def test_a_governed_use_case_without_approval_files_a_request_for_the_roles_in_the_table(
    real: RealVault, consoles: dict[Role, Console], second: Console, role: Role, permission: Permission
) -> None:
    _prepare(real, second, permission)
    who, number = consoles[role], 10 + list(Role).index(role)
    allowed = role in GRANTS[permission].roles
    with pytest.raises(ApprovalNeeded if allowed else Refused) as answer:
        GOVERNED_USES[permission](who, who.asked(), number)
    assert isinstance(answer.value, ApprovalNeeded) == allowed
    if not isinstance(answer.value, ApprovalNeeded):
        return
    approval = UUID(answer.value.approval_id)
    with pytest.raises(ApprovalInvalid):  # missing
        GOVERNED_USES[permission](who, who.asked(approval), number)
    with pytest.raises(ApprovalInvalid, match="yourself"):  # own
        who.approve(approval)
    with pytest.raises(ApprovalInvalid):
        GOVERNED_USES[permission](who, who.asked(approval), number)
    for other in set(Role) - {Role.SUPER_ADMIN}:  # another's, whose role may not
        with pytest.raises(Refused, match="does not allow"):
            consoles[other].approve(approval)
    second.approve(approval)
    GOVERNED_USES[permission](who, who.asked(approval), number)
    with pytest.raises(Refused):  # replayed
        GOVERNED_USES[permission](who, who.asked(approval), number)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_approve_is_in_the_table_and_the_kinds_name_nobody_else(
    consoles: dict[Role, Console], second: Console, role: Role
) -> None:
    with pytest.raises(ApprovalNeeded) as needed:
        second.services.policies.change(second.session, "idle_seconds", "77", second.asked())
    who, request = consoles[role], UUID(needed.value.approval_id)
    if role in GRANTS[Permission.APPROVAL_GIVE].roles:
        who.approve(request)
        return
    with pytest.raises(Refused):
        who.approve(request)
    with pytest.raises(Refused):
        who.services.approvals.reject(who.session, request, "no", Secret(password_of(who.name)))


def test_every_kind_of_operation_is_governed_by_roles_that_may_approve() -> None:
    assert set(GOVERNED) == set(OperationKind)
    for governed in GOVERNED.values():
        assert governed.approvers
        assert governed.approvers <= GRANTS[Permission.APPROVAL_GIVE].roles


def _prepare(real: RealVault, second: Console, permission: Permission) -> None:
    """See that there is an operator to disable or to change, once."""
    from tests.support.operators import with_operator

    name = {Permission.OPERATOR_DISABLE: "to.disable", Permission.OPERATOR_ROLE: "to.change"}.get(permission)
    names = {row.columns["name"] for row in real.vault.services.register.all()}
    assert SECOND in names
    if name is not None and name not in names:
        with_operator(real, name, Role.CUSTODIAN, by=second)
