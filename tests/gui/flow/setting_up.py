"""From an empty folder to an unlock screen, by the wizard: shared by the tests of what comes after."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.setup.wizard import WizardStep
from core.storage.home import Home
from tests.gui.pages.bench import Running, type_text
from tests.support.vault import OPERATOR, PASSWORD
from ui.wizards.setup import SetupScreen


@pytest.fixture
def new_home(tmp_path: Path) -> Any:
    """Give a folder without a vault, and remove the vault that the test made there."""
    home = Home(tmp_path / "vault")
    yield home
    if home.holds_vault:
        vault = open_vault(begin(home))
        vault.close()
        vault.server.destroy()
    shutil.rmtree(home.path, ignore_errors=True)


def set_up(running: Running, *, dual_control: bool = False) -> None:
    """Go through the wizard with the module that it finds and PINs that the console makes.

    With dual control on, nobody is enrolled before a second operator has joined.
    """
    screen = running.console.setup
    assert isinstance(screen, SetupScreen)
    running.until(screen.next.isEnabled)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.TOKEN)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.OPERATOR)
    type_text(OPERATOR, screen.operator.operator.editor)
    type_text(PASSWORD, screen.operator.password.first.editor)
    type_text(PASSWORD, screen.operator.password.again.editor)
    screen.operator.dual_control.setChecked(dual_control)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.RUN)
    screen.next.click()
    running.until(lambda: screen.wizard.result is not None)
    screen.next.click()
    running.until(lambda: screen.wizard.step is WizardStep.RESULT)
    assert screen.result.second.isVisible() == dual_control
    assert screen.next.text() == ("Unlock and invite" if dual_control else "Unlock the vault")
    screen.next.click()
