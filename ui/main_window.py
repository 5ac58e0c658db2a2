"""The frame of the console: navigation left, page right, one status bar below.

It shows pages that others register and says what a person asked for; it decides nothing. Screens
that fill the window (unlock, degraded, the wizard) take the place of all that.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QMainWindow, QSizePolicy, QStackedWidget, QWidget

from ui.palette import Palette, Target
from ui.tasks import JobState, TaskRunner
from ui.theme.theme import Theme
from ui.widgets.dialog import open_dialogs
from ui.widgets.exposure import forget_exposed
from ui.widgets.idle import IdleWatch, waking_clock
from ui.widgets.layout import boxed, column, row
from ui.widgets.page import Page
from ui.widgets.sidebar import PageEntry, Sidebar
from ui.widgets.status_bar import StatusBar

MINIMUM = (1180, 720)
IDLE_SECONDS = 600.0
_PAGES_BY_NUMBER = 9


class MainWindow(QMainWindow):
    """`MainWindow(theme, runner, pages, vault="National vault · live")`; starts with no screen.

    `set_pages` and `set_actions` offer others once it is known who signed in; `show_notice` puts a
    standing banner above every page.

    Show a full screen with `show_screen(widget)`, the pages with `show_workspace()`. Parts:
    `navigation` (badges), `status` (HSM, database, log, operator), `palette_` (Ctrl+K).

    Signals: `page_opened(str)`; `action_chosen(str)` from Ctrl+K; `identity_token_entered(str)`;
    `lock_asked` (Lock or Ctrl+L); `idle_expired`; `closed` after everything that ran has ended.

    Keys: Ctrl+K find, Ctrl+L lock, Alt+1…9 pages, F6 and Shift+F6 from area to area.
    """

    page_opened = pyqtSignal(str)
    action_chosen = pyqtSignal(str)
    identity_token_entered = pyqtSignal(str)
    lock_asked = pyqtSignal()
    idle_expired = pyqtSignal()
    closed = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        runner: TaskRunner,
        pages: Sequence[PageEntry],
        *,
        vault: str = "",
        actions: Sequence[Target] = (),
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = waking_clock,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._runner = runner
        self._entries = {entry.key: entry for entry in pages}
        self._notice: QWidget | None = None
        self._actions = tuple(actions)
        self._built: dict[str, QWidget] = {}
        self._current = ""
        self._may_close = False
        self.setObjectName("main_window")
        self.setWindowTitle(self.tr("Citizen Zero"))
        self.setMinimumSize(*MINIMUM)
        self.navigation = Sidebar(theme, pages, vault)
        self.status = StatusBar(theme)
        self._pages = QStackedWidget()
        self._pages.setObjectName("pages")
        self._screens = QStackedWidget()
        self._workspace = QWidget()
        self._right = column(self._pages, spacing=0)
        middle = row(self.navigation, self._right, spacing=0)
        middle.setStretch(1, 1)
        layout = column(middle, self.status, spacing=0)
        layout.setStretch(0, 1)
        self._workspace.setLayout(layout)
        self._empty = QWidget()
        self._screens.addWidget(self._empty)
        self._screens.addWidget(self._workspace)
        self.setCentralWidget(self._screens)
        self.palette_ = Palette(theme, self, self._targets())
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101  # there is no window without one
        self.idle = IdleWatch(application, idle_seconds, clock=clock, parent=self)
        self._connect()
        self._make_shortcuts()

    # --- screens and pages -------------------------------------------------------------------------

    def show_screen(self, screen: QWidget) -> None:
        """Fill the window with a screen. Dialogs are refused, revealed data is dropped, idle time stops."""
        self.palette_.close_quietly()
        for dialog in reversed(open_dialogs(self)):
            dialog.reject()
        forget_exposed(self)
        self.idle.stop()
        if self._screens.indexOf(screen) < 0:
            self._screens.addWidget(screen)
        self._screens.setCurrentWidget(screen)
        screen.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_workspace(self, page: str = "") -> None:
        """Show navigation and pages (the one named, else the last one, else the first); idle time runs."""
        self._screens.setCurrentWidget(self._workspace)
        self.idle.start()
        key = page or self._current or next(iter(self._entries), "")
        if key:
            self.open_page(key)

    @property
    def in_workspace(self) -> bool:
        """Say whether pages are shown, not a full screen."""
        return self._screens.currentWidget() is self._workspace

    def open_page(self, key: str) -> QWidget:
        """Show a page, built now if it never was; returns it."""
        before = self._built.get(self._current)
        if isinstance(before, Page) and key != self._current:
            forget_exposed(before)
            before.left()
        if key not in self._built:
            self._built[key] = self._entries[key].factory()
            self._pages.addWidget(self._built[key])
        page = self._built[key]
        self._current = key
        self._pages.setCurrentWidget(page)
        self.navigation.show_current(key)
        if isinstance(page, Page):
            page.shown()
        focused = QApplication.focusWidget()
        if focused is None or not self.navigation.isAncestorOf(focused) or focused.objectName() == "find":
            page.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.navigation.entry(key).setFocus(Qt.FocusReason.OtherFocusReason)  # the keyboard stays in the navigation
        self.page_opened.emit(key)
        return page

    def offers(self, key: str) -> bool:
        """Tell whether the operator is offered a page."""
        return key in self._entries

    def page(self, key: str) -> QWidget | None:
        """Return a page if it was built."""
        return self._built.get(key)

    def built_pages(self) -> list[Page]:
        """Return the pages that were built."""
        return [page for page in self._built.values() if isinstance(page, Page)]

    @property
    def current_page(self) -> str:
        """Return the key of the open page."""
        return self._current

    def discard_pages(self) -> None:
        """Delete all pages: after a lock, before another operator signs in."""
        for page in self._built.values():
            self._pages.removeWidget(page)
            page.deleteLater()
        self._built = {}
        self._current = ""

    def _on_scaled(self) -> None:
        """Build pages anew for another text scale: their widths were measured in the old one."""
        current = self._current
        self.discard_pages()
        self._current = current
        if self.in_workspace and current:
            self.open_page(current)

    def set_pages(self, pages: Sequence[PageEntry]) -> None:
        """Offer other pages, in the navigation and in Ctrl+K; those that were built are deleted."""
        self.discard_pages()
        self._entries = {entry.key: entry for entry in pages}
        self.navigation.set_pages(pages)
        self.palette_.set_targets(self._targets())

    def show_notice(self, banner: QWidget | None) -> None:
        """Put a banner above every page, until another call; None takes it away."""
        if self._notice is not None:
            self._right.removeWidget(self._notice)
            self._notice.hide()
            self._notice.deleteLater()
        self._notice = None if banner is None else boxed(row(banner, margins=(20, 12, 20, 0)))
        if self._notice is not None:
            self._notice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
            self._right.insertWidget(0, self._notice)

    def set_actions(self, actions: Sequence[Target]) -> None:
        """Offer other actions in Ctrl+K (kind "action")."""
        self._actions = tuple(actions)
        self.palette_.set_targets(self._targets())

    # --- wiring ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.navigation.page_chosen.connect(self.open_page)
        self.navigation.find_asked.connect(self._on_find)
        self.status.lock_asked.connect(self.lock_asked)
        self.status.job_stop_asked.connect(self._runner.stop_job)
        self.palette_.chosen.connect(self._on_chosen)
        self.idle.ticked.connect(self.status.set_seconds_to_lock)
        self.idle.expired.connect(self.idle_expired)
        self._theme.scaled.connect(self._on_scaled)
        self._runner.job_started.connect(self._on_job)
        self._runner.job_advanced.connect(self._on_job)
        self._runner.job_ended.connect(self._on_job_ended)

    def _make_shortcuts(self) -> None:
        self._shortcut("Ctrl+K", self._on_find)
        self._shortcut("Ctrl+L", self.lock_asked.emit, under_dialogs=True)
        self._shortcut("F6", lambda: self._go_to_area(1))
        self._shortcut("Shift+F6", lambda: self._go_to_area(-1))
        for number in range(_PAGES_BY_NUMBER):
            self._shortcut(f"Alt+{number + 1}", partial(self._open_by_number, number))

    def _shortcut(self, keys: str, call: Callable[[], object], *, under_dialogs: bool = False) -> None:
        """Give the frame a key. It does nothing on a full screen, nor under a dialog (but for locking)."""

        def call_if_free() -> None:
            if self.in_workspace and (under_dialogs or not open_dialogs(self)):
                call()

        QShortcut(QKeySequence(keys), self).activated.connect(call_if_free)

    def _open_by_number(self, number: int) -> None:
        for key in list(self._entries)[number : number + 1]:
            self.open_page(key)

    def _on_find(self) -> None:
        if self.palette_.isVisible():
            self.palette_.close_quietly()
        else:
            self.palette_.open()

    def _on_chosen(self, kind: str, key: str) -> None:
        if kind == "page":
            self.open_page(key)
        elif kind == "citizen":
            self.identity_token_entered.emit(key)
        else:
            self.action_chosen.emit(key)

    def _targets(self) -> list[Target]:
        hint = self.tr("Page")
        pages = [Target("page", e.key, e.title, e.icon, hint, e.keywords) for e in self._entries.values()]
        return pages + list(self._actions)

    def _go_to_area(self, step: int) -> None:
        areas = [self.navigation, self._pages, self.status]
        focused = QApplication.focusWidget()
        here = next((i for i, area in enumerate(areas) if focused is not None and area.isAncestorOf(focused)), -step)
        area = areas[(here + step) % len(areas)]
        if area is self.navigation:
            self.navigation.focus_current()
            return
        for widget in area.findChildren(QWidget):
            tabbed = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
            if tabbed and widget.isVisible() and widget.isEnabled():
                widget.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _on_job(self, job: JobState) -> None:
        first = self._runner.jobs[0] if self._runner.jobs else job
        self.status.show_job(first)

    def _on_job_ended(self, _job: JobState) -> None:
        if self._runner.jobs:
            self.status.show_job(self._runner.jobs[0])
        else:
            self.status.hide_job()

    # --- closing -----------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close in order: refuse dialogs, drop revealed data, let what runs end, then go."""
        if event is None or self._may_close:
            return
        event.ignore()
        self.setEnabled(False)
        for dialog in reversed(open_dialogs(self)):
            dialog.reject()
        forget_exposed(self)
        self.idle.stop()
        self._runner.close().add_done_callback(lambda _: self._on_all_ended())

    def _on_all_ended(self) -> None:
        self._may_close = True
        self.close()
        self.closed.emit()
