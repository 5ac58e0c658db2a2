"""A console in a process of its own that a test leads through sign-in, a revealed profile and a lock.

`python -m tests.support.window_process HOME OPERATOR PASSWORD_FILE TOKEN`: says "revealed" and "locked" on
standard output and goes on at each line of standard input.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from app.desktop import Desktop, doors_of
from app.main import forbid_core_dumps
from app.settings import read_settings
from core.citizens.model import Field
from tests.support.gui import all_strings
from ui.dialogs.reveal import RevealDialog
from ui.pages.citizens.page import CitizensPage
from ui.theme.theme import Theme
from ui.widgets.dialog import open_dialogs


def until(condition: Callable[[], object]) -> None:
    """Let the window live until something is so."""
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start(20)
    loop.exec()


def say(word: str) -> None:
    """Tell the test, and wait for its line."""
    print(word, flush=True)  # noqa: T201 (the test reads it)
    sys.stdin.readline()


def lead(home: str, operator: str, password_file: str, token: str) -> None:
    """Sign in, reveal, lock, leave."""
    application = QApplication(sys.argv[:1])
    theme = Theme(application)
    theme.apply()
    desktop = Desktop(theme, doors_of(read_settings({}, home=home)))
    desktop.show()
    console, screen = desktop.console, desktop.console.unlock
    until(lambda: console.vault is not None)
    screen.operator.set_text(operator)
    screen.password.editor.setText(Path(password_file).read_text().strip())
    screen.unlock.click()
    until(lambda: console.window.in_workspace)
    console._on_token(token)
    page = console.window.page("citizens")
    assert isinstance(page, CitizensPage)
    until(lambda: page.detail.token == token)
    page.revealing.ask((Field.NAME, Field.PHONE, Field.ADDRESS))
    until(lambda: any(isinstance(item, RevealDialog) for item in open_dialogs(console.window)))
    dialog = next(item for item in open_dialogs(console.window) if isinstance(item, RevealDialog))
    dialog.purpose.set_value("support")
    dialog.purpose.picked.emit("support")
    dialog.action.click()
    until(lambda: any("Asha Devi" in text for text in all_strings(page.detail)))
    say("revealed")
    console.window.lock_asked.emit()
    until(lambda: screen.isVisible() and console._locking is None)
    say("locked")
    console.window.close()
    until(lambda: not console.window.isVisible())
    console.shut_down()


if __name__ == "__main__":
    forbid_core_dumps()
    lead(*sys.argv[1:5])
