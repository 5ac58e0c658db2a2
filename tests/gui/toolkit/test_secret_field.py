"""What is personal is on the screen only while it may be."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.gui import all_strings, press, settle, texts
from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.dialog import DialogFrame
from ui.widgets.exposure import forget_exposed
from ui.widgets.layout import column
from ui.widgets.secret_field import Revealed, SecretField, SecretState

VALUE = "+91 98860 41277"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def field(theme: Theme, window: QWidget) -> SecretField:
    field = SecretField(theme, "Phone", name="phone")
    window.setLayout(column(field, None))
    window.resize(400, 300)
    window.show()
    window.activateWindow()
    settle()
    return field


def _nowhere(window: QWidget) -> bool:
    return not any("98860" in text for text in all_strings(window))


def test_a_masked_field_is_eight_dots_whatever_the_length(window: QWidget, field: SecretField) -> None:
    assert "••••••••" in texts(window)


def test_a_value_is_masked_when_its_time_is_over(qtbot: QtBot, window: QWidget, field: SecretField) -> None:
    with qtbot.waitSignal(field.masked, timeout=1000):
        field.reveal(Revealed(VALUE, "Support", 48, seconds=0.05))
        assert VALUE in texts(window)
    assert field.state is SecretState.MASKED
    assert _nowhere(window)


def test_a_revealed_value_says_purpose_entry_and_time_left(window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 4812903, seconds=47))
    shown = texts(window)
    assert "Support · recorded as entry 48,12,903" in shown
    assert "Masked again in 0:47" in shown


def test_hide_now_masks_at_once(qtbot: QtBot, window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 1))
    button = field.findChild(Button, "phone_hide")
    assert button is not None
    with qtbot.waitSignal(field.masked):
        button.click()
    assert _nowhere(window)
    assert field.value() is None


def test_the_eye_asks_and_shows_nothing_by_itself(qtbot: QtBot, window: QWidget, field: SecretField) -> None:
    eye = field.findChild(QWidget, "phone_eye")
    assert eye is not None
    with qtbot.waitSignal(field.reveal_asked):
        press(Qt.Key.Key_Space, on=eye)
    assert field.state is SecretState.MASKED


def test_while_the_intent_is_recorded_nothing_is_shown(window: QWidget, field: SecretField) -> None:
    field.record()
    assert "Recording…" in texts(window)
    assert field.value() is None


def test_a_refusal_says_why(window: QWidget, field: SecretField) -> None:
    field.refuse("Not allowed: no consent")
    assert "Not allowed: no consent" in texts(window)


def test_a_refusal_takes_an_earlier_value_away(window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 1))
    field.refuse("Not allowed: no consent")
    assert _nowhere(window)


def test_nothing_plum_stays_visible_behind_a_dialog(
    qtbot: QtBot, theme: Theme, window: QWidget, field: SecretField
) -> None:
    field.reveal(Revealed(VALUE, "Support", 1))
    dialog = DialogFrame(theme, window, "Any", name="any")
    dialog.set_action("Go on")
    dialog.open()
    assert _nowhere(window)
    dialog.reject()
    assert VALUE in texts(window)


def test_the_time_goes_on_behind_a_dialog(qtbot: QtBot, theme: Theme, window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 1, seconds=0.05))
    dialog = DialogFrame(theme, window, "Any", name="any")
    dialog.open()
    qtbot.waitUntil(lambda: field.state is SecretState.MASKED)
    dialog.reject()
    assert _nowhere(window)


def test_two_dialogs_must_both_be_gone_before_it_shows_again(theme: Theme, window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 1))
    first, second = (DialogFrame(theme, window, name, name=name) for name in ("one", "two"))
    first.open()
    second.open()
    first.reject()
    assert _nowhere(window)
    second.reject()
    assert VALUE in texts(window)


def test_what_is_revealed_while_a_dialog_is_up_waits_until_it_is_gone(
    theme: Theme, window: QWidget, field: SecretField
) -> None:
    dialog = DialogFrame(theme, window, "Any", name="any")
    dialog.open()
    field.reveal(Revealed(VALUE, "Support", 1))
    assert _nowhere(window)
    dialog.reject()
    assert VALUE in texts(window)


def test_a_lock_takes_everything_away(window: QWidget, field: SecretField) -> None:
    field.reveal(Revealed(VALUE, "Support", 1))
    forget_exposed(window)
    assert _nowhere(window)
    assert field.value() is None


def test_ctrl_c_asks_before_anything_is_copied(qtbot: QtBot, window: QWidget, field: SecretField) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("before")
    field.reveal(Revealed(VALUE, "Support", 1))
    box = field.findChild(QWidget, "phone_revealed")
    assert box is not None
    with qtbot.waitSignal(field.copy_asked):
        press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, on=box)
    assert clipboard.text() == "before"


def test_the_clipboard_is_cleared_with_the_value(window: QWidget, field: SecretField) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    field.reveal(Revealed(VALUE, "Support", 1))
    field.copy_value()
    assert clipboard.text() == VALUE
    field.mask_value()
    assert clipboard.text() == ""


def test_what_somebody_copied_since_is_left_alone(window: QWidget, field: SecretField) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    field.reveal(Revealed(VALUE, "Support", 1))
    field.copy_value()
    clipboard.setText("a note of mine")
    field.mask_value()
    assert clipboard.text() == "a note of mine"


def test_a_masked_value_cannot_be_copied(window: QWidget, field: SecretField) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("before")
    field.copy_value()
    assert clipboard.text() == "before"


def test_a_field_that_is_only_a_hash_has_no_eye(qtbot: QtBot, theme: Theme) -> None:
    field = SecretField(theme, "Aadhaar", name="aadhaar", revealable=False)
    qtbot.addWidget(field)
    field.show()
    eye = field.findChild(QWidget, "aadhaar_eye")
    assert eye is not None
    assert eye.isHidden()


def test_a_revealed_value_does_not_print_itself() -> None:
    assert "98860" not in repr(Revealed(VALUE, "Support", 1))
