"""Signing in as the unlock screen shows it: password, second factor, identity provider. All waiting is elsewhere.

Core asks for a second factor from the worker thread that signs in: that thread waits here until the person
has typed a code, touched a key or stopped. The browser is the system's; its answer is awaited in a worker too.
"""

import queue
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices

from core.access.factors import FactorAnswer, FactorChallenge, FactorKind
from core.errors import CitizenZeroError, Refused, SecondFactorNeeded, SignInPaused
from ui.error_report import said
from ui.models.doors import Doors
from ui.models.page_tasks import PageTasks
from ui.models.vault import Desk, OpenedVault
from ui.pages.unlock import UnlockScreen
from ui.tasks import TaskRunner
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.access.provider import ProviderIdentity

_PERSON_SECONDS = 180.0
_IDENTITY_MS = 300_000  # whom the provider named opens nothing for whoever comes by later


class SigningIn(QObject):
    """Signal `entered(Desk)`. `vault` gives the vault once it is reached, None where it was not.

    `stop()` ends whatever waits for the person; `open_browser` may be replaced by a test.
    """

    entered = pyqtSignal(object)
    _asked = pyqtSignal(object)
    _told = pyqtSignal(str)
    _address = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        tasks: TaskRunner,
        doors: Doors,
        screen: UnlockScreen,
        vault: Callable[[], Coroutine[Any, Any, OpenedVault | None]],
    ) -> None:
        super().__init__(screen)
        self._theme = theme
        self._tasks = tasks
        self._doors = doors
        self._screen = screen
        self._vault = vault
        self._answers: queue.SimpleQueue[Callable[[], FactorAnswer]] = queue.SimpleQueue()
        self._challenge: FactorChallenge | None = None
        self._cancel = threading.Event()
        self._identity: ProviderIdentity | None = None
        self.open_browser: Callable[[str], object] = lambda address: QDesktopServices.openUrl(QUrl(address))
        self._forgetting = QTimer(self)
        self._forgetting.setSingleShot(True)
        self._forgetting.setInterval(_IDENTITY_MS)
        self._forgetting.timeout.connect(self.forget)
        screen.unlock_asked.connect(self.ask)
        screen.code_entered.connect(self._on_code)
        screen.security_key_asked.connect(self._on_security_key)
        screen.provider_asked.connect(self._on_provider_asked)
        screen.stopped.connect(self.stop)
        queued = Qt.ConnectionType.QueuedConnection
        self._asked.connect(self._on_asked, type=queued)  # type: ignore[call-arg]  # PyQt's stubs
        self._told.connect(screen.show_waiting, type=queued)  # type: ignore[call-arg]  # leave `type` out
        self._address.connect(self._on_address, type=queued)  # type: ignore[call-arg]

    def ask(self, operator: str, password: str) -> None:
        """Sign in; what comes of it is shown on the screen, or tells `entered`."""
        self._tasks.start(self._sign_in(operator, password))

    def stop(self) -> None:
        """End what waits for the person: the second factor, the browser, the touch of a key; or forget who it was."""
        self._cancel.set()
        self._answers.put(_stopped)
        if self._identity is not None:
            self.forget()

    def forget(self) -> None:
        """Forget whom the identity provider named: the next sign-in asks it again."""
        self._identity = None
        self._forgetting.stop()
        self._screen.show_identity("")

    async def _sign_in(self, operator: str, password: str) -> None:
        vault = await self._vault()
        if vault is None:
            self._screen.show_ready()  # the degraded screen says why
            return
        identity = self._identity
        self._begin()

        def sign_in() -> Desk:
            session = self._doors.sign_in(vault, operator, password, self._second_factor, identity)
            settings = vault.services.settings.read_checked()
            return Desk(self._theme, PageTasks(self._tasks), vault, session, settings)

        try:
            desk = await self._tasks.command(sign_in)
        except SignInPaused as error:
            self._screen.show_paused(said(error.message))
        except Refused as error:
            self._screen.show_refused(said(error.message))
        except BaseException:
            self._screen.show_ready()
            raise
        else:
            self.forget()
            self._screen.show_ready()
            self.entered.emit(desk)
        finally:
            self._challenge = None

    # --- second factor -----------------------------------------------------------------------------

    def _second_factor(self, challenge: FactorChallenge) -> FactorAnswer:
        """Return what the person answers. Worker thread: it waits."""
        self._asked.emit(challenge)
        try:
            answer = self._answers.get(timeout=_PERSON_SECONDS)
        except queue.Empty:
            raise SecondFactorNeeded(self.tr("The second factor was not given in time.")) from None
        return answer()

    def _on_asked(self, challenge: FactorChallenge) -> None:
        self._challenge = challenge
        self._screen.ask_second_factor(
            code=FactorKind.TOTP in challenge.kinds or FactorKind.RECOVERY in challenge.kinds,
            security_key=challenge.request is not None,
        )

    def _on_code(self, code: str) -> None:
        self._answers.put(lambda: FactorAnswer(code=code))

    def _on_security_key(self) -> None:
        challenge = self._challenge
        if challenge is not None and challenge.request is not None:
            options: Mapping[str, Any] = challenge.request
            cancel = self._cancel
            self._answers.put(lambda: FactorAnswer(assertion=self._doors.touch(options, self._told.emit, cancel)))

    # --- identity provider -------------------------------------------------------------------------

    def _on_provider_asked(self) -> None:
        self._tasks.start(self._identify())

    async def _identify(self) -> None:
        self._begin()
        cancel = self._cancel
        self._screen.show_waiting(self.tr("Sign in at the identity provider, in your browser. Then come back here."))
        try:
            identity = await self._tasks.query(lambda: self._doors.identify(self._address.emit, cancel))
        except CitizenZeroError as error:
            self._screen.show_refused(said(error.message))
            return
        self._identity = identity
        self._forgetting.start()
        self._screen.show_ready()
        known = self.tr("The identity provider knows you as {operator}. Your own password opens the vault.")
        self._screen.set_operator(identity.operator)
        self._screen.show_identity(known.format(operator=identity.operator))

    def _on_address(self, address: str) -> None:
        self.open_browser(address)

    def _begin(self) -> None:
        """Forget answers to an earlier question."""
        self._cancel = threading.Event()
        self._answers = queue.SimpleQueue()


def _stopped() -> FactorAnswer:
    raise SecondFactorNeeded("You stopped. Nothing was opened.")
