"""Settings: bounds, and differences in plain words."""

import pytest

from core.access.second_operator import GOVERNED, OperationKind
from core.errors import InvalidInput
from core.settings import catalogue
from core.settings.catalogue import CATALOGUE, Names, Number, Value, difference, parse
from core.settings.model import FIRST_POLICY, VaultSettings
from hsm.model import TokenBinding


def test_every_listed_setting_is_one_of_the_vaults() -> None:
    settings = VaultSettings("log", TokenBinding("label", "serial", {}), True, "AES-256-GCM", True)
    names = set(settings.rows())
    assert VaultSettings.from_rows(settings.rows()) == settings
    assert set(CATALOGUE) <= names
    assert names - set(CATALOGUE) == {"log_id", "token", "wrap_algorithm", "extractable_under_trusted"}


def test_the_policy_names_what_can_be_governed_and_not_what_always_is() -> None:
    choosable = {kind.value for kind, governed in GOVERNED.items() if not governed.always}
    policy = CATALOGUE["approval_policy"].kind
    assert isinstance(policy, Names)
    assert set(policy.choices) == choosable == set(FIRST_POLICY)
    assert OperationKind.POLICY_CHANGE.value not in FIRST_POLICY


def test_what_dual_control_rests_on_is_a_policy() -> None:
    assert {name for name, rule in CATALOGUE.items() if rule.policy} == {
        "dual_control",
        "approval_policy",
        "approval_hours",
    }


@pytest.mark.parametrize("name", [name for name, rule in CATALOGUE.items() if isinstance(rule.kind, Number)])
def test_a_number_is_taken_within_its_bounds_only(name: str) -> None:
    kind = CATALOGUE[name].kind
    assert isinstance(kind, Number)
    assert parse(name, str(kind.lowest)) == kind.lowest
    assert parse(name, f" {kind.highest} ") == kind.highest
    for wrong in (kind.lowest - 1, kind.highest + 1, "", "ten", "1.5", "0x10", "１２", "1e3", "+9", "9" * 400):  # noqa: RUF001
        with pytest.raises(InvalidInput) as refused:
            parse(name, str(wrong))
        assert str(kind.highest) in refused.value.message


@pytest.mark.parametrize("wrong", ["", "perhaps", "1", "operator:invite"])
def test_a_switch_is_on_or_off(wrong: str) -> None:
    assert parse("dual_control", "ON") is True
    assert parse("dual_control", "off") is False
    with pytest.raises(InvalidInput):
        parse("dual_control", wrong)


def test_a_policy_is_a_list_of_known_operations_in_one_order() -> None:
    assert parse("approval_policy", "operator:role, operator:disable") == ("operator:disable", "operator:role")
    assert parse("approval_policy", "none") == ()
    for wrong in ("", ",", "operator:invite,everything", "none,operator:invite", "policy:change"):
        with pytest.raises(InvalidInput):
            parse("approval_policy", wrong)


@pytest.mark.parametrize("name", ["token", "log_id", "wrap_algorithm", "extractable_under_trusted", "", "revision"])
def test_what_set_up_settled_cannot_be_set(name: str) -> None:
    with pytest.raises(InvalidInput, match="no setting"):
        parse(name, "x")


@pytest.mark.parametrize(
    ("name", "value", "written", "shown"),
    [
        ("session_seconds", 28_800, "28800 s", "8 h"),
        ("session_seconds", 5_445, "5445 s", "1 h 30 min 45 s"),
        ("idle_seconds", 60, "60 s", "1 min"),
        ("reveal_seconds", 45, "45 s", "45 s"),
        ("approval_hours", 24, "24 h", "24 h"),
        ("kek_capacity", 999, "999 citizens", "999 citizens"),
        ("kek_capacity", 10_000, "10000 citizens", "10,000 citizens"),
        ("kek_capacity", 1_000_000, "1000000 citizens", "10,00,000 citizens"),
        ("limit_profile", "100000 per day; 3 per second", "100000 per day; 3 per second",
         "1,00,000 per day; 3 per second"),
        ("dual_control", True, "on", "on"),
        ("approval_policy", ("operator:role",), "operator:role", "operator:role"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_people_say_it_and_written_as_it_is_typed(
    name: str, value: Value, written: str, shown: str
) -> None:
    assert catalogue.written(name, value) == written
    assert CATALOGUE[name].kind.shown(value) == shown
    assert parse(name, written) == value


def test_a_difference_is_said_in_plain_words() -> None:
    assert difference("idle_seconds", 600, 300) == "Time without input until the console locks: 10 min → 5 min"
    assert difference("dual_control", True, False) == "Dual control: on → off"
    assert (
        difference("approval_policy", ["operator:role"], [])
        == "Operations that need two operators: operator:role → none"
    )
