"""The frame, its full screens and dialogs in every theme: pictures, names, words that fit."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.toolkit.sample import NO_HSM, WHEN, CitizensSample, RevealSample, sample_window
from tests.support.gui import assert_all_named, assert_no_elided_labels, screenshot, settle
from ui.error_report import ErrorReport
from ui.main_window import MainWindow
from ui.tasks import TaskRunner
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.focus_ring import FocusRing

ALL = [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST]


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    errors: list[BaseException] = []
    runner = TaskRunner(lambda error, _retry=None: errors.append(error))
    yield runner
    qtbot.waitUntil(runner.close().done)
    assert errors == []


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, ring: FocusRing, runner: TaskRunner) -> MainWindow:
    window = sample_window(theme, runner)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    settle()
    return window


@pytest.mark.parametrize("appearance", ALL)
def test_the_frame_stands_in_every_theme(window: MainWindow, theme: Theme, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    page = window.page("citizens")
    assert isinstance(page, CitizensSample)
    page.reveal_phone()
    settle()
    assert_all_named(window)
    assert_no_elided_labels(window)
    screenshot(window, "frame-citizens", theme)


def test_a_page_is_grabbed_like_its_picture(window: MainWindow, theme: Theme) -> None:
    window.open_page("overview")
    settle()
    assert_all_named(window)
    assert_no_elided_labels(window)
    screenshot(window, "frame-overview", theme)


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_a_dialog_stands_over_a_dimmed_window(window: MainWindow, theme: Theme, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    dialog = RevealSample(theme, window)
    dialog.open()
    settle()
    assert_all_named(window)
    assert_no_elided_labels(dialog)
    screenshot(window, "dialog-reveal", theme)
    dialog.reject()


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_an_error_says_what_happened_what_it_means_and_what_to_do(
    window: MainWindow, theme: Theme, appearance: Appearance
) -> None:
    theme.set_appearance(appearance)
    report = ErrorReport(theme, lambda: window, now=lambda: WHEN)
    report.report(NO_HSM, lambda: None)
    settle()
    assert report.dialog is not None
    report.dialog.details.unfold()
    settle()
    assert_all_named(window)
    assert_no_elided_labels(report.dialog)
    screenshot(window, "dialog-error", theme)
    report.dialog.reject()
