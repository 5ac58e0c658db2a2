"""Linear relations over the group: the statement of a sigma proof, and its exact bytes.

draft-irtf-cfrg-sigma-protocols, sections "Representation", "Instance validation" (its rules 1 to 7; those
that need the group's arithmetic stand in `verify_relation.py`) and "Serialization".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from core.proofs.group import G_ENCODED
from core.proofs.scalars import encode_scalar

INDEX_BYTES: Final = 4
ImageTerm: TypeAlias = tuple[int, int]  # element index, coefficient
Term: TypeAlias = tuple[int, int, int]  # scalar index, element index, coefficient


@dataclass(frozen=True)
class Equation:
    """One row: the sum of the image terms equals the sum of the terms. Coefficients count modulo the order."""

    image: tuple[ImageTerm, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class LinearRelation:
    """Group elements (encoded, the generator first) and the equations between them that secret scalars fulfil."""

    elements: tuple[bytes, ...]
    equations: tuple[Equation, ...]

    @property
    def scalar_count(self) -> int:
        """How many secret scalars there are."""
        return 1 + max((scalar for row in self.equations for scalar, _, _ in row.terms), default=-1)


def serialize(relation: LinearRelation) -> bytes:
    """Return the bytes that bind a proof to its relation (draft, SerializeLinearRelation)."""
    known: dict[int, bytes] = {}

    def coefficient(value: int) -> bytes:
        if value not in known:
            known[value] = encode_scalar(value)
        return known[value]

    parts = [_count(relation.equations)]
    for row in relation.equations:
        parts.append(_count(row.image))
        for element, value in row.image:
            parts += (_index(element), coefficient(value))
        parts.append(_count(row.terms))
        for scalar, element, value in row.terms:
            parts += (_index(scalar), _index(element), coefficient(value))
    return b"".join((*parts, *relation.elements[1:]))


def is_well_formed(relation: LinearRelation) -> bool:
    """Tell whether the relation fulfils rules 1 to 7 of the draft's instance validation."""
    rows = relation.equations
    if not rows or not all(row.image and row.terms for row in rows) or relation.elements[:1] != (G_ENCODED,):
        return False
    used = {element for row in rows for element, _ in row.image} | {term[1] for row in rows for term in row.terms}
    scalars = {term[0] for row in rows for term in row.terms}
    return used | {0} == set(range(len(relation.elements))) and scalars == set(range(relation.scalar_count))


def _count(items: Sequence[object]) -> bytes:
    return _index(len(items))


def _index(value: int) -> bytes:
    return value.to_bytes(INDEX_BYTES, "little")
