"""One presentation under examination: what was asked, and what the checks have read so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.proofs.claims import Claim
from core.proofs.credential import Credential, authority_id
from core.proofs.facts import Fact
from core.proofs.group import Points
from core.proofs.presentation import Context, Presentation
from core.proofs.relation import LinearRelation
from core.proofs.verify_relation import Narg


@dataclass(frozen=True)
class Expected:
    """What the verifier asked and whom it trusts. `now` in seconds since 1970.

    `use_once` is asked last, with the context's hash, and tells whether it is new; None: no use is remembered.
    """

    authority: ec.EllipticCurvePublicKey
    claims: tuple[Claim, ...]
    nonce: bytes
    audience: str
    now: int
    use_once: Callable[[bytes], bool] | None = None

    @cached_property
    def authority_id(self) -> bytes:
        """The id of the pinned authority."""
        return id_of(self.authority)


@dataclass
class Examination:
    """One presentation under examination: what was read so far, each part set by the check that reads it."""

    data: bytes
    expected: Expected
    around: Mapping[str, object] | None
    shown: Presentation = field(init=False)
    credential: Credential = field(init=False)
    day: date = field(init=False)
    by_claim: list[tuple[Fact, ...]] = field(init=False)
    relation: LinearRelation = field(init=False)
    narg: Narg = field(init=False)
    points: Points = field(init=False)

    @cached_property
    def context(self) -> Context:
        """The context that the proof must be bound to."""
        shown = self.shown
        return Context(
            self.expected.authority_id,
            shown.credential,
            self.credential.identity_token,
            shown.claims,
            shown.results,
            shown.nonce,
            shown.audience,
            shown.issued,
            shown.expires,
        )


def id_of(authority: ec.EllipticCurvePublicKey) -> bytes:
    """Return an authority's id: SHA-256 of its SubjectPublicKeyInfo (DER)."""
    return authority_id(authority.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class Check(NamedTuple):
    """One named step: refuses by raising Refusal, and may set a part of the examination."""

    name: str
    run: Callable[[Examination], None]
