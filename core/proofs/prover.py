"""Proving claims about committed numbers. Knows neither database nor HSM, and logs nothing.

The proof is not verified here: `service.py` does that before it lets one out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import IntegrityFailure, InvalidInput
from core.proofs.ages import day_in_india
from core.proofs.attributes import BY_ID
from core.proofs.claims import Claim
from core.proofs.facts import committed_attribute, facts, is_true
from core.proofs.group import p256_for_commitments
from core.proofs.presentation import LIFETIME, VERSION, Context, Presentation
from core.proofs.prove_relation import prove
from core.proofs.scalars import random_scalars
from core.proofs.statement import build
from core.proofs.witness import Opening, all_openings, evaluate, witness_of


@dataclass(frozen=True)
class Holding:
    """A credential, and what opens its commitments: attribute id -> (number, blinding)."""

    encoded: bytes
    authority: bytes
    identity_token: str
    commitments: Mapping[int, bytes]
    openings: Mapping[int, Opening] = field(repr=False)


@dataclass(frozen=True)
class Ask:
    """What a verifier asks: claims, and what binds the answer to this verifier and moment (seconds since 1970)."""

    claims: tuple[Claim, ...]
    nonce: bytes
    audience: str
    issued: int
    lifetime: int = LIFETIME


@dataclass(frozen=True)
class Proven:
    """A proof, and the context that it is bound to."""

    presentation: Presentation
    context: Context


def check_held(holding: Holding, claims: Sequence[Claim]) -> None:
    """Raise InvalidInput where the credential lacks an asked attribute, IntegrityFailure where an opening lies."""
    asked = list(dict.fromkeys(committed_attribute(claim) for claim in claims))
    missing = [BY_ID[attribute].name for attribute in asked if attribute not in holding.openings]
    if missing:
        raise InvalidInput(f"The citizen's record does not hold: {', '.join(missing)}.", field="attribute")
    opened = p256_for_commitments().commit(holding.openings[attribute] for attribute in asked)
    if opened != [holding.commitments.get(attribute) for attribute in asked]:
        raise IntegrityFailure("The stored record is corrupted: a commitment does not open to its value.")


def present(holding: Holding, ask: Ask, draw: Callable[[int], list[int]] = random_scalars) -> Proven:
    """Prove the truth of every asked claim, a false one by its negation. `check_held` comes first.

    Number and kind of group operations depend on the claims and their results only. `draw` gives so many fresh scalars.
    """
    day, group = day_in_india(ask.issued), p256_for_commitments()
    values = [holding.openings[committed_attribute(claim)][0] for claim in ask.claims]
    results = tuple(is_true(claim, value, day) for claim, value in zip(ask.claims, values, strict=True))
    by_claim = [facts(claim, result, day) for claim, result in zip(ask.claims, results, strict=True)]
    flat = [fact for proven in by_claim for fact in proven]
    witness = witness_of(flat, holding.openings, draw)
    opened = all_openings(flat, holding.openings, witness.own)
    encoded = iter(group.commit(opening for added in witness.own for opening in added))
    own = [[next(encoded) for _ in added] for added in witness.own]
    relation = build(flat, holding.commitments, own)
    context = Context(
        holding.authority,
        holding.encoded,
        holding.identity_token,
        ask.claims,
        results,
        ask.nonce,
        ask.audience,
        ask.issued,
        ask.issued + ask.lifetime,
    )
    narg = prove(
        context.tag(), relation, witness.scalars, lambda nonces: group.commit(evaluate(relation, opened, nonces)), draw
    )
    return Proven(_presentation(context, _joined(by_claim, own), narg), context)


def _joined(by_claim: Sequence[Sequence[object]], own: Sequence[Sequence[bytes]]) -> tuple[bytes, ...]:
    """Return the own commitments of each claim's facts as one string a claim."""
    of_fact = iter(own)
    return tuple(b"".join(point for _ in proven for point in next(of_fact)) for proven in by_claim)


def _presentation(context: Context, own: tuple[bytes, ...], narg: bytes) -> Presentation:
    return Presentation(
        VERSION,
        context.credential,
        context.claims,
        context.results,
        context.nonce,
        context.audience,
        context.issued,
        context.expires,
        own,
        narg,
    )
