"""Key check values: three bytes that tell whether a key is the expected one, and nothing more.

AES: first bytes of the zero block encrypted (ECB), or, for a key that may only wrap, of 16 zero bytes
wrapped by RFC 3394. HMAC: of the HMAC-SHA-256 of 16 zero bytes. Pairs: of the SHA-256 of the SPKI.
"""

import hashlib
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism

from hsm import errors, spki
from hsm.inworker.keyring import Keyring
from hsm.inworker.translation import translated
from hsm.inworker.wrapping import kw_wrap

_ZERO_BLOCK: Final = bytes(16)
_LENGTH: Final = 3


def check_value(session: Any, keys: Keyring, label: str) -> str:
    """Return a key's check value as 6 hex digits, upper case."""
    with translated(f"compute the check value of {label}"):
        return keys.using(label, lambda key: _value(session, keys, label, key))[:_LENGTH].hex().upper()


def public_key(keys: Keyring, label: str) -> bytes:
    """Return the SPKI (DER) of a pair's public half."""
    with translated(f"read the public key {label}"):
        return keys.using(label, spki_of, public=True)


def spki_of(key: Any) -> bytes:
    """Return the SPKI (DER) of a public key object."""
    if key.key_type is KeyType.EC:
        return spki.p256(bytes(key[Attribute.EC_POINT]))
    if key.key_type is KeyType.EC_EDWARDS:
        return spki.ed25519(bytes(key[Attribute.EC_POINT]))
    if key.key_type is KeyType.RSA:
        return spki.rsa(bytes(key[Attribute.MODULUS]), bytes(key[Attribute.PUBLIC_EXPONENT]))
    raise errors.MechanismFailed("The key is of a type that the vault does not use.")


def _value(session: Any, keys: Keyring, label: str, key: Any) -> bytes:
    if isinstance(key, pkcs11.PrivateKey):
        return hashlib.sha256(public_key(keys, label)).digest()
    if key.key_type is not KeyType.AES:
        return bytes(key.sign(_ZERO_BLOCK, mechanism=Mechanism.SHA256_HMAC))
    if hasattr(key, "encrypt"):  # the library gives a key object only the methods that its attributes permit
        return bytes(key.encrypt(_ZERO_BLOCK, mechanism=Mechanism.AES_ECB))
    return kw_wrap(session, key, _ZERO_BLOCK)
