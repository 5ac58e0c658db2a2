"""The activity chart: numbers as bars and as a table, by mouse and by keyboard, in every theme."""

import subprocess
import sys
from itertools import pairwise

import pytest
from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QColor, QImage, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolTip, QWidget

from core.audit.activity import Series
from tests.gui.charts.conftest import Put
from tests.gui.charts.sample import daily, nothing
from tests.support.gui import (
    Collector,
    assert_all_named,
    assert_no_elided_labels,
    focus_order,
    press,
    screenshot,
    settle,
    texts,
)
from ui.charts.activity_card import ActivityCard
from ui.charts.stacked import StackedBars
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme

APPEARANCES = [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST]


@pytest.fixture
def window(put: Put, theme: Theme) -> QWidget:
    return put(ActivityCard(theme), 1200, 386)


@pytest.fixture
def card(window: QWidget) -> ActivityCard:
    made = window.findChild(ActivityCard)
    assert made is not None
    return made


@pytest.fixture
def bars(card: ActivityCard) -> StackedBars:
    card.show_activity(daily())
    settle()
    assert isinstance(card.chart, StackedBars)
    card.chart.setFocus()
    return card.chart


def _picture(bars: StackedBars) -> QImage:
    """Grab the chart as it stands on its card."""
    settle()
    window = bars.window()
    assert window is not None
    return window.grab(QRect(bars.mapTo(window, QPoint()), bars.size())).toImage()


def _column(bars: StackedBars, bar: int) -> list[str]:
    """Return the colours down the middle of a bar, from the top."""
    image = _picture(bars)
    middle = next(x for x in range(image.width()) if bars.bar_at(QPoint(x, 50)) == bar) + 12
    return [image.pixelColor(middle, y).name().upper() for y in range(image.height())]


# --- looks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("appearance", APPEARANCES)
def test_the_chart_stands_in_every_theme(
    window: QWidget, card: ActivityCard, theme: Theme, appearance: Appearance
) -> None:
    theme.set_appearance(appearance)
    card.show_activity(daily())
    settle()
    assert_all_named(card)
    assert_no_elided_labels(card)
    screenshot(window, "chart-activity", theme)
    assert isinstance(card.chart, StackedBars)
    card.chart.choose(26)
    screenshot(window, "chart-activity-chosen", theme)
    card.toggle_table()
    settle()
    assert_no_elided_labels(card)
    screenshot(window, "chart-activity-table", theme)


@pytest.mark.parametrize("scale", [1.25, 1.5, 1.75])
def test_the_chart_stands_at_every_text_size_in_the_smallest_window(
    window: QWidget, card: ActivityCard, theme: Theme, scale: float
) -> None:
    card.show_activity(daily())
    window.resize(980, 480)  # what 1180 px leave beside the navigation
    theme.set_text_scale(scale)
    settle()
    assert window.width() == 980
    assert_no_elided_labels(card)
    screenshot(window, f"chart-activity-{scale}", theme)


def test_another_theme_draws_the_same_chart_in_its_colours(bars: StackedBars, theme: Theme) -> None:
    light = _column(bars, 3)
    assert theme.tokens.chart[0] in light
    theme.set_appearance(Appearance.DARK)
    dark = _column(bars, 3)
    assert theme.tokens.chart[0] in dark
    assert theme.tokens.surface in dark
    assert not set(light) & set(dark)


def test_series_stand_in_the_order_of_the_tokens_with_refused_on_top(bars: StackedBars, theme: Theme) -> None:
    seen = [colour for colour in dict.fromkeys(_column(bars, 3)) if colour in theme.tokens.chart]
    assert tuple(reversed(seen)) == theme.tokens.chart


def test_one_pixel_of_ground_parts_two_pieces(bars: StackedBars, theme: Theme) -> None:
    down = _column(bars, 3)
    first = down.index(theme.tokens.chart[5])
    last = len(down) - 1 - down[::-1].index(theme.tokens.chart[0])
    inside = down[first:last]
    assert inside.count(theme.tokens.surface) == 5
    assert all(a != b or a != theme.tokens.surface for a, b in pairwise(inside))


def test_a_single_refusal_among_thousands_of_reads_is_seen(bars: StackedBars, theme: Theme) -> None:
    assert daily().counts[Series.REFUSED][5] == 1
    assert _column(bars, 5).count(theme.tokens.chart[5]) == 2


def test_the_chart_has_the_ground_of_its_card(bars: StackedBars, theme: Theme) -> None:
    assert QColor(_picture(bars).pixel(2, 2)).name().upper() == theme.tokens.surface


# --- numbers ---------------------------------------------------------------------------------------


def test_the_legend_has_the_totals_and_the_tip_has_them_in_full(bars: StackedBars, card: ActivityCard) -> None:
    activity = daily()
    shown = texts(card)
    assert "22.7 k" in shown
    assert f"{activity.total(Series.CHANGES):,}" in shown
    assert shown.index("Reads") < shown.index("Changes") < shown.index("Refused")


def test_the_table_has_the_same_numbers_as_the_chart_newest_first(bars: StackedBars, card: ActivityCard) -> None:
    activity = daily()
    model = card.model
    assert model.rowCount() == 28
    assert model.cell(0, 0).text == "Tue 14 Jul 2026"
    for row in range(28):
        numbers = [int(model.cell(row, column).text.replace(",", "")) for column in range(1, 8)]
        expected = [activity.counts[series][27 - row] for series in Series]
        assert numbers == [*expected, sum(expected)]


def test_the_description_says_the_most_and_what_was_refused(bars: StackedBars) -> None:
    activity = daily()
    said = bars.accessibleDescription()
    assert bars.accessibleName() == "operations a day, last 28 days"
    assert f"{max(activity.totals):,}" in said
    assert f"Refused: {activity.total(Series.REFUSED)}." in said
    assert "T shows a table" in said


def test_nothing_done_is_said_in_words(card: ActivityCard) -> None:
    card.show_activity(nothing())
    settle()
    assert "Nothing was done in the last 28 days" in texts(card)
    assert "Reads" not in texts(card)
    assert not card.toggle.isEnabled()
    assert card.chart is None
    card.show_activity(daily())
    settle()
    assert "Reads" in texts(card)


def test_before_the_first_answer_the_card_says_what_it_waits_for(card: ActivityCard) -> None:
    assert "Counting the entries of the log…" in texts(card)


# --- by mouse and by keyboard ----------------------------------------------------------------------


def test_arrow_keys_move_along_the_days_and_say_each(bars: StackedBars) -> None:
    got = Collector()
    bars.bar_chosen.connect(got)
    press(Qt.Key.Key_Left)
    assert bars.chosen == 27, "the newest first"
    press(Qt.Key.Key_Left)
    assert bars.chosen == 26
    assert bars.accessibleDescription().startswith(f"Mon 13 Jul 2026 · {daily().totals[26]:,} operations, Reads ")
    assert QToolTip.text().startswith("Mon 13 Jul 2026")
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Right)
    assert bars.chosen == 27, "there is no day after today"
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Left)
    assert bars.chosen == 0
    press(Qt.Key.Key_End)
    press(Qt.Key.Key_Escape)
    assert bars.chosen == -1
    assert bars.accessibleDescription().endswith("T shows a table.")
    assert [value for (value,) in got.got] == [27, 26, 27, 0, 27, -1]


def test_the_chosen_day_wears_a_band_with_two_lines(bars: StackedBars, theme: Theme) -> None:
    bars.choose(4)
    image = _picture(bars)
    top = [image.pixelColor(x, 30).name().upper() for x in range(image.width())]
    band = [x for x in range(image.width()) if bars.bar_at(QPoint(x, 30)) == 4]
    assert top.count(theme.tokens.accent) == 2
    assert abs(top.index(theme.tokens.accent) - band[0]) <= 1
    assert top[band[0] + 3] == theme.tokens.accent_soft


def test_a_click_chooses_a_day_and_a_second_one_lets_it_go(bars: StackedBars) -> None:
    image = _picture(bars)
    at = QPoint(next(x for x in range(image.width()) if bars.bar_at(QPoint(x, 50)) == 9) + 5, 50)
    for expected in (9, -1):
        QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=at)  # type: ignore[call-overload]  # PyQt's stubs
        assert bars.chosen == expected
    assert bars.bar_at(QPoint(3, 50)) == -1, "beside the bars there is none"


def test_t_shows_table_and_chart_in_turn_and_the_day_stays_chosen(
    window: QWidget, bars: StackedBars, card: ActivityCard
) -> None:
    bars.choose(20)
    press(Qt.Key.Key_T, on=window.windowHandle())
    assert card.shows_table
    assert card.table.hasFocus()
    assert card.table.chosen().row() == 7
    press(Qt.Key.Key_Down)
    assert bars.chosen == 19
    press(Qt.Key.Key_T, on=window.windowHandle())
    assert bars.isVisible()
    assert bars.hasFocus()


def test_other_numbers_keep_the_table_and_the_chosen_day(bars: StackedBars, card: ActivityCard) -> None:
    bars.choose(20)
    card.toggle_table()
    grown = daily()
    counts = {**grown.counts, Series.READS: tuple(count + 1 for count in grown.counts[Series.READS])}
    card.show_activity(type(grown)(grown.days, counts))
    assert card.shows_table
    assert card.table.chosen().row() == 7
    assert bars.chosen == 20


def test_the_wheel_scrolls_the_page_and_not_the_chart(bars: StackedBars) -> None:
    before = bars._item.getViewBox().viewRange()
    none, no_button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
    middle = QPointF(300, 100)
    event = QWheelEvent(middle, middle, QPoint(), QPoint(0, -120), no_button, none, Qt.ScrollPhase.NoScrollPhase, False)
    event.setAccepted(True)
    QApplication.sendEvent(bars, event)
    assert not event.isAccepted()
    assert bars._item.getViewBox().viewRange() == before


def test_tab_goes_from_the_heading_to_the_chart(bars: StackedBars, card: ActivityCard) -> None:
    assert focus_order(card.toggle, card) == ["activity_toggle", "activity_open", "activity_chart"]


# --- pyqtgraph -------------------------------------------------------------------------------------

SCRIPT = """
import sys, threading
from PyQt6.QtCore import qInstallMessageHandler
from PyQt6.QtWidgets import QApplication
import app.desktop, ui.pages.overview, ui.pages.audit, ui.charts.activity_card, ui.charts.when_card
from tests.gui.charts.conftest import Put
from tests.gui.charts.sample import daily, nothing
from ui.charts import warm
from ui.theme.theme import Theme
application = QApplication([])
theme = Theme(application)
theme.apply()
said = []
qInstallMessageHandler(lambda kind, context, text: said.append(text))
card = ui.charts.activity_card.ActivityCard(theme)
card.show()
card.show_activity(nothing())
application.processEvents()
assert "pyqtgraph" not in sys.modules, "imported before there is a chart"
thread = threading.Thread(target=warm)
thread.start()
thread.join()
card.show_activity(daily())
application.processEvents()
assert not card.grab().isNull()
assert "pyqtgraph" in sys.modules
said = [text for text in said if "propagateSizeHints" not in text]
assert not said, said
print("ok")
"""


def test_pyqtgraph_is_imported_by_a_worker_and_only_when_there_is_a_chart() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout.strip() == "ok", ran.stderr
