"""With dual control on, set-up ends when a second super admin has joined: no personal data before."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.access.model import GRANTS, Role
from core.audit.model import EntryFilter
from core.citizens.model import CitizenFilter, CitizenRole, Purpose, VerificationLevel
from core.errors import AlreadyExists, InvitationRefused, Refused, SecondOperatorMissing
from tests.support.operators import SECOND, Console, join, own, with_operator
from tests.support.vault import ASHA, OPERATOR, RealVault, make_vault

TOKEN = "idt_" + "0" * 22


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault under dual control with one operator."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home", dual_control=True)
    try:
        yield made
    finally:
        made.close()


def _uses(console: Console) -> dict[str, Callable[[], Any]]:
    citizens, session = console.services.citizens, console.session
    return {
        "show": lambda: citizens.show(session, TOKEN),
        "find": lambda: citizens.find(session, "phone", ASHA["phone"], CitizenFilter()),
        "page": lambda: citizens.page(session, CitizenFilter()),
        "name": lambda: citizens.find_by_name(session, "asha", CitizenFilter()),
        "count": lambda: citizens.count(session, CitizenFilter()),
        "profile": lambda: citizens.profile(session, TOKEN, Purpose.SUPPORT),
        "update": lambda: citizens.update(session, TOKEN, {"district": "Udupi"}),
        "roles": lambda: citizens.set_roles(session, TOKEN, (CitizenRole.CITIZEN,)),
        "level": lambda: citizens.set_level(session, TOKEN, VerificationLevel.DOCUMENT),
    }


def test_before_a_second_operator_joined_every_use_of_citizens_is_refused(alone: RealVault) -> None:
    for name, use in _uses(own(alone)).items():
        with pytest.raises(SecondOperatorMissing, match="second super admin") as refused:
            use()
        assert refused.value.exit_code == 4, name
        assert "operator invite" in refused.value.remedy
    with pytest.raises(SecondOperatorMissing):
        alone.enrol(ASHA)
    assert alone.sql("SELECT count(*) FROM identity_vault")[0][0] == 0


def test_the_first_invitation_is_for_somebody_who_may_approve(alone: RealVault) -> None:
    first = own(alone)
    for role in set(Role) - {Role.SUPER_ADMIN}:
        with pytest.raises(Refused, match="super admin"):
            first.services.invitations.invite(first.session, "meera.joshi", role, first.asked())


def test_only_one_invitation_is_made_alone_and_a_new_one_voids_it(alone: RealVault) -> None:
    first = own(alone)
    invite = first.services.invitations.invite
    lost = invite(first.session, "the.lost.one", Role.SUPER_ADMIN, first.asked())
    made = invite(first.session, SECOND, Role.SUPER_ADMIN, first.asked())
    with pytest.raises(InvitationRefused):
        join(alone, lost.code, "the.lost.one")
    join(alone, made.code, SECOND)


def test_once_the_second_has_joined_both_stand_in_the_record_and_citizens_are_served(alone: RealVault) -> None:
    [entry] = alone.vault.services.audit.search(EntryFilter(action="vault:dual_control_ready"), 5)
    assert entry.detail == {"operators": [OPERATOR, SECOND]}
    assert alone.enrol(ASHA).state == "KA"
    assert alone.vault.services.dual_control.facts().state == "on"


def test_the_same_name_in_other_letters_is_no_second_operator(alone: RealVault) -> None:
    first = own(alone)
    for name in (OPERATOR.upper(), "Vikram.Shetty"):
        with pytest.raises(AlreadyExists):
            first.services.invitations.invite(first.session, name, Role.SUPER_ADMIN, first.asked())


def test_what_is_served_before_completion_touches_no_person() -> None:
    early = {permission.value.split("_")[0] for permission, grant in GRANTS.items() if grant.before_dual_control}
    assert early == {"key", "operator", "own", "approval", "setting", "audit", "vault"}


def test_without_dual_control_one_operator_serves_and_a_banner_says_so(tmp_path: Path) -> None:
    made = make_vault(tmp_path / "home")
    try:
        assert made.enrol(ASHA).state == "KA"
        facts = made.vault.services.dual_control.facts()
        assert (facts.state, facts.on) == ("off", False)
        assert "one operator alone" in facts.banner
        with_operator(made, "ravi.menon", Role.REGISTRAR)
        assert made.vault.services.dual_control.facts().operators == 2
    finally:
        made.close()
