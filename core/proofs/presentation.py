"""A presentation: the proof as it travels, and the context that it is bound to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.proofs.claims import Claim, Operator
from core.proofs.group import POINT_BYTES
from core.proofs.strict_cbor import decode_map, encode
from core.proofs.transcript import SUITE

VERSION: Final = "vault-elig-proof/1"
CONTEXT_VERSION: Final = "vault-elig/1"
NONCE_BYTES: Final = 32
LIFETIME: Final = 300  # seconds that a presentation may be used
MAX_BYTES: Final = 128 * 1024
_KINDS: Final[Mapping[int, type]] = {
    1: str, 2: bytes, 3: list, 4: bytes, 5: str, 6: int, 7: int, 8: list, 9: bytes,
}  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What a proof is for. Times in seconds since 1970; results belong to the claims in order."""

    authority: bytes
    credential: bytes
    identity_token: str
    claims: tuple[Claim, ...]
    results: tuple[bool, ...]
    nonce: bytes
    audience: str
    issued: int
    expires: int

    def encoded(self) -> bytes:
        """Return its deterministic encoding."""
        return encode(
            {
                1: CONTEXT_VERSION,
                2: self.authority,
                3: hashlib.sha256(self.credential).digest(),
                4: self.identity_token,
                5: _claim_rows(self.claims, self.results),
                6: self.nonce,
                7: self.audience,
                8: self.issued,
                9: self.expires,
            }
        )

    @cached_property
    def hash(self) -> bytes:
        """The SHA-256 that a use is remembered by."""
        return hashlib.sha256(self.encoded()).digest()

    def tag(self) -> bytes:
        """Return the tag of the proof's session."""
        return f"VAULT-ELIG-V01-DSFS-with-{SUITE}/{self.hash.hex()}".encode()


@dataclass(frozen=True)
class Presentation:
    """A presentation as decoded; nothing is checked but its form."""

    version: str
    credential: bytes
    claims: tuple[Claim, ...]
    results: tuple[bool, ...]
    nonce: bytes
    audience: str
    issued: int
    expires: int
    own: tuple[bytes, ...]
    narg: bytes

    def encoded(self) -> bytes:
        """Return its deterministic encoding."""
        rows = _claim_rows(self.claims, self.results)
        return encode(
            {
                1: self.version,
                2: self.credential,
                3: rows,
                4: self.nonce,
                5: self.audience,
                6: self.issued,
                7: self.expires,
                8: list(self.own),
                9: self.narg,
            }
        )


def parse(data: bytes) -> Presentation:
    """Return the decoded presentation. Raises NotDeterministic or TypeError."""
    fields = decode_map(data, _KINDS)
    rows = [_claim(row) for row in fields[3]]
    if any(type(own) is not bytes for own in fields[8]):
        raise TypeError("own commitments are byte strings")
    return Presentation(
        fields[1],
        fields[2],
        tuple(claim for claim, _ in rows),
        tuple(result for _, result in rows),
        fields[4],
        fields[5],
        fields[6],
        fields[7],
        tuple(fields[8]),
        fields[9],
    )


def points_of(data: bytes, count: int) -> list[bytes]:
    """Return the first `count` encoded points of a string."""
    return [data[start : start + POINT_BYTES] for start in range(0, POINT_BYTES * count, POINT_BYTES)]


def _claim(row: Any) -> tuple[Claim, bool]:
    kinds = (int, int, int, bool)
    if type(row) is not list or [type(part) for part in row] != list(kinds):
        raise TypeError("not a claim")
    attribute, operator, operand, result = row
    if operator not in tuple(Operator):
        raise TypeError("not an operator")
    return Claim(attribute, Operator(operator), operand), result


def _claim_rows(claims: Sequence[Claim], results: Sequence[bool]) -> list[list[Any]]:
    return [
        [claim.attribute, int(claim.operator), claim.operand, result]
        for claim, result in zip(claims, results, strict=True)
    ]
