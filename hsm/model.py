"""What crosses the border between `hsm` and the rest of the console: frozen data, no I/O.

Key templates stand in `hsm/templates.py`. Everything here can travel over the worker pipe, so fields
are plain: text, numbers, bytes, truth values, tuples and mappings of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

GCM = "AES-256-GCM"
KW = "AES-256-KW"
RSA_2048 = "RSA-2048-OAEP"
RSA_3072 = "RSA-3072-OAEP"
WRAP_ALGORITHMS = (GCM, KW, RSA_2048, RSA_3072)


@dataclass(frozen=True)
class TokenBinding:
    """Which token the vault is bound to: by serial, because labels repeat.

    `check_values` maps key labels to key check values (6 hex digits, upper case); all are compared at
    log-in. The label serves only to say that a token of the same name is another one.
    """

    label: str
    serial: str
    check_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TokenFacts:
    """What the token says about itself."""

    label: str
    serial: str
    manufacturer: str
    model: str
    hardware_version: str
    firmware_version: str
    slot_id: int
    pin_locked: bool
    pin_final_try: bool


@dataclass(frozen=True)
class SlotFacts:
    """One slot with a token in it; label and serial are empty before the token is initialised."""

    slot_id: int
    description: str
    label: str
    serial: str
    model: str
    initialised: bool


@dataclass(frozen=True)
class ModuleFacts:
    """What the PKCS#11 library says about itself. `cryptoki_version` as in 2.40."""

    path: str
    description: str
    manufacturer: str
    version: str
    cryptoki_version: str
    slots: tuple[SlotFacts, ...]


@dataclass(frozen=True)
class WrapItem:
    """A value to wrap, or a wrapped value to unwrap, with its associated data.

    Only AES-256-GCM binds `aad`; the other algorithms ignore it.
    """

    value: bytes = field(repr=False)
    aad: bytes = b""


@dataclass(frozen=True)
class GeneratedDataKey:
    """32 random bytes from the token, in clear and wrapped."""

    value: bytes = field(repr=False)
    wrapped: bytes


KeyClass = Literal["secret", "public", "private"]
KeyType = Literal["AES", "generic secret", "RSA", "P-256", "Ed25519", "other"]


@dataclass(frozen=True)
class KeyFacts:
    """One key object on the token; a pair is two of them with the same label and creation id.

    `size` is in bits, 0 if the token does not say. An attribute that the token does not have is False.
    `created_id` is CKA_ID in hex: random, given at creation, so a key made anew under an old label shows.
    """

    label: str
    key_class: KeyClass
    key_type: KeyType
    size: int
    sensitive: bool
    extractable: bool
    wrap_with_trusted: bool
    always_sensitive: bool
    never_extractable: bool
    local: bool
    trusted: bool
    modifiable: bool
    created_id: str


Outcome = Literal["matches", "differs", "refused", "kept", "absent", "passes"]
Verdict = Literal["possible", "another_way", "not_possible"]
LogKey = Literal["Ed25519", "P-256"]


DATA_KEYS = "Citizens' data keys"
TOKENS_AND_SEARCH = "Identity tokens and search"
SIGNED_LOG = "Signed audit log"
PROOFS_AND_DOCUMENTS = "Eligibility proofs, mobile documents"
RSA = "RSA key wrapping"
PIN_LOCK_OUT = "PIN lock-out by the module"
NEEDED = (DATA_KEYS, TOKENS_AND_SEARCH, SIGNED_LOG, PROOFS_AND_DOCUMENTS)


@dataclass(frozen=True)
class MechanismResult:
    """One mechanism, tried. `name` identifies the row, `mechanism` is what people see.

    `milliseconds` is None where there was nothing to time.
    """

    name: str
    mechanism: str
    used_for: str
    outcome: Outcome
    milliseconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class FunctionResult:
    """Whether the module can do something that the vault needs, and why."""

    name: str
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class PreflightReport:
    """All trials and what follows from them for the vault's keys."""

    rows: tuple[MechanismResult, ...]
    functions: tuple[FunctionResult, ...]
    wrap_algorithm: str
    log_key: LogKey
    enforces_trusted: bool
    data_objects: bool

    @property
    def fallbacks(self) -> tuple[FunctionResult, ...]:
        """Return what the vault does in another way here, or goes without: what whoever sets it up must know."""
        return tuple(row for row in self.functions if row.verdict != "possible" and row.name not in {RSA, PIN_LOCK_OUT})

    @property
    def can_run_vault(self) -> bool:
        """True if everything that the vault cannot do without works in this module."""
        return not any(row.verdict == "not_possible" for row in self.functions if row.name in NEEDED)
