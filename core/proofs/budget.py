"""The learning budget: how much the answers to all questions together may tell about one number.

What is known of a number is the set of values that its answers left; how much that is, is measured in
bits against what anybody knew before. Amounts are measured on a logarithmic scale, days and codes evenly.
A question is refused if *either* answer would tell more than the policy allows: decided before the value
is looked at, so that the refusal itself tells nothing. Pure rules; `learning.py` keeps the sets.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias

from core.proofs.attributes import BIRTH_DATE_ID, BY_ID, BY_NAME, DAY_ZERO
from core.proofs.claims import Claim
from core.proofs.facts import Fact, Impossible, Kind, committed_attribute, facts

Values: TypeAlias = tuple[tuple[int, int], ...]  # disjoint ranges, both ends included, ascending
Learnt: TypeAlias = Mapping[int, Values]  # by attribute; an attribute that is missing: nothing is learnt

UNLIMITED: Final = math.inf
HIGHEST: Final = {"income_annual": 10**12, "land_holding": 4 * 10**9, "dependents_count": 50}  # as validation allows


@dataclass(frozen=True)
class Policy:
    """The most that one audience, and all together, may learn about an attribute, in bits."""

    one_audience: float
    all_audiences: float


# A year is the finest that is told of a birth date (126 years are 7 bits). Of an amount, 5 bits leave a range whose
# ends differ by half (3,20,000 to 4,90,000 rupees), 6 bits one by a quarter.
# Codes are few: one answer may tell them, so a limit would only forbid the question.
POLICIES: Final[Mapping[int, Policy]] = MappingProxyType(
    {
        BY_NAME["income_annual"].id: Policy(5, 6),
        BY_NAME["land_holding"].id: Policy(5, 6),
        BY_NAME["dependents_count"].id: Policy(UNLIMITED, UNLIMITED),
        BIRTH_DATE_ID: Policy(7, 8),
        **{attribute.id: Policy(UNLIMITED, UNLIMITED) for attribute in BY_ID.values() if not attribute.ordered},
    }
)
_LOG_UNIT: Final = {"income_annual": 10**6, "land_holding": 2_500, "dependents_count": 1}  # 10,000 rupees; 0.25 hectare


@dataclass(frozen=True)
class Weight:
    """What a question could tell about one attribute: bits before, and after its worst answer."""

    attribute: int
    before: float
    after: float
    limit: float

    @property
    def allowed(self) -> bool:
        """Tell whether every answer stays within the policy."""
        return self.after <= max(self.limit, self.before)


def everything(attribute: int) -> Values:
    """Return the set of all values."""
    return ((0, BY_ID[attribute].maximum),)


def bits(attribute: int, values: Values, day: date) -> float:
    """Return how much it tells that a number is in the set, infinite for a set that nobody's number is in."""
    share = _measure(attribute, values, day) / _measure(attribute, everything(attribute), day)
    return abs(math.log2(share)) if share > 0 else math.inf  # a share is at most 1; abs() turns -0.0 into 0.0


def weigh(learnt: Learnt, claims: Sequence[Claim], day: date, limit: Callable[[Policy], float]) -> list[Weight]:
    """Return the weight of a question for each attribute that it asks about, in their order."""
    asked = dict.fromkeys(committed_attribute(claim) for claim in claims)
    found = []
    for attribute in asked:
        before = learnt.get(attribute, everything(attribute))
        cells = [before]
        for claim in claims:
            if committed_attribute(claim) == attribute:
                true = truth_set(claim, day)
                cells = [part for cell in cells for part in (both(cell, true), without(cell, true))]
                cells = [cell for cell in cells if _measure(attribute, cell, day) > 0]
        worst = max((bits(attribute, cell, day) for cell in cells), default=0.0)
        known = 0.0 if math.isinf(bits(attribute, before, day)) else bits(attribute, before, day)
        found.append(Weight(attribute, known, max(worst, known), limit(POLICIES[attribute])))
    return found


def learn(learnt: Learnt, answers: Sequence[tuple[Claim, bool]], day: date) -> dict[int, Values]:
    """Return what is known after answers. Where they contradict what was known (the value changed), only they count."""
    result = dict(learnt)
    for attribute in dict.fromkeys(committed_attribute(claim) for claim, _ in answers):
        told = everything(attribute)
        for claim, answer in answers:
            if committed_attribute(claim) == attribute:
                true = truth_set(claim, day)
                told = both(told, true) if answer else without(told, true)
        known = both(result.get(attribute, everything(attribute)), told)
        result[attribute] = known or told
    return result


def truth_set(claim: Claim, day: date) -> Values:
    """Return the values that a claim is true of on a day."""
    attribute = committed_attribute(claim)
    try:
        proven = facts(claim, True, day)
    except Impossible:
        return ()
    values = everything(attribute)
    for fact in proven:
        values = both(values, _fact_set(fact))
    return values


def both(one: Values, other: Values) -> Values:
    """Return the values that are in both sets."""
    found = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((low, high) for low, high in found if low <= high))


def without(one: Values, other: Values) -> Values:
    """Return the values of the first set that are not in the second."""
    left = one
    for low, high in other:
        left = tuple((a, b) for c, d in left for a, b in ((c, min(d, low - 1)), (max(c, high + 1), d)) if a <= b)
    return left


def _fact_set(fact: Fact) -> Values:
    top = BY_ID[fact.attribute].maximum
    match fact.kind:
        case Kind.EQUAL:
            return ((fact.low, fact.low),)
        case Kind.UNEQUAL:
            return without(((0, top),), ((fact.low, fact.low),))
        case Kind.AT_LEAST:
            return ((fact.low, top),)
        case Kind.AT_MOST:
            return ((0, fact.low),)
        case Kind.OUTSIDE:
            return without(((0, top),), ((fact.low, fact.high),))


def _measure(attribute: int, values: Values, day: date) -> float:
    """Return how likely anybody's number is in the set, on any scale: see the module's words."""
    spec = BY_ID[attribute]
    if spec.name in _LOG_UNIT:
        unit, top = _LOG_UNIT[spec.name], HIGHEST[spec.name]
        return sum(math.log1p((high - low + 1) / (low + unit)) for low, high in both(values, ((0, top),)))
    if attribute == BIRTH_DATE_ID:
        born = both(values, ((0, (day - DAY_ZERO).days),))
        return float(sum(high - low + 1 for low, high in born))
    known = range(2) if spec.codes is None else spec.codes.values()
    return float(sum(low <= code <= high for code in known for low, high in values))
