"""Counting a long log for the first time takes seconds: the window must not notice."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.gui.charts.conftest import Put
from tests.gui.pages.bench import WAIT_MS, Heartbeat
from tests.support.vault import make_vault
from ui.charts.activity_card import activity_card, load_activity
from ui.charts.stacked import StackedBars
from ui.models.page_tasks import PageTasks
from ui.models.vault import Desk
from ui.tasks import TaskRunner
from ui.theme.theme import Theme

ENTRIES = 200_000
STILL = 0.5  # seconds; a quiet machine stays below 0.2


def test_the_window_goes_on_while_the_log_is_counted(qtbot: QtBot, put: Put, theme: Theme, tmp_path: Path) -> None:
    real = make_vault(tmp_path / "home")
    errors: list[BaseException] = []
    runner = TaskRunner(lambda error, _retry=None, /: errors.append(error))
    try:
        real.sql(
            "INSERT INTO audit_entry (index, time, operator, origin, login_session, action, outcome, entry)"
            " SELECT size + n, now() - n * interval '10 seconds', 'invented', 'cli', 'x', 'citizen:show', 'done', ''"
            " FROM audit_head, generate_series(0, %s - 1) n",
            [ENTRIES],
        )
        real.sql("UPDATE audit_head SET size = size + %s", [ENTRIES])
        settings = real.vault.services.settings.read()
        desk = Desk(theme, PageTasks(runner), real.vault, real.session, settings)
        card = activity_card(desk)
        window = put(card, 1200, 386)
        with Heartbeat() as beat:
            desk.tasks.start(load_activity(desk, card))
            qtbot.waitUntil(lambda: bool(errors) or card.chart is not None, timeout=WAIT_MS)
        assert errors == []
        assert isinstance(card.chart, StackedBars)
        assert sum(card.chart.stacks.totals) > ENTRIES
        assert beat.longest < STILL
        assert window.isVisible()
    finally:
        qtbot.waitUntil(runner.close().done, timeout=WAIT_MS)
        real.close()
