"""What the whole vault agrees on: chosen at set-up, changed later under the policy of that setting."""

from dataclasses import dataclass

from hsm.model import TokenBinding

# Operations under dual control to begin with, by the names of `core/access/second_operator.py`.
FIRST_POLICY = ("operator:disable", "operator:invite", "operator:role", "setting:change")


@dataclass(frozen=True)
class VaultSettings:
    """The vault's own facts and limits.

    `kek_capacity` counts citizens per KEK, `cryptoperiod_days` a KEK's planned life (NIST SP 800-57),
    `idle_seconds` the time without input until the console locks, `reveal_seconds` how long a revealed
    value stays readable, `session_seconds` how long a login session lasts at most, used or not,
    `approval_hours` and `invitation_hours` how long those are valid. What may be changed, and between which
    bounds, stands in `catalogue.py`.
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
    approval_policy: tuple[str, ...] = FIRST_POLICY
    approval_hours: int = 24
    invitation_hours: int = 24
    session_seconds: int = 28_800
