"""The card "When": at which hours of the week operations are done."""

from PyQt6.QtCore import QCoreApplication

from core.audit.activity import HOURS, WEEKDAYS, HourlyActivity
from ui.charts.chart_card import ChartCard
from ui.charts.heat_map import HeatMap, HeatScale
from ui.models import activity_words
from ui.models.vault import Desk
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.empty_state import EmptyState
from ui.widgets.label import Label
from ui.widgets.layout import boxed, row

DAYS = 28
_HEIGHT = 200


def read_hourly(desk: Desk) -> HourlyActivity:
    """Read when the operations of the last days were done. It waits: worker threads only."""
    today = desk.vault.now().astimezone(words.IST).date()
    return desk.vault.services.activity.heat(desk.session, DAYS, today)


class WhenCard(ChartCard):
    """`show_activity(…)` draws; `map.mark(…)` frames what was found, `map.cell_chosen` says what was picked."""

    def __init__(self, theme: Theme) -> None:
        title = QCoreApplication.translate("Activity", "When")
        caption = QCoreApplication.translate("Activity", "hour × weekday, IST")  # noqa: RUF001 (a multiplication sign)
        self._most = Label(theme, "", "caption")
        self._scale = boxed(row(Label(theme, words.number(0), "caption"), HeatScale(theme), self._most, spacing=8))
        super().__init__(
            theme,
            title,
            caption,
            name="when",
            columns=activity_words.hourly_columns(),
            first_width=72,
            height=_HEIGHT,
            waiting=QCoreApplication.translate("Activity", "Counting the entries of the log…"),
            empty=EmptyState(
                theme,
                "chart-column",
                QCoreApplication.translate("Activity", "Nothing was done in the last {n} days").format(n=DAYS),
                name="when_empty",
            ),
            aside=(self._scale,),
        )
        meaning = QCoreApplication.translate("Activity", "Operations by weekday and hour, last {n} days").format(n=DAYS)
        self.map = HeatMap(theme, activity_words.weekdays(), name="when_map", meaning=meaning)
        self.set_chart(self.map)

    def show_activity(self, activity: HourlyActivity) -> None:
        """Draw when the operations of some days were done, or say that there are none."""
        if not activity.most:
            self.show_empty()
            return
        self._most.setText(words.number(activity.most))
        tips = [
            [activity_words.hour_tip(activity, weekday, hour) for hour in range(HOURS)] for weekday in range(WEEKDAYS)
        ]
        self.map.show_counts(activity.counts, tips)
        self.map.set_description(activity_words.hourly_description(activity))
        self.set_rows(activity_words.hourly_rows(activity))
        self.show_data()
