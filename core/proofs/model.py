"""What the use cases take and give: the request, the answer, what it could tell, and what was asked before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.proofs.claims import Claim
from core.proofs.learning import Forecast, LearntBits


@dataclass(frozen=True)
class ProofRequest:
    """What somebody asks about a citizen: claims, for whom, and the asker's fresh nonce (32 bytes)."""

    claims: tuple[Claim, ...]
    audience: str
    nonce: bytes


@dataclass(frozen=True)
class ProofAnswer:
    """A proof that was made, verified and recorded. `document` is the specified proof_response."""

    identity_token: str
    results: tuple[tuple[Claim, bool], ...] = field(repr=False)
    presentation: bytes = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    forecast: Forecast


@dataclass(frozen=True)
class ProofPreview:
    """What a question could tell, before it is asked, and what was learnt so far."""

    forecast: Forecast
    learnt: tuple[LearntBits, ...]


@dataclass(frozen=True)
class PastProof:
    """A proof as the log remembers it: no threshold, no answer."""

    index: int
    time: datetime
    operator: str
    identity_token: str
    audience: str
    attributes: tuple[str, ...]
    bits: int
    context_hash: str
