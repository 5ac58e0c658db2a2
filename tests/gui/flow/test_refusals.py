"""What goes wrong, and what a person sees of it: in words, in time, with a window that stays alive."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from core.citizens.model import Field
from hsm.client import HsmClient
from tests.gui.pages.bench import Heartbeat, PopulatedVault, Running, Start
from tests.support.gui import all_strings, settle, texts
from tests.support.vault import OPERATOR, PASSWORD
from ui.dialogs.reveal import RevealDialog
from ui.error_report import ErrorDialog
from ui.pages.citizens.page import CitizensPage
from ui.widgets.dialog import open_dialogs
from ui.widgets.secret_field import SecretState

LONGEST_STALL = 0.7  # seconds, beside another test on the same processors; the HSM's deadline is 5


def open_asha(running: Running, populated: PopulatedVault) -> CitizensPage:
    running.sign_in()
    running.console._on_token(populated.asha.identity_token)
    page = running.window.page("citizens")
    assert isinstance(page, CitizensPage)
    running.until(lambda: page.detail.token == populated.asha.identity_token)
    running.qtbot.wait(400)  # the record is read again once the arrow keys rest
    running.until(lambda: not running.desktop.tasks._running)
    return page


def press_reveal(running: Running, page: CitizensPage) -> None:
    page.revealing.ask((Field.NAME,))
    dialog = running.dialog("reveal_dialog")
    assert isinstance(dialog, RevealDialog)
    dialog.purpose.set_value("support")
    dialog.purpose.picked.emit("support")
    dialog.action.click()


def worker_of(running: Running) -> HsmClient:
    vault = running.console.vault
    assert vault is not None
    client = vault.services.client  # type: ignore[attr-defined]  # the composition root's own
    assert isinstance(client, HsmClient)
    return client


def test_a_wrong_password_is_refused_below_its_field_and_the_operator_stays(
    start: Start, populated_vault: PopulatedVault
) -> None:
    running = start(populated_vault.real.home.path)
    screen = running.console.unlock
    running.until(lambda: running.console.vault is not None)
    screen.operator.set_text(OPERATOR)
    screen.password.editor.setText("not the password")
    screen.unlock.click()
    running.until(lambda: screen.password.error)
    assert screen.password.error.startswith("Operator or password is wrong. ")
    assert screen.password.error.endswith("left, then a pause of 15 minutes.")
    assert screen.operator.text() == OPERATOR
    assert screen.password.text() == ""
    assert screen.unlock.isEnabled()
    assert not running.window.in_workspace


def test_who_types_before_the_vault_is_open_waits_and_gets_in(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    assert running.console.vault is None
    running.sign_in()
    assert running.window.in_workspace


def test_a_silent_hsm_becomes_words_within_its_deadline_while_the_window_lives(
    start: Start, populated_vault: PopulatedVault
) -> None:
    running = start(populated_vault.real.home.path)
    page = open_asha(running, populated_vault)
    pid = worker_of(running).worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    with Heartbeat() as beat:
        press_reveal(running, page)
        running.until(lambda: any(isinstance(dialog, ErrorDialog) for dialog in open_dialogs(running.window)))
    assert time.monotonic() - began < 8
    assert beat.ticks > 100
    assert beat.longest < LONGEST_STALL
    dialog = running.dialog("error")
    said = " ".join(all_strings(dialog))
    assert "HSM" in said
    assert "no personal data was released" in said
    assert "CZ-HSM-003" in said
    assert page.detail.profile.fields[Field.NAME].state is SecretState.MASKED
    again = dialog.findChild(type(page.enrol_button), "error_retry")
    assert again is not None
    again.click()  # without a restart: the next call has a new worker
    running.until(lambda: page.detail.profile.fields[Field.NAME].state is SecretState.REVEALED)


def test_nothing_is_shown_when_the_log_takes_no_entry(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    page = open_asha(running, populated_vault)
    populated_vault.real.sql("REVOKE INSERT ON audit_entry FROM citizen_zero_program")
    try:
        press_reveal(running, page)
        dialog = running.dialog("error")
        said = " ".join(all_strings(dialog))
        assert "audit entry could not be written" in said
        assert "CZ-AUD-001" in said
        assert "Asha" not in " ".join(all_strings(running.window))
        dialog.reject()
    finally:
        populated_vault.real.sql("GRANT INSERT ON audit_entry TO citizen_zero_program")


def test_without_the_token_the_console_says_what_is_missing_and_goes_on_when_it_is_back(
    start: Start, populated_vault: PopulatedVault
) -> None:
    tokens = populated_vault.real.home.path / "tokens"
    moved = _without_tokens(tokens)
    try:
        running = start(populated_vault.real.home.path)
        running.until(lambda: running.console.degraded is not None and running.console.degraded.isVisible())
        settle()
        assert running.console.degraded is not None
        said = " ".join(texts(running.console.degraded))
        assert "The console opened without the HSM" in said
        assert "no personal data, no keys, no signatures" in said
        assert "PostgreSQL" in said
    finally:
        _put_back(moved)
    running.console._retry()
    running.until(running.console.unlock.isVisible)
    running.sign_in()


def test_without_the_database_the_console_says_what_that_prevents_and_goes_on_when_it_is_back(
    start: Start, populated_vault: PopulatedVault
) -> None:
    file = populated_vault.real.home.config_file
    before = file.read_text()
    file.write_text(f'{before}database_url = "postgresql://program@127.0.0.1:9/vault"\n')
    try:
        running = start(populated_vault.real.home.path)
        running.until(lambda: running.console.degraded is not None and running.console.degraded.isVisible())
        settle()
        assert running.console.degraded is not None
        said = " ".join(texts(running.console.degraded))
        assert "The console opened without the database" in said
        assert "no citizen can be found, and no audit entry written" in said
        assert "DB_PASSWORD" in said or "database server runs" in said
        assert "sign in" in said
    finally:
        file.write_text(before)
    running.console._retry()
    running.until(running.console.unlock.isVisible)
    running.sign_in()


def test_a_home_that_cannot_be_read_is_said_in_words(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "vault"
    home.mkdir()
    (home / "config.toml").write_text("nothing = of use\n")
    running = start(home)
    running.until(lambda: running.console.degraded is not None and running.console.degraded.isVisible())
    settle()
    assert running.console.degraded is not None
    said = " ".join(texts(running.console.degraded))
    assert "cannot read its home folder" in said
    assert "config.toml" in said
    assert PASSWORD not in said


def test_a_fault_of_a_page_is_said_once_and_in_words(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    page = open_asha(running, populated_vault)
    page._tasks.report(psycopg.OperationalError("secret words of a driver"))
    dialog = running.dialog("error")
    said = " ".join(all_strings(dialog))
    assert "The console met a fault of its own" in said
    assert "secret words" not in said
    dialog.reject()


def test_locking_while_a_reveal_waits_for_the_hsm_shows_nothing_afterwards(
    start: Start, populated_vault: PopulatedVault
) -> None:
    running = start(populated_vault.real.home.path)
    page = open_asha(running, populated_vault)
    press_reveal(running, page)
    running.window.lock_asked.emit()
    running.until(lambda: running.console._locking is None)
    settle()
    assert "Asha" not in " ".join(all_strings(running.window))
    assert open_dialogs(running.window) == []
    running.sign_in()


def _without_tokens(tokens: Path) -> list[tuple[Path, Path]]:
    moved = []
    for token in tokens.iterdir():
        away = tokens.parent / f"away-{token.name}"
        token.rename(away)
        moved.append((away, token))
    return moved


def _put_back(moved: list[tuple[Path, Path]]) -> None:
    for away, token in moved:
        away.rename(token)


@pytest.fixture(autouse=True)
def _no_stopped_worker_stays(populated_vault: PopulatedVault) -> None:
    """See that the populated vault is still open for the next test."""
    assert populated_vault.real.vault.services.token.open
