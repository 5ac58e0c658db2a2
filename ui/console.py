"""The console as a whole: which screen is up, who signed in, what locks it. Joins frame, pages and core.

It waits for nothing: whatever may take time is a callable of `Doors` that runs in a worker thread.
What the operator is then offered stands in `ui/workspace.py`.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QWidget

from core.errors import CitizenZeroError, DatabaseUnavailable, LoginSessionEnded, LogIntegrityFailure, VaultLocked
from ui.error_report import ErrorReport, said
from ui.joining import Joining
from ui.main_window import MainWindow
from ui.models import part_words
from ui.models.doors import Credentials, Doors
from ui.models.vault import Desk, OpenedVault
from ui.pages.degraded import DegradedScreen, DegradedState
from ui.pages.unlock import UnlockScreen
from ui.pending import Pending
from ui.session_watch import SessionWatch
from ui.signing_in import SigningIn
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.watching import Watching
from ui.widgets import words
from ui.widgets.status_bar import PartState
from ui.workspace import Workspace

if TYPE_CHECKING:
    from core.monitor.health import PartHealth

_LOOK_MS = 10_000


class Console(QObject):
    """`start()` shows the first screen. `shut_down()` runs in a worker thread after the window has closed."""

    def __init__(self, theme: Theme, tasks: TaskRunner, report: ErrorReport, doors: Doors) -> None:
        super().__init__()
        self._theme = theme
        self._tasks = tasks
        self._report = report
        self._doors = doors
        self.vault: OpenedVault | None = None
        self.desk: Desk | None = None
        self._opening: Pending[None] | None = None
        self._locking: Pending[None] | None = None
        self._looking = False
        caption = self.tr("Demo vault · invented") if doors.demo else self.tr("National vault · live")
        self.window = MainWindow(theme, tasks, (), vault=caption)
        self.workspace: Workspace | None = None
        self.unlock = UnlockScreen(theme, vault=caption, version=doors.version, provider=doors.provider)
        self.joining = Joining(theme, tasks, self.unlock, self._reached)
        self.degraded: DegradedScreen | None = None
        self.setup: QWidget | None = None
        self._first_action = ""  # what set-up leads on to, once the vault is unlocked
        self.signing_in = SigningIn(theme, tasks, doors, self.unlock, self._reached)
        self._look_timer = QTimer(self)
        self._look_timer.setInterval(_LOOK_MS)
        self._look_timer.timeout.connect(self._look)
        self._session_watch = SessionWatch(self)
        self._watching = Watching(self.window, self)
        self._watching.changed.connect(self._on_others_changed)
        self._watching.shrunk.connect(self._on_log_shrunk)
        self._connect()

    def start(self) -> None:
        """Show the first screen: the wizard where there is no vault, else unlock; then begin to open the vault."""
        if self._doors.holds_vault:
            self.show_unlock()
        else:
            self.show_setup()

    def report(self, error: BaseException, retry: Callable[[], None] | None = None, /) -> None:
        """Say an error in words; what failed only because the console was locked meanwhile is not worth a word."""
        if isinstance(error, LoginSessionEnded):
            if self.desk is not None:
                self._on_session_ended(said(error.message))
        elif not (isinstance(error, VaultLocked) and self.desk is None):
            self._report.report(error, retry)

    def shut_down(self) -> None:
        """Lock and close the vault. It waits: worker thread only."""
        vault, desk = self.vault, self.desk
        self.vault = self.desk = None
        if vault is not None:
            if desk is not None:
                with suppress(CitizenZeroError):
                    vault.lock(desk.session)
            vault.close()

    # --- screens -----------------------------------------------------------------------------------

    def show_setup(self) -> None:
        """Show the set-up wizard."""
        from ui.wizards.setup import SetupScreen  # noqa: PLC0415 (loads the cryptography that only set-up needs here)

        screen = SetupScreen(self._theme, self._tasks, self._doors.run_setup, self._doors.home)
        screen.unlock_asked.connect(self._on_set_up)
        screen.given_up.connect(self.window.close)
        self.setup = screen
        self.window.show_screen(screen)

    def show_unlock(self, why: str = "") -> None:
        """Show the unlock screen and, if the vault is not open yet, begin to open it."""
        self.unlock.show_locked(why if self._doors.demo is None else self._with_demo_words(why, self._doors.demo))
        self.unlock.show_ready()
        self.window.show_screen(self.unlock)
        if self.vault is None and self._opening is None:
            self.unlock.show_parts(part_words.waiting_lines())
            self._opening = Pending()
            self._tasks.start(self._open())

    def _with_demo_words(self, why: str, demo: Credentials) -> str:
        known = self.tr("Demo: operator {operator}, password {password}")
        words_of_it = known.format(operator=demo.operator, password=demo.password)
        return f"{why}. {words_of_it}" if why else words_of_it

    def _show_degraded(self, state: DegradedState) -> None:
        if self.degraded is None:
            self.degraded = DegradedScreen(self._theme, version=self._doors.version)
            self.degraded.action_chosen.connect(lambda *_: self._retry())
            self.degraded.verify_asked.connect(self._on_verify_proof)
            self.degraded.retry_due.connect(self._retry)
        self.degraded.show_state(state)
        self.window.show_screen(self.degraded)

    def _on_set_up(self, operator: str, invites: bool) -> None:
        self._first_action = "invite" if invites else ""
        self.unlock.set_operator(operator)
        self.show_unlock()

    # --- opening the vault -------------------------------------------------------------------------

    async def _open(self) -> None:
        """Reach the vault, look at its parts, and say what is missing."""
        self._looking = True
        try:
            if self.vault is None:
                self.vault = await self._tasks.query(self._doors.open_vault)
                parts = await self._tasks.query(self.vault.health.parts)
            else:
                parts = await self._tasks.query(partial(_look_afresh, self.vault))
        except CitizenZeroError as error:
            self._opened()
            self._show_degraded(part_words.degraded_by_error(error, await self._hsm_alone(error)))
            return
        finally:
            self._looking = False
        self._opened()
        self.unlock.show_parts(part_words.unlock_lines(parts))
        if not all(part_words.is_up(part) for part in parts):
            self._show_degraded(part_words.degraded_by_parts(parts))
            return
        if self.degraded is not None and self.degraded.isVisible():
            self.window.show_screen(self.unlock)
        demo = self._doors.demo
        if demo is not None and self.desk is None:
            self.unlock.set_operator(demo.operator)
            self.signing_in.ask(demo.operator, demo.password)

    async def _hsm_alone(self, error: CitizenZeroError) -> "PartHealth | None":
        """Return how the HSM is when the database is not there: both may be missing."""
        if not isinstance(error, DatabaseUnavailable):
            return None
        with suppress(CitizenZeroError):
            return await self._tasks.query(self._doors.look_at_hsm)
        return None

    def _opened(self) -> None:
        """Let go on who waited for the vault, whether it is there or not."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.set_result(None)

    def _retry(self) -> None:
        if not self._looking:
            self._looking = True
            self._opening = self._opening or Pending()
            self._tasks.start(self._open())

    # --- sign-in and lock --------------------------------------------------------------------------

    async def _reached(self) -> OpenedVault | None:
        """Return the vault, after whatever opens or locks it has ended."""
        for waiting in (self._opening, self._locking):
            if waiting is not None:
                with suppress(CitizenZeroError):  # whoever began it says so
                    await waiting
        return self.vault

    def _enter(self, desk: Desk) -> None:
        self.desk = desk
        self.unlock.set_operator(desk.session.operator)
        self.window.status.set_operator(desk.session.operator)
        self.workspace = Workspace(self.window, desk, self._on_lock_asked)
        self.workspace.offer()
        self.window.idle.set_seconds(desk.settings.idle_seconds)
        self.window.show_workspace("overview")
        self.window.navigation.focus_current()
        self._look_timer.start()
        self._look()
        self._watching.start(desk)
        self._session_watch.start(desk)
        action, self._first_action = self._first_action, ""
        self.workspace.run(action)

    def lock(self, why: str) -> None:
        """Lock: what is on the screen goes first, then the keys."""
        desk = self.desk
        if desk is None:
            return
        self.desk = None
        self._look_timer.stop()
        self._watching.stop()
        self._session_watch.stop()
        self.show_unlock(why)
        desk.tasks.end()
        self.window.discard_pages()
        if self.workspace is not None:
            self.workspace.deleteLater()
            self.workspace = None

        def close_vault() -> None:
            desk.tasks.wait_for_jobs()  # their last batch needs the HSM
            desk.vault.lock(desk.session)

        self._locking = self._tasks.query(close_vault)
        self._tasks.start(self._after_lock(self._locking))

    async def _after_lock(self, locking: Pending[None]) -> None:
        try:
            await locking
        finally:
            self._locking = None

    def _on_lock_asked(self) -> None:
        self.lock(self.tr("Locked at {time}").format(time=words.clock(self._doors.now())))

    def _on_idle(self) -> None:
        if self.desk is not None:
            after = self.tr("Locked at {time} after {n} minutes without use")
            minutes = max(1, round(self.desk.settings.idle_seconds / 60))
            self.lock(after.format(time=words.clock(self._doors.now()), n=minutes))

    def _on_session_ended(self, why: str) -> None:
        ended = self.tr("Locked at {time}. {why}")
        self.lock(ended.format(time=words.clock(self._doors.now()), why=why))

    # --- status bar --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ask the parts how they are, and let data keys go whose time is over."""
        if not self._looking and self.desk is not None:
            self._tasks.start(self._look_at_parts(self.desk))
            if self.workspace is not None:
                self.workspace.look()

    async def _look_at_parts(self, desk: Desk) -> None:
        self._looking = True

        def look() -> list[tuple[str, PartState, str]]:
            desk.keys.forget_old()
            return [(part.part, *part_words.status_detail(part)) for part in desk.vault.health.parts()]

        try:
            for part, state, detail in await self._tasks.query(look):
                self.window.status.set_part(part, state, detail)
        finally:
            self._looking = False

    def _on_others_changed(self, changes: object) -> None:
        for page in self.window.built_pages():
            page.others_changed(changes)  # type: ignore[arg-type]  # a signal carries objects

    def _on_log_shrunk(self) -> None:
        words_of_it = "The audit log is shorter than it was a moment ago, which it never is by itself."
        self.report(LogIntegrityFailure(words_of_it))

    # --- wiring ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.signing_in.entered.connect(self._enter)
        self.unlock.verify_asked.connect(self._on_verify_proof)
        self._session_watch.ended.connect(self._on_session_ended)
        self.window.closing.connect(self.signing_in.stop)
        self.unlock.appearance_changed.connect(self._on_appearance_changed)
        self.window.lock_asked.connect(self._on_lock_asked)
        self.window.closed.connect(self._watching.stop)
        self.window.idle_expired.connect(self._on_idle)
        self.window.action_chosen.connect(self._on_action)
        self.window.identity_token_entered.connect(self._on_token)
        if self._doors.operator:
            self.unlock.set_operator(self._doors.operator)

    def _on_action(self, key: str) -> None:
        if self.workspace is not None:
            self.workspace.run(key)

    def _on_token(self, token: str) -> None:
        if self.workspace is not None:
            self.workspace.open_citizen(token)

    def _on_verify_proof(self) -> None:
        from ui.pages.proofs.verifying import open_verifying  # noqa: PLC0415 (loads what only a verdict needs)

        open_verifying(self._theme, self._tasks, self.window, self._doors.now)

    def _on_appearance_changed(self, appearance: str) -> None:
        self._tasks.query(lambda: self._doors.save_appearance(appearance))


def _look_afresh(vault: OpenedVault) -> "list[PartHealth]":
    """Look at the parts with a new HSM worker: a running one does not see a token that came back."""
    vault.services.token.log_out()
    return vault.health.parts()
