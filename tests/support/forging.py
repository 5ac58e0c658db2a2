"""Proofs of cheating provers and issuers, made with all that the honest ones have."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cbor2

from core.proofs.ages import day_in_india
from core.proofs.claims import Claim
from core.proofs.credential import EXTERNAL_AAD, parse
from core.proofs.facts import Fact, facts
from core.proofs.group import p256_for_commitments
from core.proofs.presentation import LIFETIME, Context, Presentation
from core.proofs.prove_relation import prove
from core.proofs.prover import Holding
from core.proofs.relation import Equation, LinearRelation
from core.proofs.scalars import ORDER, random_scalars
from core.proofs.statement import build
from core.proofs.witness import Opening, all_openings, evaluate, witness_of
from tests.support.eligibility import AUDIENCE, NONCE, NOW, Authority, shown


class _Stretched(Fact):
    """A fact whose number of bits a cheating prover chose."""

    chosen: int

    @property
    def bits(self) -> int:
        """Return the chosen number."""
        return self.chosen


def stretched(fact: Fact, bits: int) -> Fact:
    """Return the fact with another number of bits."""
    result = _Stretched(fact.attribute, fact.kind, fact.low, fact.high)
    object.__setattr__(result, "chosen", bits)
    return result


def with_bits(holding: Holding, claim: Claim, bits: int) -> Presentation:
    """Pretend that a claim is true by a range proof over another number of bits."""
    [fact] = facts(claim, True, day_in_india(NOW))
    fact = stretched(fact, bits)
    witness = witness_of([fact], _reduced(holding, fact), random_scalars)
    return _shown(holding, claim, [fact], witness.scalars, witness.own)


def with_digit(holding: Holding, claim: Claim, digit: int) -> Presentation:
    """Commit to a digit that is no bit in place 0, and make the sum fit by another."""
    [fact] = facts(claim, True, day_in_india(NOW))
    witness = witness_of([fact], holding.openings, random_scalars)
    scalars, own = list(witness.scalars), [list(witness.own[0])]
    for place, value in ((0, digit), (1, own[0][1][0])):
        r = own[0][place][1]
        own[0][place] = (value % ORDER, r)
        scalars[3 * place : 3 * place + 3] = [value % ORDER, r, (r - value * r) % ORDER]
    return _shown(holding, claim, [fact], scalars, own)


def without_equation(holding: Holding, claim: Claim, left_out: str) -> Presentation:
    """Prove all but one kind of equation."""
    [fact] = facts(claim, True, day_in_india(NOW))
    witness = witness_of([fact], holding.openings, random_scalars)
    relation, context = _statement(holding, claim, [fact], witness.own)
    place = {"bit": 0, "square": 1, "sum": len(relation.equations) - 1}[left_out]
    rows = tuple(row for number, row in enumerate(relation.equations) if number != place)
    used = sorted({scalar for row in rows for scalar, _, _ in row.terms})
    renumbered = tuple(Equation(row.image, tuple((used.index(s), e, c) for s, e, c in row.terms)) for row in rows)
    cut = LinearRelation(relation.elements, renumbered)
    scalars = [witness.scalars[scalar] for scalar in used]
    return _joined(holding, context, [fact], cut, scalars, witness.own)


def resigned(
    authority: Authority,
    holding: Holding,
    payload: dict[int, Any] | None = None,
    protected: dict[int, Any] | None = None,
    unprotected: dict[Any, Any] | None = None,
    *,
    sign: bool = True,
) -> Holding:
    """Return the holding with a changed credential, signed by an authority that goes along, or not signed anew."""
    tag = cbor2.loads(holding.encoded)
    header = cbor2.dumps(cbor2.loads(tag.value[0]) | (protected or {}), canonical=True)
    body = cbor2.dumps(cbor2.loads(tag.value[2]) | (payload or {}), canonical=True)
    message = cbor2.dumps(["Signature1", header, EXTERNAL_AAD, body], canonical=True)
    signature = authority.sign(message) if sign else tag.value[3]
    encoded = cbor2.dumps(cbor2.CBORTag(18, [header, unprotected or {}, body, signature]), canonical=True)
    made = parse(encoded)
    return replace(holding, encoded=encoded, identity_token=made.identity_token, commitments=made.commitments)


def reordered(encoded: bytes) -> bytes:
    """Return a map with its first two entries exchanged."""
    items = list(cbor2.loads(encoded).items())
    items[0], items[1] = items[1], items[0]
    return bytes([0xA0 + len(items)]) + b"".join(cbor2.dumps(key) + cbor2.dumps(value) for key, value in items)


def _reduced(holding: Holding, fact: Fact) -> dict[int, Opening]:
    """Return openings whose difference does not become negative: it wraps modulo the order."""
    value, blinding = holding.openings[fact.attribute]
    if fact.bits > 200 and value > fact.low:
        value -= ORDER
    return dict(holding.openings) | {fact.attribute: (value, blinding)}


def _statement(
    holding: Holding, claim: Claim, proven: Sequence[Fact], own: Sequence[Sequence[Opening]]
) -> tuple[LinearRelation, Context]:
    points = [p256_for_commitments().commit(added) for added in own]
    relation = build(proven, holding.commitments, points)
    context = Context(
        holding.authority,
        holding.encoded,
        holding.identity_token,
        (claim,),
        (True,),
        NONCE,
        AUDIENCE,
        NOW,
        NOW + LIFETIME,
    )
    return relation, context


def _shown(
    holding: Holding, claim: Claim, proven: Sequence[Fact], scalars: Sequence[int], own: Sequence[Sequence[Opening]]
) -> Presentation:
    relation, context = _statement(holding, claim, proven, own)
    return _joined(holding, context, proven, relation, scalars, own)


def _joined(
    holding: Holding,
    context: Context,
    proven: Sequence[Fact],
    relation: LinearRelation,
    scalars: Sequence[int],
    own: Sequence[Sequence[Opening]],
) -> Presentation:
    opened = all_openings(proven, holding.openings, own)
    narg = prove(
        context.tag(), relation, list(scalars), lambda n: p256_for_commitments().commit(evaluate(relation, opened, n))
    )
    template = shown(holding, context.claims)
    joined = b"".join(point for added in own for point in p256_for_commitments().commit(added))
    return replace(template, claims=context.claims, results=context.results, own=(joined,), narg=narg)
