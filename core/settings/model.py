"""What the whole vault agrees on: chosen at set-up, changed later under the policy of that setting."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.settings.limits import USUAL_LIMITS, LimitSettings
from hsm.model import TokenBinding

LIMIT = "limit_"
# Operations under dual control to begin with, by the names of `core/access/second_operator.py`.
FIRST_POLICY = (
    "operator:disable",
    "operator:factor",
    "operator:invite",
    "operator:role",
    "operator:states",
    "setting:change",
)


@dataclass(frozen=True)
class VaultSettings:
    """The vault's own facts and limits.

    `kek_capacity` counts citizens per KEK, `cryptoperiod_days` a KEK's planned life (NIST SP 800-57),
    `idle_seconds` the time without input until the console locks, `reveal_seconds` how long a revealed
    value stays readable, `session_seconds` how long a login session lasts at most, used or not,
    `approval_hours` and `invitation_hours` how long those are valid, `limits` how often something may be done.
    What may be changed, and between which bounds, stands in `catalogue.py`. Each is a row of its own, and each limit
    too: `limit_profile`.
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
    limits: LimitSettings = USUAL_LIMITS

    def of(self, name: str) -> Any:
        """Return a setting by the name of its row."""
        return self.rows()[name]

    def rows(self) -> dict[str, Any]:
        """Return every setting by the name of its row, as JSON can hold it."""
        values = asdict(self)
        limits = values.pop("limits")
        return {**values, **{f"{LIMIT}{name}": value for name, value in limits.items()}}

    @classmethod
    def from_rows(cls, rows: Mapping[str, Any]) -> "VaultSettings":
        """Return what the rows say; what they do not say is as usual. Raises KeyError, TypeError, InvalidInput."""
        values = {name: value for name, value in rows.items() if not name.startswith(LIMIT)}
        limits = {name.removeprefix(LIMIT): value for name, value in rows.items() if name.startswith(LIMIT)}
        values["token"] = TokenBinding(**values["token"])
        values["limits"] = LimitSettings.from_document(limits)
        if "approval_policy" in values:
            values["approval_policy"] = tuple(values["approval_policy"])
        return cls(**values)
