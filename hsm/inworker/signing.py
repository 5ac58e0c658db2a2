"""Signatures by the two kinds of signing key that the vault has."""

import hashlib
from typing import Any

from pkcs11 import KeyType, Mechanism


def sign(key: Any, message: bytes) -> bytes:
    """Sign with a private key: Ed25519 (RFC 8032), or P-256 over SHA-256 as r || s, 64 bytes both.

    CKM_ECDSA signs a digest as it is, so the message is hashed here.
    """
    if key.key_type is KeyType.EC_EDWARDS:
        return bytes(key.sign(message, mechanism=Mechanism.EDDSA))
    return bytes(key.sign(hashlib.sha256(message).digest(), mechanism=Mechanism.ECDSA))
