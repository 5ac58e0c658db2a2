"""The field envelope: one encrypted value, bound to its place.

`0x01 || nonce (12) || AES-256-GCM(plaintext padded with 0x80 and zeros to a multiple of 32) || tag`,
associated data the deterministic CBOR of ["czv1", identity token, column, data key id]. A value that
is moved to another row, column or key does not open, and its length shows only a multiple of 32.
Keys come from `core/keys/service.py`; nothing here stores.
"""

import os
from uuid import UUID

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import IntegrityFailure
from hsm.secret import Secret

VERSION = b"\x01"
NONCE_BYTES = 12
BLOCK = 32


class RowEnvelopes:
    """Encrypts and decrypts the values of one row, bound to whose row it is, to the column and to the data key."""

    def __init__(self, data_key: Secret, identity_token: str, data_key_id: UUID) -> None:
        self._cipher = AESGCM(data_key.reveal())
        self._identity_token = identity_token
        self._data_key_id = str(data_key_id)

    def seal(self, column: str, plaintext: bytes) -> bytes:
        """Encrypt one value for its column, under a fresh nonce."""
        nonce = os.urandom(NONCE_BYTES)
        padded = plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % BLOCK)
        return VERSION + nonce + self._cipher.encrypt(nonce, padded, self._aad(column))

    def open(self, column: str, envelope: bytes) -> bytes:
        """Decrypt one value. Raises IntegrityFailure if it was changed or belongs to another place."""
        nonce, ciphertext = envelope[1 : 1 + NONCE_BYTES], envelope[1 + NONCE_BYTES :]
        if envelope[:1] != VERSION or len(nonce) != NONCE_BYTES:
            raise _broken(column)
        try:
            padded = self._cipher.decrypt(nonce, ciphertext, self._aad(column))
        except (InvalidTag, ValueError):
            raise _broken(column) from None
        plaintext, marker, zeros = padded.rpartition(b"\x80")
        if not marker or zeros.strip(b"\x00") or len(padded) % BLOCK:
            raise _broken(column)
        return plaintext

    def _aad(self, column: str) -> bytes:
        return cbor2.dumps(["czv1", self._identity_token, column, self._data_key_id])  # texts have one form


def _broken(column: str) -> IntegrityFailure:
    return IntegrityFailure(
        f"The stored value in {column} does not open: it was changed, or it belongs elsewhere.",
        details={"Column": column},
    )
