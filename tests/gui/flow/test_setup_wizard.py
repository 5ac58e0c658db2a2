"""The set-up wizard in its window: failures in words, cancel and back leave nothing."""

from pathlib import Path

import pytest

from core.setup.wizard import WizardStep
from tests.gui.pages.bench import Running, Start, type_text
from tests.support.gui import all_strings, texts
from tests.support.vault import OPERATOR, PASSWORD
from ui.wizards.setup import SetupScreen


def wizard_of(running: Running) -> SetupScreen:
    screen = running.console.setup
    assert isinstance(screen, SetupScreen)
    running.until(lambda: screen.wizard.choices.module is not None)
    return screen


def go_to_run(running: Running, screen: SetupScreen) -> None:
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.TOKEN)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.OPERATOR)
    type_text(OPERATOR, screen.operator.operator.editor)
    type_text(PASSWORD, screen.operator.password.first.editor)
    type_text(PASSWORD, screen.operator.password.again.editor)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.RUN)


def test_a_problem_stands_at_its_field_and_the_step_stays_open(start: Start, tmp_path: Path) -> None:
    running = start(tmp_path / "vault")
    screen = wizard_of(running)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.TOKEN)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.OPERATOR)
    screen.next.click()
    running.until(lambda: screen.operator.operator.error)
    assert screen.operator.password.first.error
    assert screen.wizard.step is WizardStep.OPERATOR


def test_a_failed_set_up_says_what_happened_and_that_it_was_undone(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "vault"
    running = start(home)
    screen = wizard_of(running)
    screen.module.take_file(Path("/usr/lib/x86_64-linux-gnu/libc.so.6"))
    go_to_run(running, screen)
    screen.next.click()
    running.until(lambda: screen.wizard.failure is not None)
    said = " ".join(texts(screen))
    assert "The set-up was undone as a whole: no vault was made." in said
    assert "CZ-HSM" in said
    assert not home.exists()
    assert screen.back.isEnabled()
    screen.back.click()
    assert screen.wizard.step is WizardStep.OPERATOR
    assert screen.operator.operator.text() == OPERATOR


def test_cancelling_while_it_runs_leaves_nothing_and_closes_the_window(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "vault"
    running = start(home)
    screen = wizard_of(running)
    go_to_run(running, screen)
    screen.next.click()
    running.until(lambda: screen.wizard.done)
    screen.cancel.click()
    running.dialog("cancel_setup").action.click()
    running.until(lambda: not running.window.isVisible())
    assert not home.exists()


def test_cancelling_before_it_runs_asks_once_and_makes_nothing(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "vault"
    running = start(home)
    screen = wizard_of(running)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.TOKEN)
    screen.cancel.click()
    dialog = running.dialog("cancel_setup")
    assert "Nothing has been made yet" in " ".join(all_strings(dialog))
    dialog.reject()
    assert running.window.isVisible()
    screen.cancel.click()
    running.dialog("cancel_setup").action.click()
    running.until(lambda: not running.window.isVisible())
    assert not home.exists()


@pytest.mark.parametrize(("text", "word"), [("12345678", "guessed at once"), (PASSWORD, "very strong")])
def test_the_strength_of_a_password_is_said_in_words(start: Start, tmp_path: Path, text: str, word: str) -> None:
    running = start(tmp_path / "vault")
    screen = wizard_of(running)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.TOKEN)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.OPERATOR)
    type_text(text, screen.operator.password.first.editor)
    running.until(lambda: word in texts(screen))
