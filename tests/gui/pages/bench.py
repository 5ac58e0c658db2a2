"""A real vault with some sixty invented people, and windows on it. Shared by the tests of pages and of flows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.demo.people import Population
from app.desktop import Desktop, doors_of
from app.settings import read_settings
from core.citizens.model import CitizenRecord, VerificationLevel
from core.citizens.validation import new_citizen
from tests.support.gui import settle
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI, TODAY, RealVault, make_vault
from ui.console import Console
from ui.error_report import ErrorReport
from ui.main_window import MainWindow
from ui.models.page_tasks import PageTasks
from ui.models.vault import Desk
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame, open_dialogs
from ui.widgets.focus_ring import FocusRing
from ui.widgets.sidebar import PageEntry

PEOPLE = 60
WAIT_MS = 15_000


@dataclass
class PopulatedVault:
    """The vault, and two people of whom every value is known."""

    real: RealVault
    asha: CitizenRecord
    ravi: CitizenRecord


@pytest.fixture(scope="session")
def populated_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PopulatedVault]:
    """Set up one vault for the whole run and fill it. Tests put back what they change."""
    real = make_vault(tmp_path_factory.mktemp("home") / "vault")
    people = list(Population(PEOPLE, TODAY).people())
    for person in people[::2]:  # half of them in one state, so that its list is worth filtering
        person.update(state="KA", district=("Ballari", "Mysuru", "Udupi")[len(person["name"]) % 3])
    citizens = real.vault.services.citizens
    records = citizens.enrol_many(real.session, [new_citizen(person, TODAY) for person in people])
    for position, record in enumerate(records):
        level = list(VerificationLevel)[position % 4]
        if level is not VerificationLevel.UNVERIFIED:
            citizens.set_level(real.session, record.identity_token, level)
    yield PopulatedVault(real, real.enrol(ASHA), real.enrol(RAVI))
    real.close()


@dataclass
class Bench:
    """A window with pages on the populated vault, and every error that was reported."""

    qtbot: QtBot
    theme: Theme
    runner: TaskRunner
    desk: Desk
    populated: PopulatedVault
    report: ErrorReport
    errors: list[BaseException]
    window: MainWindow | None = None

    def open(self, factory: Callable[[Desk], QWidget], *, width: int = 1440, height: int = 900) -> QWidget:
        """Show a page in a window of its own."""
        entry = PageEntry("page", "Page", "users", "vault", lambda: factory(self.desk))
        self.window = MainWindow(self.theme, self.runner, [entry], vault="National vault · live")
        self.window.resize(width, height)
        self.window.show()
        self.window.activateWindow()
        self.window.show_workspace("page")
        page = self.window.page("page")
        assert page is not None
        return page

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something; the loop goes on meanwhile."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def close(self) -> None:
        """Close window and lanes in order."""
        window = self.window
        if window is not None:
            window.close()
        self.until(self.runner.close().done)
        if window is not None:
            window.deleteLater()
        settle()

    def dialog(self, name: str) -> DialogFrame:
        """Wait for a dialog and return it."""
        window = self.window
        assert window is not None
        return wait_for_dialog(self.qtbot, window, name)


@pytest.fixture
def bench(qtbot: QtBot, theme: Theme, ring: FocusRing, populated_vault: PopulatedVault) -> Iterator[Bench]:
    """Give a bench; its runner is closed afterwards, and nothing may have been reported unseen."""
    errors: list[BaseException] = []
    windows: list[Bench] = []
    report = ErrorReport(theme, lambda: windows[0].window, log=errors.append)
    tasks = TaskRunner(report.report)
    vault, session = populated_vault.real.vault, populated_vault.real.session
    desk = Desk(theme, PageTasks(tasks), vault, session, vault.services.settings.read())
    it = Bench(qtbot, theme, tasks, desk, populated_vault, report, errors)
    windows.append(it)
    yield it
    desk.tasks.end()
    it.close()
    assert errors == []


def wait_for_dialog(qtbot: QtBot, window: QWidget, name: str) -> DialogFrame:
    """Wait for a dialog over a window."""
    found: list[DialogFrame] = []

    def there() -> bool:
        found[:] = [dialog for dialog in open_dialogs(window) if dialog.objectName() == name]
        return bool(found)

    qtbot.waitUntil(there, timeout=WAIT_MS)
    settle()
    return found[0]


@dataclass
class Running:
    """A whole console on a home of its own worker and connections."""

    qtbot: QtBot
    desktop: Desktop
    logged: list[BaseException] = field(default_factory=list)

    @property
    def window(self) -> MainWindow:
        return self.desktop.console.window

    @property
    def console(self) -> Console:
        return self.desktop.console

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something; the loop goes on meanwhile."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def dialog(self, name: str) -> DialogFrame:
        """Wait for a dialog and return it."""
        return wait_for_dialog(self.qtbot, self.window, name)

    def sign_in(self, *, operator: str = OPERATOR, password: str = PASSWORD, reveal_seconds: int = 60) -> None:
        """Type name and password, press Unlock, and wait for the pages."""
        console = self.console
        screen = console.unlock
        self.until(screen.isVisible)
        screen.operator.set_text(operator)
        screen.password.editor.setText(password)
        screen.unlock.click()
        self.until(lambda: self.window.in_workspace)
        assert console.desk is not None
        settings = replace(console.desk.settings, reveal_seconds=reveal_seconds)
        console.desk = replace(console.desk, settings=settings)
        assert console.workspace is not None
        console.workspace.desk = console.desk

    def close(self) -> None:
        """Close as a person does; then the vault, as the end of the program does."""
        self.window.close()
        self.until(lambda: not self.window.isVisible())
        self.console.shut_down()
        self.window.deleteLater()
        settle()


Start = Callable[[Path], Running]


@pytest.fixture
def start(qtbot: QtBot, theme: Theme, ring: FocusRing) -> Iterator[Start]:
    """Give a function that shows a console on a home; it is closed afterwards, in order."""
    started: list[Running] = []

    def show(home: Path) -> Running:
        running = Running(qtbot, Desktop(theme, doors_of(read_settings({}, home=str(home)))))
        started.append(running)
        running.desktop.show()
        return running

    yield show
    for running in started:
        running.close()


def press(key: Qt.Key, widget: QWidget | None = None, *, ctrl: bool = False) -> None:
    """Press a key, in the widget that has the keyboard unless another is named."""
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    target = widget or QApplication.focusWidget()
    assert target is not None
    keys: Any = QTest  # PyQt's stubs take a class's methods for an instance's
    keys.keyClick(target, key, modifier)


def type_text(text: str, widget: QWidget | None = None) -> None:
    """Type, key by key, where the keyboard is."""
    target = widget or QApplication.focusWidget()
    assert target is not None
    keys: Any = QTest
    keys.keyClicks(target, text)


class Heartbeat:
    """Counts the longest time in which the Qt thread did nothing for the window: `with Heartbeat() as beat`."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._on_tick)
        self.longest = 0.0
        self.ticks = 0
        self._last = 0.0

    def __enter__(self) -> Self:
        self._last = time.monotonic()
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def _on_tick(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self.ticks += 1
