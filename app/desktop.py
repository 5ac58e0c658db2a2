"""The window: one QApplication, one event loop, one console; and an ordered end.

Everything heavy (SQLAlchemy, the services) is imported by the worker thread that opens the vault,
so that the first window is up at once.
"""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import qasync
from PyQt6.QtCore import QLocale, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from app.logs import LOGGER, start_logging
from app.opening import IDENTIFIER, close_opening, save_appearance, saved_appearance, take_place
from app.settings import Settings
from core.errors import CitizenZeroError, InvalidInput
from core.storage.home import Home
from hsm.secret import Secret
from ui.console import Console
from ui.error_report import ErrorReport
from ui.models.doors import Credentials, Doors
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.focus_ring import FocusRing

if TYPE_CHECKING:
    from core.access.factors import AskSecondFactor
    from core.access.model import LoginSession
    from core.access.provider import ProviderIdentity
    from core.monitor.health import PartHealth
    from core.setup.model import Progress, SetupPlan, SetupResult
    from ui.models.vault import OpenedVault

VERSION = "0.1.0"
_SIGNAL_LOOK_MS = 300  # Python's signal handlers run between bytecodes: the loop must come by now and then


def run_desktop(settings: Settings, sign_in: tuple[str, Secret] | None = None) -> int:
    """Run the window until it is closed; returns the exit code. `sign_in` opens a demo vault by itself."""
    application = _application()
    loop = qasync.QEventLoop(application)
    theme = Theme(application, appearance=saved_appearance(settings.home_folder.path))
    theme.apply()
    ring = FocusRing(theme, application)
    desk = Desktop(theme, doors_of(settings, sign_in))
    ring.setParent(desk.console.window)
    desk.console.window.closed.connect(lambda: loop.create_task(_end(loop, desk)))
    _close_on_signals(desk.console.window)
    desk.show()
    close_opening()
    gc.freeze()  # what was imported stays; the entry point has put collecting off until the first window is up
    gc.enable()
    with loop:
        loop.run_forever()
    return 0


class Desktop:
    """The console with its lanes and its one report; a test makes one as well."""

    def __init__(self, theme: Theme, doors: Doors) -> None:
        self.tasks = TaskRunner(self._on_error)
        self.report = ErrorReport(theme, self._window, log=_log, now=doors.now)
        self.console = Console(theme, self.tasks, self.report, doors)

    def show(self) -> None:
        """Show the window, then let the console begin: the first picture waits for nothing."""
        window = self.console.window
        take_place(window)
        window.activateWindow()
        self.console.start()

    def _on_error(self, error: BaseException, retry: Callable[[], None] | None = None, /) -> None:
        self.console.report(error, retry)

    def _window(self) -> QWidget | None:
        return self.console.window


def doors_of(settings: Settings, sign_in: tuple[str, Secret] | None = None) -> Doors:
    """Return what the console reaches the rest of the program through."""
    home = settings.home_folder

    def open_vault() -> "OpenedVault":
        from app.start import begin  # noqa: PLC0415 (light; it begins what takes time)

        start_logging(home.log_folder, verbose=settings.verbose)
        starting = begin(home)
        from app.bootstrap import open_vault  # noqa: PLC0415 (SQLAlchemy, while the server starts)

        return open_vault(starting)

    def enter(
        vault: "OpenedVault",
        operator: str,
        password: str,
        ask: "AskSecondFactor",
        provider: "ProviderIdentity | None",
    ) -> "LoginSession":
        from core.audit.model import Origin  # noqa: PLC0415

        secret = Secret(password)
        try:
            return vault.services.sign_in.enter(operator, secret, Origin.CONSOLE, ask=ask, provider=provider)
        finally:
            secret.wipe()

    def touch(options: Mapping[str, Any], say: Callable[[str], None], cancel: threading.Event) -> Mapping[str, Any]:
        from core.access.security_key_device import SecurityKeyDevice  # noqa: PLC0415 (fido2, where a key is in use)

        return SecurityKeyDevice(say=say, cancel=cancel).sign(options)

    def identify(open_browser: Callable[[str], None], cancel: threading.Event) -> "ProviderIdentity":
        from app.bootstrap import identity_provider  # noqa: PLC0415

        provider = identity_provider(home.config())
        if provider is None:
            raise InvalidInput("This home names no identity provider.", field="oidc")
        return provider.identify(open_browser, cancel)

    def look_at_hsm() -> "PartHealth":
        from app.start import client_of  # noqa: PLC0415
        from core.monitor.health import hsm_health  # noqa: PLC0415 (SQLAlchemy)

        config = home.config()
        with client_of(home, config) as client:
            return hsm_health(config, client)

    def run_setup(plan: "SetupPlan", progress: "Progress") -> "SetupResult":
        from app.bootstrap import vault_setup  # noqa: PLC0415
        from core.audit.model import Origin  # noqa: PLC0415

        return vault_setup(home, Origin.CONSOLE).run(plan, progress)

    return Doors(
        home=home.path,
        holds_vault=home.holds_vault,
        version=VERSION,
        run_setup=run_setup,
        open_vault=open_vault,
        look_at_hsm=look_at_hsm,
        sign_in=enter,
        touch=touch,
        identify=identify,
        provider=_names_provider(home),
        save_appearance=lambda value: _save_appearance(settings, value),
        now=lambda: datetime.now(UTC),
        operator=settings.operator or "",
        demo=None if sign_in is None else Credentials(sign_in[0], sign_in[1].reveal_text()),
    )


def _names_provider(home: Home) -> bool:
    try:
        return home.holds_vault and home.config().oidc is not None
    except CitizenZeroError:
        return False  # whoever opens the vault says what is wrong


async def _end(loop: qasync.QEventLoop, desk: Desktop) -> None:
    """Close the vault in a worker thread, then stop the loop, whatever happens."""
    try:
        await loop.run_in_executor(None, desk.console.shut_down)
    except CitizenZeroError as error:
        _log(error)
    finally:
        loop.stop()


def _application() -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setDesktopFileName(IDENTIFIER)
    application.setApplicationName(IDENTIFIER)
    application.setApplicationDisplayName("Citizen Zero")
    application.setApplicationVersion(VERSION)
    application.setQuitOnLastWindowClosed(False)  # the end is ordered: see `_end`
    QLocale.setDefault(QLocale("en_IN"))
    return application


def _close_on_signals(window: QWidget) -> None:
    """Treat Ctrl+C in the terminal and a session's end like closing the window."""
    timer = QTimer(window)
    timer.setInterval(_SIGNAL_LOOK_MS)
    timer.timeout.connect(lambda: None)
    timer.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread: then somebody else minds the signals
            signal.signal(number, lambda *_: window.close())


def _log(error: BaseException) -> None:
    code = error.code if isinstance(error, CitizenZeroError) else "CZ-APP-001"
    logging.getLogger(LOGGER).error("window error", extra={"code": code}, exc_info=error)


def _save_appearance(settings: Settings, value: str) -> None:
    if settings.home_folder.holds_vault:  # before set-up there is no folder to keep it in
        save_appearance(settings.home_folder.path, value)
