"""The console from the first start to the lock, by a person, on real parts."""

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QComboBox

from core.citizens.model import Field
from core.storage.home import Home
from tests.gui.flow.setting_up import set_up
from tests.gui.pages.bench import PopulatedVault, Running, Start, press, type_text
from tests.support.gui import all_strings, settle
from tests.support.vault import ASHA, OPERATOR, PASSWORD
from ui.dialogs.edit_citizen import EnrolDialog
from ui.dialogs.reveal import RevealDialog
from ui.pages.citizens.page import CitizensPage
from ui.widgets.secret_field import SecretState

PERSONAL = ("Asha Devi", "9886041277", "98860 41277", "asha.kulkarni", "Temple Road", "234567890124", "ABCPK1234F")


def fill(dialog: EnrolDialog, values: dict[str, Any]) -> None:
    """Fill the enrol form in from the values of `citizen create`."""
    for name, value in values.items():
        field: Any = dialog.form.fields.get(name)
        if name == "roles":
            for role, box in dialog.form.roles.items():
                box.setChecked(role.value in value)
        elif hasattr(field, "set_value"):
            field.set_value(str(value).lower() if isinstance(value, bool) else str(value))
            field.picked.emit(field.value())
        else:
            field.set_text(str(value))
            field.edited.emit(str(value))


def personal_values_in(running: Running) -> list[str]:
    """Return the personal values that any widget, or the clipboard, still holds."""
    settle()
    held = [text for widget in QApplication.topLevelWidgets() for text in all_strings(widget)]
    clipboard = QGuiApplication.clipboard()
    held.append("" if clipboard is None else clipboard.text())
    joined = "\n".join(held)
    return [value for value in PERSONAL if value in joined]


def test_from_an_empty_folder_to_a_revealed_field_and_a_lock_that_leaves_nothing(new_home: Home, start: Start) -> None:
    running = start(new_home.path)
    set_up(running)
    running.sign_in(reveal_seconds=1)
    assert running.window.current_page == "overview"

    page = running.window.open_page("citizens")
    assert isinstance(page, CitizensPage)
    page.enrol()
    dialog = running.dialog("enrol_dialog")
    assert isinstance(dialog, EnrolDialog)
    fill(dialog, ASHA)
    dialog.action.click()
    running.until(lambda: page.detail.token)
    token = page.detail.token

    for typed in ("98860 41277", "2345 6789 0124", "abcpk1234f"):
        page.close_detail()
        page.list.search.setText(typed)
        press(Qt.Key.Key_Return, page.list.search)
        running.until(lambda: page.detail.token == token)

    page.revealing.ask((Field.NAME, Field.ADDRESS))
    reveal = running.dialog("reveal_dialog")
    assert isinstance(reveal, RevealDialog)
    reveal.purpose.set_value("support")
    reveal.purpose.picked.emit("support")
    reveal.action.click()
    name = page.detail.profile.fields[Field.NAME]
    running.until(lambda: name.state is SecretState.REVEALED)
    assert "Asha Devi Kulkarni" in all_strings(page.detail)
    running.until(lambda: name.state is SecretState.MASKED)
    assert "Asha Devi" not in " ".join(all_strings(page.detail))

    running.console._on_lock_asked()
    assert running.console.unlock.isVisible()
    assert personal_values_in(running) == []
    running.sign_in()  # and the way back in is the usual one


def test_what_is_shown_goes_at_once_with_the_lock(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    running.sign_in()
    running.console._on_token(populated_vault.asha.identity_token)
    page = running.window.page("citizens")
    assert isinstance(page, CitizensPage)
    running.until(lambda: page.detail.token)
    page.revealing.ask((Field.NAME, Field.PHONE, Field.EMAIL))
    reveal = running.dialog("reveal_dialog")
    assert isinstance(reveal, RevealDialog)
    reveal.purpose.set_value("support")
    reveal.purpose.picked.emit("support")
    reveal.action.click()
    running.until(lambda: "Asha Devi Kulkarni" in all_strings(page.detail))
    page.detail.profile.fields[Field.EMAIL].copy_value()
    page.enrol()
    enrol = running.dialog("enrol_dialog")
    assert isinstance(enrol, EnrolDialog)
    fill(enrol, ASHA)
    running.window.lock_asked.emit()
    assert personal_values_in(running) == []  # the first thing after the key press, before any worker answers
    assert any("Locked at" in text for text in all_strings(running.console.unlock))


def test_a_console_left_alone_locks_itself_and_says_when_and_why(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    running.sign_in()
    running.window.idle.set_seconds(0.0)
    running.until(running.console.unlock.isVisible)
    assert running.console.desk is None
    assert any("after 10 minutes without use" in text for text in all_strings(running.console.unlock))


def test_the_main_flow_needs_no_mouse(start: Start, populated_vault: PopulatedVault) -> None:
    running = start(populated_vault.real.home.path)
    running.until(running.console.unlock.operator.editor.hasFocus)
    type_text(OPERATOR)
    press(Qt.Key.Key_Return)
    type_text(PASSWORD)
    press(Qt.Key.Key_Return)
    running.until(lambda: running.window.in_workspace)
    press(Qt.Key.Key_K, running.window, ctrl=True)
    type_text(populated_vault.asha.identity_token)
    press(Qt.Key.Key_Return)
    page = running.window.page("citizens")
    assert isinstance(page, CitizensPage)
    running.until(lambda: page.detail.token == populated_vault.asha.identity_token)
    tab_to(page.detail.reveal)
    press(Qt.Key.Key_Space)
    reveal = running.dialog("reveal_dialog")
    assert isinstance(reveal, RevealDialog)
    assert isinstance(QApplication.focusWidget(), QComboBox)
    for _ in range(6):
        press(Qt.Key.Key_Down)
    tab_to(reveal.boxes[Field.NAME])
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Return)
    running.until(lambda: "Asha Devi Kulkarni" in all_strings(page.detail))
    press(Qt.Key.Key_L, running.window, ctrl=True)
    running.until(running.console.unlock.isVisible)


def tab_to(widget: Any, most: int = 60) -> None:
    """Press Tab until the keyboard is there."""
    for _ in range(most):
        if QApplication.focusWidget() is widget:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"Tab never comes to {widget.objectName()}")
