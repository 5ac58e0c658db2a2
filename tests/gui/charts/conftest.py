"""A window with the page's ground, to put a card in."""

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.gui import settle
from ui.widgets.layout import column

Put = Callable[[QWidget, int, int], QWidget]


@pytest.fixture
def put(qtbot: QtBot) -> Put:
    """Give a function that shows a card in a window of a width and a height, and returns the window."""

    def show(card: QWidget, width: int, height: int) -> QWidget:
        window = QWidget()
        window.setProperty("kind", "window")
        window.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        window.setLayout(column(card, margins=(20, 20, 20, 20)))
        window.resize(width, height)
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        settle()
        return window

    return show
