"""Second factors: what they are, and how an answer is checked. Pure rules; nothing is stored here.

TOTP is RFC 6238 with SHA-1, 6 digits, 30 s, one step before and after; security keys are in `security_keys.py`.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from hsm.secret import Secret

TOTP_SECONDS = 30
TOTP_STEPS_AROUND = 1
RECOVERY_CODES = 10
LABEL_LENGTH = 64
_RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0o 1il
_RECOVERY_GROUPS, _GROUP_LETTERS = 3, 4  # 12 letters of 31: 59 bits
ISSUER = "Citizen Zero"


class FactorKind(StrEnum):
    """What a person shows beside the password."""

    TOTP = "totp"
    FIDO2 = "fido2"
    RECOVERY = "recovery"


class FactorState(StrEnum):
    """A factor counts once it has proved itself by a first answer."""

    PENDING = "pending"
    ACTIVE = "active"


@dataclass(frozen=True)
class Factor:
    """A second factor as lists show it: no secret. `codes_left` counts recovery codes, None for other kinds."""

    factor_id: str
    operator: str
    kind: FactorKind
    label: str
    state: FactorState
    created_at: datetime
    codes_left: int | None = None


@dataclass(frozen=True)
class NewTotp:
    """What an authenticator program is shown once: `uri` holds the secret."""

    factor: Factor
    uri: str
    expires: datetime


@dataclass(frozen=True)
class Confirmed:
    """A factor that counts from now on, and, with an operator's first one, the recovery codes: shown once."""

    factor: Factor
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True)
class FactorChallenge:
    """What sign-in asks for: kinds that would do, and the WebAuthn request options if a security key is one."""

    operator: str
    kinds: frozenset[FactorKind]
    request: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FactorAnswer:
    """What somebody answers: a code (TOTP or recovery), or a security key's WebAuthn response as JSON."""

    code: str | None = None
    assertion: Mapping[str, Any] | None = None


AskSecondFactor = Callable[[FactorChallenge], FactorAnswer]


def new_totp_secret() -> Secret:
    """Return 160 random bits in base 32 (RFC 4226, 4: as long as the hash)."""
    import pyotp  # noqa: PLC0415 (only where a factor is at stake)

    return Secret(pyotp.random_base32())


def totp_uri(secret: Secret, operator: str) -> str:
    """Return the otpauth URI that authenticator programs read. It holds the secret."""
    import pyotp  # noqa: PLC0415

    return pyotp.TOTP(secret.reveal_text(), interval=TOTP_SECONDS).provisioning_uri(name=operator, issuer_name=ISSUER)


def totp_step(secret: Secret, code: str, unix_time: float) -> int | None:
    """Return the time step that a code belongs to, None where it fits none. All steps are compared, in equal time."""
    import pyotp  # noqa: PLC0415

    generator = pyotp.TOTP(secret.reveal_text(), interval=TOTP_SECONDS)
    now = int(unix_time // TOTP_SECONDS)
    given = code.replace(" ", "").encode(errors="replace")
    found = None
    for step in range(now - TOTP_STEPS_AROUND, now + TOTP_STEPS_AROUND + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), given):
            found = step
    return found


def new_recovery_codes() -> Secret:
    """Return ten codes for single use, one a line."""
    return Secret("\n".join(_recovery_code() for _ in range(RECOVERY_CODES)))


def recovery_bit(codes: Secret, code: str) -> int | None:
    """Return the bit of a recovery code among its set, None where it is none of them."""
    given = _letters(code).encode(errors="replace")
    found = None
    for position, known in enumerate(codes.reveal_text().splitlines()):
        if hmac.compare_digest(_letters(known).encode(), given):
            found = 1 << position
    return found


def codes_left(used: int) -> int:
    """Return how many recovery codes are left where these bits are used."""
    return RECOVERY_CODES - used.bit_count()


def is_recovery_code(code: str) -> bool:
    """Tell a recovery code from a TOTP code by its length."""
    return len(_letters(code)) == _RECOVERY_GROUPS * _GROUP_LETTERS


def asked_kinds(factors: Sequence[tuple[FactorKind, FactorState]]) -> frozenset[FactorKind]:
    """Return the kinds that sign-in asks for: none where there are only recovery codes."""
    kinds = frozenset(kind for kind, state in factors if state is FactorState.ACTIVE)
    return kinds if kinds - {FactorKind.RECOVERY} else frozenset()


def _letters(code: str) -> str:
    return code.strip().lower().replace("-", "").replace(" ", "")


def _recovery_code() -> str:
    groups = (
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_GROUP_LETTERS)) for _ in range(_RECOVERY_GROUPS)
    )
    return "-".join(groups)
