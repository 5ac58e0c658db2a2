"""The window that is up at once, while what the console consists of is still being loaded.

It imports PyQt6 and little else, so that it comes in the time of an empty window; the console's own window takes
its place (`app/desktop.py`), where it stands, with the same title and background, so that nothing flashes. No words
stand in it but its title: loading fonts would take as long again.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication, QMainWindow, QWidget

from ui.theme.appearance import Appearance, theme_name
from ui.theme.tokens import tokens_of

NAME = "opening"
SIZE = (1440, 900)
IDENTIFIER = "citizen-zero"  # of the application, by which a desktop groups windows
_APPEARANCE_FILE = "console.json"  # in the home


def show_opening(words: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> tuple[object, QMainWindow]:
    """Show the window, painted; it stays until `close_opening`. Whoever calls holds application and window.

    `words` are those of the command line: a home that they or the environment name says which theme is wanted.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    QApplication.setDesktopFileName(IDENTIFIER)  # before the first window, so that both belong together
    window = QMainWindow()
    window.setObjectName(NAME)
    window.setWindowTitle("Citizen Zero")
    palette = window.palette()
    palette.setColor(QPalette.ColorRole.Window, _background(_home(words, environment)))
    window.setPalette(palette)
    window.resize(*SIZE)
    window.show()
    application.processEvents()
    return application, window


def take_place(window: QWidget) -> None:
    """Show the console's own window where the opening one stands; `close_opening` must follow."""
    opening = _opening()
    if opening is None:
        window.resize(*SIZE)
    else:
        window.setGeometry(opening.geometry())
        window.setWindowState(opening.windowState())
    window.show()


def close_opening() -> None:
    """Take the window away: the console's own is up, and painted first, so that what lies behind both never shows."""
    opening = _opening()
    if opening is not None:
        QApplication.processEvents()
        opening.close()
        opening.deleteLater()


def _opening() -> QWidget | None:
    here = (window for window in QApplication.topLevelWidgets() if window.objectName() == NAME and window.isVisible())
    return next(here, None)


def saved_appearance(home: Path) -> Appearance:
    """Return the look that was chosen in a home; the system's where none was."""
    try:
        return Appearance(json.loads((home / _APPEARANCE_FILE).read_text(encoding="utf-8"))["appearance"])
    except (OSError, ValueError, KeyError, TypeError):
        return Appearance.SYSTEM


def save_appearance(home: Path, value: str) -> None:
    """Keep the look that was chosen."""
    (home / _APPEARANCE_FILE).write_text(json.dumps({"appearance": value}), encoding="utf-8")


def _home(words: Sequence[str], environment: Mapping[str, str]) -> Path:
    named = environment.get("CITIZEN_ZERO_HOME") or ""
    for place, word in enumerate(words):
        if word == "--home":
            named = words[place + 1] if place + 1 < len(words) else named
        elif word.startswith("--home="):
            named = word.removeprefix("--home=")
    if named:
        return Path(named)
    from app.default_home import default_home  # noqa: PLC0415 (only where no home is named)

    return Path(default_home())


def _background(home: Path) -> QColor:
    return QColor(tokens_of(theme_name(saved_appearance(home), QApplication.styleHints())).window)
