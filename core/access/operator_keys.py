"""An operator's own keys: made here, sealed under the password, opened at sign-in.

Password -> Argon2id (RFC 9106) -> AES-256-GCM over the two private halves (X25519 for what is sealed
to the operator, Ed25519 for the operator's signatures). The token PIN and other secrets are sealed to
the public half with HPKE (RFC 9180). Nothing here stores or logs.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from core.access.model import PASSWORD_MIN_LENGTH
from core.errors import IntegrityFailure, InvalidInput
from hsm.secret import Secret

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_NONCE_BYTES = 12
_WEAK_BELOW = 2  # zxcvbn's score: 0 and 1 fall to online guessing


@dataclass(frozen=True)
class Argon2Cost:
    """Argon2id's parameters, kept with each operator: memory in KiB, passes, lanes (RFC 9106, 4)."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


# A row forged to cost gigabytes must not reach Argon2: its seal can only be checked after sign-in.
HIGHEST_COST = Argon2Cost(memory_kib=1_048_576, passes=16, lanes=16)


@dataclass(frozen=True)
class SealedKeys:
    """An operator's keys as stored: public halves raw (32 bytes each), private halves sealed together."""

    salt: bytes
    cost: Argon2Cost
    encryption_public: bytes
    signing_public: bytes
    private_sealed: bytes


@dataclass(frozen=True)
class OperatorKeys:
    """An operator's private halves, opened: only in memory, only while they are needed."""

    encryption_private: X25519PrivateKey
    signing_private: Ed25519PrivateKey

    def open(self, sealed: bytes, purpose: str) -> Secret:
        """Open what was sealed to this operator. Raises IntegrityFailure if it does not open."""
        return open_sealed(self.encryption_private, sealed, purpose)


def check_password(password: Secret, names: tuple[str, ...] = ()) -> None:
    """Raise InvalidInput if the password is too short or falls to guessing (NIST SP 800-63B, 3.1.1)."""
    if len(password.reveal_text()) < PASSWORD_MIN_LENGTH:
        raise InvalidInput(f"The password has fewer than {PASSWORD_MIN_LENGTH} characters.", field="password")
    if password_strength(password, names) < _WEAK_BELOW:
        raise InvalidInput(
            "The password is easy to guess.", field="password", remedy="Choose a longer one: four unrelated words do."
        )


def password_strength(password: Secret, names: tuple[str, ...] = ()) -> int:
    """Return zxcvbn's score from 0 (guessed at once) to 4."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 (word lists of 2 MB: only where a password is chosen)

    text = password.reveal_text()[:72]
    return int(zxcvbn(text, user_inputs=list(names))["score"]) if text else 0


def make_keys(password: Secret, cost: Argon2Cost | None = None) -> SealedKeys:
    """Make both key pairs and seal their private halves under the password."""
    cost = cost or Argon2Cost()
    salt = os.urandom(16)
    encryption, signing = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    nonce = os.urandom(_NONCE_BYTES)
    public = encryption.public_key().public_bytes_raw(), signing.public_key().public_bytes_raw()
    private = encryption.private_bytes_raw() + signing.private_bytes_raw()
    sealed = nonce + AESGCM(_password_key(password, salt, cost)).encrypt(nonce, private, b"".join(public))
    return SealedKeys(salt, cost, *public, sealed)


def open_keys(sealed: SealedKeys, password: Secret) -> OperatorKeys | None:
    """Return the private halves, or None where the password is wrong."""
    nonce, ciphertext = sealed.private_sealed[:_NONCE_BYTES], sealed.private_sealed[_NONCE_BYTES:]
    public = sealed.encryption_public + sealed.signing_public
    try:
        private = AESGCM(_password_key(password, sealed.salt, sealed.cost)).decrypt(nonce, ciphertext, public)
    except InvalidTag:
        return None
    return OperatorKeys(
        X25519PrivateKey.from_private_bytes(private[:32]), Ed25519PrivateKey.from_private_bytes(private[32:])
    )


def stored_keys(columns: Mapping[str, Any]) -> SealedKeys:
    """Return the keys of an operator's row. Raises IntegrityFailure for costs that the console never stores."""
    cost = Argon2Cost(columns["argon2_memory_kib"], columns["argon2_passes"], columns["argon2_lanes"])
    if not (
        8 * cost.lanes <= cost.memory_kib <= HIGHEST_COST.memory_kib
        and 1 <= cost.passes <= HIGHEST_COST.passes
        and 1 <= cost.lanes <= HIGHEST_COST.lanes
        and len(columns["salt"]) >= 8  # noqa: PLR2004 (RFC 9106, 3.1)
    ):
        raise IntegrityFailure("The stored record of this operator is not what the console stored.")
    return SealedKeys(
        columns["salt"], cost, columns["encryption_public"], columns["signing_public"], columns["private_sealed"]
    )


def seal_to(encryption_public: bytes, secret: Secret, purpose: str) -> bytes:
    """Seal a secret to an operator's public half; `purpose` must be the same when it is opened."""
    return _SUITE.encrypt(secret.reveal(), X25519PublicKey.from_public_bytes(encryption_public), info=_info(purpose))


def open_sealed(private: X25519PrivateKey, sealed: bytes, purpose: str) -> Secret:
    """Open what was sealed to the public half. Raises IntegrityFailure if it does not open."""
    try:
        return Secret(_SUITE.decrypt(sealed, private, info=_info(purpose)))
    except (InvalidTag, ValueError):
        raise IntegrityFailure("What was sealed to this operator does not open with the operator's key.") from None


def _info(purpose: str) -> bytes:
    return f"citizen-zero/1 {purpose}".encode()


def _password_key(password: Secret, salt: bytes, cost: Argon2Cost) -> bytes:
    return hash_secret_raw(
        password.reveal(),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=32,
        type=Type.ID,
    )
