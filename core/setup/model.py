"""The set-up of a vault as data: the plan, the steps in their order, what was made.

The wizard draws these; the command line prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.access.factors import AskSecondFactor
from core.access.model import checked_operator_name
from core.access.operator_keys import check_password
from core.errors import InvalidInput
from core.settings.limits import USUAL_LIMITS, LimitSettings
from core.storage.external_address import ExternalAddress
from hsm.model import FunctionResult
from hsm.secret import Secret

TOKEN_LABEL = "CZ-VAULT-01"  # noqa: S105 (a label, not a password)
LABEL_BYTES = 32  # PKCS#11, CK_TOKEN_INFO.label
PIN_LENGTHS = range(8, 65)


class SetupStep(StrEnum):
    """What set-up does, in this order."""

    HOME = "home"
    TOKEN = "token"  # noqa: S105 (the HSM's token)
    PREFLIGHT = "preflight"
    KEYS = "keys"
    DATABASE = "database"
    OPERATOR = "operator"
    CHECK = "check"


@dataclass(frozen=True)
class ExternalDatabase:
    """A database that a site runs. The address names the role that will own the tables.

    The program works as `program_role`. Without `program_password` the role is made, with a random one.
    """

    address: ExternalAddress
    owner_password: Secret
    program_role: str | None = None
    program_password: Secret | None = None


@dataclass(frozen=True)
class SetupPlan:
    """What is to be set up. PINs that are not given are made at random.

    A random security-officer PIN is used once and kept nowhere: nobody can then add another trusted
    wrapping key. The user PIN is kept only sealed to the operators. Without `database` it is the embedded one.
    """

    operator: str
    password: Secret
    module: Path
    token_label: str = TOKEN_LABEL
    pin: Secret | None = None
    so_pin: Secret | None = None
    dual_control: bool = True
    kek_capacity: int = 10_000
    demo: bool = False
    limits: LimitSettings = USUAL_LIMITS
    database: ExternalDatabase | None = None


@dataclass(frozen=True)
class JoinPlan:
    """Which vault to join: the address names the program's role, `operator` is one of the vault's.

    `token_folder` is a software token's folder where it lies; both consoles then use the same one. `second_factor` is
    asked for one where the operator has it.
    """

    operator: str
    operator_password: Secret
    module: Path
    address: ExternalAddress
    password: Secret
    token_folder: Path | None = None
    second_factor: AskSecondFactor | None = None


@dataclass(frozen=True)
class StepResult:
    """One step that is done, in words: `fact` is what to show beside it."""

    step: SetupStep
    fact: str
    seconds: float


@dataclass(frozen=True)
class SetupResult:
    """What set-up made. `check_values` by key label.

    `fallbacks` say in words what this module cannot do, and what stands in its place; `warnings` what the
    site chose. `program_password` is the one secret: made for an external database, kept nowhere, shown once.
    """

    home: Path
    log_id: str
    operator: str
    token_label: str
    token_serial: str
    wrap_algorithm: str
    log_key: str
    extractable_under_trusted: bool
    dual_control: bool
    check_values: dict[str, str]
    fallbacks: tuple[FunctionResult, ...] = ()
    warnings: tuple[str, ...] = ()
    program_role: str | None = None
    program_password: Secret | None = None
    steps: tuple[StepResult, ...] = field(default=())


Progress = Callable[[StepResult], None]


def check_plan(plan: SetupPlan) -> None:
    """Raise InvalidInput for the first thing in a plan that cannot be."""
    checked_operator_name(plan.operator)
    check_password(plan.password, (plan.operator,))
    check_label(plan.token_label)
    for pin, called in ((plan.pin, "PIN"), (plan.so_pin, "security officer's PIN")):
        if pin is not None:
            check_pin(pin, called)
    if plan.kek_capacity < 1:
        raise InvalidInput("A KEK must be allowed at least one citizen.", field="kek_capacity")


def check_label(label: str) -> None:
    """Raise InvalidInput unless a token can carry the label."""
    if not label.strip() or len(label.encode()) > LABEL_BYTES or not label.isprintable():
        raise InvalidInput(f"A token's label has 1 to {LABEL_BYTES} bytes.", field="token_label")


def check_pin(pin: Secret, called: str = "PIN") -> None:
    """Raise InvalidInput unless a PIN has 8 to 64 characters."""
    if len(pin.reveal_text()) not in PIN_LENGTHS:
        raise InvalidInput(f"The {called} must have 8 to 64 characters.", field="pin")
