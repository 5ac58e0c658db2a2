"""Deciding on a request, and carrying out one's own: each asks for the own password, which opens the own key."""

from PyQt6.QtWidgets import QWidget

from core.approvals.model import ApprovalView
from ui.dialogs.command import CommandDialog
from ui.theme.theme import Theme
from ui.widgets.facts import FactRow

_NAME_WIDTH = 120


class ApproveDialog(CommandDialog):
    """Sign a request of another operator."""

    def __init__(self, theme: Theme, window: QWidget, view: ApprovalView) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Approve: {title}").format(title=view.title),
            name="approve_dialog",
            note=self.tr("Your signature serves once, for exactly this"),
            subtitle=self.tr("Asked by {operator}").format(operator=view.requester),
        )
        show_request(self, theme, view)
        self.end_with(self.tr("Approve and sign"), "stamp")


class RejectDialog(CommandDialog):
    """Reject a request, or take the own one back, with a reason."""

    def __init__(self, theme: Theme, window: QWidget, view: ApprovalView, *, own: bool) -> None:
        title = self.tr("Withdraw: {title}") if own else self.tr("Reject: {title}")
        super().__init__(
            theme,
            window,
            title.format(title=view.title),
            name="reject_dialog",
            note=self.tr("The reason is shown to whoever asked"),
            subtitle=self.tr("Asked by {operator}").format(operator=view.requester),
            reason=self.tr("Why"),
            reason_optional=False,
        )
        show_request(self, theme, view)
        self.end_with(self.tr("Withdraw request") if own else self.tr("Reject request"), "ban")


class CarryOutDialog(CommandDialog):
    """Do what was asked for and approved."""

    def __init__(self, theme: Theme, window: QWidget, view: ApprovalView) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Carry out: {title}").format(title=view.title),
            name="carry_out_dialog",
            note=self.tr("The approval is used up by this"),
        )
        show_request(self, theme, view)
        self.end_with(self.tr("Carry out now"), "circle-check")


def show_request(dialog: CommandDialog, theme: Theme, view: ApprovalView) -> None:
    """Put what will be done above a dialog's fields, as it is signed."""
    rows = [("operation", view.operation.value), *view.parameters]
    for name, value in rows:
        dialog.body.addWidget(FactRow(theme, name, value, role="mono", name_width=_NAME_WIDTH))
    digest = FactRow(theme, "SHA-256", view.digest, role="mono", name_width=_NAME_WIDTH, elide=True)
    dialog.body.addWidget(digest)
    dialog.body.addSpacing(4)
