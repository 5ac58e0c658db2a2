"""Lines, labels and short numbers of charts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.charts.heat_map import heat
from ui.charts.scale import day_labels, lines, short_number
from ui.theme.tokens import ALL_THEMES, Tokens


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (5, (0, 1, 2, 3, 4, 5)),
        (6, (0, 2, 4, 6)),
        (2340, (0, 500, 1000, 1500, 2000)),
        (2501, (0, 1000, 2000)),
        (120_000, (0, 50_000, 100_000)),
    ],
)
def test_lines_stand_at_round_numbers(most: int, expected: tuple[int, ...]) -> None:
    assert lines(most) == expected


@given(st.integers(1, 10**12))
def test_zero_is_always_on_the_axis_and_lines_are_few_even_and_not_above_the_most(most: int) -> None:
    at = lines(most)
    assert at[0] == 0
    assert 2 <= len(at) <= 6
    assert at[-1] <= most
    step = at[1]
    assert str(step).rstrip("0") in {"1", "2", "5"}
    assert at == tuple(step * number for number in range(len(at)))
    assert at[-1] + step > most


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (7510, "7,510"),
        (9999, "9,999"),
        (10_000, "10.0 k"),
        (41_249, "41.2 k"),
        (41_250, "41.2 k"),
        (41_251, "41.3 k"),
        (12_84_551, "1,284.6 k"),
    ],
)
def test_legends_say_thousands_from_ten_thousand_on(value: int, shown: str) -> None:
    assert short_number(value) == shown


def _days(count: int, until: date = date(2026, 7, 14)) -> list[date]:
    return [until - timedelta(days=count - 1 - number) for number in range(count)]


def test_every_fourth_day_is_labelled_with_its_month_where_it_is_another() -> None:
    assert day_labels(_days(28), "today") == (
        (0, "17 Jun"), (4, "21"), (8, "25"), (12, "29"), (16, "3 Jul"), (20, "7"), (24, "11"), (27, "today")
    )  # fmt: skip


@pytest.mark.parametrize(("count", "places"), [(0, []), (1, [0]), (2, [1]), (3, [0, 2]), (6, [0, 5]), (7, [0, 4, 6])])
def test_no_label_stands_beside_the_newest(count: int, places: list[int]) -> None:
    assert [place for place, _ in day_labels(_days(count), "today")] == places


@pytest.mark.parametrize("tokens", ALL_THEMES, ids=lambda tokens: str(tokens.name.value))
def test_the_heat_of_nothing_and_of_the_most_are_the_tokens_ends(tokens: Tokens) -> None:
    assert heat(tokens, 0).name().upper() == tokens.heat[0]
    assert heat(tokens, 1).name().upper() == tokens.heat[-1]
    assert heat(tokens, 0.5).name().upper() == tokens.heat[2]


@pytest.mark.parametrize("tokens", ALL_THEMES, ids=lambda tokens: str(tokens.name.value))
def test_one_among_a_million_is_not_shown_as_nothing(tokens: Tokens) -> None:
    assert heat(tokens, 1e-6) != heat(tokens, 0)
