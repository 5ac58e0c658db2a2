"""How dual control stands: on or off, how many operators, what waits. For status lines and banners, locked or not.

Seals are not checked here: the vault may be locked. What relies on dual control asks `core/approvals`.
"""

from dataclasses import dataclass

from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister
from core.approvals.service import ApprovalService
from core.settings.service import SettingsService

OFF = "Dual control is off: one operator alone can do what cannot be undone."
WAITING = (
    "Dual control waits for its second operator: no personal data is served before a second super admin has joined."
)


@dataclass(frozen=True)
class DualControlFacts:
    """The standing of dual control. `operators` counts the active ones, `super_admins` those of them who may approve.

    `banner` is what stands in the frame as long as it is so, empty where nothing does.
    """

    state: str
    operators: int
    super_admins: int
    approvals_waiting: int

    @property
    def on(self) -> bool:
        """Tell whether the policy asks for a second operator."""
        return self.state != "off"

    @property
    def banner(self) -> str:
        """The sentence that stands in the frame."""
        return {"off": OFF, "waiting": WAITING}.get(self.state, "")


def standing_words(facts: DualControlFacts) -> str:
    """Return the standing in one line: `on, 2 super admins, 1 request waits`."""
    state = {"off": "off", "waiting": "waits for its second super admin"}.get(facts.state, "on")
    admins = f"{facts.super_admins} super admin{'' if facts.super_admins == 1 else 's'}"
    waiting = facts.approvals_waiting
    requests = {0: "no request waits", 1: "1 request waits"}.get(waiting, f"{waiting} requests wait")
    return f"{state}, {admins}, {requests}"


class DualControlStanding:
    """Asks how dual control stands."""

    def __init__(self, settings: SettingsService, register: OperatorRegister, approvals: ApprovalService) -> None:
        self._settings = settings
        self._register = register
        self._approvals = approvals

    def facts(self) -> DualControlFacts:
        """Return the facts of this moment: `state` is off, waiting (for a second super admin) or on."""
        on, (operators, super_admins) = self._settings.read().dual_control, self._register.count_active()
        waiting = super_admins < ENOUGH_FOR_DUAL_CONTROL
        state = "off" if not on else "waiting" if waiting else "on"
        return DualControlFacts(state, operators, super_admins, self._approvals.count_waiting())
