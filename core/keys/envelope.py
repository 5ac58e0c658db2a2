"""The field envelope: one encrypted value, bound to its place.

`0x01 || nonce (12) || AES-256-GCM(plaintext padded with 0x80 and zeros to a multiple of 32) || tag`,
associated data the deterministic CBOR of ["czv1", identity token, column, data key id]. A value that
is moved to another row, column or key does not open, and its length shows only a multiple of 32.
Keys come from `core/keys/service.py`; nothing here stores.
"""

import os
from dataclasses import dataclass
from uuid import UUID

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import IntegrityFailure
from hsm.secret import Secret

VERSION = b"\x01"
NONCE_BYTES = 12
BLOCK = 32


@dataclass(frozen=True)
class Place:
    """Where a value belongs: whose row, which column, under which data key."""

    identity_token: str
    column: str
    data_key_id: UUID

    def aad(self) -> bytes:
        """Return the associated data of this place."""
        return cbor2.dumps(["czv1", self.identity_token, self.column, str(self.data_key_id)])  # texts have one form


def seal_field(data_key: Secret, place: Place, plaintext: bytes) -> bytes:
    """Encrypt one value for its place, under a fresh nonce."""
    nonce = os.urandom(NONCE_BYTES)
    padded = plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % BLOCK)
    return VERSION + nonce + AESGCM(data_key.reveal()).encrypt(nonce, padded, place.aad())


def open_field(data_key: Secret, place: Place, envelope: bytes) -> bytes:
    """Decrypt one value. Raises IntegrityFailure if it was changed or belongs to another place."""
    nonce, ciphertext = envelope[1 : 1 + NONCE_BYTES], envelope[1 + NONCE_BYTES :]
    if envelope[:1] != VERSION or len(nonce) != NONCE_BYTES:
        raise _broken(place)
    try:
        padded = AESGCM(data_key.reveal()).decrypt(nonce, ciphertext, place.aad())
    except (InvalidTag, ValueError):
        raise _broken(place) from None
    plaintext, marker, zeros = padded.rpartition(b"\x80")
    if not marker or zeros.strip(b"\x00") or len(padded) % BLOCK:
        raise _broken(place)
    return plaintext


def _broken(place: Place) -> IntegrityFailure:
    return IntegrityFailure(
        f"The stored value in {place.column} does not open: it was changed, or it belongs elsewhere.",
        details={"Column": place.column},
    )
