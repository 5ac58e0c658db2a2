"""The window before the console: of the right colour at once, and in the console's place when it goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.opening import NAME, close_opening, save_appearance, saved_appearance, show_opening, take_place
from ui.theme.appearance import Appearance
from ui.theme.tokens import ThemeName, tokens_of


@pytest.fixture(autouse=True)
def _undressed(qapp: QApplication) -> Iterator[None]:
    """Have the application as it is when the first window comes: no style sheet yet."""
    sheet = qapp.styleSheet()
    qapp.setStyleSheet("")
    yield
    qapp.setStyleSheet(sheet)


def _colours(window: QWidget) -> set[str]:
    picture = window.grab().toImage()
    places = [(x, y) for x in (0, picture.width() // 2, picture.width() - 1) for y in (0, picture.height() - 1)]
    return {picture.pixelColor(x, y).name().upper() for x, y in places}


def _opened(words: list[str], environment: dict[str, str]) -> QMainWindow:
    return show_opening(words, environment)[1]


@pytest.mark.parametrize("appearance", ["light", "dark", "contrast"])
@pytest.mark.parametrize("named_by", ["words", "one word", "environment"])
def test_the_first_picture_has_the_background_of_the_saved_theme(
    tmp_path: Path, appearance: str, named_by: str
) -> None:
    save_appearance(tmp_path, appearance)
    words = {"words": ["--home", str(tmp_path), "console"], "one word": [f"--home={tmp_path}"], "environment": []}
    elsewhere = tmp_path / "elsewhere"
    environment = {"CITIZEN_ZERO_HOME": str(tmp_path if named_by == "environment" else elsewhere)}
    window = _opened(words[named_by], environment)
    assert _colours(window) == {tokens_of(ThemeName(appearance)).window.upper()}
    close_opening()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"appearance": 1}', '{"appearance": "pink"}'])
def test_what_cannot_be_read_is_the_systems_look(tmp_path: Path, content: str) -> None:
    (tmp_path / "console.json").write_text(content)
    assert saved_appearance(tmp_path) is Appearance.SYSTEM
    assert saved_appearance(tmp_path / "nowhere") is Appearance.SYSTEM


def test_the_consoles_window_stands_where_the_first_one_stood(qtbot: QtBot, tmp_path: Path) -> None:
    opening = _opened(["--home", str(tmp_path)], {})
    opening.setGeometry(QRect(60, 40, 1300, 800))
    own = QMainWindow()
    qtbot.addWidget(own)
    own.setWindowTitle("Citizen Zero")
    take_place(own)
    assert opening.isVisible()  # until its place is painted over
    close_opening()
    assert (own.geometry(), own.windowTitle()) == (QRect(60, 40, 1300, 800), opening.windowTitle())
    assert not any(window.objectName() == NAME and window.isVisible() for window in QApplication.topLevelWidgets())
