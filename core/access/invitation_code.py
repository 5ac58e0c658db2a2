"""Invitation codes: made once, shown once, and the only key to what an invitation seals.

160 random bits as eight groups of four letters (RFC 4648, base32). From them HKDF-SHA-256 derives the
invitation's id, by which its row is found, and an X25519 pair, to whose public half the inviter seals. So the
row alone opens nothing, a wrong code finds no row, and no number of tries comes near 160 bits.
"""

import base64
import binascii
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.access.operator_keys import open_sealed
from core.errors import InvitationRefused
from hsm.secret import Secret

CODE_BYTES = 20
_GROUP = 4
_ID_BYTES = 16
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None})
INVALID = "This invitation is not valid."


@dataclass(frozen=True)
class CodeKeys:
    """What a code stands for."""

    invitation_id: bytes
    private: X25519PrivateKey

    @property
    def public(self) -> bytes:
        """The half that secrets are sealed to, raw (32 bytes)."""
        return self.private.public_key().public_bytes_raw()

    def open(self, sealed: bytes, purpose: str) -> Secret:
        """Open what was sealed to this code. Raises IntegrityFailure if it does not open."""
        return open_sealed(self.private, sealed, purpose)


def new_code() -> Secret:
    """Return a new code as it is read out: eight groups of four."""
    text = base64.b32encode(os.urandom(CODE_BYTES)).decode()
    return Secret("-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP)))


def is_code(code: Secret) -> bool:
    """Tell whether what was typed can be a code at all."""
    return _raw(code) is not None


def keys_of(code: Secret) -> CodeKeys:
    """Return a typed code's keys; case, blanks, dashes and look-alike digits are forgiven.

    Raises InvitationRefused for what cannot be a code.
    """
    raw = _raw(code)
    if raw is None:
        raise InvitationRefused(INVALID)
    return CodeKeys(_derived(raw, b"id", _ID_BYTES), X25519PrivateKey.from_private_bytes(_derived(raw, b"key", 32)))


def _raw(code: Secret) -> bytes | None:
    try:
        raw = base64.b32decode(code.reveal_text().upper().translate(_MISREAD))
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == CODE_BYTES else None


def _derived(raw: bytes, use: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=b"citizen-zero/1 invitation " + use).derive(raw)
