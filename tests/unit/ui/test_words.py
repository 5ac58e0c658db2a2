"""Numbers, dates and durations as a person reads them."""

from datetime import UTC, datetime

import pytest

from ui.widgets import words


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (999, "999"), (100000, "1,00,000"), (1284551, "12,84,551"), (4812903, "48,12,903")]
)
def test_numbers_are_grouped_the_indian_way(value: int, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (0.2, "0:01"), (47, "0:47"), (60, "1:00"), (251.5, "4:12"), (3840, "1:04:00"), (-3, "0:00")],
)
def test_durations_count_every_second_that_has_begun(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(("done", "total", "shown"), [(0, 0, "0 %"), (999, 1000, "99 %"), (1000, 1000, "100 %")])
def test_a_hundred_percent_means_done(done: int, total: int, shown: str) -> None:
    assert words.percent(done, total) == shown


def test_times_are_told_in_ist_and_say_so() -> None:
    when = datetime(2026, 7, 14, 9, 2, 8, tzinfo=UTC)
    assert words.moment(when) == "14 Jul 2026, 14:32 IST"
    assert words.moment(when, seconds=True) == "14 Jul 2026, 14:32:08 IST"


def test_the_date_is_that_of_india_even_late_in_the_evening_of_utc() -> None:
    assert words.date(datetime(2026, 7, 14, 20, 0, tzinfo=UTC)) == "15 Jul 2026"


def test_time_left_is_told_no_more_exactly_than_can_be_known() -> None:
    assert words.about(3.6) == "about 4 s left"
    assert words.about(0.1) == "about 1 s left"
    assert words.about(150) == "about 2 min left"
    assert words.about(7300) == "about 2 h left"


def test_a_masked_value_is_always_eight_dots() -> None:
    assert words.DOTS == "••••••••"
