"""The secret side of a statement: openings of all its elements, and the scalars that fulfil it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from core.proofs.facts import Fact, Kind
from core.proofs.relation import LinearRelation
from core.proofs.scalars import ORDER

Draw: TypeAlias = Callable[[int], list[int]]
Opening: TypeAlias = tuple[int, int]  # v and r of C = vG + rH


@dataclass(frozen=True)
class Witness:
    """Secret scalars in the statement's order, and each fact's own commitments as openings."""

    scalars: list[int] = field(repr=False)
    own: list[list[Opening]] = field(repr=False)


def witness_of(facts: Sequence[Fact], openings: Mapping[int, Opening], draw: Draw) -> Witness:
    """Return the witness of true facts; `draw` gives so many fresh blindings. One of a false fact proves nothing."""
    scalars: list[int] = []
    own: list[list[Opening]] = []
    for fact in facts:
        v, r = openings[fact.attribute]
        added: list[Opening] = []
        match fact.kind:
            case Kind.EQUAL:
                scalars.append(r)
            case Kind.UNEQUAL:
                inverse = pow(v - fact.low, -1, ORDER)
                scalars += [inverse, -inverse * r % ORDER]
            case Kind.AT_LEAST:
                _decompose(v - fact.low, r, fact.bits, draw, scalars, added)
            case Kind.AT_MOST:
                _decompose(fact.low - v, -r, fact.bits, draw, scalars, added)
            case Kind.OUTSIDE:
                w, [blinding] = 2 * v - fact.low - fact.high, draw(1)
                added.append((w * w, blinding))
                scalars += [w % ORDER, 2 * r % ORDER, (blinding - 2 * r * w) % ORDER]
                _decompose(w * w - fact.least_square, blinding, fact.bits, draw, scalars, added)
        own.append(added)
    return Witness(scalars, own)


def all_openings(
    facts: Sequence[Fact], openings: Mapping[int, Opening], own: Sequence[Sequence[Opening]]
) -> list[Opening]:
    """Return the openings of all elements in the statement's order: G, H, attributes, own commitments."""
    attributes = dict.fromkeys(fact.attribute for fact in facts)
    return [
        (1, 0),
        (0, 1),
        *(openings[attribute] for attribute in attributes),
        *(one for added in own for one in added),
    ]


def evaluate(relation: LinearRelation, openings: Sequence[Opening], scalars: Sequence[int]) -> list[Opening]:
    """Return the relation's right-hand sides at the scalars, as openings: they are fixed-base products then."""
    values = []
    for row in relation.equations:
        g = h = 0
        for scalar, element, coefficient in row.terms:
            factor = scalars[scalar] * coefficient
            g += factor * openings[element][0]
            h += factor * openings[element][1]
        values.append((g % ORDER, h % ORDER))
    return values


def _decompose(
    difference: int,
    blinding: int,
    bits: int,
    draw: Callable[[int], list[int]],
    scalars: list[int],
    added: list[Opening],
) -> None:
    """Append the scalars and commitments of a range proof; what does not fit the bits is cut off."""
    left = blinding
    for place, r in enumerate(draw(bits)):
        b = difference >> place & 1
        added.append((b, r))
        scalars += [b, r, r - b * r]
        left -= r << place
    scalars.append(left % ORDER)
