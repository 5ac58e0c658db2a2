"""The card "Activity": operations a day, stacked by kind."""

from PyQt6.QtCore import QCoreApplication, QModelIndex, pyqtSignal

from core.access.model import Permission
from core.audit.activity import DailyActivity, Series
from ui.charts import warm
from ui.charts.chart_card import ChartCard
from ui.charts.legend import Legend
from ui.charts.scale import day_labels
from ui.models import activity_words
from ui.models.vault import Desk
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.empty_state import EmptyState
from ui.widgets.layout import hide_unless

DAYS = 28
_HEIGHT = 248


def read_daily(desk: Desk) -> DailyActivity:
    """Read the operations of the last days. It waits, the first time for pyqtgraph too: worker threads only."""
    today = desk.vault.now().astimezone(words.IST).date()
    activity = desk.vault.services.activity.daily(desk.session, DAYS, today)
    if any(activity.totals):
        warm()
    return activity


class ActivityCard(ChartCard):
    """`show_activity(…)` draws. Signal: `open_asked` from its link."""

    open_asked = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        title = QCoreApplication.translate("Activity", "Activity")
        text = QCoreApplication.translate("Activity", "Each operation will count here on its day.")
        self._legend = Legend(theme, list(activity_words.series_words().values()))
        self._activity: DailyActivity | None = None
        link = Button(theme, QCoreApplication.translate("Activity", "Open audit"), name="activity_open", variant="link")
        super().__init__(
            theme,
            title,
            QCoreApplication.translate("Activity", "operations a day, last {n} days").format(n=DAYS),
            name="activity",
            columns=activity_words.daily_columns(),
            first_width=184,
            height=_HEIGHT,
            waiting=QCoreApplication.translate("Activity", "Counting the entries of the log…"),
            empty=EmptyState(
                theme,
                "chart-column",
                QCoreApplication.translate("Activity", "Nothing was done in the last {n} days").format(n=DAYS),
                text,
                name="activity_empty",
            ),
            above=self._legend,
            aside=(link,),
        )
        link.clicked.connect(self.open_asked)
        self.table.row_chosen.connect(self._on_row_chosen)

    def show_activity(self, activity: DailyActivity) -> None:
        """Draw the operations of some days, or say that there are none."""
        if activity == self._activity:
            return
        self._activity = activity
        if not any(activity.totals):
            self.show_empty()
            return
        from ui.charts.stacked import StackedBars, Stacks  # noqa: PLC0415 (pyqtgraph: only now is there a chart)

        if self.chart is None:
            bars = StackedBars(self._theme, name="activity_chart", meaning=self.caption.text())
            bars.bar_chosen.connect(self._on_bar_chosen)
            self.set_chart(bars)
        self._legend.set_totals([activity.total(series) for series in Series])
        self.set_rows(activity_words.daily_rows(activity))
        if isinstance(self.chart, StackedBars):
            tips = tuple(activity_words.day_tip(activity, place) for place in range(len(activity.days)))
            today = QCoreApplication.translate("Activity", "today")
            labels = day_labels(activity.days, today)
            self.chart.show_stacks(Stacks(tuple(activity.counts[series] for series in Series), labels, tips))
            self.chart.set_description(activity_words.daily_description(activity))
        self.show_data()

    def _on_bar_chosen(self, bar: int) -> None:
        if bar < 0:
            self.table.clearSelection()
        else:
            self.table.choose(self.model.rowCount() - 1 - bar)  # the table has the newest day first

    def _on_row_chosen(self, index: QModelIndex) -> None:
        from ui.charts.stacked import StackedBars  # noqa: PLC0415 (rows come with the chart)

        if isinstance(self.chart, StackedBars):
            self.chart.choose(self.model.rowCount() - 1 - index.row())


def activity_card(desk: Desk) -> ActivityCard:
    """Return the card, hidden from whoever may not read the log."""
    card = ActivityCard(desk.theme)
    hide_unless(desk.may(Permission.AUDIT_READ), card)
    return card


async def load_activity(desk: Desk, card: ActivityCard) -> None:
    """Read and draw, where the operator may read the log."""
    if desk.may(Permission.AUDIT_READ):
        card.show_activity(await desk.tasks.query(lambda: read_daily(desk)))
