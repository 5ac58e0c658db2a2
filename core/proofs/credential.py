"""The credential: the authority's signature over commitments to a citizen's attributes.

A COSE_Sign1 (RFC 9052 4.2) with ES256, deterministic in every byte but the signature. This module knows
the format; who signs is `issuing.py`, who judges is `verifier.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from core.proofs.attributes import schema_hash
from core.proofs.strict_cbor import COSE_SIGN1_TAG, Sign1, decode, decode_map, encode
from core.proofs.transcript import SUITE

VERSION: Final = "vault-elig-cred/1"
CONTENT_TYPE: Final = "application/vault-elig+cbor"
EXTERNAL_AAD: Final = b"VAULT-ELIG-V01-CRED"
ES256: Final = -7
KID_BYTES: Final = 8
LIFETIME: Final = 30 * 86400  # seconds: until there are status lists, a credential ends by itself
PAYLOAD_KINDS: Final[Mapping[int, type]] = {
    1: str, 2: bytes, 3: str, 4: int, 5: int, 6: bytes, 7: dict, 8: str, 9: int,
}  # fmt: skip
PROTECTED_KINDS: Final[Mapping[int, type]] = {1: int, 3: str, 4: bytes}


@dataclass(frozen=True)
class Credential:
    """A credential as decoded; nothing is checked but its form. Times in seconds since 1970."""

    encoded: bytes
    algorithm: int
    content_type: str
    key_id: bytes
    unprotected: Mapping[Any, Any]
    signed: bytes
    signature: bytes
    version: str
    authority: bytes
    identity_token: str
    issued: int
    expires: int
    schema: bytes
    commitments: Mapping[int, bytes]
    suite: str
    status_index: int


def authority_id(spki: bytes) -> bytes:
    """Return the authority's id: SHA-256 of its public key's SubjectPublicKeyInfo (DER)."""
    return hashlib.sha256(spki).digest()


def to_be_signed(payload: bytes, authority: bytes) -> bytes:
    """Return the bytes that the authority's key signs (RFC 9052 4.4)."""
    return _signature_structure(_protected(authority), payload)


def payload_of(
    authority: bytes,
    identity_token: str,
    issued: int,
    expires: int,
    commitments: Mapping[int, bytes],
    status_index: int,
) -> bytes:
    """Return the encoded payload of a new credential."""
    return encode(
        {
            1: VERSION,
            2: authority,
            3: identity_token,
            4: issued,
            5: expires,
            6: schema_hash(),
            7: dict(commitments),
            8: SUITE,
            9: status_index,
        }
    )


def assemble(payload: bytes, authority: bytes, signature: bytes) -> bytes:
    """Return the credential of a payload and its signature (r || s, 64 bytes)."""
    return encode(cbor2.CBORTag(COSE_SIGN1_TAG, [_protected(authority), {}, payload, signature]))


def parse(encoded: bytes) -> Credential:
    """Return the decoded credential. Raises NotDeterministic or TypeError."""
    tagged = decode(encoded)
    if not isinstance(tagged, Sign1) or not isinstance(tagged.content, list):
        raise TypeError("not a COSE_Sign1")
    protected, unprotected, payload, signature = _four(tagged.content)
    header = decode_map(protected, PROTECTED_KINDS)
    claims = decode_map(payload, PAYLOAD_KINDS)
    commitments = claims[7]
    if not all(type(key) is int and type(value) is bytes for key, value in commitments.items()):
        raise TypeError("not a map of commitments")
    return Credential(
        encoded,
        header[1],
        header[3],
        header[4],
        unprotected,
        _signature_structure(protected, payload),
        signature,
        claims[1],
        claims[2],
        claims[3],
        claims[4],
        claims[5],
        claims[6],
        commitments,
        claims[8],
        claims[9],
    )


def _four(content: list[Any]) -> tuple[bytes, dict[Any, Any], bytes, bytes]:
    kinds = (bytes, dict, bytes, bytes)
    if len(content) != len(kinds) or any(type(part) is not kind for part, kind in zip(content, kinds, strict=True)):
        raise TypeError("not the four parts of a COSE_Sign1")
    protected, unprotected, payload, signature = content
    return protected, unprotected, payload, signature


def _protected(authority: bytes) -> bytes:
    return encode({1: ES256, 3: CONTENT_TYPE, 4: authority[:KID_BYTES]})


def _signature_structure(protected: bytes, payload: bytes) -> bytes:
    return encode(["Signature1", protected, EXTERNAL_AAD, payload])
