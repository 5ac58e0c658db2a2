"""The page Approvals: the inbox at the left, the chosen request at the right, and the decision."""

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import pyqtSignal

from core.approvals.model import ApprovalView, Inbox
from core.audit.growth import Change
from core.secret import Secret
from ui.dialogs.approvals import ApproveDialog, CarryOutDialog, RejectDialog
from ui.dialogs.command import conduct
from ui.dialogs.operators import show_code_if_any
from ui.models import approval_words
from ui.models.vault import Desk
from ui.pages.approvals.sheet import ApprovalSheet
from ui.widgets.card import Card
from ui.widgets.inbox import Inbox as InboxList
from ui.widgets.layout import row
from ui.widgets.page import Page

_INBOX_WIDTH = 336


class ApprovalsPage(Page):
    """Reads the requests each time it comes up. Signal: `counted(int)`, how many wait for the own key."""

    counted = pyqtSignal(int)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", " ", name="page_approvals")
        title = self.tr("Approvals")
        self.header.title.setText(title)
        self.header.set_caption(self.tr("You sign the exact operation below, with your own key; it runs once"))
        self.setAccessibleName(title)
        self._desk = desk
        self._views: dict[str, ApprovalView] = {}
        theme = desk.theme
        self.inbox = InboxList(theme, name="requests", meaning=self.tr("Requests"))
        card = Card(theme, flush=True)
        card.setFixedWidth(theme.px(_INBOX_WIDTH))
        card.body.addWidget(self.inbox)
        self.sheet = ApprovalSheet(theme)
        both = row(card, self.sheet, spacing=12)
        both.setStretch(1, 1)
        self.body.addLayout(both, 1)
        self.inbox.picked.connect(self._show)
        self.sheet.approve_asked.connect(self._on_approve)
        self.sheet.reject_asked.connect(self._on_reject)
        self.sheet.carry_out_asked.connect(self._on_carry_out)

    def shown(self) -> None:
        """Read the requests."""
        self._desk.tasks.start(self._load(), retry=self.shown)

    def others_changed(self, changes: Sequence[Change]) -> None:
        """Read again when others asked or decided."""
        del changes
        if self.isVisible():
            self.shown()

    def open_request(self, key: str) -> None:
        """Show one request."""
        self.inbox.chosen = key
        self.shown()

    async def _load(self) -> None:
        desk = self._desk
        self._show_inbox(await desk.tasks.query(lambda: desk.vault.services.approvals.inbox(desk.session)))

    def _show_inbox(self, inbox: Inbox) -> None:
        views = [*inbox.waiting, *inbox.mine, *inbox.done]
        self._views = {str(view.id): view for view in views}
        if self.inbox.chosen not in self._views:
            first = next(iter([*inbox.waiting, *inbox.mine]), None)
            self.inbox.chosen = "" if first is None else str(first.id)
        self.inbox.show_groups(approval_words.groups_of(inbox, self._desk.vault.now()))
        self._show(self.inbox.chosen)
        self.counted.emit(len(inbox.waiting))

    def _show(self, key: str) -> None:
        view = self._views.get(key)
        if view is None:
            self.sheet.show_none()
        else:
            self.sheet.show_words(approval_words.sheet_of(view, self._desk.session.operator))

    def _on_approve(self, key: str) -> None:
        desk, view = self._desk, self._views[key]
        dialog = ApproveDialog(desk.theme, self, view)

        def prepare() -> partial[ApprovalView]:
            return partial(desk.vault.services.approvals.approve, desk.session, view.id, Secret(dialog.password))

        conduct(desk.tasks, dialog, prepare, lambda _: self.shown())

    def _on_reject(self, key: str) -> None:
        desk, view = self._desk, self._views[key]
        dialog = RejectDialog(desk.theme, self, view, own=view.requester == desk.session.operator)

        def prepare() -> partial[ApprovalView]:
            reason, password = dialog.reason or "", Secret(dialog.password)
            return partial(desk.vault.services.approvals.reject, desk.session, view.id, reason, password)

        conduct(desk.tasks, dialog, prepare, lambda _: self.shown())

    def _on_carry_out(self, key: str) -> None:
        desk, view = self._desk, self._views[key]
        dialog = CarryOutDialog(desk.theme, self, view)
        run = approval_words.carrying_out(desk.vault.services, desk.session, view)

        def done(result: object) -> None:
            show_code_if_any(desk, self, result)
            self.shown()

        conduct(desk.tasks, dialog, lambda: partial(run, Secret(dialog.password)), done)
