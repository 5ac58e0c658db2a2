"""What stands in an operator's sealed row, and what of it others see. Reads and writes nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.access.model import (
    Invitation,
    Operator,
    OperatorState,
    Role,
    checked_operator_name,
    person_of,
)
from core.access.operator_keys import check_password, make_keys, seal_to
from core.access.states import states_of
from hsm.secret import Secret

PIN_PURPOSE = "token PIN"
OWNER_PURPOSE = "database owner password"
RECOVERY_PURPOSE = "backup recovery secret"


# What only super admins hold, by the column that it is sealed in.
OF_SUPER_ADMINS = {"owner_password_sealed": OWNER_PURPOSE, "recovery_secret_sealed": RECOVERY_PURPOSE}


class Opener(Protocol):
    """Who can open what is sealed to a public half: an operator's keys, an invitation's code."""

    def open(self, sealed: bytes, purpose: str) -> Secret: ...  # noqa: D102 (a protocol's single line)


@dataclass(frozen=True)
class OperatorSecrets:
    """What is sealed to an operator when the operator is added."""

    pin: Secret
    owner_password: Secret | None = None
    recovery_secret: Secret | None = None

    @classmethod
    def opened(cls, columns: Mapping[str, Any], opener: Opener, role: Role) -> "OperatorSecrets":
        """Return what a row holds, as far as the role may have it. Raises IntegrityFailure if it does not open."""

        def held(column: str, purpose: str) -> Secret | None:
            sealed = columns[column] if role is Role.SUPER_ADMIN else None
            return None if sealed is None else opener.open(sealed, purpose)

        pin = opener.open(columns["pin_sealed"], PIN_PURPOSE)
        return cls(pin, *(held(column, purpose) for column, purpose in OF_SUPER_ADMINS.items()))

    def sealed_to(self, encryption_public: bytes) -> dict[str, bytes | None]:
        """Return the columns that hold them, sealed to a public half."""

        def sealed(secret: Secret | None, purpose: str) -> bytes | None:
            return None if secret is None else seal_to(encryption_public, secret, purpose)

        return {
            "pin_sealed": sealed(self.pin, PIN_PURPOSE),
            "owner_password_sealed": sealed(self.owner_password, OWNER_PURPOSE),
            "recovery_secret_sealed": sealed(self.recovery_secret, RECOVERY_PURPOSE),
        }

    def wipe(self) -> None:
        """Overwrite all of them."""
        for secret in (self.pin, self.owner_password, self.recovery_secret):
            if secret is not None:
                secret.wipe()


def new_operator(name: str, password: Secret, role: Role, secrets: OperatorSecrets, now: datetime) -> dict[str, Any]:
    """Return the columns of a new operator, not yet sealed. Raises InvalidInput for a weak password."""
    checked_operator_name(name)
    check_password(password, (name,))
    keys = make_keys(password)
    return {
        "name": name,
        "role": role.value,
        "state": OperatorState.ACTIVE.value,
        "salt": keys.salt,
        "argon2_memory_kib": keys.cost.memory_kib,
        "argon2_passes": keys.cost.passes,
        "argon2_lanes": keys.cost.lanes,
        "encryption_public": keys.encryption_public,
        "signing_public": keys.signing_public,
        "private_sealed": keys.private_sealed,
        **secrets.sealed_to(keys.encryption_public),
        "created_at": now,
        "revision": 1,
    }


def operator_of(columns: Mapping[str, Any]) -> Operator:
    """Return an operator as lists show it."""
    return Operator(
        columns["name"],
        Role(columns["role"]),
        columns["state"],
        columns["created_at"],
        columns.get("person") or person_of(columns["name"]),
        key_digest(columns["signing_public"]),
        columns.get("invited_by"),
        columns.get("disabled_at"),
        states_of(columns),
    )


def invitation_of(columns: Mapping[str, Any]) -> Invitation:
    """Return an invitation as lists show it."""
    return Invitation(
        columns["name"],
        Role(columns["role"]),
        columns["invited_by"],
        columns["created_at"],
        columns["expires_at"],
        states_of(columns),
    )


def key_digest(signing_public: bytes) -> str:
    """Return what certifies a signing key in the log: SHA-256 of its 32 raw bytes, in hex."""
    return hashlib.sha256(signing_public).hexdigest()
