"""From facts to the one linear relation that is proven. Order of elements, scalars and equations is normative.

Elements: G, H, the attributes' commitments in order of first use, then each fact's own commitments.
`C` is the commitment to v with blinding r; `w`, `b`, `r`, `s`, `t` are secret scalars.
"""

from collections.abc import Mapping, Sequence

from core.proofs.facts import Fact, Kind
from core.proofs.group import G_ENCODED, H_ENCODED
from core.proofs.relation import Equation, ImageTerm, LinearRelation, Term

G, H = 0, 1


def build(facts: Sequence[Fact], committed: Mapping[int, bytes], own: Sequence[Sequence[bytes]]) -> LinearRelation:
    """Return the relation. `committed` gives an attribute's commitment, `own` each fact's own ones."""
    attributes = list(dict.fromkeys(fact.attribute for fact in facts))
    elements = [G_ENCODED, H_ENCODED, *(committed[attribute] for attribute in attributes)]
    places = {attribute: 2 + place for place, attribute in enumerate(attributes)}
    rows = _Rows()
    for fact, added in zip(facts, own, strict=True):
        rows.add(fact, places[fact.attribute], range(len(elements), len(elements) + fact.own_commitments))
        elements += added[: fact.own_commitments]
    return LinearRelation(tuple(elements), tuple(rows.equations))


class _Rows:
    """The equations so far; scalars are numbered as they come."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self._scalars = 0

    def add(self, fact: Fact, c: int, own: range) -> None:
        """Add the equations of one fact about the commitment with index `c`."""
        k = fact.low
        match fact.kind:
            case Kind.EQUAL:  # C - kG = rH
                [r] = self._new(1)
                self._row([(c, 1), (G, -k)], [(r, H, 1)])
            case Kind.UNEQUAL:  # G = w(C - kG) + sH, with w = 1/(v-k) and s = -wr
                w, s = self._new(2)
                self._row([(G, 1)], [(w, c, 1), (w, G, -k), (s, H, 1)])
            case Kind.AT_LEAST:
                self._range([(c, 1), (G, -k)], own)
            case Kind.AT_MOST:
                self._range([(c, -1), (G, k)], own)
            case Kind.OUTSIDE:
                self._outside(fact, c, own)

    def _outside(self, fact: Fact, c: int, own: range) -> None:
        """Prove that S, the first of `own`, commits to the square of 2v - low - high, and that it is large enough."""
        square, both = own[0], fact.low + fact.high
        w, x, s = self._new(3)
        self._row([(c, 2), (G, -both)], [(w, G, 1), (x, H, 1)])
        self._row([(square, 1)], [(w, c, 2), (w, G, -both), (s, H, 1)])
        self._range([(square, 1), (G, -fact.least_square)], own[1:])

    def _range(self, difference: list[ImageTerm], bits: Sequence[int]) -> None:
        """Prove that a committed difference is the sum of bits, each committed and 0 or 1 (b*b = b)."""
        for bit in bits:
            b, r, s = self._new(3)
            self._row([(bit, 1)], [(b, G, 1), (r, H, 1)])
            self._row([(bit, 1)], [(b, bit, 1), (s, H, 1)])
        [t] = self._new(1)
        self._row([*difference, *((bit, -(1 << place)) for place, bit in enumerate(bits))], [(t, H, 1)])

    def _new(self, count: int) -> range:
        self._scalars += count
        return range(self._scalars - count, self._scalars)

    def _row(self, image: list[ImageTerm], terms: list[Term]) -> None:
        self.equations.append(Equation(tuple(image), tuple(terms)))
