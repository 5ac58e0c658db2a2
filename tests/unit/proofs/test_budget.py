"""The learning budget as pure rules: sets, bits, and refusals that do not depend on the value."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.proofs.attributes import BIRTH_DATE_ID, BY_ID, BY_NAME, SCHEMA
from core.proofs.budget import POLICIES, both, everything, learn, truth_set, weigh, without
from core.proofs.claims import Claim, Operator
from core.proofs.facts import committed_attribute, is_true
from core.proofs.learning import TOGETHER, Knowledge
from tests.support.eligibility import claim

DAY = date(2026, 7, 14)
INCOME = BY_NAME["income_annual"].id
ATTRIBUTES = [attribute.id for attribute in SCHEMA]


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    spec = BY_ID[draw(st.sampled_from(ATTRIBUTES))]
    operators = list(Operator) if spec.ordered else [Operator.EQ, Operator.NE]
    return Claim(spec.id, draw(st.sampled_from(operators)), draw(st.integers(0, spec.maximum)))


def holds(values: tuple[tuple[int, int], ...], number: int) -> bool:
    return any(low <= number <= high for low, high in values)


@settings(max_examples=300)
@given(claims(), st.data())
def test_a_claims_set_is_where_it_is_true(asked: Claim, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, BY_ID[committed_attribute(asked)].maximum))
    values = truth_set(asked, DAY)
    assert holds(values, number) == is_true(asked, number, DAY)
    rest = without(everything(committed_attribute(asked)), values)
    assert holds(rest, number) != is_true(asked, number, DAY)
    assert both(values, rest) == ()


@settings(max_examples=200)
@given(st.lists(claims(), min_size=1, max_size=6), st.data())
def test_the_true_value_is_never_excluded_and_no_answer_tells_more_than_was_forecast(
    asked: list[Claim], data: st.DataObject
) -> None:
    numbers = {key: data.draw(st.integers(0, BY_ID[key].maximum)) for key in ATTRIBUTES}
    numbers[BIRTH_DATE_ID] = data.draw(st.integers(0, 46_000))
    numbers[INCOME] = data.draw(st.integers(0, 10**12))
    answers = [(one, is_true(one, numbers[committed_attribute(one)], DAY)) for one in asked]
    learnt = learn({}, answers, DAY)
    for attribute, values in learnt.items():
        assert holds(values, numbers[attribute])
    before = weigh({}, asked, DAY, lambda policy: policy.one_audience)
    after = weigh(learnt, asked, DAY, lambda policy: policy.one_audience)
    for forecast, fact in zip(before, after, strict=True):
        if BY_ID[forecast.attribute].codes is None and forecast.attribute in {INCOME, BIRTH_DATE_ID}:
            assert fact.before <= forecast.after + 1e-9


def test_an_answer_that_nobody_could_give_costs_nothing() -> None:
    [weight] = weigh({}, [claim("income_annual", ">=", 0)], DAY, lambda policy: policy.one_audience)
    assert (weight.before, weight.after) == (0.0, 0.0)


@pytest.mark.parametrize(
    "asked", [("income_annual", "==", 320_000), ("income_annual", "<=", 10), ("birth_date", "==", "1960-01-01")]
)
def test_a_question_with_one_telling_answer_is_refused_for_everybody(asked: tuple[str, str, object]) -> None:
    forecast = Knowledge().forecast("bank", [claim(*asked)], DAY)
    assert not forecast.allowed
    assert forecast.too_much == (asked[0],)


ORDINARY: list[tuple[str, str, object]] = [
    ("age", ">=", 60),
    ("age", "==", 66),
    ("state", "==", "UP"),
    ("gender", "!=", "male"),
    ("bpl_status", "==", True),
    ("income_annual", "<=", 500_000),
    ("land_holding", "<=", 5),
    ("dependents_count", "==", 3),
]


@pytest.mark.parametrize("asked", ORDINARY, ids=str)
def test_an_ordinary_question_is_allowed(asked: tuple[str, str, object]) -> None:
    assert Knowledge().forecast("bank", [claim(*asked)], DAY).allowed


def test_the_usual_income_slabs_can_be_asked_by_one_audience() -> None:
    knowledge = Knowledge()
    for amount in (250_000, 500_000, 800_000):
        asked = [claim("income_annual", "<=", amount)]
        assert knowledge.forecast("bank", asked, DAY).allowed
        knowledge = knowledge.after("bank", [(asked[0], amount >= 320_000)], DAY)


def test_audiences_together_learn_no_more_than_all_may() -> None:
    knowledge, low, high = Knowledge(), 0, 10**12
    for number in range(100):
        middle = (low + high) // 2
        asked = Claim(INCOME, Operator.LE, middle)
        if not knowledge.forecast(f"audience {number}", [asked], DAY).allowed:
            break
        below = middle >= 32_000_000
        knowledge = knowledge.after(f"audience {number}", [(asked, below)], DAY)
        low, high = (low, middle) if below else (middle + 1, high)
    together = {one.attribute: one.bits for one in knowledge.summary(DAY) if one.audience is None}
    assert together["income_annual"] <= POLICIES[INCOME].all_audiences
    assert high - low > 1_000_000


def test_what_is_known_of_an_old_value_does_not_hold_back_a_new_one() -> None:
    below, above = claim("income_annual", "<=", 100_000), claim("income_annual", ">=", 200_000)
    knowledge = Knowledge().after("bank", [(below, True)], DAY).after("bank", [(above, True)], DAY)
    assert knowledge.by_audience["bank"][INCOME] == truth_set(above, DAY)


@given(st.lists(claims(), min_size=1, max_size=4), st.text(min_size=1, max_size=20))
def test_what_was_learnt_is_stored_and_read_alike(asked: list[Claim], audience: str) -> None:
    knowledge = Knowledge().after(audience, [(one, True) for one in asked], DAY)
    assert Knowledge.read(knowledge.stored()) == knowledge
    assert set(knowledge.by_audience) == {audience, TOGETHER}


def test_every_attribute_that_is_committed_to_has_a_policy() -> None:
    assert set(POLICIES) == {attribute.id for attribute in SCHEMA} - {BY_NAME["age"].id}
