"""The demo's clock: forward only, and never ahead of the real one."""

from datetime import UTC, datetime, timedelta

from app.demo.vault import DemoClock


def test_the_demos_clock_goes_forward_and_never_tells_what_is_to_come() -> None:
    clock = DemoClock(datetime.now(UTC) - timedelta(days=7))
    first = clock()
    clock.move_to(first - timedelta(days=1))
    assert clock() > first
    clock.move_to(datetime.now(UTC) + timedelta(hours=1))
    assert clock() < datetime.now(UTC)
