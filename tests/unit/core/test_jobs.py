"""How fast a job says it goes."""

from core.jobs.model import Pace


def test_no_rate_is_named_before_it_can_be_known() -> None:
    pace = Pace(0.0, 0)
    assert pace.at(0.5, 100, 1_000, {}).rate is None
    assert pace.at(2.0, 0, 1_000, {}).remaining is None


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    pace = Pace(0.0, 0)
    for second in range(1, 21):
        pace.at(second, 1_000 * second, 100_000, {})
    for second in range(21, 41):
        slow = pace.at(second, 20_000 + 10 * (second - 20), 100_000, {})
    assert slow.rate is not None
    assert round(slow.rate) == 10
    assert slow.remaining is not None
    assert round(slow.remaining) == round((100_000 - 20_200) / 10)


def test_a_resumed_job_counts_only_what_it_does_now() -> None:
    progress = Pace(0.0, 50_000).at(10.0, 51_000, 100_000, {"imported": 51_000})
    assert (progress.rate, progress.remaining) == (100.0, 490.0)
