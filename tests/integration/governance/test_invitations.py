"""Becoming an operator by a one-time code: nobody learns another's password, and the code serves once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from app.bootstrap import open_vault
from app.start import begin
from core.access.invitation_code import new_code
from core.access.model import NewInvitation, Role
from core.access.records import PIN_PURPOSE
from core.audit.model import EntryFilter, Origin
from core.errors import (
    AlreadyExists,
    CitizenZeroError,
    IntegrityFailure,
    InvalidInput,
    InvitationRefused,
    Refused,
    SignInRefused,
)
from hsm.secret import Secret
from tests.support.operators import console, join, own, password_of, with_operator
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault, make_vault, new_person


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault without dual control."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home")
    try:
        yield made
    finally:
        made.close()


def invite(
    real: RealVault, name: str, role: Role = Role.AUDITOR, states: frozenset[str] | None = None
) -> NewInvitation:
    """Invite somebody as the first operator."""
    first = own(real)
    return first.services.invitations.invite(first.session, name, role, first.asked(), states=states)


def test_the_invited_operator_signs_in_with_the_own_password_only(real: RealVault) -> None:
    join(real, invite(real, "asha.k").code, "asha.k")
    with console(real, "asha.k") as joined:
        assert joined.session.role is Role.AUDITOR
    for wrong in (PASSWORD, "some other four words"):
        with pytest.raises(SignInRefused):
            real.vault.sign_in("asha.k", Secret(wrong), Origin.CLI)
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_joining_certifies_the_new_signing_key_in_the_log(real: RealVault) -> None:
    join(real, invite(real, "key.holder").code, "key.holder")
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:join"), 1)
    [operator] = [item for item in real.vault.services.operators.operators(real.session) if item.name == "key.holder"]
    assert entry.operator == "key.holder"
    assert entry.detail == {"operator": "key.holder", "role": "auditor", "states": "all", "revision": 1,
                            "signing_key": operator.key}  # fmt: skip
    assert operator.invited_by == OPERATOR


def test_who_is_invited_for_some_states_joins_bound_to_them(real: RealVault) -> None:
    made = invite(real, "bound", Role.REGISTRAR, frozenset({"UP", "MH"}))
    [waiting] = [item for item in real.vault.services.operators.invitations(real.session) if item.name == "bound"]
    join(real, made.code, "bound")
    assert made.states == waiting.states == frozenset({"UP", "MH"})
    with console(real, "bound") as joined:
        assert joined.session.states == frozenset({"UP", "MH"})
        with pytest.raises(Refused, match="You work for MH, UP, not for KA"):
            joined.services.citizens.enrol(joined.session, new_person(ASHA))
    entries = real.vault.services.audit.search(EntryFilter(), 60)
    told = {entry.action: entry.detail.get("states") for entry in entries if entry.detail.get("operator") == "bound"}
    assert (told["operator:invite"], told["operator:join"]) == ("MH,UP", "MH,UP")


def test_who_is_bound_invites_nobody_for_other_states(real: RealVault) -> None:
    join(real, invite(real, "bound.admin", Role.SUPER_ADMIN, frozenset({"KA"})).code, "bound.admin")
    with console(real, "bound.admin") as bound:
        invitations, session = bound.services.invitations, bound.session
        for states in (None, frozenset({"KA", "KL"}), frozenset({"KL"})):
            with pytest.raises(Refused, match="You are bound to states yourself"):
                invitations.invite(session, "a.friend", Role.REGISTRAR, bound.asked(), states=states)
        with pytest.raises(InvalidInput):
            invitations.invite(session, "a.friend", Role.REGISTRAR, bound.asked(), states=frozenset())
        made = invitations.invite(session, "a.friend", Role.REGISTRAR, bound.asked(), states=frozenset({"KA"}))
    join(real, made.code, "a.friend")


def test_no_two_operators_share_a_key(real: RealVault) -> None:
    keys = real.sql("SELECT signing_public, encryption_public FROM operator")
    assert len({key for row in keys for key in row}) == 2 * len(keys)


def test_a_code_is_forgiven_its_case_blanks_and_look_alikes(real: RealVault) -> None:
    code = invite(real, "careless").code.reveal_text()
    typed = code.lower().replace("-", "  ").replace("o", "0").replace("i", "1").replace("b", "8")
    join(real, Secret(typed), "careless")


@pytest.mark.parametrize("code", ["", "AAAA", "AAAA-" * 7 + "AAAA", "not a code!", "ÄÖÜ", "A" * 4_000])
def test_codes_that_open_nothing_get_the_same_words(real: RealVault, code: str) -> None:
    invite(real, "somebody")
    with pytest.raises(InvitationRefused) as refused:
        join(real, Secret(code), "somebody")
    assert (refused.value.message, refused.value.exit_code) == ("This invitation is not valid.", 4)


def test_used_expired_voided_and_anothers_codes_get_the_same_words(real: RealVault) -> None:
    used, voided, anothers = invite(real, "one"), invite(real, "two"), invite(real, "three")
    join(real, used.code, "one")
    invite(real, "two")
    said = set()
    for made, name in ((used, "one"), (voided, "two"), (anothers, "four")):
        with pytest.raises(InvitationRefused) as refused:
            join(real, made.code, name)
        said.add((refused.value.message, refused.value.remedy))
    later = open_vault(begin(real.home), lambda: datetime.now(UTC) + timedelta(hours=25))
    try:
        with pytest.raises(InvitationRefused) as refused:
            later.services.invitations.join(anothers.code, "three", Secret(password_of("three")), Origin.CLI)
        said.add((refused.value.message, refused.value.remedy))
    finally:
        later.close()
    assert len(said) == 1
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:join", outcome="refused"), 1)
    assert (entry.operator, entry.detail) == ("unknown", {})


def test_codes_that_do_not_serve_cost_the_same_statements_whoever_is_named(real: RealVault) -> None:
    used, anothers = invite(real, "spent"), invite(real, "somebody.new")
    join(real, used.code, "spent")
    tried = {
        "no code": (Secret("not a code!"), "spent"),
        "nobody's": (new_code(), "spent"),
        "nobody's, unknown operator": (new_code(), "nobody.at.all"),
        "used": (used.code, "spent"),
        "another's": (anothers.code, "spent"),
        "another's, unknown operator": (anothers.code, "nobody.at.all"),
    }
    said: dict[str, tuple[int, str, str | None]] = {}
    vault = open_vault(begin(real.home))
    try:
        statements: list[str] = []
        event.listen(
            vault.services.database._engine, "before_cursor_execute", lambda *given: statements.append(given[2])
        )
        for what, (code, name) in [("first", tried["no code"]), *tried.items()]:
            statements.clear()
            with pytest.raises(InvitationRefused) as refused:
                vault.services.invitations.join(code, name, Secret(password_of(name)), Origin.CLI)
            said[what] = (len(statements), refused.value.message, refused.value.remedy)
    finally:
        vault.close()
    del said["first"]  # it connects
    assert len(set(said.values())) == 1, said


def test_a_weak_password_leaves_the_invitation_as_it_was(real: RealVault) -> None:
    made = invite(real, "weak")
    vault = open_vault(begin(real.home))
    try:
        with pytest.raises(InvalidInput):
            vault.services.invitations.join(made.code, "weak", Secret("password1"), Origin.CLI)
        assert not vault.services.token.open
    finally:
        vault.close()
    join(real, made.code, "weak")


def test_nobody_joins_at_a_console_where_somebody_is_signed_in(real: RealVault) -> None:
    made = invite(real, "hasty")
    with pytest.raises(Refused, match="signed in"):
        real.vault.services.invitations.join(made.code, "hasty", Secret(password_of("hasty")), Origin.CLI)
    assert real.vault.services.token.open


@pytest.mark.parametrize(
    "change",
    [
        "role = 'super_admin'",
        "name = 'edited.too'",
        "expires_at = expires_at + interval '1 year'",
        "invited_by = 'somebody.else'",
        "person = 'somebody else'",
        "states = NULL",
        "states = array_append(states, 'KL')",
        "revision = 5",
    ],
)
def test_an_edited_invitation_makes_no_operator(real: RealVault, change: str) -> None:
    made = invite(real, "edited", states=frozenset({"UP", "MH"}))
    name = "edited.too" if "name" in change else "edited"
    with (
        real.changed("operator_invitation", f"UPDATE operator_invitation SET {change} WHERE name = 'edited'"),
        pytest.raises(IntegrityFailure),
    ):
        join(real, made.code, name)
    assert real.sql("SELECT count(*) FROM operator WHERE name LIKE 'edited%%'") == [(0,)]
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:join", outcome="failed"), 1)
    assert entry.detail == {"operator": name, "error": "CZ-INT-001"}


def test_an_expired_invitation_is_not_prolonged_by_sql(real: RealVault) -> None:
    made = invite(real, "prolonged")
    later = open_vault(begin(real.home), lambda: datetime.now(UTC) + timedelta(hours=25))
    try:
        with (
            real.changed("operator_invitation", "UPDATE operator_invitation SET expires_at = expires_at + '2 days'"),
            pytest.raises(IntegrityFailure),
        ):
            later.services.invitations.join(made.code, "prolonged", Secret(password_of("prolonged")), Origin.CLI)
    finally:
        later.close()


def test_a_used_invitation_that_is_put_back_makes_no_second_operator(real: RealVault) -> None:
    made = invite(real, "returning")
    [row] = real.sql("SELECT * FROM operator_invitation WHERE name = 'returning'")
    join(real, made.code, "returning")
    with real.changed("operator_invitation", "DELETE FROM operator_invitation WHERE name = 'returning'"):
        real.sql(f"INSERT INTO operator_invitation VALUES ({', '.join(['%s'] * len(row))})", row)
        with pytest.raises(AlreadyExists):
            join(real, made.code, "returning")


def test_the_row_alone_opens_nothing(real: RealVault) -> None:
    """What is stored of an invitation, and the code of another one, do not open the PIN."""
    from core.access.invitation_code import keys_of

    made, other = invite(real, "sealed"), invite(real, "other.code")
    [(sealed,)] = real.sql("SELECT pin_sealed FROM operator_invitation WHERE name = 'sealed'")
    assert keys_of(made.code).open(sealed, PIN_PURPOSE)
    with pytest.raises(IntegrityFailure):
        keys_of(other.code).open(sealed, PIN_PURPOSE)
    everything = str(real.sql("SELECT t::text FROM operator_invitation t"))
    assert made.code.reveal_text() not in everything
    assert made.code.reveal_text().replace("-", "") not in everything


def test_what_only_super_admins_hold_is_handed_to_super_admins_only(real: RealVault) -> None:
    with_operator(real, "new.admin", Role.SUPER_ADMIN)
    with_operator(real, "new.custodian", Role.CUSTODIAN)
    both = "owner_password_sealed IS NOT NULL AND recovery_secret_sealed IS NOT NULL"
    held = dict(real.sql(f"SELECT name, {both} FROM operator WHERE name LIKE 'new.%%'"))
    assert held == {"new.admin": True, "new.custodian": False}


def test_an_invitation_needs_the_inviters_own_password(real: RealVault, tmp_path: Path) -> None:
    from core.access.second_operator import Asked

    first = own(real)
    for asked in (Asked(), Asked(Secret("not the password at all"))):
        with pytest.raises(CitizenZeroError) as refused:
            first.services.invitations.invite(first.session, "nobody", Role.AUDITOR, asked)
        assert refused.value.exit_code in {2, 4}
