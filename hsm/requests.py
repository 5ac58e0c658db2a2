"""The small fixed set of requests that the HSM worker answers, and their replies.

One dataclass a request, batches included. `hsm/wire.py` turns them into bytes. There is no request
that returns the value of a long-lived key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hsm.model import GeneratedDataKey, KeyFacts, ModuleFacts, Outcome, TokenFacts, WrapItem
from hsm.templates import KeyTemplate

# --- requests: module and token -------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """Load and initialise the module: the first request to every worker."""

    module: str


@dataclass(frozen=True)
class Login:
    """Find the token by serial, log in as user once, compare key check values. Replies TokenDescribed.

    When `restoring` an earlier log-in, a key may be missing: another process may have destroyed it.
    """

    label: str
    serial: str
    check_values: Mapping[str, str]
    restoring: bool
    pin: bytes = field(repr=False)


@dataclass(frozen=True)
class ChangePin:
    """Change the user PIN of the logged-in token."""

    old: bytes = field(repr=False)
    new: bytes = field(repr=False)


@dataclass(frozen=True)
class DescribeModule:
    """Ask for facts of library and slots; needs no log-in. Replies ModuleDescribed.

    Where the token with the `serial` is not among them it is looked for again, for a moment; empty looks for none.
    """

    serial: str = ""


@dataclass(frozen=True)
class DescribeToken:
    """Ask for facts of the logged-in token. Replies TokenDescribed."""


@dataclass(frozen=True)
class InitialiseToken:
    """Initialise the first uninitialised token (C_InitToken)."""

    module: str
    label: str
    so_pin: bytes = field(repr=False)


@dataclass(frozen=True)
class PersonaliseToken:
    """As security officer set the user PIN and store the trusted backup public key (SPKI, or none)."""

    label: str
    backup_public_key: bytes
    so_pin: bytes = field(repr=False)
    pin: bytes = field(repr=False)


# --- requests: using keys -------------------------------------------------------------------------


@dataclass(frozen=True)
class Mac:
    """HMAC-SHA-256 of each message. Replies Values."""

    key_label: str
    messages: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class MacPart:
    """Messages of one key. `subkey` names one of `SUBKEYS`, empty for the key itself in the token."""

    key_label: str
    messages: tuple[bytes, ...] = field(repr=False)
    subkey: str = ""


@dataclass(frozen=True)
class MacMany:
    """HMAC-SHA-256 under several keys in one exchange. Replies Values, part after part."""

    parts: tuple[MacPart, ...]


@dataclass(frozen=True)
class Sign:
    """Sign each message, Ed25519 or P-256. Replies Values."""

    key_label: str
    messages: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Random:
    """Ask for random bytes from the token. Replies Values with one value."""

    count: int


@dataclass(frozen=True)
class Wrap:
    """Wrap each value. Replies Values."""

    kek_label: str
    algorithm: str
    items: tuple[WrapItem, ...]


@dataclass(frozen=True)
class Unwrap:
    """Unwrap each value. Replies Values."""

    kek_label: str
    algorithm: str
    items: tuple[WrapItem, ...]


@dataclass(frozen=True)
class GenerateDataKeys:
    """Make one data key for each associated data. Replies DataKeys."""

    kek_label: str
    algorithm: str
    aads: tuple[bytes, ...]


# --- requests: objects on the token ---------------------------------------------------------------


@dataclass(frozen=True)
class Generate:
    """Generate keys, all or none. Replies Keys."""

    templates: tuple[KeyTemplate, ...]


@dataclass(frozen=True)
class Find:
    """List all keys, or those of one label. Replies Keys."""

    label: str | None = None


@dataclass(frozen=True)
class AskCheckValues:
    """Compute key check values. Replies CheckValues."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class AskPublicKey:
    """Ask for a pair's public half. Replies Values with one value (SPKI, DER)."""

    label: str


@dataclass(frozen=True)
class Destroy:
    """Destroy a key; of a pair, both halves."""

    label: str


@dataclass(frozen=True)
class PutData:
    """Write a data object, then destroy older ones of that label."""

    label: str
    value: bytes


@dataclass(frozen=True)
class GetData:
    """Read the newest data object of a label. Replies Values with one value or none."""

    label: str


@dataclass(frozen=True)
class RunTrials:
    """Try every mechanism with session objects. Replies Trials."""


# --- replies --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """It is done, and there is nothing to tell."""


@dataclass(frozen=True)
class Failed:
    """An HsmError, by class name. `ends_worker`: the worker's state is not to be relied on any more."""

    kind: str
    message: str
    details: Mapping[str, str]
    ends_worker: bool


@dataclass(frozen=True)
class Values:
    """Byte strings, in the order of the request."""

    values: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class DataKeys:
    """Generated data keys, in the order of the request."""

    keys: tuple[GeneratedDataKey, ...]


@dataclass(frozen=True)
class Keys:
    """Facts of keys."""

    keys: tuple[KeyFacts, ...]


@dataclass(frozen=True)
class CheckValues:
    """Key check values by label."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class ModuleDescribed:
    """Facts of the module."""

    facts: ModuleFacts


@dataclass(frozen=True)
class TokenDescribed:
    """Facts of the token."""

    facts: TokenFacts


@dataclass(frozen=True)
class Evidence:
    """A signature made in a trial, to be verified outside the token."""

    public_key: bytes
    message: bytes
    signature: bytes


@dataclass(frozen=True)
class Trial:
    """One mechanism tried in the worker. `name` identifies it to `hsm/preflight.py`."""

    name: str
    mechanism: str
    used_for: str
    outcome: Outcome
    milliseconds: float | None
    note: str
    evidence: Evidence | None


@dataclass(frozen=True)
class Trials:
    """All trials of a preflight, in the order in which people see them."""

    trials: tuple[Trial, ...]


REQUESTS: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        Open,
        Login,
        ChangePin,
        DescribeModule,
        DescribeToken,
        InitialiseToken,
        PersonaliseToken,
        Mac,
        MacMany,
        Sign,
        Random,
        Wrap,
        Unwrap,
        GenerateDataKeys,
        Generate,
        Find,
        AskCheckValues,
        AskPublicKey,
        Destroy,
        PutData,
        GetData,
        RunTrials,
    )
}
REPLIES: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (Done, Failed, Values, DataKeys, Keys, CheckValues, ModuleDescribed, TokenDescribed, Trials)
}
