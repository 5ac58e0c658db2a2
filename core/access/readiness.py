"""Whether the vault may serve personal data: under dual control, not before a second operator has joined.

Once complete it stays so: no use case leaves fewer than two super admins under dual control, and dual control
is turned on only where there are two. So the answer is looked up until it is yes, and then kept.
"""

from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister
from core.errors import SecondOperatorMissing
from core.settings.service import SettingsService


class DualControlReadiness:
    """The readiness of one vault. Thread-safe."""

    def __init__(self, settings: SettingsService, register: OperatorRegister) -> None:
        self._settings = settings
        self._register = register
        self._complete = False

    @property
    def complete(self) -> bool:
        """Tell whether personal data may be served. Raises IntegrityFailure for a forged operator or setting."""
        if not self._complete:
            alone = not self._settings.read_checked().dual_control
            self._complete = alone or len(self._register.super_admins()) >= ENOUGH_FOR_DUAL_CONTROL
        return self._complete

    def require_complete(self) -> None:
        """Raise SecondOperatorMissing while dual control waits for its second operator."""
        if not self.complete:
            raise SecondOperatorMissing(
                "Dual control is on, and only one operator may approve so far. "
                "No personal data is served before a second super admin has joined.",
            )
