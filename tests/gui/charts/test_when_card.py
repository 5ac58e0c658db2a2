"""The heat map: hours by weekday, by mouse and by keyboard, in every theme."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QToolTip, QWidget

from core.audit.activity import HOURS, WEEKDAYS, HourlyActivity
from tests.gui.charts.conftest import Put
from tests.gui.charts.sample import hourly
from tests.support.gui import Collector, assert_all_named, assert_no_elided_labels, press, screenshot, settle, texts
from ui.charts.when_card import WhenCard
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme


@pytest.fixture
def window(put: Put, theme: Theme) -> QWidget:
    return put(WhenCard(theme), 484, 340)


@pytest.fixture
def card(window: QWidget) -> WhenCard:
    made = window.findChild(WhenCard)
    assert made is not None
    made.show_activity(hourly())
    settle()
    made.map.setFocus()
    return made


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST])
def test_the_map_stands_in_every_theme(window: QWidget, card: WhenCard, theme: Theme, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    card.map.mark([(6, 2)])
    settle()
    assert_all_named(card)
    assert_no_elided_labels(card)
    screenshot(window, "chart-when", theme)
    card.toggle_table()
    settle()
    assert_no_elided_labels(card)
    screenshot(window, "chart-when-table", theme)


def test_monday_stands_first_and_the_scale_names_both_ends(card: WhenCard) -> None:
    assert [card.model.columns[number].title for number in (1, 7)] == ["Mon", "Sun"]
    assert {"0", "1,640"} <= set(texts(card))


def test_a_marked_cell_wears_the_danger_frame_and_keeps_its_fill(card: WhenCard, theme: Theme) -> None:
    cell = card.map._cell(6, 2)
    fill = card.map.grab().toImage().pixelColor(cell.center())
    card.map.mark([(6, 2)])
    image = card.map.grab().toImage()
    assert image.pixelColor(cell.center()) == fill
    assert image.pixelColor(cell.topLeft()).name().upper() == theme.tokens.danger
    beside = image.pixelColor(cell.topLeft() - QPoint(1, 1)).name().upper()
    assert beside not in {theme.tokens.danger, *theme.tokens.heat}, "the gap stays"


def test_arrow_keys_move_along_the_cells_and_say_each(card: WhenCard) -> None:
    got = Collector()
    card.map.cell_chosen.connect(got)
    press(Qt.Key.Key_Right)
    assert card.map.chosen == (0, 0)
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Left)
    assert card.map.chosen == (0, 0), "there is nothing beyond the edge"
    press(Qt.Key.Key_Down)
    for _ in range(11):
        press(Qt.Key.Key_Right)
    assert card.map.chosen == (1, 11)
    assert QToolTip.text() == "Tuesday, 11:00 to 12:00 IST · 1,640 operations"
    assert card.map.accessibleDescription().startswith(QToolTip.text())
    press(Qt.Key.Key_Escape)
    assert got.got[-1] == (None,)
    assert "Most: Tuesday, 11:00 to 12:00 IST" in card.map.accessibleDescription()


def test_a_click_chooses_a_cell_and_a_second_one_lets_it_go(card: WhenCard) -> None:
    for expected in ((4, 9), None):
        at = card.map._cell(4, 9).center()
        QTest.mouseClick(card.map, Qt.MouseButton.LeftButton, pos=at)  # type: ignore[call-overload]  # PyQt's stubs
        assert card.map.chosen == expected
    assert card.map.cell_at(QPoint(2, 2)) is None, "the names of the days are no cells"


def test_t_shows_the_same_numbers_as_a_table(window: QWidget, card: WhenCard) -> None:
    press(Qt.Key.Key_T, on=window.windowHandle())
    assert card.shows_table
    assert card.table.hasFocus()
    activity = hourly()
    for hour in range(HOURS):
        shown = [int(card.model.cell(hour, 1 + day).text.replace(",", "")) for day in range(WEEKDAYS)]
        assert shown == [activity.counts[day][hour] for day in range(WEEKDAYS)]


def test_nothing_done_is_said_in_words(card: WhenCard) -> None:
    card.show_activity(HourlyActivity(28, ((0,) * HOURS,) * WEEKDAYS))
    settle()
    assert "Nothing was done in the last 28 days" in texts(card)
