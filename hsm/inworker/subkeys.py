"""Subkeys of the index key, held by this process alone while it is logged in.

The one exception beside data keys to "no key leaves the token": a name has ten and more prefixes, and
a token call for each would cost more than the rest of an enrolment. A subkey is the HMAC of its name
under the key in the token, so who has it can test names and nothing else; it never crosses the pipe.
"""

import hmac
from collections.abc import Sequence
from typing import Final

from pkcs11 import Mechanism

from hsm import errors, requests
from hsm.inworker.keyring import Keyring
from hsm.inworker.translation import translated
from hsm.templates import SUBKEYS

_DERIVATION: Final = b"czsub1:"


def refuse_derivation(label: str, messages: Sequence[bytes]) -> None:
    """Raise MechanismFailed where a digest that is asked for would be a subkey itself."""
    if label in SUBKEYS.values() and any(message.startswith(_DERIVATION) for message in messages):
        raise errors.MechanismFailed("A subkey never leaves the HSM worker.", {"Key": label})


class Subkeys:
    """Derives a subkey when it is first asked for, and uses it."""

    def __init__(self) -> None:
        self._held: dict[str, bytearray] = {}

    def macs(self, keys: Keyring, part: requests.MacPart) -> list[bytes]:
        """Return HMAC-SHA-256 of each message under the part's subkey; only listed subkeys exist."""
        if SUBKEYS.get(part.subkey) != part.key_label:
            raise errors.MechanismFailed(f"The key {part.key_label} has no such subkey.", {"Key": part.key_label})
        key = self._held.get(part.subkey)
        if key is None:
            key = self._held[part.subkey] = self._derive(keys, part)
        return [hmac.digest(key, message, "sha256") for message in part.messages]

    def wipe(self) -> None:
        """Overwrite all of them."""
        for key in self._held.values():
            key[:] = bytes(len(key))
        self._held.clear()

    @staticmethod
    def _derive(keys: Keyring, part: requests.MacPart) -> bytearray:
        name = _DERIVATION + part.subkey.encode()
        with translated(f"derive a subkey of {part.key_label}"):
            return bytearray(keys.using(part.key_label, lambda key: key.sign(name, mechanism=Mechanism.SHA256_HMAC)))
