"""Disabling an operator: no sign-in, a new PIN for all who stay, and safe to be killed at any point."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.access.model import Role
from core.access.records import PIN_PURPOSE
from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter
from core.errors import (
    HsmNotAnswering,
    HsmPinRefused,
    IntegrityFailure,
    InvitationRefused,
    NotFound,
    Refused,
    SignInRefused,
)
from hsm.secret import Secret
from tests.support.operators import console, join, own, with_operator
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault, make_vault, opened

STAYS = "staying.registrar"
_NUMBERS = count()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault without dual control, with one operator who stays."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home")
    try:
        with_operator(made, STAYS, Role.REGISTRAR)
        yield made
    finally:
        made.close()


@pytest.fixture
def leaves(real: RealVault) -> str:
    """Add an operator who will leave."""
    name = f"leaving.{next(_NUMBERS)}"
    with_operator(real, name, Role.REGISTRAR)
    return name


def disable(real: RealVault, name: str) -> None:
    """Disable an operator as the first one."""
    first = own(real)
    first.services.operators.disable(first.session, name, first.asked())


def pending(real: RealVault) -> int:
    """Count the rows that hold a new PIN beside the present one."""
    [(operators,)] = real.sql("SELECT count(*) FROM operator WHERE pin_pending_sealed IS NOT NULL")
    return int(operators)


def fresh_sign_in(real: RealVault, name: str) -> None:
    """Sign in at a console that knows no PIN yet."""
    with console(real, name) as opened_console:
        opened_console.services.citizens.count(opened_console.session, CitizenFilter())


def test_who_is_disabled_cannot_sign_in_and_the_others_can(real: RealVault, leaves: str) -> None:
    old_pin = opened(real.vault, "pin_sealed", PIN_PURPOSE).reveal()
    disable(real, leaves)
    with pytest.raises(SignInRefused):
        fresh_sign_in(real, leaves)
    for name in (OPERATOR, STAYS):
        fresh_sign_in(real, name)
    assert opened(real.vault, "pin_sealed", PIN_PURPOSE).reveal() != old_pin
    assert pending(real) == 0
    assert real.enrol(ASHA).state == "KA", "the console that did it goes on"
    assert real.vault.services.check.verify(real.session).whole


def test_the_pin_that_the_disabled_operator_knew_no_longer_opens_the_token(real: RealVault, leaves: str) -> None:
    old_pin = opened(real.vault, "pin_sealed", PIN_PURPOSE)
    disable(real, leaves)
    vault = open_vault(begin(real.home))
    try:
        with pytest.raises(HsmPinRefused):
            vault.services.token.log_in(vault.services.settings.read().token, old_pin)
    finally:
        vault.close()


def test_disabling_leaves_an_intent_and_an_outcome(real: RealVault, leaves: str) -> None:
    disable(real, leaves)
    entries = real.vault.services.audit.search(EntryFilter(action="operator:disable"), 2)
    assert [entry.outcome for entry in entries] == ["done", "intent"]
    assert {entry.detail["operator"] for entry in entries} == {leaves}


def test_a_row_put_back_from_before_does_not_bring_the_operator_back(real: RealVault, leaves: str) -> None:
    [row] = real.sql("SELECT * FROM operator WHERE name = %s", [leaves])
    disable(real, leaves)
    with real.changed("operator", "DELETE FROM operator WHERE name = %s", [leaves]):
        real.sql(f"INSERT INTO operator VALUES ({', '.join(['%s'] * len(row))})", row)
        with pytest.raises(HsmPinRefused):
            fresh_sign_in(real, leaves)


def test_invitations_of_who_is_disabled_are_void_and_others_still_serve(real: RealVault) -> None:
    with_operator(real, "leaving.admin", Role.SUPER_ADMIN)
    with console(real, "leaving.admin") as leaving:
        invite = leaving.services.invitations.invite
        own_friend = invite(leaving.session, "friend", Role.REGISTRAR, leaving.asked())
    first = own(real)
    other = first.services.invitations.invite(first.session, "newcomer", Role.REGISTRAR, first.asked())
    disable(real, "leaving.admin")
    with pytest.raises(InvitationRefused):
        join(real, own_friend.code, "friend")
    join(real, other.code, "newcomer")
    fresh_sign_in(real, "newcomer")


def test_nobody_disables_themselves(real: RealVault) -> None:
    with pytest.raises(Refused, match="themselves"):
        disable(real, OPERATOR)


def test_an_unknown_or_disabled_operator_is_not_disabled_again(real: RealVault, leaves: str) -> None:
    with pytest.raises(NotFound):
        disable(real, "nobody.at.all")
    disable(real, leaves)
    with pytest.raises(Refused, match="is disabled"):
        disable(real, leaves)


# --- killed in the middle ---------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


def _stop(*_: object) -> None:
    raise Killed


def test_killed_before_the_token_changed_the_next_sign_in_changes_it(
    real: RealVault, leaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_pin = opened(real.vault, "pin_sealed", PIN_PURPOSE).reveal()
    with monkeypatch.context() as patched:
        patched.setattr(real.vault.services.client, "change_pin", _stop)
        with pytest.raises(Killed):
            disable(real, leaves)
    assert pending(real) >= 2
    with pytest.raises(SignInRefused):
        fresh_sign_in(real, leaves)
    fresh_sign_in(real, STAYS)
    _is_finished(real, old_pin, leaves)


def test_killed_after_the_token_changed_the_next_sign_in_finishes_it(
    real: RealVault, leaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_pin = opened(real.vault, "pin_sealed", PIN_PURPOSE).reveal()
    pins = own(real).services.operators._pins
    with monkeypatch.context() as patched:
        patched.setattr(pins, "_promote", _stop)
        with pytest.raises(Killed):
            disable(real, leaves)
    assert pending(real) >= 2
    fresh_sign_in(real, STAYS)
    _is_finished(real, old_pin, leaves)


def test_an_hsm_that_does_not_answer_leaves_the_operator_disabled_and_says_what_comes(
    real: RealVault, leaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: object) -> None:
        raise HsmNotAnswering("The HSM does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(real.vault.services.token, "change_pin", silent)
        with pytest.raises(HsmNotAnswering) as failed:
            disable(real, leaves)
    assert "the next sign-in finishes it" in failed.value.meaning
    first = own(real)
    with pytest.raises(Refused, match="not finished"):  # or the PIN that the token may have by now would be lost
        disable(real, STAYS)
    with pytest.raises(Refused, match="not finished"):
        first.services.invitations.invite(first.session, "too.early", Role.AUDITOR, first.asked())
    fresh_sign_in(real, OPERATOR)
    assert pending(real) == 0


def test_an_invitee_who_joins_first_finishes_what_was_begun(
    real: RealVault, leaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = own(real)
    made = first.services.invitations.invite(first.session, "early.bird", Role.REGISTRAR, first.asked())
    with monkeypatch.context() as patched:
        patched.setattr(real.vault.services.client, "change_pin", _stop)
        with pytest.raises(Killed):
            disable(real, leaves)
    join(real, made.code, "early.bird")
    assert pending(real) == 0
    fresh_sign_in(real, "early.bird")
    fresh_sign_in(real, STAYS)


def test_a_new_pin_put_in_by_sql_is_never_changed_to(real: RealVault) -> None:
    """Anybody can seal something to a public key: the seal of the row decides, before the token is touched."""
    from core.access.operator_keys import seal_to

    [(public,)] = real.sql("SELECT encryption_public FROM operator WHERE name = %s", [STAYS])
    forged = seal_to(public, Secret("a PIN that the attacker knows"), PIN_PURPOSE)
    with (
        real.changed("operator", "UPDATE operator SET pin_pending_sealed = %s WHERE name = %s", [forged, STAYS]),
        pytest.raises(IntegrityFailure),
    ):
        fresh_sign_in(real, STAYS)
    fresh_sign_in(real, STAYS)
    fresh_sign_in(real, OPERATOR)


def _is_finished(real: RealVault, old_pin: bytes, name: str) -> None:
    assert pending(real) == 0
    real.vault.services.sign_in.leave()
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    assert opened(real.vault, "pin_sealed", PIN_PURPOSE).reveal() != old_pin
    entries = real.vault.services.audit.search(EntryFilter(action="operator:disable"), 2)
    assert [entry.outcome for entry in entries] == ["done", "intent"]
    assert entries[0].detail["operator"] == name
    assert real.vault.services.check.verify(real.session).whole
    for staying in (OPERATOR, STAYS):
        fresh_sign_in(real, staying)


def test_a_changed_role_holds_from_the_next_sign_in(real: RealVault) -> None:
    first = own(real)
    changed = first.services.operators.set_role(first.session, STAYS, Role.SUPER_ADMIN, first.asked())
    assert changed.role is Role.SUPER_ADMIN
    with console(real, STAYS) as promoted:
        assert promoted.session.role is Role.SUPER_ADMIN
        made = promoted.services.invitations.invite(promoted.session, "later", Role.SUPER_ADMIN, promoted.asked())
    join(real, made.code, "later")
    [(held,)] = real.sql("SELECT owner_password_sealed IS NOT NULL FROM operator WHERE name = 'later'")
    assert held, "the owner's password went from hand to hand"
    with pytest.raises(Refused, match="already"):
        first.services.operators.set_role(first.session, STAYS, Role.SUPER_ADMIN, first.asked())


def test_the_console_says_who_is_disabled_since_when(real: RealVault, leaves: str) -> None:
    disable(real, leaves)
    seen = {item.name: item for item in real.vault.services.operators.operators(real.session)}
    assert (seen[leaves].state, seen[STAYS].state) == ("disabled", "active")
    assert seen[leaves].disabled_at is not None


def test_what_only_one_super_admin_holds_is_not_lost_with_that_one_and_the_last_one_stays(tmp_path: Path) -> None:
    made = make_vault(tmp_path / "home")
    try:
        with_operator(made, "second.admin", Role.SUPER_ADMIN)
        row = made.vault.services.register.one("second.admin").columns
        columns = {**row, "recovery_secret_sealed": None}
        [sealed] = made.vault.services.register._sealer.seal([("operator", columns)])
        change = "UPDATE operator SET recovery_secret_sealed = NULL, row_seal = %s WHERE name = 'second.admin'"
        with made.changed("operator", change, [sealed["row_seal"]]), console(made, "second.admin") as second:
            with pytest.raises(Refused, match="would be lost"):
                second.services.operators.disable(second.session, OPERATOR, second.asked())
            with pytest.raises(Refused, match="would be lost"):
                second.services.operators.set_role(second.session, OPERATOR, Role.AUDITOR, second.asked())
        with console(made, "second.admin") as second:
            second.services.operators.disable(second.session, OPERATOR, second.asked())
            held = second.services.register.one("second.admin").columns
            with pytest.raises(Refused):
                second.services.operators.set_role(second.session, "second.admin", Role.AUDITOR, second.asked())
        assert made.vault.services.register.one(OPERATOR).columns["state"] == "disabled"
        assert held["recovery_secret_sealed"] is not None
        assert held["owner_password_sealed"] is not None
    finally:
        made.close()
