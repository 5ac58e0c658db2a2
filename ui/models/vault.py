"""The open vault as pages see it, and what every page is given.

The services are core's own; this module only names them, so importing it loads none of them: the
first window must not wait for SQLAlchemy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.access.model import PERMISSIONS, LoginSession, Permission
from ui.models.page_tasks import PageTasks
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.access.invitations import Invitations
    from core.access.login_sessions import LoginSessions
    from core.access.operators import OperatorService
    from core.access.reauthentication import Reauthentication
    from core.access.second_factors import SecondFactors
    from core.access.sign_in import SignIn
    from core.approvals.service import ApprovalService
    from core.audit.service import AuditLog
    from core.citizens.importing import CitizenImport
    from core.citizens.service import CitizenService
    from core.keys.service import KeyService
    from core.monitor.activity import ActivityService
    from core.monitor.changes import ChangeWatch
    from core.monitor.dual_control import DualControlStanding
    from core.monitor.health import Health
    from core.monitor.log_reader import LogReader
    from core.policies.service import SettingPolicy
    from core.proofs.service import ProofService
    from core.proofs.upkeep import CredentialUpkeep
    from core.settings.model import VaultSettings
    from core.settings.service import SettingsService
    from core.vault_token import VaultToken
    from ui.models.import_work import ImportWork


class VaultServices(Protocol):
    """The services of one vault, as the composition root joins them."""

    @property
    def sign_in(self) -> "SignIn": ...  # noqa: D102 (a protocol's single line)
    @property
    def sessions(self) -> "LoginSessions": ...  # noqa: D102
    @property
    def factors(self) -> "SecondFactors": ...  # noqa: D102
    @property
    def operators(self) -> "OperatorService": ...  # noqa: D102
    @property
    def invitations(self) -> "Invitations": ...  # noqa: D102
    @property
    def approvals(self) -> "ApprovalService": ...  # noqa: D102
    @property
    def policies(self) -> "SettingPolicy": ...  # noqa: D102
    @property
    def dual_control(self) -> "DualControlStanding": ...  # noqa: D102
    @property
    def audit(self) -> "AuditLog": ...  # noqa: D102
    @property
    def citizens(self) -> "CitizenService": ...  # noqa: D102
    @property
    def imports(self) -> "CitizenImport": ...  # noqa: D102
    @property
    def keys(self) -> "KeyService": ...  # noqa: D102
    @property
    def log(self) -> "LogReader": ...  # noqa: D102
    @property
    def proofs(self) -> "ProofService": ...  # noqa: D102
    @property
    def settings(self) -> "SettingsService": ...  # noqa: D102
    @property
    def activity(self) -> "ActivityService": ...  # noqa: D102
    @property
    def reauthentication(self) -> "Reauthentication": ...  # noqa: D102
    @property
    def upkeep(self) -> "CredentialUpkeep": ...  # noqa: D102
    @property
    def token(self) -> "VaultToken": ...  # noqa: D102


class OpenedVault(Protocol):
    """A vault that was reached: locked until somebody signs in. Every method may wait: worker threads only."""

    @property
    def services(self) -> VaultServices: ...  # noqa: D102
    @property
    def health(self) -> "Health": ...  # noqa: D102
    @property
    def now(self) -> Callable[[], datetime]: ...  # noqa: D102

    def watch(self) -> "ChangeWatch": ...  # noqa: D102
    def lock(self, session: LoginSession) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def _import_work() -> "ImportWork":
    from ui.models.import_work import ImportWork  # noqa: PLC0415 (loads services: see above)

    return ImportWork()


@dataclass(frozen=True)
class Desk:
    """What a page works with: the look, the lanes, the vault and who signed in."""

    theme: Theme
    tasks: PageTasks
    vault: OpenedVault
    session: LoginSession
    settings: "VaultSettings"
    import_work: "ImportWork" = field(default_factory=_import_work)

    @property
    def citizens(self) -> "CitizenService":
        """The use cases about citizens."""
        return self.vault.services.citizens

    @property
    def keys(self) -> "KeyService":
        """The keys."""
        return self.vault.services.keys

    @property
    def log(self) -> "LogReader":
        """The audit log as operators read it."""
        return self.vault.services.log

    def own_states(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return those of the states (names by code) whose citizens are the operator's."""
        return {code: name for code, name in names.items() if self.session.may_see(code)}

    @property
    def operator_words(self) -> str:
        """The operator, and the states that the operator is bound to: `kavya · KA, KL`."""
        states = self.session.states
        return self.session.operator + ("" if states is None else f" · {', '.join(sorted(states))}")

    def may(self, permission: Permission) -> bool:
        """Tell whether the operator's role grants a permission; the services ask again."""
        return permission in PERMISSIONS[self.session.role]
