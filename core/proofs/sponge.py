"""The duplex sponge of draft-irtf-cfrg-fiat-shamir over SHAKE128, and what is derived from it.

What was absorbed is one byte string; squeezing reads on in its SHAKE128 output, absorbing begins that
output anew.
"""

import hashlib
from typing import Final

RATE: Final = 168  # bytes that SHAKE128 takes at once (FIPS 202, table 3)
SESSION_BYTES: Final = 32
SESSION_LABEL: Final = b"irtf-cfrg-fiat-shamir/session-id"


class DuplexSponge:
    """A transcript: absorbs the public messages and squeezes what depends on all of them."""

    def __init__(self, session_id: bytes) -> None:
        if len(session_id) != SESSION_BYTES:
            raise ValueError("a session id has 32 bytes")
        self._absorbed = hashlib.shake_128(session_id + bytes(RATE - SESSION_BYTES))
        self._squeezed = 0

    def absorb(self, data: bytes) -> None:
        """Take in a message. The empty one changes nothing."""
        if data:
            self._absorbed.update(data)
            self._squeezed = 0

    def squeeze(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        start, self._squeezed = self._squeezed, self._squeezed + length
        return self._absorbed.digest(self._squeezed)[start:]


def derive_session_id(tag: bytes) -> bytes:
    """Return the 32-byte session identifier of an application's tag (draft, DeriveSessionID)."""
    return hashlib.shake_128(SESSION_LABEL + bytes(RATE - len(SESSION_LABEL)) + tag).digest(SESSION_BYTES)


def decode_uint(data: bytes, modulus: int) -> int:
    """Return the little-endian number of the bytes, modulo `modulus` (draft, DecodeUint)."""
    return int.from_bytes(data, "little") % modulus
