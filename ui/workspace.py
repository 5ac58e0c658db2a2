"""What an operator is offered after sign-in: the pages and the actions that the role allows, and how each opens.

One line a page and one line an action. It is made anew for every login session. Modules of pages are
imported when the first of them is opened: they need SQLAlchemy, which a worker imports while the first
window is up already.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from core.access.model import Permission
from core.errors import DatabaseUnavailable, HsmUnavailable
from ui.error_report import said
from ui.main_window import MainWindow
from ui.models.vault import Desk
from ui.palette import Target
from ui.widgets.banner import Banner
from ui.widgets.sidebar import PageEntry

if TYPE_CHECKING:
    from core.monitor.dual_control import DualControlFacts


@dataclass(frozen=True)
class OfferedPage:
    """A page and the permission without which it is not offered; None means everybody."""

    entry: PageEntry
    needs: Permission | None = None


@dataclass(frozen=True)
class OfferedAction:
    """An action of Ctrl+K: what it is, what it needs, what it does."""

    target: Target
    needs: Permission | None
    run: Callable[[], object]


class Workspace(QObject):
    """`Workspace(window, desk, lock)`; `offer()` puts pages and actions into the window."""

    def __init__(self, window: MainWindow, desk: Desk, lock: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self.desk = desk
        self._lock = lock
        self._waiting = 0
        self._standing = ""
        self._actions = {action.target.key: action for action in self._all_actions() if self._may(action.needs)}

    def offer(self) -> None:
        """Offer what the operator's role allows, and nothing else."""
        self._window.set_pages([page.entry for page in self._all_pages() if self._may(page.needs)])
        self._window.set_actions([action.target for action in self._actions.values()])
        self._window.show_notice(None)
        self.look()

    def run(self, key: str) -> None:
        """Do an action of Ctrl+K."""
        if key in self._actions:
            self._actions[key].run()

    def open_citizen(self, identity_token: str) -> None:
        """Open a citizen, where the role may."""
        from ui.pages.citizens.page import CitizensPage  # noqa: PLC0415 (after the first window: see above)

        page = self._open("citizens")
        if isinstance(page, CitizensPage):
            page.open_citizen(identity_token)

    def open_request(self, approval_id: str) -> None:
        """Open a request under Approvals."""
        from ui.pages.approvals.page import ApprovalsPage  # noqa: PLC0415 (as above)

        page = self._open("approvals")
        if isinstance(page, ApprovalsPage):
            page.open_request(approval_id)

    def look(self) -> None:
        """Ask how dual control stands and what waits for this operator's key: at sign-in, and by the clock."""
        self.desk.tasks.start(self._look())

    async def _look(self) -> None:
        services, session = self.desk.vault.services, self.desk.session
        with suppress(HsmUnavailable, DatabaseUnavailable):  # the status bar says so
            waiting, standing = await self.desk.tasks.query(
                lambda: (services.approvals.waiting_count(session), services.dual_control.facts())
            )
            self._show_waiting(waiting)
            self._show_standing(standing)

    def _show_waiting(self, count: int) -> None:
        if not self._window.offers("approvals"):
            return
        self._window.navigation.entry("approvals").set_badge(count)
        page = self._window.page("approvals")
        if count != self._waiting and page is not None and page.isVisible():
            self.open_request("")
        self._waiting = count

    def _show_standing(self, standing: "DualControlFacts") -> None:
        """Put up the standing notice, or take it away; only when something changed, so that nothing flickers."""
        if standing.state == self._standing:
            return
        self._standing = standing.state
        if standing.state == "on":
            self._window.show_notice(None)
            return
        waits = standing.state == "waiting"
        title = self.tr("No personal data yet") if waits else self.tr("One operator decides alone")
        action = self.tr("Invite a second super admin…") if waits and "invite" in self._actions else ""
        banner = Banner(
            self.desk.theme, "warning", title, said(standing.banner), action=action, name="dual_control_notice"
        )
        banner.acted.connect(self._invite)
        self._window.show_notice(banner)

    def _may(self, permission: Permission | None) -> bool:
        return permission is None or self.desk.may(permission)

    def _open(self, key: str) -> QWidget | None:
        return self._window.open_page(key) if self._window.offers(key) else None

    # --- pages -------------------------------------------------------------------------------------

    def _all_pages(self) -> list[OfferedPage]:
        people, log, token = (self.tr("people"),), (self.tr("log"),), (self.tr("token"),)
        eligibility = (self.tr("eligibility"),)
        sign, roles, policy = (self.tr("sign"),), (self.tr("role"),), (self.tr("policy"),)
        return [
            OfferedPage(PageEntry("overview", self.tr("Overview"), "layout-dashboard", "", self._overview)),
            OfferedPage(
                PageEntry("citizens", self.tr("Citizens"), "users", "vault", self._citizens, people),
                Permission.CITIZEN_FIND,
            ),
            OfferedPage(
                PageEntry("proofs", self.tr("Proofs"), "badge-check", "vault", self._proofs, eligibility),
                Permission.PROOF_PROVE,
            ),
            OfferedPage(
                PageEntry("approvals", self.tr("Approvals"), "stamp", "assurance", self._approvals, sign),
                Permission.APPROVAL_LIST,
            ),
            OfferedPage(
                PageEntry("audit", self.tr("Audit"), "scroll-text", "assurance", self._audit, log),
                Permission.AUDIT_READ,
            ),
            OfferedPage(
                PageEntry("keys", self.tr("Keys & HSM"), "key-round", "security", self._keys, token),
                Permission.KEY_LIST,
            ),
            OfferedPage(
                PageEntry("operators", self.tr("Operators"), "user-cog", "security", self._operators, roles),
                Permission.OPERATOR_LIST,
            ),
            OfferedPage(
                PageEntry("settings", self.tr("Settings"), "settings", "security", self._settings, policy),
                Permission.SETTING_LIST,
            ),
        ]

    def _overview(self) -> QWidget:
        from ui.pages.overview import OverviewPage  # noqa: PLC0415 (after the first window: see above)

        page = OverviewPage(self.desk)
        page.page_asked.connect(self._open)
        page.verify_asked.connect(self._verify_log)
        return page

    def _citizens(self) -> QWidget:
        from ui.pages.citizens.page import CitizensPage  # noqa: PLC0415 (as above)

        return CitizensPage(self.desk)

    def _proofs(self) -> QWidget:
        from ui.pages.proofs.page import ProofsPage  # noqa: PLC0415 (as above)

        return ProofsPage(self.desk)

    def _audit(self) -> QWidget:
        from ui.pages.audit import AuditPage  # noqa: PLC0415 (as above)

        page = AuditPage(self.desk)
        page.citizen_asked.connect(self.open_citizen)
        return page

    def _keys(self) -> QWidget:
        from ui.pages.keys import KeysPage  # noqa: PLC0415 (as above)

        return KeysPage(self.desk)

    def _approvals(self) -> QWidget:
        from ui.pages.approvals.page import ApprovalsPage  # noqa: PLC0415 (as above)

        page = ApprovalsPage(self.desk)
        page.counted.connect(self._show_waiting)
        return page

    def _operators(self) -> QWidget:
        from ui.pages.operators import OperatorsPage  # noqa: PLC0415 (as above)

        page = OperatorsPage(self.desk)
        page.request_filed.connect(self.open_request)
        return page

    def _settings(self) -> QWidget:
        from ui.pages.settings import SettingsPage  # noqa: PLC0415 (as above)

        page = SettingsPage(self.desk)
        page.request_filed.connect(self.open_request)
        return page

    # --- actions -----------------------------------------------------------------------------------

    def _all_actions(self) -> list[OfferedAction]:
        return [
            self._action("enrol", self.tr("Enrol a citizen…"), "user-plus", Permission.CITIZEN_ENROL, self._enrol),
            self._action("import", self.tr("Import citizens…"), "upload", Permission.CITIZEN_ENROL, self._import),
            self._action("prove", self.tr("Prove eligibility…"), "badge-check", Permission.PROOF_PROVE, self._prove),
            self._action("verify_proof", self.tr("Verify a proof…"), "file-check", None, self._verify_proof),
            self._action(
                "authenticator",
                self.tr("Add an authenticator…"),
                "smartphone",
                Permission.OWN_SIGN_IN,
                self._add_authenticator,
            ),
            self._action(
                "verify", self.tr("Verify the audit log"), "shield-check", Permission.AUDIT_READ, self._verify_log
            ),
            self._action(
                "invite", self.tr("Invite an operator…"), "user-plus", Permission.OPERATOR_INVITE, self._invite
            ),
            self._action("lock", self.tr("Lock the console"), "lock", None, self._lock),
        ]

    def _action(
        self, key: str, title: str, icon: str, needs: Permission | None, run: Callable[[], object]
    ) -> OfferedAction:
        return OfferedAction(Target("action", key, title, icon, self.tr("Action")), needs, run)

    def _enrol(self) -> None:
        from ui.pages.citizens.page import CitizensPage  # noqa: PLC0415 (as above)

        page = self._open("citizens")
        if isinstance(page, CitizensPage):
            page.enrol()

    def _import(self) -> None:
        from ui.pages.citizens.page import CitizensPage  # noqa: PLC0415 (as above)

        page = self._open("citizens")
        if isinstance(page, CitizensPage):
            page.importing.open()

    def _invite(self) -> None:
        from ui.pages.operators import OperatorsPage  # noqa: PLC0415 (as above)

        page = self._open("operators")
        if isinstance(page, OperatorsPage):
            page.invite()

    def _add_authenticator(self) -> None:
        from ui.dialogs.add_authenticator import add_authenticator  # noqa: PLC0415 (as above)

        self.desk.tasks.start(add_authenticator(self.desk, self._window))

    def _prove(self) -> None:
        self._open("proofs")

    def _verify_proof(self) -> None:
        from ui.pages.proofs.verifying import open_verifying  # noqa: PLC0415 (as above)

        desk = self.desk
        open_verifying(desk.theme, desk.tasks, self._window, desk.vault.now)

    def _verify_log(self) -> None:
        from ui.pages.audit import AuditPage  # noqa: PLC0415 (as above)

        page = self._open("audit")
        if isinstance(page, AuditPage):
            page.verify()
