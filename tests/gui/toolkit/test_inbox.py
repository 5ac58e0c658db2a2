"""The inbox: entries in groups, by mouse and keyboard."""

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.gui import press, settle
from ui.theme.theme import Theme
from ui.widgets.inbox import Inbox, InboxGroup, InboxItem

GROUPS = (
    InboxGroup(
        "Waiting for your key",
        (
            InboxItem("a", "user-cog", "Give a role: auditor", ("asked by Vikram Rao",), "2 h"),
            InboxItem("b", "settings", "Change a setting", ("asked by Suresh Iyer",), "12 min"),
        ),
    ),
    InboxGroup("You asked", ()),
    InboxGroup("Decided this week", (InboxItem("c", "ban", "Invite an operator", ("rejected by you",), "3 d"),)),
)


@pytest.fixture
def inbox(qtbot: QtBot, theme: Theme) -> Inbox:
    it = Inbox(theme, name="requests", meaning="Requests")
    qtbot.addWidget(it)
    it.resize(340, 500)
    it.show_groups(GROUPS)
    it.show()
    settle()
    return it


def test_arrow_keys_move_through_all_groups_and_choose(inbox: Inbox) -> None:
    picked: list[str] = []
    inbox.picked.connect(picked.append)
    inbox.entry("a").setFocus()
    for _ in range(3):
        press(Qt.Key.Key_Down)
    assert picked == ["b", "c", "a"]
    assert inbox.chosen == "a"


def test_what_was_chosen_stays_chosen_and_focused_when_the_list_is_read_anew(inbox: Inbox) -> None:
    inbox.choose("b")
    inbox.entry("b").setFocus()
    inbox.show_groups(GROUPS)
    settle()
    assert inbox.chosen == "b"
    assert inbox.entry("b").hasFocus()


def test_an_entry_that_went_away_is_no_longer_chosen(inbox: Inbox) -> None:
    inbox.choose("b")
    inbox.show_groups(GROUPS[2:])
    assert inbox.chosen == ""
    assert inbox.keys() == ["c"]


def test_an_entry_is_read_aloud_with_all_its_words(inbox: Inbox) -> None:
    assert inbox.entry("a").accessibleName() == "Give a role: auditor, asked by Vikram Rao, 2 h"
