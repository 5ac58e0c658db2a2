"""Statistics of the log: they equal a recount, count each entry once, and cut days as India does."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from core.access.model import LoginSession, Role
from core.audit.activity import ActivityBins, Series, series_of
from core.audit.model import Action, EntryFilter, Outcome
from core.citizens.model import CitizenRecord, Field, Purpose
from core.errors import NotFound, Refused
from tests.support.vault import RealVault, in_threads

KOLKATA_HOURS = timedelta(hours=5, minutes=30)
DAYS = 28


def _today() -> date:
    return (datetime.now(UTC) + KOLKATA_HOURS).date()


def _bins(real: RealVault) -> list[tuple[object, ...]]:
    return real.sql("SELECT half_hour, action, outcome, count FROM audit_bin ORDER BY 1, 2, 3")


def _recount(real: RealVault) -> list[tuple[object, ...]]:
    """Count the log itself, the plain way."""
    return real.sql("""
        SELECT to_timestamp(floor(extract(epoch FROM time) / 1800) * 1800), action, outcome, count(*)
        FROM audit_entry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """)


def _invent(real: RealVault, *moments: tuple[datetime, Action, Outcome]) -> None:
    """Add entries as somebody with the database in hand would: their MACs are nothing, their columns are right."""
    [(size,)] = real.sql("SELECT size FROM audit_head")
    for number, (time, action, outcome) in enumerate(moments):
        real.sql(
            "INSERT INTO audit_entry (index, time, operator, origin, login_session, action, outcome, entry)"
            " VALUES (%s, %s, 'invented', 'cli', 'x', %s, %s, '')",
            [size + number, time, action.value, outcome.value],
        )
    real.sql("UPDATE audit_head SET size = size + %s", [len(moments)])


@pytest.fixture
def bins(real: RealVault) -> ActivityBins:
    return ActivityBins(real.vault.services.database)


def test_the_counts_equal_a_recount_of_the_log(real: RealVault, asha: CitizenRecord) -> None:
    citizens, session = real.vault.services.citizens, real.session
    citizens.profile(session, asha.identity_token, Purpose.SUPPORT, [Field.NAME], "ticket 4711")
    citizens.update(session, asha.identity_token, {"district": "Mandya"})
    citizens.show(session, asha.identity_token)
    with pytest.raises(NotFound):
        citizens.show(session, "idt_" + "x" * 22)
    real.vault.services.audit.flush()
    entries = real.vault.services.audit.search(EntryFilter(), 1000)
    expected = Counter(series_of(entry.action, entry.outcome) for entry in entries)
    daily = real.vault.services.activity.daily(session, DAYS, _today())
    assert {series: daily.total(series) for series in Series} == {series: expected[series] for series in Series}
    assert daily.total(Series.REFUSED) == 1
    assert sum(daily.totals) == sum(daily.totals[-2:]), "today, or yesterday if it has just struck midnight"
    assert _bins(real) == _recount(real)


def test_a_reveal_and_a_change_count_once_each(real: RealVault, asha: CitizenRecord) -> None:
    activity, citizens, session = real.vault.services.activity, real.vault.services.citizens, real.session
    before = activity.daily(session, 2, _today())
    citizens.profile(session, asha.identity_token, Purpose.SUPPORT, [Field.NAME], "ticket 4712")
    citizens.update(session, asha.identity_token, {"district": "Mysuru"})
    real.vault.services.audit.flush()
    after = activity.daily(session, 2, _today())
    grown = {series: after.total(series) - before.total(series) for series in Series}
    assert {series: count for series, count in grown.items() if count} == {Series.READS: 1, Series.CHANGES: 1}


def test_folding_twice_changes_nothing(real: RealVault, bins: ActivityBins) -> None:
    bins.fold()
    first = _bins(real)
    assert bins.fold() == 0
    assert _bins(real) == first


def test_slices_count_each_entry_once(real: RealVault) -> None:
    real.sql("DELETE FROM audit_bin")
    real.sql("UPDATE audit_bin_head SET size = 0")
    small = ActivityBins(real.vault.services.database, slice_size=3)
    assert small.fold() == real.vault.services.audit.size() > 3
    assert _bins(real) == _recount(real)


def test_consoles_that_fold_at_once_count_each_entry_once(real: RealVault) -> None:
    now = datetime.now(UTC)
    _invent(real, *((now, Action.CITIZEN_SHOW, Outcome.DONE) for _ in range(300)))
    small = ActivityBins(real.vault.services.database, slice_size=7)
    folded: list[int] = []
    assert in_threads(6, lambda _: folded.append(small.fold())) == []
    assert sum(folded) >= 300
    assert _bins(real) == _recount(real)


def test_entries_that_arrive_while_another_console_folds_are_neither_lost_nor_doubled(real: RealVault) -> None:
    small = ActivityBins(real.vault.services.database, slice_size=2)

    def work(number: int) -> None:
        for _ in range(10):
            if number % 2:
                small.fold()
            else:
                real.vault.services.audit.record(
                    real.vault.services.audit.entry(
                        real.session.actor, action=Action.AUDIT_SEARCH, outcome=Outcome.DONE
                    )
                )

    assert in_threads(4, work) == []
    small.fold()
    assert _bins(real) == _recount(real)


def test_a_day_begins_at_midnight_in_india(real: RealVault, bins: ActivityBins) -> None:
    midnight = datetime(2026, 1, 31, 18, 30, tzinfo=UTC)  # 1 February 00:00 IST
    last = midnight - timedelta(microseconds=1)
    _invent(
        real,
        (last, Action.CITIZEN_SHOW, Outcome.DONE),
        (midnight, Action.CITIZEN_ENROL, Outcome.DONE),
        (midnight, Action.KEY_GENERATE, Outcome.INTENT),
    )
    daily = bins.daily(2, date(2026, 2, 1))
    assert daily.days == (date(2026, 1, 31), date(2026, 2, 1))
    assert daily.counts[Series.READS] == (1, 0)
    assert daily.counts[Series.CHANGES] == (0, 1)
    assert daily.totals == (1, 1), "an intent of a key is not yet an operation"
    assert bins.daily(1, date(2026, 2, 1)).totals == (1,)
    assert bins.daily(3, date(2026, 2, 3)).totals == (1, 0, 0), "days without operations are there"


def test_hours_and_weekdays_are_those_of_india(real: RealVault, bins: ActivityBins) -> None:
    sunday_night = datetime(2025, 12, 7, 20, 45, tzinfo=UTC)  # Monday 8 December, 02:15 IST
    _invent(
        real,
        (sunday_night, Action.CITIZEN_PROFILE, Outcome.INTENT),
        (sunday_night, Action.CITIZEN_PROFILE, Outcome.DONE),
        (sunday_night - timedelta(hours=2, minutes=30), Action.CITIZEN_PROFILE, Outcome.REFUSED),  # Sunday 23:45 IST
    )
    hourly = bins.hourly(7, date(2025, 12, 12))
    assert hourly.counts[0][2] == 1
    assert hourly.counts[6][23] == 1
    assert sum(map(sum, hourly.counts)) == 2
    assert hourly.most == 1


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.CUSTODIAN])
def test_who_may_not_read_the_log_gets_no_statistics(real: RealVault, role: Role) -> None:
    session = LoginSession("v.rao", role, real.session.actor, real.session.since)
    activity = real.vault.services.activity
    for ask in (activity.daily, activity.heat):
        with pytest.raises(Refused):
            ask(session, DAYS, _today())


def test_a_changed_statistic_does_not_make_the_log_look_changed(real: RealVault) -> None:
    invented = real.sql("SELECT min(index) FROM audit_entry WHERE operator = 'invented'")
    with real.changed("audit_bin", "UPDATE audit_bin SET count = count + 7"):
        verdict = real.vault.services.audit.verify()
    assert verdict.first_bad == invented[0][0], "only what this module invented above is found"
