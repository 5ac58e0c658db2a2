"""The activity of a real vault on Overview: counted by the worker, drawn in the window."""

from dataclasses import replace

import pytest

from core.access.model import Role
from core.audit.activity import Series
from core.audit.model import EntryFilter
from tests.gui.charts.sample import daily
from tests.gui.pages.bench import Bench
from tests.support.gui import Collector, assert_all_named, assert_no_elided_labels, screenshot, settle
from ui.charts.activity_card import DAYS, read_daily
from ui.charts.stacked import StackedBars
from ui.charts.when_card import read_hourly
from ui.models.vault import Desk
from ui.pages.overview import OverviewPage
from ui.theme.appearance import Appearance
from ui.widgets.button import Button


def _overview(bench: Bench) -> OverviewPage:
    page = bench.open(OverviewPage)
    assert isinstance(page, OverviewPage)
    return page


def test_overview_draws_what_the_log_holds(bench: Bench) -> None:
    page = _overview(bench)
    bench.until(lambda: page.activity.chart is not None)
    bars = page.activity.chart
    assert isinstance(bars, StackedBars)
    log = bench.populated.real.vault.services.audit.search(EntryFilter(action="citizen:enrol", outcome="done"), 1000)
    changes = bars.stacks.series[list(Series).index(Series.CHANGES)]
    assert sum(changes[-2:]) >= len(log) > 0, "today, or yesterday if it has just struck midnight"
    assert sum(changes[:-2]) == 0
    assert len(bars.stacks.tips) == DAYS
    assert_all_named(page)


def test_what_is_done_meanwhile_shows_at_the_next_look(bench: Bench) -> None:
    page = _overview(bench)
    bench.until(lambda: page.activity.chart is not None)
    bars = page.activity.chart
    assert isinstance(bars, StackedBars)
    before = bars.stacks.series[0][-1]
    bench.desk.citizens.show(bench.desk.session, bench.populated.asha.identity_token)
    page.refresh()
    bench.until(lambda: bars.stacks.series[0][-1] > before)


def test_the_link_leads_to_audit(bench: Bench) -> None:
    page = _overview(bench)
    asked = Collector()
    page.page_asked.connect(asked)
    link = page.activity.findChild(Button, "activity_open")
    assert link is not None
    link.click()
    assert asked.got == [("audit",)]


def test_who_may_not_read_the_log_sees_no_card(bench: Bench) -> None:
    def as_registrar(desk: Desk) -> OverviewPage:
        return OverviewPage(replace(desk, session=replace(desk.session, role=Role.REGISTRAR)))

    page = bench.open(as_registrar)
    assert isinstance(page, OverviewPage)
    bench.until(lambda: page.header.caption.text().strip())
    bench.qtbot.wait(200)
    assert not page.activity.isVisible()
    assert page.activity.chart is None


def test_a_bench_reads_days_and_hours_of_the_same_log(bench: Bench) -> None:
    days, hours = read_daily(bench.desk), read_hourly(bench.desk)
    assert sum(days.totals) == sum(map(sum, hours.counts))
    assert sum(hours.counts[days.days[-1].weekday()]) == days.totals[-1]


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST])
def test_overview_with_four_weeks_of_activity(bench: Bench, appearance: Appearance) -> None:
    bench.theme.set_appearance(appearance)
    page = _overview(bench)
    bench.until(lambda: page.activity.chart is not None)
    page.left()
    page.activity.show_activity(daily())
    settle()
    assert bench.window is not None
    assert_no_elided_labels(bench.window)
    screenshot(bench.window, "overview-activity", bench.theme)
