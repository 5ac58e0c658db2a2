"""Dialogs: awaited, kept to the keyboard, never destructive by Enter; errors in words."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.errors import Refused, UnexpectedFault
from tests.gui.toolkit.sample import NO_HSM, WHEN
from tests.support.gui import all_strings, press, settle, texts, type_text
from ui.ask import ask
from ui.error_report import ErrorReport, in_words
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.dialog import DialogFrame, open_dialogs
from ui.widgets.field import TextField
from ui.widgets.layout import column


class NameDialog(DialogFrame):
    """Asks for a name."""

    def __init__(self, theme: Theme, window: QWidget, *, destroys: bool = False) -> None:
        super().__init__(theme, window, "Name it", name="naming")
        self.field = TextField(theme, "Name", name="naming_name")
        self.body.addWidget(self.field)
        self.set_action("Name it", variant="destroy" if destroys else "primary")

    def submit(self) -> None:
        if not self.field.text():
            self.field.set_error("Type a name.")
            return
        self.accept()

    def answer(self) -> str:
        return self.field.text()


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    window = QWidget()
    window.setLayout(column(Button(theme, "Behind", name="behind"), None))
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()
    window.activateWindow()
    settle()
    behind = window.findChild(Button, "behind")
    assert behind is not None
    behind.setFocus()
    return window


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner(lambda error, _retry=None: pytest.fail(repr(error)))
    yield runner
    qtbot.waitUntil(runner.close().done)


def _focused() -> str:
    widget = QApplication.focusWidget()
    return "" if widget is None else widget.objectName()


def test_an_awaited_dialog_gives_its_answer(qtbot: QtBot, theme: Theme, window: QWidget, runner: TaskRunner) -> None:
    answers: list[str | None] = []

    async def act() -> None:
        dialog = NameDialog(theme, window)
        answers.append(await ask(dialog, dialog.answer))

    runner.start(act())
    qtbot.waitUntil(lambda: _focused() == "naming_name")
    type_text("Mysuru")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: answers == ["Mysuru"])


def test_escape_answers_none(qtbot: QtBot, theme: Theme, window: QWidget, runner: TaskRunner) -> None:
    answers: list[str | None] = []

    async def act() -> None:
        dialog = NameDialog(theme, window)
        answers.append(await ask(dialog, dialog.answer))

    runner.start(act())
    qtbot.waitUntil(lambda: _focused() == "naming_name")
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: answers == [None])
    settle()
    assert window.findChildren(DialogFrame) == []


def test_a_window_that_goes_takes_the_question_with_it(theme: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    window.show()
    dialog = NameDialog(theme, window)
    pending = ask(dialog, dialog.answer)
    window.deleteLater()
    qtbot.waitUntil(pending.done)
    assert pending.result() is None


def test_typing_begins_in_the_first_field(theme: Theme, window: QWidget) -> None:
    NameDialog(theme, window).open()
    assert _focused() == "naming_name"


def test_tab_stays_in_the_dialog_and_follows_reading_order(theme: Theme, window: QWidget) -> None:
    NameDialog(theme, window).open()
    order = []
    for _ in range(4):
        order.append(_focused())
        press(Qt.Key.Key_Tab)
    assert order == ["naming_name", "naming_cancel", "naming_action", "naming_name"]


def test_the_focus_cannot_be_put_behind_a_dialog(theme: Theme, window: QWidget) -> None:
    NameDialog(theme, window).open()
    behind = window.findChild(Button, "behind")
    assert behind is not None
    behind.setFocus()
    assert _focused() == "naming_name"


def test_clicks_do_not_reach_what_lies_behind(qtbot: QtBot, theme: Theme, window: QWidget) -> None:
    NameDialog(theme, window).open()
    behind = window.findChild(Button, "behind")
    assert behind is not None
    at = window.childAt(behind.geometry().center())
    assert at is not behind


def test_the_focus_goes_back_where_it_was(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window)
    dialog.open()
    dialog.reject()
    assert _focused() == "behind"


def test_enter_does_what_the_action_says_but_looks_at_the_fields_first(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window)
    dialog.open()
    press(Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert "Type a name." in texts(window)


def test_enter_never_triggers_destruction(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window, destroys=True)
    dialog.open()
    type_text("idt")
    press(Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.action.setFocus()
    press(Qt.Key.Key_Return)
    assert dialog.isVisible()
    press(Qt.Key.Key_Space)
    assert not dialog.isVisible()


def test_enter_on_cancel_cancels(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window)
    dialog.open()
    type_text("x")
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert dialog.result() == 0


def test_a_dialog_stays_in_the_middle_of_a_window_that_changes_size(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window)
    dialog.open()
    window.resize(1100, 800)
    settle()
    assert abs(dialog.geometry().center().x() - window.rect().center().x()) <= 1
    assert dialog.parentWidget() is not None
    assert dialog.parentWidget().size() == window.size()  # type: ignore[union-attr]


def test_a_dialog_grows_with_its_words(theme: Theme, window: QWidget) -> None:
    dialog = NameDialog(theme, window)
    dialog.open()
    settle()
    before = dialog.height()
    dialog.field.set_error("A sentence about what is wrong with the name.")
    settle()
    assert dialog.height() > before


def test_errors_are_shown_one_after_the_other(theme: Theme, window: QWidget) -> None:
    report = ErrorReport(theme, lambda: window)
    report.report(NO_HSM)
    report.report(Refused("You may not do this."))
    assert len(open_dialogs(window)) == 1
    assert "The HSM does not answer" in texts(window)
    assert report.dialog is not None
    report.dialog.reject()
    settle()
    assert "You may not do this" in texts(window)


def test_an_error_says_what_it_means_what_to_do_and_its_code(theme: Theme, window: QWidget) -> None:
    ErrorReport(theme, lambda: window, now=lambda: WHEN).report(NO_HSM)
    shown = texts(window)
    assert NO_HSM.meaning in shown
    assert NO_HSM.remedy in shown
    assert "CZ-HSM-003" in shown


def test_details_are_folded_until_asked_for_and_copied_whole(theme: Theme, window: QWidget) -> None:
    report = ErrorReport(theme, lambda: window, now=lambda: WHEN)
    report.report(NO_HSM)
    assert report.dialog is not None
    assert "unwrap data key for a reveal" not in texts(window)
    report.dialog.details.fold.click()
    assert "unwrap data key for a reveal" in texts(window)
    copy = window.findChild(Button, "error_copy_all")
    assert copy is not None
    copy.click()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert "Doing: unwrap data key for a reveal" in clipboard.text()
    assert "Time: 14 Jul 2026, 14:36:02 IST" in clipboard.text()


def test_try_again_is_there_only_when_it_can_be_tried(theme: Theme, window: QWidget) -> None:
    tried: list[str] = []
    report = ErrorReport(theme, lambda: window)
    report.report(NO_HSM)
    assert window.findChild(Button, "error_retry") is None
    assert report.dialog is not None
    report.dialog.reject()
    settle()
    report.report(NO_HSM, lambda: tried.append("again"))
    retry = window.findChild(Button, "error_retry")
    assert retry is not None
    retry.click()
    assert tried == ["again"]


def test_a_fault_of_the_program_shows_neither_traceback_nor_its_own_words(theme: Theme, window: QWidget) -> None:
    logged: list[BaseException] = []
    report = ErrorReport(theme, lambda: window, log=logged.append)
    fault = KeyError("+91 98860 41277")
    report.report(fault)
    assert not any("98860" in text or "Traceback" in text for text in all_strings(window))
    assert "CZ-APP-001" in texts(window)
    assert logged == [fault]


def test_an_error_in_words_stays_as_it_is() -> None:
    assert in_words(NO_HSM) is NO_HSM
    assert isinstance(in_words(ZeroDivisionError()), UnexpectedFault)


def test_without_a_window_an_error_waits_for_one(theme: Theme, window: QWidget) -> None:
    windows: list[QWidget] = []
    report = ErrorReport(theme, lambda: windows[0] if windows else None)
    report.report(NO_HSM)
    assert report.dialog is None
    windows.append(window)
    report.report(Refused("No."))
    assert "The HSM does not answer" in texts(window)
