"""Dual control at the window: from one operator to two, a request, its approval, and what it does."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt import exceptions

from core.access.model import Role
from core.storage.home import Home
from tests.gui.flow.setting_up import set_up
from tests.gui.pages.bench import Running, Start
from tests.support.gui import all_strings, assert_all_named, assert_no_elided_labels, press, screenshot, settle, texts
from tests.support.operators import SECOND, password_of, with_operator
from tests.support.vault import OPERATOR, RealVault, make_vault
from ui.pages.operators import OperatorsPage
from ui.pages.settings import SettingsPage
from ui.widgets.banner import Banner
from ui.widgets.dialog import open_dialogs
from ui.widgets.sidebar import NavEntry

SIZES = [(1440, 900), (1180, 720)]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[RealVault]:
    """Set up a vault under dual control whose second operator has not joined."""
    real = make_vault(tmp_path / "vault", dual_control=True)
    real.vault.lock(real.session)
    yield real
    real.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[RealVault]:
    """Set up a vault under dual control with two super admins."""
    real = make_vault(tmp_path / "vault", dual_control=True)
    with_operator(real)
    yield real
    real.close()


def enter(running: Running, name: str) -> None:
    """Sign in, and wait until the frame knows how dual control stands."""
    running.sign_in(operator=name, password=password_of(name))
    workspace = running.console.workspace
    assert workspace is not None
    running.until(lambda: workspace._standing)


def leave(running: Running) -> None:
    """Lock, and wait until the keys are gone."""
    running.console._on_lock_asked()
    running.until(lambda: running.console._locking is None)


def quiet(running: Running) -> None:
    """Wait until nothing is being read."""
    running.qtbot.wait(300)
    running.until(lambda: not running.desktop.tasks._running)
    settle()


def no_dialog(running: Running) -> None:
    """Wait until a dialog's command is done."""
    with suppress(exceptions.TimeoutError):
        running.until(lambda: not open_dialogs(running.window))
    assert [texts(dialog) for dialog in open_dialogs(running.window)] == []
    quiet(running)


def notice(running: Running) -> Banner | None:
    found = running.window.findChild(Banner, "dual_control_notice")
    return found if found is not None and found.isVisible() else None


def fill(dialog: Any, **values: str) -> None:
    """Type into a command dialog's fields."""
    for name, value in values.items():
        field = dialog.fields[name]
        if hasattr(field, "set_value"):
            field.set_value(value)
            field.picked.emit(value)
        elif name in ("password", "again"):
            field.editor.setText(value)
        else:
            field.set_text(value)
            if hasattr(field, "edited"):
                field.edited.emit(value)


def take(running: Running, name: str, root: QWidget | None = None) -> None:
    """Look at it by the rules, in both sizes, and keep pictures."""
    for width, height in SIZES:
        running.window.resize(width, height)
        settle()
        running.qtbot.wait(150)
        assert_all_named(running.window)
        assert_no_elided_labels(root or running.window)
        screenshot(running.window, name if width == SIZES[0][0] else f"{name}-small", running.console._theme)
    running.window.resize(*SIZES[0])
    settle()


def page_of(running: Running, key: str) -> Any:
    page = running.window.open_page(key)
    quiet(running)
    return page


def choose(running: Running, page: Any, text: str) -> None:
    """Choose the row whose first cell reads so."""
    model = page.model

    def rows() -> list[int]:
        return [row for row in range(model.rowCount()) if model.index(row, 0).data() == text]

    running.until(rows)
    page.table.choose(rows()[0])
    page.table.row_chosen.emit(model.index(rows()[0], 0))
    settle()


def test_set_up_leads_on_to_the_second_super_admin(new_home: Home, start: Start) -> None:
    running = start(new_home.path)
    set_up(running, dual_control=True)
    running.sign_in()
    dialog: Any = running.dialog("invite_dialog")
    assert dialog.role.value() == Role.SUPER_ADMIN.value
    dialog.reject()
    leave(running)
    running.sign_in()
    running.until(lambda: notice(running))
    assert not open_dialogs(running.window)  # once: afterwards the notice is enough


def test_until_a_second_operator_has_joined_the_frame_says_so_and_then_no_more(alone: RealVault, start: Start) -> None:
    running = start(alone.home.path)
    enter(running, OPERATOR)
    standing = notice(running)
    assert standing is not None
    take(running, "operators-notice")
    standing.acted.emit()
    page = running.window.page("operators")
    assert isinstance(page, OperatorsPage)
    dialog: Any = running.dialog("invite_dialog")
    assert dialog.role.value() == Role.SUPER_ADMIN.value  # the first one must be able to approve
    dialog.action.click()
    assert "Name the operator." in " ".join(all_strings(dialog))
    fill(dialog, operator=SECOND, reason="Second super admin of this site", password="not my password")
    dialog.action.click()
    running.until(lambda: dialog.fields["password"].error)
    assert dialog.operator.text() == SECOND  # a wrong password loses nothing that was typed
    take(running, "operators-invite", dialog)
    fill(dialog, password=password_of(OPERATOR))
    dialog.action.click()
    shown: Any = running.dialog("code_dialog")
    code = shown.code._text
    assert code
    take(running, "operators-code", shown)
    running.console._on_lock_asked()
    assert code not in " ".join(all_strings(running.window))

    running.console.unlock.join_asked.emit()
    joining: Any = running.dialog("join_dialog")
    fill(joining, code=code, operator=SECOND, password=password_of(SECOND), again="another one entirely")
    joining.action.click()
    assert joining.fields["again"].error
    take(running, "join", joining)
    fill(joining, again=password_of(SECOND))
    joining.action.click()
    running.until(lambda: SECOND in running.console.unlock.operator.text())
    enter(running, SECOND)
    assert notice(running) is None
    citizens = page_of(running, "citizens")
    assert "No personal data" not in " ".join(all_strings(citizens))


def test_a_wrong_code_is_refused_in_the_dialog_and_the_console_stays_locked(alone: RealVault, start: Start) -> None:
    running = start(alone.home.path)
    running.until(lambda: running.console.vault is not None)
    running.console.unlock.join_asked.emit()
    joining: Any = running.dialog("join_dialog")
    fill(joining, code="A" * 32, operator=SECOND, password=password_of(SECOND), again=password_of(SECOND))
    joining.action.click()
    running.until(lambda: "invitation" in " ".join(all_strings(joining)).lower() and joining.action.isEnabled())
    assert joining.isVisible()
    assert not running.window.in_workspace
    joining.reject()


def test_a_request_is_filed_signed_by_another_and_carried_out_by_who_asked(  # noqa: PLR0915 (a whole flow)
    two: RealVault, start: Start
) -> None:
    two.vault.lock(two.session)
    running = start(two.home.path)
    enter(running, OPERATOR)
    page = page_of(running, "settings")
    assert isinstance(page, SettingsPage)
    choose(running, page, "Time until a revealed value is masked again")
    take(running, "settings")
    page.detail.change.click()
    dialog: Any = running.dialog("setting_dialog")
    fill(dialog, value="1 s")
    assert dialog.value.error
    fill(dialog, value="30", reason="Shorter in the open office", password=password_of(OPERATOR))
    assert "1 min → 30 s" in dialog.effect.text()
    take(running, "settings-change", dialog)
    dialog.action.click()
    filed: Any = running.dialog("filed_dialog")
    take(running, "filed", filed)
    filed.action.click()
    approvals: Any = running.window.page("approvals")
    running.until(lambda: approvals.sheet.words is not None)
    assert approvals.sheet.approve.isHidden()  # nobody approves what they asked for
    assert "Another operator must approve." in approvals.sheet.note.text()
    take(running, "approvals-mine")
    key = approvals.sheet.words.key
    leave(running)

    enter(running, SECOND)
    entry = running.window.navigation.entry("approvals")
    running.until(entry._badge.isVisible)
    approvals = page_of(running, "approvals")
    assert approvals.sheet.words.key == key
    take(running, "approvals")
    approvals.sheet.approve.click()
    sign: Any = running.dialog("approve_dialog")
    sign.action.click()
    assert sign.fields["password"].error
    fill(sign, password=password_of(SECOND))
    take(running, "approvals-sign", sign)
    press(Qt.Key.Key_Return, on=sign.fields["password"].editor)
    running.until(lambda: approvals.sheet.words is None or approvals.sheet.approve.isHidden())
    running.until(lambda: not entry._badge.isVisible())
    leave(running)

    enter(running, OPERATOR)
    approvals = page_of(running, "approvals")
    assert approvals.sheet.words.can_carry_out
    take(running, "approvals-carry-out")
    approvals.sheet.carry_out.click()
    carry: Any = running.dialog("carry_out_dialog")
    fill(carry, password=password_of(OPERATOR))
    carry.action.click()
    no_dialog(running)
    page = page_of(running, "settings")
    choose(running, page, "Time until a revealed value is masked again")
    running.until(lambda: page.detail.setting.value == 30)
    assert SECOND in " ".join(all_strings(page.detail))
    take(running, "settings-history")


def test_a_rejection_has_a_reason_and_reaches_who_asked(two: RealVault, start: Start) -> None:
    two.vault.lock(two.session)
    running = start(two.home.path)
    enter(running, OPERATOR)
    page = page_of(running, "operators")
    page.invite()
    dialog: Any = running.dialog("invite_dialog")
    fill(dialog, operator="farida.sheikh", role="auditor", states="KA, XX", password=password_of(OPERATOR))
    dialog.action.click()
    running.until(lambda: dialog.states.error)
    fill(dialog, states="up, MH")
    dialog.action.click()
    running.dialog("filed_dialog").reject()
    leave(running)
    enter(running, SECOND)
    approvals = page_of(running, "approvals")
    assert "MH,UP" in all_strings(approvals.sheet)
    approvals.sheet.reject.click()
    rejecting: Any = running.dialog("reject_dialog")
    fill(rejecting, password=password_of(SECOND))
    rejecting.action.click()
    assert rejecting.fields["reason"].error
    fill(rejecting, reason="She has left the review team")
    rejecting.action.click()
    no_dialog(running)
    [key] = approvals.inbox.keys()
    approvals.inbox.entry(key).click()
    assert "She has left the review team" in " ".join(all_strings(approvals.sheet))
    take(running, "approvals-rejected")


def test_disabling_takes_the_name_typed_out_and_enter_never_does_it(two: RealVault, start: Start) -> None:
    two.vault.lock(two.session)
    running = start(two.home.path)
    enter(running, OPERATOR)
    page = page_of(running, "operators")
    choose(running, page, SECOND)
    take(running, "operators")
    page.detail.disable_button.click()
    dialog: Any = running.dialog("disable_dialog")
    assert not dialog.action.isEnabled()
    fill(dialog, operator=SECOND, password=password_of(OPERATOR))
    assert dialog.action.isEnabled()
    take(running, "operators-disable", dialog)
    press(Qt.Key.Key_Return, on=dialog.fields["password"].editor)
    assert dialog.isVisible()
    dialog.action.click()
    running.until(lambda: "super admins" in " ".join(all_strings(dialog)))  # two must stay: said in the dialog
    dialog.reject()
    choose(running, page, OPERATOR)
    assert not page.detail.role_button.isEnabled()
    assert "This is you." in page.detail.note.text()


@pytest.fixture
def governed_by_one(tmp_path: Path) -> Iterator[RealVault]:
    """Set up a vault without dual control."""
    real = make_vault(tmp_path / "vault")
    yield real
    real.close()


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.CUSTODIAN, {"overview", "approvals", "keys", "settings"}),
        (Role.REGISTRAR, {"overview", "citizens", "proofs", "approvals"}),
        (Role.AUDITOR, {"overview", "approvals", "audit", "operators", "settings"}),
    ],
)
def test_a_role_is_offered_its_pages_and_no_others(
    governed_by_one: RealVault, start: Start, role: Role, offered: set[str]
) -> None:
    real = governed_by_one
    with_operator(real, "somebody", role)
    real.vault.lock(real.session)
    running = start(real.home.path)
    enter(running, "somebody")
    entries = running.window.navigation.findChildren(NavEntry)
    assert {entry.objectName().removeprefix("nav_") for entry in entries if entry.isVisible()} == offered
    for key in offered:
        page_of(running, key)
    assert open_dialogs(running.window) == []  # nothing was refused
    assert notice(running) is not None  # one operator decides alone here
