"""The true answer is proven and its opposite is refused: operators, edges, birthdays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.proofs.ages import day_in_india, last_birthday
from core.proofs.attributes import BY_NAME, DAY_ZERO
from core.proofs.claims import SYMBOLS, Claim, Operator
from core.proofs.facts import is_true
from core.proofs.group import Group
from core.proofs.prover import Holding
from tests.support.eligibility import NOW, Authority, judged, raw_claim, shown

AUTHORITY = Authority()
EDGES = (0, 1, 59, 60, 61, 127, 128, 254, 255)
ORDERED = ("income_annual", "land_holding", "dependents_count", "birth_date")
CODED = ("state", "gender", "bpl_status", "marital_status")


@cache
def holding_of(attribute: str, value: int) -> Holding:
    return AUTHORITY.issue({attribute: value})


def assert_proven(holding: Holding, claim: Claim, expected: bool, now: int = NOW) -> None:
    """See that the truth is proven and accepted, and that the same proof with the opposite is refused."""
    presentation = shown(holding, [claim], issued=now)
    verdict = judged(AUTHORITY, presentation, [claim], now=now)
    assert verdict.results == ((claim, expected),)
    opposite = replace(presentation, results=(not expected,))
    assert not judged(AUTHORITY, opposite, [claim], now=now).valid


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("value", EDGES)
def test_truth_table_of_eight_bits(symbol: str, value: int) -> None:
    for operand in EDGES:
        expected = eval(f"{value} {symbol} {operand}")  # noqa: S307 (two small numbers)
        assert_proven(holding_of("dependents_count", value), raw_claim("dependents_count", symbol, operand), expected)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("attribute", ORDERED)
def test_truth_table_at_the_upper_edge(attribute: str, symbol: str) -> None:
    top = BY_NAME[attribute].maximum
    for value in (0, top - 1, top):
        for operand in (0, top - 1, top):
            expected = eval(f"{value} {symbol} {operand}")  # noqa: S307
            assert_proven(holding_of(attribute, value), raw_claim(attribute, symbol, operand), expected)


@pytest.mark.parametrize("attribute", CODED)
def test_codes_are_equal_or_not(attribute: str) -> None:
    top = BY_NAME[attribute].maximum
    for value in (0, 1, top):
        for operand in (0, 1, top):
            for symbol in ("==", "!="):
                expected = (value == operand) == (symbol == "==")
                assert_proven(holding_of(attribute, value), raw_claim(attribute, symbol, operand), expected)


# --- ages ------------------------------------------------------------------------------------------


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC).timestamp())  # 12:00 in India


def age_by_calendar(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


BIRTHDAYS = [
    (date(1966, 7, 14), date(2026, 7, 13), 59),
    (date(1966, 7, 14), date(2026, 7, 14), 60),
    (date(1966, 7, 14), date(2026, 7, 15), 60),
    (date(1968, 2, 29), date(2026, 2, 28), 57),
    (date(1968, 2, 29), date(2026, 3, 1), 58),
    (date(1968, 2, 29), date(2028, 2, 28), 59),
    (date(1968, 2, 29), date(2028, 2, 29), 60),
    (date(1966, 12, 31), date(2026, 12, 31), 60),
    (date(1967, 1, 1), date(2026, 12, 31), 59),
    (date(1966, 2, 28), date(2028, 2, 29), 62),
    (date(1966, 3, 1), date(2028, 2, 29), 61),
]


@pytest.mark.parametrize(("born", "day", "age"), BIRTHDAYS, ids=str)
def test_an_age_is_exact_around_birthdays(born: date, day: date, age: int) -> None:
    assert age_by_calendar(born, day) == age
    holding, now = AUTHORITY.issue({"birth_date": (born - DAY_ZERO).days}, issued=noon(day)), noon(day)
    for symbol in SYMBOLS:
        for operand in (age - 1, age, age + 1):
            expected = eval(f"{age} {symbol} {operand}")  # noqa: S307
            assert_proven(holding, raw_claim("age", symbol, operand), expected, now)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_an_age_beyond_every_birth_date_still_has_an_answer(symbol: str) -> None:
    holding = holding_of("birth_date", 0)
    age = age_by_calendar(DAY_ZERO, day_in_india(NOW))
    for operand in (0, age - 1, age, age + 1, age + 2, 254, 255):
        expected = eval(f"{age} {symbol} {operand}")  # noqa: S307
        assert_proven(holding, raw_claim("age", symbol, operand), expected)


def test_the_day_is_that_of_india() -> None:
    born, birthday = date(1966, 7, 14), datetime(2026, 7, 13, 18, 30, tzinfo=UTC)  # 00:00 in India
    claim = raw_claim("age", ">=", 60)
    midnight = int(birthday.timestamp())
    holding = AUTHORITY.issue({"birth_date": (born - DAY_ZERO).days}, issued=midnight - 10)
    assert_proven(holding, claim, False, midnight - 1)
    assert_proven(holding, claim, True, midnight)


@settings(max_examples=300, deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2100, 12, 31)),
    st.integers(0, 255), st.sampled_from(list(Operator)),
)  # fmt: skip
def test_an_age_claim_agrees_with_the_calendar(born: date, day: date, years: int, operator: Operator) -> None:
    age = age_by_calendar(born, day)
    claim = Claim(BY_NAME["age"].id, operator, years)
    assert is_true(claim, (born - DAY_ZERO).days, day) == operator.holds(age, years)
    assert ((born - DAY_ZERO).days <= last_birthday(years, day)) == (age >= years)


def test_another_age_is_proven_without_saying_whether_older_or_younger() -> None:
    """Older and younger people prove `age != 60` by the same statement: only commitments and numbers differ."""
    day = day_in_india(NOW)
    claim = raw_claim("age", "!=", 60)
    shapes = set()
    for years in (20, 59, 61, 90):
        born = day.replace(year=day.year - years) - timedelta(days=3)
        presentation = shown(AUTHORITY.issue({"birth_date": (born - DAY_ZERO).days}), [claim])
        assert judged(AUTHORITY, presentation, [claim]).results == ((claim, True),)
        shapes.add((len(presentation.encoded()), len(presentation.own[0]), len(presentation.narg)))
    assert len(shapes) == 1


def test_the_group_does_the_same_work_for_every_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Number and kind of operations depend on claims and results alone: three products of G, of H and sums a bit."""
    counted: list[int] = []
    commit = Group.commit

    def counting(group: Group, openings: Iterable[tuple[int, int]]) -> list[bytes]:
        listed = list(openings)
        counted.append(len(listed))
        return commit(group, listed)

    claims = [raw_claim("income_annual", "<=", 50_000_000), raw_claim("income_annual", "!=", 3)]
    work = set()
    for value in (0, 1, 10_000_000, 49_999_900, 50_000_000):
        holding = holding_of("income_annual", value)
        with monkeypatch.context() as patched:
            patched.setattr(Group, "commit", counting)
            shown(holding, claims)
        work.add(tuple(counted))
        counted.clear()
    assert work == {(26, 2 * 26 + 1 + 1)}


@pytest.mark.parametrize("symbol", ["<=", ">="])
def test_two_incomes_prove_the_same_bound_in_the_same_length(symbol: str) -> None:
    claim = raw_claim("income_annual", symbol, 50_000_000)
    values = (10_000_000, 49_999_900) if symbol == "<=" else (50_000_000, 900_000_000)
    one, other = (shown(holding_of("income_annual", value), [claim]) for value in values)
    assert len(one.encoded()) == len(other.encoded())
    assert [len(own) for own in one.own] == [len(own) for own in other.own]
    assert one.results == other.results
