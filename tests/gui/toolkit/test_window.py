"""The frame by keyboard: finding, going, locking; and what happens when nobody is there."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.toolkit.sample import TOKEN, CitizensSample, entries, sample_window
from tests.support.gui import (
    all_strings,
    assert_no_elided_labels,
    click,
    move_mouse,
    press,
    screenshot,
    settle,
    type_text,
)
from ui.main_window import MINIMUM, MainWindow
from ui.pages.unlock import UnlockScreen
from ui.tasks import Job, TaskRunner
from ui.theme.theme import Theme
from ui.widgets.banner import Banner
from ui.widgets.dialog import DialogFrame, open_dialogs
from ui.widgets.focus_ring import FocusRing
from ui.widgets.idle import IdleWatch
from ui.widgets.sidebar import NavEntry

_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner(lambda error, _retry=None: pytest.fail(repr(error)))
    yield runner
    qtbot.waitUntil(runner.close().done)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, ring: FocusRing, runner: TaskRunner) -> MainWindow:
    window = sample_window(theme, runner)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    settle()
    return window


def _key(window: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key as the platform would: through the window, so that shortcuts see it."""
    handle = window.windowHandle()
    assert handle is not None
    press(key, modifiers, on=handle)


def test_a_page_is_built_only_when_it_is_first_shown(window: MainWindow) -> None:
    assert window.page("overview") is None
    window.open_page("overview")
    assert window.page("overview") is not None


def test_alt_and_a_number_open_pages(window: MainWindow) -> None:
    _key(window, Qt.Key.Key_1, _ALT)
    assert window.current_page == "overview"
    _key(window, Qt.Key.Key_6, _ALT)
    assert window.current_page == "approvals"


def test_ctrl_k_finds_a_page_and_enter_opens_it(window: MainWindow) -> None:
    _key(window, Qt.Key.Key_K, _CTRL)
    type_text("moni")
    press(Qt.Key.Key_Return)
    assert window.current_page == "monitor"
    assert not window.palette_.isVisible()


def test_arrows_choose_among_what_was_found(window: MainWindow) -> None:
    _key(window, Qt.Key.Key_K, _CTRL)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    assert window.current_page == "delegations"


def test_ctrl_k_does_actions(qtbot: QtBot, window: MainWindow) -> None:
    _key(window, Qt.Key.Key_K, _CTRL)
    type_text("enrol")
    with qtbot.waitSignal(window.action_chosen) as chosen:
        press(Qt.Key.Key_Return)
    assert chosen.args == ["enrol"]


def test_an_identity_token_typed_into_ctrl_k_goes_to_the_citizen(qtbot: QtBot, window: MainWindow) -> None:
    _key(window, Qt.Key.Key_K, _CTRL)
    type_text(TOKEN)
    settle()
    screenshot(window, "palette-token")
    with qtbot.waitSignal(window.identity_token_entered) as entered:
        press(Qt.Key.Key_Return)
    assert entered.args == [TOKEN]


def test_escape_closes_ctrl_k_and_gives_the_keyboard_back(window: MainWindow) -> None:
    window.navigation.focus_current()
    _key(window, Qt.Key.Key_K, _CTRL)
    settle()
    screenshot(window, "palette")
    press(Qt.Key.Key_Escape)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.objectName() == "nav_citizens"


def test_what_nothing_has_is_said_in_words(window: MainWindow) -> None:
    _key(window, Qt.Key.Key_K, _CTRL)
    type_text("zzz")
    press(Qt.Key.Key_Return)
    assert window.palette_.isVisible()
    assert window.palette_.targets_shown() == []


def test_f6_goes_from_area_to_area_and_back(window: MainWindow) -> None:
    seen = []
    for _ in range(3):
        _key(window, Qt.Key.Key_F6)
        focused = QApplication.focusWidget()
        assert focused is not None
        areas = {"navigation": window.navigation, "pages": window._pages, "status": window.status}
        seen += [name for name, area in areas.items() if area.isAncestorOf(focused)]
    assert sorted(seen) == ["navigation", "pages", "status"]


def test_arrow_keys_move_in_the_navigation(window: MainWindow) -> None:
    window.navigation.focus_current()
    press(Qt.Key.Key_Down)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.objectName() == "nav_delegations"
    press(Qt.Key.Key_Space, on=focused)
    assert window.current_page == "delegations"


def test_pressing_the_open_page_keeps_it_marked(window: MainWindow) -> None:
    entry = window.navigation.entry("citizens")
    entry.click()
    assert entry.isChecked()


def test_ctrl_l_asks_to_lock_even_under_a_dialog(qtbot: QtBot, theme: Theme, window: MainWindow) -> None:
    DialogFrame(theme, window, "Any", name="any").open()
    with qtbot.waitSignal(window.lock_asked):
        _key(window, Qt.Key.Key_L, _CTRL)


def test_other_keys_of_the_frame_do_nothing_under_a_dialog(theme: Theme, window: MainWindow) -> None:
    DialogFrame(theme, window, "Any", name="any").open()
    _key(window, Qt.Key.Key_1, _ALT)
    _key(window, Qt.Key.Key_K, _CTRL)
    assert window.current_page == "citizens"
    assert not window.palette_.isVisible()


def test_the_lock_screen_leaves_no_dialog_and_no_value(theme: Theme, window: MainWindow) -> None:
    page = window.page("citizens")
    assert isinstance(page, CitizensSample)
    page.reveal_phone()
    DialogFrame(theme, window, "Any", name="any").open()
    window.show_screen(UnlockScreen(theme, vault="v", version="1"))
    assert open_dialogs(window) == []
    assert not any("98860" in text for text in all_strings(window))


def test_leaving_a_page_takes_what_was_revealed_there(window: MainWindow) -> None:
    page = window.page("citizens")
    assert isinstance(page, CitizensSample)
    page.reveal_phone()
    window.open_page("overview")
    assert not any("98860" in text for text in all_strings(window))


def test_no_page_is_reached_from_the_lock_screen(theme: Theme, window: MainWindow) -> None:
    window.show_screen(UnlockScreen(theme, vault="v", version="1"))
    _key(window, Qt.Key.Key_1, _ALT)
    _key(window, Qt.Key.Key_K, _CTRL)
    assert not window.in_workspace
    assert not window.palette_.isVisible()
    assert window.current_page == "citizens"


def test_another_operator_gets_pages_built_anew(window: MainWindow) -> None:
    before = window.page("citizens")
    window.discard_pages()
    window.show_workspace("citizens")
    assert window.page("citizens") is not before


def test_without_use_the_console_asks_to_be_locked(
    qtbot: QtBot, theme: Theme, runner: TaskRunner, qapp: QApplication
) -> None:
    clock = Clock()
    window = MainWindow(theme, runner, entries(theme), idle_seconds=600, clock=clock)
    qtbot.addWidget(window)
    window.show()
    window.show_workspace("audit")
    clock.now += 599
    with qtbot.assertNotEmitted(window.idle_expired):
        window.idle.look()
    clock.now += 1
    with qtbot.waitSignal(window.idle_expired):
        window.idle.look()
    assert not window.idle.running


def test_any_key_or_movement_starts_the_time_again(qtbot: QtBot, qapp: QApplication) -> None:
    clock = Clock()
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    watch = IdleWatch(qapp, 100, clock=clock)
    left: list[float] = []
    watch.ticked.connect(left.append)
    watch.start()
    clock.now += 40
    press(Qt.Key.Key_A, on=widget)
    watch.look()
    assert left[-1] == 100
    clock.now += 40
    move_mouse(widget, QPoint(5, 5))
    settle()
    watch.look()
    watch.stop()
    assert left[-1] == 100


def test_a_job_is_shown_and_stopped_from_the_status_bar(qtbot: QtBot, window: MainWindow, runner: TaskRunner) -> None:
    stopped: list[bool] = []

    def work(job: Job) -> None:
        job.progress(62, 100)
        while not job.stopped:
            pass
        stopped.append(True)

    pending = runner.job("Importing", work)
    assert "Importing" in all_strings(window.status)
    button = window.status.findChild(QWidget, "job_stop")
    assert button is not None
    click(button)
    qtbot.waitUntil(pending.done)
    assert stopped == [True]
    assert window.status._job.isHidden()


def test_closing_waits_for_what_runs(qtbot: QtBot, theme: Theme) -> None:
    runner = TaskRunner(lambda error, _retry=None: pytest.fail(repr(error)))
    window = MainWindow(theme, runner, entries(theme))
    window.show()
    done: list[str] = []
    runner.command(lambda: done.append("done"))
    with qtbot.waitSignal(window.closed):
        assert not window.close()
    assert done == ["done"]
    assert not window.isVisible()
    window.deleteLater()


def test_the_smallest_window_cuts_no_word(window: MainWindow, theme: Theme) -> None:
    window.resize(*MINIMUM)
    settle()
    assert_no_elided_labels(window.status)
    assert_no_elided_labels(window.navigation)
    screenshot(window, "frame-smallest")


@pytest.mark.parametrize("scale", [1.25, 1.75])
def test_text_grows_with_the_scale_and_nothing_of_the_frame_is_cut(
    window: MainWindow, theme: Theme, scale: float
) -> None:
    theme.set_text_scale(scale)
    settle()
    assert_no_elided_labels(window.navigation)
    screenshot(window, f"frame-scale-{round(scale * 100)}")


def test_the_frame_offers_other_pages_once_it_is_known_who_signed_in(window: MainWindow) -> None:
    kept = [entry for entry in window._entries.values() if entry.key in ("overview", "audit")]
    window.show()
    window.set_pages(kept)
    window.show_workspace("audit")
    settle()
    assert window.offers("audit")
    assert not window.offers("citizens")
    names = {entry.objectName() for entry in window.navigation.findChildren(NavEntry) if entry.isVisible()}
    assert names == {"nav_overview", "nav_audit"}
    assert [target.key for target in window._targets() if target.kind == "page"] == ["overview", "audit"]
    _key(window, Qt.Key.Key_9, _ALT)
    assert window.current_page == "audit"
    _key(window, Qt.Key.Key_1, _ALT)
    assert window.current_page == "overview"


def test_a_standing_notice_stays_above_every_page_until_it_is_taken_away(window: MainWindow) -> None:
    notice = Banner(window._theme, "warning", "One operator decides alone", "Chosen at set-up.", name="notice")
    window.show()
    window.show_notice(notice)
    for page in ("audit", "citizens"):
        window.show_workspace(page)
        settle()
        assert notice.isVisible()
    window.show_notice(None)
    assert window.findChild(Banner, "notice") is None or not notice.isVisible()
