"""A dialog is as high as its words need: no gap above the buttons, whatever line shows or goes."""

import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.gui import settle
from ui.dialogs.command import CommandDialog
from ui.theme.theme import Theme
from ui.widgets.field import TextField

_PADDING = 16  # below the body's last line
SHORT = "It is kept"
LONG = "You never learn the other operator's password, and nobody but the other operator ever learns it either"


class Asking(CommandDialog):
    """Asks for a name, a reason and the own password."""

    def __init__(self, theme: Theme, window: QWidget, note: str) -> None:
        super().__init__(theme, window, "Invite somebody", name="asking", note=note, reason="Reason")
        self.name = TextField(theme, "Name", name="asked_name")
        self.name.set_helper("As it will stand in the audit log.")
        self.add("name", self.name)
        self.end_with("Invite", "user-plus")


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    del theme
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    return window


def gap(dialog: CommandDialog) -> int:
    """Return what is empty between the last line of the body and the buttons' row, beyond its padding."""
    settle()
    last = dialog.fields["password"]
    end = last.mapTo(dialog, QPoint(0, last.height())).y()
    return dialog._foot.y() + dialog._frame.y() - end - _PADDING


@pytest.mark.parametrize("note", [SHORT, LONG])
def test_an_error_line_that_comes_and_goes_leaves_no_gap(theme: Theme, window: QWidget, note: str) -> None:
    dialog = Asking(theme, window, note)
    dialog.open()
    assert gap(dialog) == 0
    low = dialog.height()
    for problems in (
        {"password": "Type your password: it opens your key."},
        {"password": "The password is wrong. " * 9, "name": "Name the operator."},
        {"": "Another operator has changed this meanwhile, so that nothing was done. Look at it again, then ask anew."},
    ):
        dialog.show_problems(problems)
        assert gap(dialog) == 0, problems
    dialog.show_problems({})
    assert (gap(dialog), dialog.height()) == (0, low)
    dialog.reject()
