"""Linear relations over the group: the statement of a sigma proof, and its exact bytes.

draft-irtf-cfrg-sigma-protocols, sections "Representation", "Instance validation" (its rules 1 to 7; those
that need the group's arithmetic stand in `verify_relation.py`) and "Serialization".
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from core.proofs.group import G_ENCODED
from core.proofs.scalars import encode_scalar

INDEX_BYTES: Final = 4
ImageTerm: TypeAlias = tuple[int, int]  # element index, coefficient
Term: TypeAlias = tuple[int, int, int]  # scalar index, element index, coefficient


class Equation(NamedTuple):
    """One row: the sum of the image terms equals the sum of the terms. Coefficients count modulo the order."""

    image: tuple[ImageTerm, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class LinearRelation:
    """Group elements (encoded, the generator first) and the equations between them that secret scalars fulfil."""

    elements: tuple[bytes, ...]
    equations: tuple[Equation, ...]

    @cached_property
    def scalar_count(self) -> int:
        """How many secret scalars there are."""
        return 1 + max((scalar for row in self.equations for scalar, _, _ in row.terms), default=-1)


def serialize(relation: LinearRelation) -> bytes:
    """Return the bytes that bind a proof to its relation (draft, SerializeLinearRelation)."""
    coefficients, indices = _Coefficients(), _Indices()
    parts = [indices[len(relation.equations)]]
    for image, terms in relation.equations:
        parts.append(indices[len(image)])
        for element, value in image:
            parts += (indices[element], coefficients[value])
        parts.append(indices[len(terms)])
        for scalar, element, value in terms:
            parts += (indices[scalar], indices[element], coefficients[value])
    return b"".join((*parts, *relation.elements[1:]))


def is_well_formed(relation: LinearRelation) -> bool:
    """Tell whether the relation fulfils rules 1 to 7 of the draft's instance validation."""
    rows = relation.equations
    if not rows or not all(row.image and row.terms for row in rows) or relation.elements[:1] != (G_ENCODED,):
        return False
    used = {element for row in rows for element, _ in row.image} | {term[1] for row in rows for term in row.terms}
    scalars = {term[0] for row in rows for term in row.terms}
    return used | {0} == set(range(len(relation.elements))) and scalars == set(range(relation.scalar_count))


class _Coefficients(dict[int, bytes]):
    """Encoded coefficients, each made once."""

    def __missing__(self, value: int) -> bytes:
        self[value] = encoded = encode_scalar(value)
        return encoded


class _Indices(dict[int, bytes]):
    """Encoded counts and indices, each made once."""

    def __missing__(self, value: int) -> bytes:
        self[value] = encoded = value.to_bytes(INDEX_BYTES, "little")
        return encoded
