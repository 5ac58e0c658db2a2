"""The normal form of claims: what is proven about a committed number, from public data only.

A claim that is true is proven as it stands, a false one by its negation. Whoever proves and whoever
verifies compute this alike; the number of bits is never read from a proof.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from core.proofs.ages import last_birthday
from core.proofs.attributes import AGE_ID, BIRTH_DATE_ID, BY_ID
from core.proofs.claims import Claim, Operator


class Kind(Enum):
    """What is proven of a number v."""

    EQUAL = auto()  # v == low
    UNEQUAL = auto()  # v != low
    AT_LEAST = auto()  # v >= low
    AT_MOST = auto()  # v <= low
    OUTSIDE = auto()  # v < low or v > high, without saying which


class Impossible(ValueError):
    """No number within the attribute's range fulfils the claim with this result."""


@dataclass(frozen=True)
class Fact:
    """One provable statement about the number committed for an attribute."""

    attribute: int
    kind: Kind
    low: int
    high: int = 0

    @property
    def bits(self) -> int:
        """Return how many bits the proof decomposes the difference into: 0 for equality."""
        match self.kind:
            case Kind.AT_LEAST:
                return _bits(BY_ID[self.attribute].maximum - self.low)
            case Kind.AT_MOST:
                return _bits(self.low)
            case Kind.OUTSIDE:
                both = self.low + self.high
                farthest = max(both, 2 * BY_ID[self.attribute].maximum - both)
                return _bits(farthest**2 - self.least_square)
            case _:
                return 0

    @property
    def least_square(self) -> int:
        """Return the least square of 2v - low - high for a v outside low to high."""
        return (self.high - self.low + 2) ** 2

    def holds(self, value: int) -> bool:
        """Tell whether the fact is true of a number."""
        match self.kind:
            case Kind.EQUAL:
                return value == self.low
            case Kind.UNEQUAL:
                return value != self.low
            case Kind.AT_LEAST:
                return value >= self.low
            case Kind.AT_MOST:
                return value <= self.low
            case Kind.OUTSIDE:
                return not self.low <= value <= self.high

    @property
    def own_commitments(self) -> int:
        """Return how many commitments the proof adds: the bits, and for OUTSIDE a square before them."""
        return self.bits + (self.kind is Kind.OUTSIDE)


def facts(claim: Claim, result: bool, day: date) -> tuple[Fact, ...]:
    """Return what is proven for a claim and its result on a day. Raises Impossible."""
    operator = claim.operator if result else claim.operator.negated()
    if claim.attribute == AGE_ID:
        return _age_facts(operator, claim.operand, day)
    return (direct_fact(claim.attribute, operator, claim.operand),)


def committed_attribute(claim: Claim) -> int:
    """Return the attribute whose commitment a claim is about: an age is asked of the birth date."""
    return BIRTH_DATE_ID if claim.attribute == AGE_ID else claim.attribute


def is_true(claim: Claim, value: int, day: date) -> bool:
    """Tell whether a claim is true of the number committed for it."""
    try:
        return all(fact.holds(value) for fact in facts(claim, True, day))
    except Impossible:
        return False


def direct_fact(attribute: int, operator: Operator, operand: int) -> Fact:
    """Return the fact of a comparison that is true. Raises Impossible for a bound outside the attribute's range."""
    match operator:
        case Operator.EQ:
            fact = Fact(attribute, Kind.EQUAL, operand)
        case Operator.NE:
            fact = Fact(attribute, Kind.UNEQUAL, operand)
        case Operator.GE:
            fact = Fact(attribute, Kind.AT_LEAST, operand)
        case Operator.GT:
            fact = Fact(attribute, Kind.AT_LEAST, operand + 1)
        case Operator.LE:
            fact = Fact(attribute, Kind.AT_MOST, operand)
        case Operator.LT:
            fact = Fact(attribute, Kind.AT_MOST, operand - 1)
    if not 0 <= fact.low <= BY_ID[attribute].maximum:
        raise Impossible("the bound is outside the attribute's range")
    return fact


def _age_facts(operator: Operator, years: int, day: date) -> tuple[Fact, ...]:
    """Return an age as facts about the birth date: elder means born earlier."""
    match operator:
        case Operator.GE:
            return (_born_by(last_birthday(years, day)),)
        case Operator.GT:
            return (_born_by(last_birthday(years + 1, day)),)
        case Operator.LT:
            return (_born_after(last_birthday(years, day)),)
        case Operator.LE:
            return (_born_after(last_birthday(years + 1, day)),)
    earliest, latest = last_birthday(years + 1, day) + 1, last_birthday(years, day)
    if operator is Operator.EQ:
        return _born_after(earliest - 1), _born_by(latest)
    maximum = BY_ID[BIRTH_DATE_ID].maximum
    if earliest <= 0 or latest >= maximum:  # only one side is left
        return (_born_after(latest) if earliest <= 0 else _born_by(earliest - 1),)
    return (Fact(BIRTH_DATE_ID, Kind.OUTSIDE, earliest, latest),)


def _born_by(day: int) -> Fact:
    """Return that the birth date is this day or before; a day past the range bounds nothing."""
    return direct_fact(BIRTH_DATE_ID, Operator.LE, min(day, BY_ID[BIRTH_DATE_ID].maximum))


def _born_after(day: int) -> Fact:
    """Return that the birth date is after this day; a day before the range bounds nothing."""
    return direct_fact(BIRTH_DATE_ID, Operator.GE, max(day + 1, 0))


def _bits(number: int) -> int:
    return max(1, number.bit_length())
