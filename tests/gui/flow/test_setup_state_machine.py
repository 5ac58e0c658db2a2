"""The set-up wizard without a window: what may go on, what goes back, what is forgotten."""

from pathlib import Path

import pytest

from core.errors import HsmUnavailable, InvalidInput
from core.setup.model import SetupResult, SetupStep, StepResult
from core.setup.wizard import SetupCancelled, SetupWizard, WizardStep
from tests.support.hsm import SOFTHSM
from tests.support.vault import OPERATOR, PASSWORD


def at(step: WizardStep) -> SetupWizard:
    """Return a wizard with everything right up to a step."""
    wizard = SetupWizard()
    wizard.choices.module = SOFTHSM
    wizard.choices.operator = OPERATOR
    wizard.type_secret("password", PASSWORD)
    wizard.type_secret("password_again", PASSWORD)
    while wizard.step is not step:
        wizard.go_on()
    return wizard


def done(step: SetupStep) -> StepResult:
    return StepResult(step, "a fact", 0.1)


def result() -> SetupResult:
    return SetupResult(Path("/home"), "log", OPERATOR, "label", "serial", "AES-256-GCM", "Ed25519", True, True, {})


def test_it_begins_with_the_module_and_nothing_to_go_back_to() -> None:
    wizard = SetupWizard()
    assert wizard.step is WizardStep.MODULE
    assert not wizard.may_go_back
    assert wizard.problems() == {"module": "Choose a module."}


def test_a_step_with_a_problem_is_not_left() -> None:
    wizard = SetupWizard()
    with pytest.raises(InvalidInput, match="module"):
        wizard.go_on()
    wizard.choices.module = Path("/nowhere/lib.so")
    assert wizard.problems() == {"module": "There is no such file."}


def test_pins_that_the_console_makes_need_nothing_typed() -> None:
    wizard = at(WizardStep.TOKEN)
    assert wizard.problems() == {}
    assert at(WizardStep.RUN).plan().pin is None


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"so_pin", "pin"}),
        ({"so_pin": "12345678", "so_pin_again": "12345678", "pin": "1234567", "pin_again": "1234567"}, {"pin"}),
        ({"so_pin": "12345678", "so_pin_again": "12345679", "pin": "87654321", "pin_again": "87654321"},
         {"so_pin_again"}),
        ({"so_pin": "12345678", "so_pin_again": "12345678", "pin": "12345678", "pin_again": "12345678"}, {"pin"}),
        ({"so_pin": "12345678", "so_pin_again": "12345678", "pin": "87654321", "pin_again": "87654321"}, set()),
    ],
)  # fmt: skip
def test_typed_pins_are_long_enough_repeated_and_not_the_same(typed: dict[str, str], wrong: set[str]) -> None:
    wizard = at(WizardStep.TOKEN)
    wizard.choices.own_pins = True
    for field, text in typed.items():
        wizard.type_secret(field, text)
    assert set(wizard.problems()) == wrong


@pytest.mark.parametrize("label", ["", "   ", "x" * 33, "bell\a"])
def test_a_label_that_no_token_can_carry_is_refused(label: str) -> None:
    wizard = at(WizardStep.TOKEN)
    wizard.choices.token_label = label
    assert "token_label" in wizard.problems()


@pytest.mark.parametrize(
    ("operator", "password", "again", "wrong"),
    [
        ("", PASSWORD, PASSWORD, {"operator"}),
        ("a/b", PASSWORD, PASSWORD, {"operator"}),
        (OPERATOR, "", "", {"password"}),
        (OPERATOR, "short", "short", {"password"}),
        (OPERATOR, "password1", "password1", {"password"}),
        (OPERATOR, PASSWORD, "", {"password_again"}),
        (OPERATOR, PASSWORD, PASSWORD + "x", {"password_again"}),
    ],
)
def test_an_operator_has_a_name_and_a_strong_password_typed_twice(
    operator: str, password: str, again: str, wrong: set[str]
) -> None:
    wizard = at(WizardStep.OPERATOR)
    wizard.choices.operator = operator
    wizard.type_secret("password", password)
    wizard.type_secret("password_again", again)
    assert set(wizard.problems()) == wrong


def test_going_back_keeps_what_was_typed() -> None:
    wizard = at(WizardStep.RUN)
    wizard.go_back()
    wizard.go_back()
    assert wizard.step is WizardStep.TOKEN
    wizard.go_on()
    assert wizard.problems() == {}


def test_there_is_no_way_back_while_it_runs_and_no_second_run() -> None:
    wizard = at(WizardStep.RUN)
    wizard.start()
    assert not wizard.may_go_back
    wizard.go_back()
    assert wizard.step is WizardStep.RUN
    with pytest.raises(InvalidInput):
        wizard.start()


def test_the_steps_of_a_run_follow_each_other() -> None:
    wizard = at(WizardStep.RUN)
    assert wizard.current_run_step() is None
    wizard.start()
    assert wizard.current_run_step() is SetupStep.HOME
    wizard.step_done(done(SetupStep.HOME))
    assert wizard.current_run_step() is SetupStep.TOKEN


def test_a_failed_run_says_where_keeps_the_secrets_and_may_be_changed() -> None:
    wizard = at(WizardStep.RUN)
    wizard.start()
    wizard.step_done(done(SetupStep.HOME))
    wizard.failed(HsmUnavailable("The HSM cannot."))
    assert wizard.current_run_step() is SetupStep.TOKEN
    assert wizard.may_go_back
    wizard.go_back()
    assert wizard.failure is None
    assert wizard.problems() == {}
    wizard.go_on()
    assert wizard.start().operator == OPERATOR


def test_cancelling_before_the_run_forgets_every_secret() -> None:
    wizard = at(WizardStep.OPERATOR)
    wizard.cancel()
    assert wizard.problems()["password"] == "It must be there."


def test_cancelling_a_run_stops_it_after_the_step_that_runs() -> None:
    wizard = at(WizardStep.RUN)
    wizard.start()
    wizard.check_cancelled(done(SetupStep.HOME))
    wizard.cancel()
    assert not wizard.may_cancel
    with pytest.raises(SetupCancelled):
        wizard.check_cancelled(done(SetupStep.TOKEN))


def test_a_vault_that_is_done_is_not_undone_by_a_late_cancel() -> None:
    wizard = at(WizardStep.RUN)
    wizard.start()
    wizard.cancel()
    wizard.check_cancelled(done(SetupStep.CHECK))


def test_a_finished_run_wipes_the_secrets_and_leads_to_its_result_only() -> None:
    wizard = at(WizardStep.RUN)
    plan = wizard.start()
    wizard.finished(result())
    assert plan.password.reveal() == b""
    assert not wizard.may_go_back
    assert not wizard.may_cancel
    wizard.go_on()
    assert wizard.step is WizardStep.RESULT
    assert wizard.following() is None


def test_no_secret_is_printed() -> None:
    wizard = at(WizardStep.RUN)
    assert "lamp" not in repr(vars(wizard))
