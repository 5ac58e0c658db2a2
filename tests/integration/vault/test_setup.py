"""Set-up makes a whole vault or leaves nothing."""

import os
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import vault_setup
from core.audit.model import Origin
from core.errors import AlreadyExists, CitizenZeroError, HsmModuleInvalid, HsmModuleMissing, InvalidInput
from core.setup.model import SetupPlan, SetupStep, StepResult
from core.storage.embedded import EmbeddedServer
from core.storage.home import Home
from hsm.secret import Secret
from tests.support.hsm import SOFTHSM
from tests.support.vault import OPERATOR, PASSWORD, RealVault, make_vault


def _plan(**changes: Any) -> SetupPlan:
    return SetupPlan(**{"operator": OPERATOR, "password": Secret(PASSWORD), "module": SOFTHSM, **changes})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"module": Path("/nowhere.so")}, HsmModuleMissing),
        ({"module": Path("/etc/passwd")}, HsmModuleInvalid),
        ({"operator": "a/b"}, InvalidInput),
        ({"operator": " a"}, InvalidInput),
        ({"operator": ""}, InvalidInput),
        ({"operator": "x" * 65}, InvalidInput),
        ({"password": Secret("short")}, InvalidInput),
        ({"password": Secret("password1")}, InvalidInput),
        ({"token_label": "x" * 33}, InvalidInput),
        ({"token_label": " "}, InvalidInput),
        ({"pin": Secret("1234")}, InvalidInput),
    ],
)
def test_a_plan_that_cannot_be_leaves_nothing(tmp_path: Path, changes: dict[str, Any], error: type[Exception]) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(error):
        vault_setup(home, Origin.CLI).run(_plan(**changes))
    assert not home.path.exists()


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(AlreadyExists):
        vault_setup(Home(tmp_path), Origin.CLI).run(_plan())
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_a_vault_is_never_set_up_over_another(real: RealVault) -> None:
    with pytest.raises(AlreadyExists):
        vault_setup(Home(real.home.path), Origin.CLI).run(_plan())
    assert real.vault.services.check.verify(real.session).whole


@pytest.mark.parametrize("step", [SetupStep.TOKEN, SetupStep.KEYS, SetupStep.DATABASE, SetupStep.OPERATOR])
def test_a_set_up_stopped_after_any_step_is_undone(tmp_path: Path, step: SetupStep) -> None:
    home = Home(tmp_path / "home")

    def stop(result: StepResult) -> None:
        if result.step is step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vault_setup(home, Origin.CLI).run(_plan(), stop)
    assert not home.path.exists()


def test_what_a_killed_set_up_left_is_replaced_by_the_next(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.begin("killedsetup1")
    server = EmbeddedServer(home.path, home_id="killedsetup1")
    server.create(Secret("owner"), Secret("program"))
    server.join()  # and never leaves, as after kill -9
    server._users.release()
    (home.path / "tokens").mkdir()
    (home.path / "tokens" / "left").write_text("half a token")
    made = make_vault(home.path)
    assert made.vault.services.check.verify(made.session).whole
    if os.geteuid() == 0:  # then each home id has its own place; else the new cluster stands where the old one was
        assert not server.is_created
    made.close()


def test_pins_chosen_by_hand_work(tmp_path: Path) -> None:
    made = make_vault(tmp_path / "home", pin=Secret("a PIN of my own"), so_pin=Secret("the officer's own"))
    made.vault.lock(made.session)
    made.session = made.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    made.close()


def test_the_choice_of_dual_control_is_recorded(tmp_path: Path) -> None:
    made = make_vault(tmp_path / "home", dual_control=True)
    assert made.vault.services.settings.read_checked().dual_control is True
    made.close()


def test_a_damaged_config_is_said_and_nothing_is_made_over_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config_file.write_text("home_id = ")
    with pytest.raises(InvalidInput):
        home.config()
    with pytest.raises(CitizenZeroError):
        home.begin("anotherone")
