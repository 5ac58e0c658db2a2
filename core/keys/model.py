"""Key-encryption keys, data keys, and the life of a key after NIST SP 800-57."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import cbor2

from hsm.secret import Secret


class KeyState(StrEnum):
    """NIST SP 800-57 part 1, 7: the states of a key."""

    PRE_ACTIVE = "pre-active"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    COMPROMISED = "compromised"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class Kek:
    """One key-encryption key: where it stands in its life and how many citizens it guards."""

    kek_id: str
    state: KeyState
    algorithm: str
    capacity: int
    members: int
    cryptoperiod_days: int
    check_value: str | None
    token_serial: str
    created_at: datetime
    activated_at: datetime | None

    @property
    def due_at(self) -> datetime | None:
        """When its cryptoperiod ends."""
        return None if self.activated_at is None else self.activated_at + timedelta(days=self.cryptoperiod_days)


@dataclass(frozen=True)
class WrappedDataKey:
    """A citizen's data key as stored."""

    data_key_id: UUID
    identity_token: str
    kek_id: str
    algorithm: str
    wrapped: bytes


@dataclass(frozen=True)
class NewDataKey:
    """A data key just made: its value for the fields of the new citizen, and what is stored."""

    value: Secret
    stored: WrappedDataKey


def wrap_aad(identity_token: str, data_key_id: UUID, kek_id: str) -> bytes:
    """Return what a wrapped data key is bound to: whose it is, which it is, and under which KEK."""
    return cbor2.dumps(["czwrap1", identity_token, data_key_id.bytes, kek_id], canonical=True)
