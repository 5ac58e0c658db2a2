"""Verifying a linear relation: the batchable flavour of draft-irtf-cfrg-sigma-protocols.

Each step is a function of its own, so that a verifier can name the one that refused.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.proofs.group import POINT_BYTES, Group, Points
from core.proofs.relation import Equation, ImageTerm, LinearRelation, is_well_formed, serialize
from core.proofs.scalars import ORDER, SCALAR_BYTES
from core.proofs.sponge import derive_session_id
from core.proofs.transcript import derive_challenge, derive_weights


@dataclass(frozen=True)
class Narg:
    """A batchable argument cut into its parts: one commitment an equation, one response a secret scalar."""

    encoded: bytes
    commitments: tuple[bytes, ...]
    responses: tuple[bytes, ...]


def narg_length(relation: LinearRelation) -> int:
    """Return the one length in bytes that an argument about this relation has."""
    return POINT_BYTES * len(relation.equations) + SCALAR_BYTES * relation.scalar_count


def split(relation: LinearRelation, narg: bytes) -> Narg:
    """Cut an argument into its parts."""
    border = POINT_BYTES * len(relation.equations)
    return Narg(narg, _pieces(narg[:border], POINT_BYTES), _pieces(narg[border : narg_length(relation)], SCALAR_BYTES))


def is_valid_instance(group: Group, relation: LinearRelation, points: Points) -> bool:
    """Tell whether a relation is well formed, no image is the identity, nor all that a scalar multiplies is.

    Such an equation is fulfilled by zeros, or by anything (draft, "Instance validation", rules 9 and 10). `points`
    begin with the decoded elements, so rule 8 holds: none is the identity.
    """
    if not is_well_formed(relation) or any(_vanishes(group, points, row.image) for row in relation.equations):
        return False
    constrained: set[int] = set()
    for row in relation.equations:
        if _multiplies_each_once(row):
            constrained.update([scalar for scalar, _, coefficient in row.terms if coefficient])
            continue
        for scalar, terms in _columns(row).items():
            if scalar not in constrained and not _vanishes(group, points, terms):
                constrained.add(scalar)
    return len(constrained) == relation.scalar_count


def equations_hold(tag: bytes, group: Group, relation: LinearRelation, points: Points, narg: Narg) -> bool:
    """Tell whether all equations hold: one random combination of them (draft, batch verification).

    `points` are the relation's elements followed by the argument's commitments.
    """
    session, instance = derive_session_id(tag), serialize(relation)
    challenge = derive_challenge(session, instance, b"".join(narg.commitments))
    weights = derive_weights(session, instance, narg.encoded, len(relation.equations))
    responses = [int.from_bytes(response, "big") for response in narg.responses]
    total: defaultdict[int, int] = defaultdict(int)
    for place, (row, weight) in enumerate(zip(relation.equations, weights, strict=True)):
        total[len(relation.elements) + place] = weight
        weighted = weight * challenge % ORDER
        for element, coefficient in row.image:
            total[element] += weighted * coefficient
        for scalar, element, coefficient in row.terms:
            total[element] -= weight * responses[scalar] * coefficient
    return group.is_identity(points, {index: value % ORDER for index, value in total.items()})


def _pieces(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[start : start + size] for start in range(0, len(data), size))


def _multiplies_each_once(row: Equation) -> bool:
    """Tell whether each scalar of an equation stands in one term, with a coefficient that is its own remainder."""
    terms = row.terms
    distinct = len(terms) == 1 or len({scalar for scalar, _, _ in terms}) == len(terms)
    return distinct and all(-ORDER < coefficient < ORDER for _, _, coefficient in terms)


def _columns(row: Equation) -> dict[int, list[tuple[int, int]]]:
    """Return what each scalar of an equation multiplies."""
    columns: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for scalar, element, coefficient in row.terms:
        columns[scalar].append((element, coefficient))
    return columns


def _vanishes(group: Group, points: Points, terms: Sequence[ImageTerm]) -> bool:
    if len(terms) == 1:
        return terms[0][1] % ORDER == 0
    joined: defaultdict[int, int] = defaultdict(int)
    for element, coefficient in terms:
        joined[element] += coefficient
    left = {element: value for element, value in joined.items() if value % ORDER}
    return len(left) != 1 and group.is_identity(points, left)
