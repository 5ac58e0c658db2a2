"""What the whole vault agrees on: chosen at set-up, changed later under the policy of that setting."""

from dataclasses import dataclass

from core.settings.limits import USUAL_LIMITS, LimitSettings
from hsm.model import TokenBinding


@dataclass(frozen=True)
class VaultSettings:
    """The vault's own facts and limits.

    `kek_capacity` counts citizens per KEK, `cryptoperiod_days` a KEK's planned life (NIST SP 800-57),
    `idle_seconds` the time without input until the console locks, `reveal_seconds` how long a revealed
    value stays readable. `limits` say how often something may be done.
    """

    log_id: str
    token: TokenBinding
    dual_control: bool
    wrap_algorithm: str
    extractable_under_trusted: bool
    kek_capacity: int = 10_000
    cryptoperiod_days: int = 90
    idle_seconds: int = 600
    reveal_seconds: int = 60
    limits: LimitSettings = USUAL_LIMITS
