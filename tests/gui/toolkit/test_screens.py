"""Unlock and degraded: what they show, and what a person can do with the keyboard."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.support.gui import (
    all_strings,
    assert_all_named,
    assert_no_elided_labels,
    click,
    press,
    screenshot,
    settle,
    texts,
    type_text,
)
from ui.pages.degraded import DegradedScreen, DegradedState, PartAction, PartReport
from ui.pages.unlock import PartLine, UnlockScreen
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.focus_ring import FocusRing
from ui.widgets.status_bar import PartState

DEGRADED = DegradedState(
    title="The console opened without the HSM",
    subtitle="Nothing is lost: data and keys are as they were.",
    parts=(
        PartReport(
            "hsm",
            "HSM",
            "cpu",
            PartState.DOWN,
            "Not found",
            (
                "The module file opens, but no token with serial 3f2a91c07be4d815 is in any slot.",
                "Without it: no personal data, no keys, no signatures. The log can be read, not extended.",
                "Connect the module that was used before, or pick the right one. "  # noqa: ISC004
                "Another token with the same label will not do.",
            ),
            (PartAction("retry", "Try again", "rotate-cw"), PartAction("choose", "Choose module…")),
        ),
        PartReport(
            "database",
            "Database",
            "database",
            PartState.READY,
            "Ready",
            ("PostgreSQL 18.4, embedded, started in 0.1 s.",),
        ),
        PartReport(
            "log",
            "Audit log",
            "scroll-text",
            PartState.WARNING,
            "Whole, not anchored",
            (
                "48,12,903 entries verified against the anchor in the home folder.",
                "The copy of the anchor on the token could not be compared, because the HSM is missing.",
            ),
            (PartAction("open", "Open log, read only", "scroll-text"),),
        ),
        PartReport(
            "idp",
            "Identity provider",
            "globe",
            PartState.READY,
            "Ready",
            ("Operators with a local password can sign in as well.",),
        ),
    ),
    can=("read and verify the audit log", "export a bundle up to the last checkpoint", "open an audit bundle"),
    cannot_title="Until the HSM is back you cannot",
    cannot=(
        "reveal, enrol, change or erase a citizen",
        "make or rotate keys, sign approvals",
        "issue proofs or credentials",
    ),
    code="CZ-HSM-001",
    watching="The console looks for the HSM every 10 s and goes on by itself.",
    secondary=PartAction("bundle", "Open audit bundle…", "folder-open"),
    primary=PartAction("sign_in", "Sign in, read only"),
)


def _show(qtbot: QtBot, screen: QWidget) -> None:
    screen.setProperty("kind", "window")
    screen.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    qtbot.addWidget(screen)
    screen.resize(1440, 900)
    screen.show()
    screen.activateWindow()
    settle()


@pytest.fixture
def unlock(qtbot: QtBot, theme: Theme, ring: FocusRing) -> UnlockScreen:
    screen = UnlockScreen(theme, vault="National vault · live", version="1.0.0")
    screen.show_parts(
        [
            PartLine(PartState.READY, "HSM ready"),
            PartLine(PartState.READY, "Database ready"),
            PartLine(PartState.READY, "Log whole and anchored"),
        ]
    )
    screen.set_operator("anjali.raghavan")
    _show(qtbot, screen)
    screen.setFocus()
    return screen


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST])
def test_the_unlock_screen_stands_in_every_theme(unlock: UnlockScreen, theme: Theme, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    unlock.show_locked("Locked at 14:36 after 10 minutes without use")
    unlock.password.editor.setText("fourteen chars")
    settle()
    assert_all_named(unlock)
    assert_no_elided_labels(unlock)
    screenshot(unlock, "unlock", theme)


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_the_degraded_screen_stands_in_every_theme(qtbot: QtBot, theme: Theme, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    screen = DegradedScreen(theme, version="1.0.0")
    screen.show_state(DEGRADED)
    _show(qtbot, screen)
    assert_all_named(screen)
    assert_no_elided_labels(screen)
    screenshot(screen, "degraded", theme)


def test_with_the_operator_known_typing_begins_in_the_password(unlock: UnlockScreen) -> None:
    assert unlock.password.editor.hasFocus()


def test_enter_in_the_password_asks_to_unlock(qtbot: QtBot, unlock: UnlockScreen) -> None:
    type_text("correct horse", on=unlock.password.editor)
    with qtbot.waitSignal(unlock.unlock_asked) as asked:
        press(Qt.Key.Key_Return, on=unlock.password.editor)
    assert asked.args == ["anjali.raghavan", "correct horse"]


def test_the_password_leaves_the_screen_with_the_question(qtbot: QtBot, unlock: UnlockScreen) -> None:
    type_text("correct horse", on=unlock.password.editor)
    unlock.unlock.click()
    assert not any("correct horse" in text for text in all_strings(unlock))


def test_a_second_enter_asks_nothing_while_the_first_is_on_its_way(qtbot: QtBot, unlock: UnlockScreen) -> None:
    asked: list[str] = []
    unlock.unlock_asked.connect(lambda operator, _: asked.append(operator))
    type_text("x", on=unlock.password.editor)
    press(Qt.Key.Key_Return, on=unlock.password.editor)
    type_text("x", on=unlock.password.editor)
    press(Qt.Key.Key_Return, on=unlock.password.editor)
    assert asked == ["anjali.raghavan"]


def test_a_refusal_is_told_in_words_and_keeps_the_operator(unlock: UnlockScreen) -> None:
    type_text("wrong", on=unlock.password.editor)
    unlock.unlock.click()
    unlock.show_refused("Operator or password is wrong.")
    settle()
    assert "Operator or password is wrong." in texts(unlock)
    assert unlock.operator.text() == "anjali.raghavan"
    assert unlock.password.editor.accessibleDescription() == "Operator or password is wrong."
    assert unlock.password.editor.hasFocus()
    assert unlock.unlock.isEnabled()


def test_typing_again_takes_the_error_away(unlock: UnlockScreen) -> None:
    unlock.show_refused("Operator or password is wrong.")
    type_text("n", on=unlock.password.editor)
    assert unlock.password.error == ""


def test_nothing_is_asked_without_a_password(unlock: UnlockScreen) -> None:
    asked: list[str] = []
    unlock.unlock_asked.connect(lambda *_: asked.append("asked"))
    unlock.unlock.click()
    assert asked == []
    assert unlock.password.error


def test_a_shown_password_is_hidden_when_the_screen_comes_back(unlock: UnlockScreen) -> None:
    eye = unlock.findChild(QWidget, "password_eye")
    assert eye is not None
    click(eye)
    assert unlock.password.editor.echoMode() == unlock.password.editor.EchoMode.Normal
    unlock.hide()
    unlock.show()
    assert unlock.password.editor.echoMode() == unlock.password.editor.EchoMode.Password


def test_the_appearance_is_changed_here_before_anybody_signs_in(
    qtbot: QtBot, unlock: UnlockScreen, theme: Theme
) -> None:
    button = unlock.findChild(Button, "appearance")
    assert button is not None
    menu = button.menu_  # type: ignore[attr-defined]  # it is an AppearanceButton
    with qtbot.waitSignal(unlock.appearance_changed) as changed:
        menu.actions()[2].trigger()
    assert changed.args == ["dark"]
    assert theme.appearance is Appearance.DARK


def test_the_degraded_screen_asks_again_while_it_is_up(qtbot: QtBot, theme: Theme) -> None:
    screen = DegradedScreen(theme, version="1.0.0", retry_seconds=0.02)
    screen.show_state(DEGRADED)
    with qtbot.waitSignal(screen.retry_due):
        _show(qtbot, screen)
    screen.hide()
    with qtbot.assertNotEmitted(screen.retry_due, wait=60):
        pass


def test_looking_again_at_the_same_state_keeps_the_keyboard_where_it_was(qtbot: QtBot, theme: Theme) -> None:
    screen = DegradedScreen(theme, version="1.0.0")
    screen.show_state(DEGRADED)
    _show(qtbot, screen)
    button = screen.findChild(Button, "hsm_retry")
    assert button is not None
    button.setFocus()
    screen.show_state(DEGRADED)
    assert QApplication.focusWidget() is button


def test_a_part_is_mended_from_its_own_row(qtbot: QtBot, theme: Theme) -> None:
    screen = DegradedScreen(theme, version="1.0.0")
    screen.show_state(DEGRADED)
    _show(qtbot, screen)
    button = screen.findChild(Button, "hsm_retry")
    assert button is not None
    with qtbot.waitSignal(screen.action_chosen) as chosen:
        button.click()
    assert chosen.args == ["hsm", "retry"]
