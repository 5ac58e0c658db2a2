"""Signing in by a person, in each way that there is, on real parts; and being signed out from elsewhere."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt

from app.bootstrap import Vault, open_vault
from app.start import begin
from core.access.second_operator import Asked
from core.access.security_key_device import SecurityKeyDevice
from core.access.tries import FREE_TRIES
from core.audit.model import Origin
from hsm.secret import Secret
from tests.gui.pages.bench import Heartbeat, Running, Start, press, type_text
from tests.support.gui import all_strings, assert_all_named, assert_no_elided_labels, screenshot, settle, texts
from tests.support.operators import Authenticator, add_totp
from tests.support.providers import CLIENT, Account, Browser, mock_provider
from tests.support.security_key import SoftKey
from tests.support.vault import OPERATOR, PASSWORD, RealVault, make_vault
from ui.dialogs.add_authenticator import AuthenticatorDialog
from ui.pages.unlock import UnlockScreen
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.dialog import open_dialogs


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault of this module's own: its operator gets and loses second factors."""
    made = make_vault(tmp_path_factory.mktemp("home") / "vault")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_tries_left_over(real: RealVault) -> None:
    real.sql("DELETE FROM sign_in_try")


@pytest.fixture
def totp(real: RealVault) -> Iterator[Authenticator]:
    """Let the operator have an authenticator."""
    authenticator, confirmed = add_totp(real, real.session)
    yield authenticator
    real.vault.services.factors.remove(real.session, confirmed.factor.factor_id, Asked(Secret(PASSWORD)))


def enter_password(running: Running, password: str = PASSWORD) -> UnlockScreen:
    screen = running.console.unlock
    running.until(lambda: running.console.vault is not None and screen.isVisible())
    screen.operator.set_text(OPERATOR)
    screen.password.editor.setFocus()
    type_text(password, screen.password.editor)
    press(Qt.Key.Key_Return, screen.password.editor)
    return screen


def asks_for_code(running: Running) -> UnlockScreen:
    screen = enter_password(running)
    running.until(screen.code.isVisible)
    return screen


def refused(running: Running) -> str:
    screen = running.console.unlock
    running.until(lambda: screen.password.error)
    return screen.password.error


# --- second factor -----------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_leads_to_a_second_step_and_the_code_in(
    start: Start, real: RealVault, totp: Authenticator
) -> None:
    running = start(real.home.path)
    screen = asks_for_code(running)
    assert running.console.desk is None
    assert screen.code.editor.hasFocus()
    assert not screen.password.isVisible()
    assert PASSWORD not in "\n".join(all_strings(running.window))
    assert_all_named(screen)
    assert_no_elided_labels(screen)
    type_text(totp.fresh(), screen.code.editor)
    press(Qt.Key.Key_Return, screen.code.editor)
    running.until(lambda: running.window.in_workspace)


def test_a_wrong_code_is_refused_in_words_and_the_password_is_asked_again(
    start: Start, real: RealVault, totp: Authenticator
) -> None:
    running = start(real.home.path)
    screen = asks_for_code(running)
    press(Qt.Key.Key_Return, screen.code.editor)
    assert screen.code.error == "Type the code that your authenticator shows."
    type_text("000000", screen.code.editor)
    screen.unlock.click()
    assert refused(running) == "The second factor does not fit. 4 tries left, then a pause of 15 minutes."
    assert screen.password.isVisible()
    assert not screen.code.isVisible()
    assert not running.window.in_workspace


def test_the_second_step_can_be_stopped_and_the_window_closed_in_it(
    start: Start, real: RealVault, totp: Authenticator
) -> None:
    running = start(real.home.path)
    screen = asks_for_code(running)
    screen.stop.click()
    assert refused(running) == "You stopped. Nothing was opened."
    asks_for_code(running)  # and the fixture closes the window: nothing waits for the person then


def test_the_window_lives_while_it_waits_for_the_person(start: Start, real: RealVault, totp: Authenticator) -> None:
    running = start(real.home.path)
    with Heartbeat() as beat:
        asks_for_code(running)
        running.qtbot.wait(500)
    assert beat.longest < 0.35


def test_a_security_key_is_touched(start: Start, real: RealVault) -> None:
    factors, key = real.vault.services.factors, SoftKey()
    request = factors.begin_security_key(real.session)
    answer = SecurityKeyDevice(lambda: [key]).register(request.options)
    confirmed = factors.add_security_key(real.session, Secret(PASSWORD), request, answer)
    try:
        running = start(real.home.path)
        doors = running.console.signing_in._doors
        device = SecurityKeyDevice(lambda: [key], say=running.console.signing_in._told.emit)
        object.__setattr__(doors, "touch", lambda options, _say, _cancel: device.sign(options))
        screen = enter_password(running)
        running.until(screen.security_key.isVisible)
        assert screen.code.isVisible()  # a recovery code would do
        assert_no_elided_labels(screen)
        screen.security_key.click()
        assert "Plug your security key in and touch it." in texts(screen)
        running.until(lambda: running.window.in_workspace)
    finally:
        factors.remove(real.session, confirmed.factor.factor_id, Asked(Secret(PASSWORD)))


# --- tries -------------------------------------------------------------------------------------------


def test_after_too_many_tries_the_pause_is_said_and_is_one_names_alone(start: Start, real: RealVault) -> None:
    running = start(real.home.path)
    screen = running.console.unlock
    for left in range(FREE_TRIES):
        screen.password.clear_error()
        enter_password(running, f"wrong {left}")
        said = refused(running)
    assert said == "Operator or password is wrong. The next try is taken in 15 minutes."
    screen.password.clear_error()
    enter_password(running)
    assert refused(running) == "Too many tries failed. The next one is taken in 15 minutes."
    assert not screen.unlock.isEnabled()
    assert_no_elided_labels(screen)
    type_text("x", screen.operator.editor)
    assert screen.unlock.isEnabled()
    assert not running.window.in_workspace


# --- identity provider -------------------------------------------------------------------------------


@pytest.fixture
def provider_home(real: RealVault) -> Iterator[Path]:
    """Name a real provider in the home's configuration."""
    before = real.home.config_file.read_text()
    accounts = [Account(OPERATOR, ["admins"]), Account("no.role", [])]
    with mock_provider(accounts) as issuer, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OIDC_CLIENT_SECRET", "it takes confidential clients only, and any secret")
        table = f'[oidc]\nissuer = "{issuer}"\nclient_id = "{CLIENT}"\n[oidc.roles]\nadmins = "super_admin"\n'
        real.home.config_file.write_text(before + table)
        yield real.home.path
        real.home.config_file.write_text(before)


def test_without_a_provider_none_is_offered(start: Start, real: RealVault) -> None:
    running = start(real.home.path)
    running.until(running.console.unlock.isVisible)
    assert not running.console.unlock.provider.isVisible()


def test_the_provider_names_the_operator_and_the_own_password_opens(start: Start, provider_home: Path) -> None:
    running = start(provider_home)
    screen = running.console.unlock
    running.until(lambda: running.console.vault is not None)
    running.console.signing_in.open_browser = Browser(OPERATOR)
    screen.provider.click()
    running.until(lambda: any("knows you as" in text for text in texts(screen)))
    assert screen.operator.text() == OPERATOR
    assert screen.operator.editor.isReadOnly()
    assert not running.window.in_workspace
    assert_no_elided_labels(screen)
    screen.stop.click()
    assert not screen.operator.editor.isReadOnly()
    running.console.signing_in.open_browser = Browser(OPERATOR)
    screen.provider.click()
    running.until(lambda: any("knows you as" in text for text in texts(screen)))
    type_text(PASSWORD, screen.password.editor)
    press(Qt.Key.Key_Return, screen.password.editor)
    running.until(lambda: running.window.in_workspace)
    running.window.lock_asked.emit()
    running.until(screen.isVisible)
    assert screen.provider.isVisible()
    assert not screen.operator.editor.isReadOnly()


def test_who_has_no_role_or_stops_is_told(start: Start, provider_home: Path) -> None:
    running = start(provider_home)
    screen = running.console.unlock
    running.until(lambda: running.console.vault is not None)
    running.console.signing_in.open_browser = Browser("no.role")
    screen.provider.click()
    assert refused(running) == "The identity provider gives you no role in this vault."
    opened = threading.Event()
    running.console.signing_in.open_browser = lambda _: opened.set()
    screen.password.clear_error()
    screen.provider.click()
    running.until(opened.is_set)
    assert any("in your browser" in text for text in texts(screen))
    screen.stop.click()
    assert refused(running) == "You stopped the sign-in at the identity provider."
    assert screen.provider.isVisible()


# --- remote sign-out ---------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(real: RealVault) -> Iterator[Vault]:
    """Give the vault as another process has it."""
    vault = open_vault(begin(real.home))
    yield vault
    vault.close()


def test_a_window_signed_out_from_elsewhere_locks_within_seconds_and_says_by_whom(
    start: Start, real: RealVault, elsewhere: Vault
) -> None:
    running = start(real.home.path)
    running.sign_in()
    assert running.console.desk is not None
    mine = running.console.desk.session.actor.login_session
    session = elsewhere.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    elsewhere.services.sessions.sign_out(session, mine)
    running.until(running.console.unlock.isVisible)
    assert any(f"{OPERATOR} signed this login session out." in text for text in texts(running.console.unlock))
    running.until(lambda: running.console._locking is None)
    running.sign_in()


def test_a_page_that_meets_the_end_first_locks_too(start: Start, real: RealVault, elsewhere: Vault) -> None:
    running = start(real.home.path)
    running.sign_in()
    running.console._session_watch.stop()
    desk = running.console.desk
    assert desk is not None
    session = elsewhere.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    elsewhere.services.sessions.sign_out(session, desk.session.actor.login_session)
    running.qtbot.wait(2_100)

    async def read() -> None:
        await desk.tasks.query(lambda: desk.keys.ledger(desk.session))

    desk.tasks.start(read())
    running.until(running.console.unlock.isVisible)


# --- pictures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST])
def test_pictures_of_the_unlock_screen(
    start: Start, real: RealVault, totp: Authenticator, provider_home: Path, theme: Theme, appearance: Appearance
) -> None:
    theme.set_appearance(appearance)
    running = start(provider_home)
    screen = running.console.unlock
    running.until(lambda: running.console.vault is not None and bool(texts(screen)))
    running.until(lambda: any("ready" in text for text in texts(screen)))
    screen.operator.set_text(OPERATOR)
    screen.show_locked("Locked at 14:36 after 10 minutes without use")
    screenshot(running.window, "unlock-first-step", theme)
    asks_for_code(running)
    screen.security_key.show()
    screenshot(running.window, "unlock-second-step", theme)
    screen.stop.click()
    refused(running)
    running.console.signing_in.open_browser = lambda _: None
    screen.provider.click()
    running.until(screen.stop.isVisible)
    settle()
    screenshot(running.window, "unlock-provider", theme)
    screen.stop.click()
    running.until(screen.provider.isVisible)
    screen.show_identity(f"The identity provider knows you as {OPERATOR}. Your own password opens the vault.")
    screen.show_refused("Operator or password is wrong. 2 tries left, then a pause of 15 minutes.")
    screenshot(running.window, "unlock-identity-refused", theme)
    assert_no_elided_labels(screen)


# --- adding an authenticator -------------------------------------------------------------------------


def test_an_authenticator_is_added_in_the_window_and_asked_for_at_the_next_sign_in(
    start: Start, real: RealVault, theme: Theme
) -> None:
    running = start(real.home.path)
    running.sign_in()
    running.console._on_action("authenticator")
    dialog = running.dialog("authenticator_dialog")
    assert isinstance(dialog, AuthenticatorDialog)
    assert_all_named(dialog)
    assert_no_elided_labels(dialog)
    screenshot(running.window, "add-authenticator", theme)
    shown = next(text for text in texts(dialog) if len(text.replace(" ", "")) == 32)
    authenticator = Authenticator(f"otpauth://totp/x?secret={shown.replace(' ', '')}")
    dialog.action.click()
    assert dialog.code.error
    for code, password, field in (("000000", PASSWORD, dialog.code), ("123456", "wrong", dialog.password)):
        dialog.code.clear_error()
        dialog.code.set_text(code)
        dialog.password.editor.setText(password)
        dialog.action.click()
        running.until(dialog.action.isEnabled)
        assert field.error
        assert dialog.password.text() == ""
        field.clear_error()
    dialog.code.set_text(authenticator.fresh())
    dialog.password.editor.setText(PASSWORD)
    dialog.action.click()
    recovery = running.dialog("recovery_dialog")
    assert_no_elided_labels(recovery)
    codes = [text for text in texts(recovery) if text.count("-") == 2]
    assert len(codes) == 10
    screenshot(running.window, "recovery-codes", theme)
    recovery.accept()
    running.until(lambda: open_dialogs(running.window) == [])
    settle()
    held = "\n".join(all_strings(running.window))
    assert shown not in held
    assert codes[0] not in held
    running.window.lock_asked.emit()
    running.until(lambda: running.console._locking is None)
    screen = asks_for_code(running)
    type_text(codes[0], screen.code.editor)
    screen.unlock.click()
    running.until(lambda: running.window.in_workspace)
    [factor, _] = real.vault.services.factors.factors(real.session)
    real.vault.services.factors.remove(real.session, factor.factor_id, Asked(Secret(PASSWORD)))


def test_a_lock_takes_the_secret_of_a_new_authenticator_from_the_screen(start: Start, real: RealVault) -> None:
    running = start(real.home.path)
    running.sign_in()
    running.console._on_action("authenticator")
    dialog = running.dialog("authenticator_dialog")
    shown = next(text for text in texts(dialog) if len(text.replace(" ", "")) == 32)
    running.window.lock_asked.emit()
    running.until(lambda: running.console._locking is None)
    settle()
    assert open_dialogs(running.window) == []
    assert shown not in "\n".join(all_strings(running.window))
    running.sign_in()  # nothing was confirmed, so nothing is asked
