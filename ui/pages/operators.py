"""The page Operators: who may do what; inviting, another role, disabling."""

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.access.login_sessions import LoginRecord
from core.access.model import Invitation, NewInvitation, Operator, OperatorState, Permission, Role
from core.access.second_operator import Asked
from core.access.states import checked_states
from core.errors import ApprovalNeeded
from core.secret import Secret
from ui.dialogs.command import CommandDialog, FiledDialog, conduct
from ui.dialogs.operators import DisableDialog, InviteDialog, RoleDialog, StatesDialog, show_code_if_any
from ui.models import operator_words
from ui.models.counted import counted
from ui.models.vault import Desk
from ui.pages.citizens.split import ListAndDetail
from ui.widgets import words
from ui.widgets.button import Button, IconButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.cell_model import RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.facts import FactRow
from ui.widgets.label import Label
from ui.widgets.layout import Piece, boxed, column, line, row
from ui.widgets.page import Page

_DETAIL_WIDTH = 380


class OperatorsPage(Page):
    """Reads the operators each time it comes up. Signal: `request_filed(str)` to go to Approvals."""

    request_filed = pyqtSignal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", " ", name="page_operators")
        title = self.tr("Operators")
        self.header.title.setText(title)
        self.header.set_caption(self.tr("Each has an own password and an own signing key, which nobody else can use"))
        self.setAccessibleName(title)
        self._desk = desk
        self._operators: list[Operator] = []
        self._invitations: list[Invitation] = []
        self._sessions: list[LoginRecord] = []
        theme = desk.theme
        self.invite_button = Button(
            theme, self.tr("Invite an operator…"), name="invite", variant="primary", icon="user-plus"
        )
        self.invite_button.clicked.connect(self.invite)
        if desk.may(Permission.OPERATOR_INVITE):
            self.header.add_action(self.invite_button)
        self.model = RowsModel(operator_words.columns())
        self.detail = OperatorDetail(desk)
        self.split = ListAndDetail(theme, self._make_list(), self.detail, width=_DETAIL_WIDTH)
        self.detail.closed.connect(self.split.hide_detail)
        self.detail.role_asked.connect(self._on_role)
        self.detail.states_asked.connect(self._on_states)
        self.detail.disable_asked.connect(self._on_disable)
        self.detail.sign_out_asked.connect(self._on_sign_out)
        self.body.addWidget(self.split, 1)

    def shown(self) -> None:
        """Read operators and open invitations."""
        self._desk.tasks.start(self._load(), retry=self.shown)

    def invite(self) -> None:
        """Ask whom to invite; the first one besides oneself is a super admin, who can approve."""
        desk = self._desk
        alone = sum(item.state == OperatorState.ACTIVE.value for item in self._operators) <= 1
        dialog = InviteDialog(desk.theme, self, first_role=Role.SUPER_ADMIN if alone else Role.REGISTRAR)

        def prepare() -> Callable[[], NewInvitation]:
            name, role, asked = dialog.operator.text(), Role(dialog.role.value()), _asked(dialog)
            typed, invite = dialog.states.text(), desk.vault.services.invitations.invite
            return lambda: invite(desk.session, name, role, asked, states=checked_states(typed))

        def done(made: NewInvitation) -> None:
            show_code_if_any(desk, self, made)
            self.shown()

        conduct(desk.tasks, dialog, prepare, done, self._on_filed)

    async def _load(self) -> None:
        desk = self._desk
        service = desk.vault.services.operators
        sessions = desk.vault.services.sessions
        self._operators, self._invitations, self._sessions = await desk.tasks.query(
            lambda: (
                service.operators(desk.session),
                service.invitations(desk.session),
                sessions.listing(desk.session),
            )
        )
        rows = [operator_words.cells_of(item) for item in self._operators]
        self.model.set_rows(rows + [operator_words.invited_cells(item, desk.vault.now()) for item in self._invitations])
        active = sum(item.state == OperatorState.ACTIVE.value for item in self._operators)
        told = counted(active, self.tr("{n} active operator"), self.tr("{n} active operators"))
        waiting = counted(len(self._invitations), self.tr("{n} open invitation"), self.tr("{n} open invitations"))
        self._count.setText(f"{told}, {waiting}" if self._invitations else told)
        shown = self.detail.operator
        for position, item in enumerate(self._operators):
            if shown is not None and item.name == shown.name:
                self.table.choose(position)
                self.detail.show_operator(item, self._sessions)

    def _make_list(self) -> Card:
        card = Card(self.theme, flush=True)
        card.body.setSpacing(0)
        self.table = DataTable(self.theme, name="operators", meaning=self.tr("Operators"))
        self.table.setModel(self.model)
        self.table.set_widths(196, 124, 226, 110, 110)
        self.table.row_chosen.connect(self._on_chosen)
        card.body.addWidget(self.table, 1)
        self._count = Label(self.theme, "", "caption")
        card.set_footer(Label(self.theme, self.tr("By name; invitations below"), "caption"), None, self._count)
        return card

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.row() < len(self._operators):
            self.detail.show_operator(self._operators[index.row()], self._sessions)
            self.split.show_detail()
        else:
            self.split.hide_detail()

    def _on_role(self, operator: Operator) -> None:
        desk = self._desk
        dialog = RoleDialog(desk.theme, self, operator)

        def prepare() -> partial[Operator]:
            role = Role(dialog.role.value())
            return partial(desk.vault.services.operators.set_role, desk.session, operator.name, role, _asked(dialog))

        conduct(desk.tasks, dialog, prepare, lambda _: self.shown(), self._on_filed)

    def _on_states(self, operator: Operator) -> None:
        desk = self._desk
        dialog = StatesDialog(desk.theme, self, operator)

        def prepare() -> Callable[[], Operator]:
            typed, asked = dialog.states.text(), _asked(dialog)
            service = desk.vault.services.operators
            return lambda: service.set_states(desk.session, operator.name, checked_states(typed), asked)

        conduct(desk.tasks, dialog, prepare, lambda _: self.shown(), self._on_filed)

    def _on_sign_out(self, record: LoginRecord) -> None:
        desk = self._desk

        async def sign_out() -> None:
            sessions = desk.vault.services.sessions
            await desk.tasks.command(partial(sessions.sign_out, desk.session, record.login_session))
            await self._load()

        desk.tasks.start(sign_out(), retry=partial(self._on_sign_out, record))

    def _on_disable(self, operator: Operator) -> None:
        desk = self._desk
        dialog = DisableDialog(desk.theme, self, operator)

        def prepare() -> partial[Operator]:
            return partial(desk.vault.services.operators.disable, desk.session, operator.name, _asked(dialog))

        conduct(desk.tasks, dialog, prepare, lambda _: self.shown(), self._on_filed)

    def _on_filed(self, filed: ApprovalNeeded) -> None:
        show_filed(self, self._desk, filed, self.request_filed.emit)


class OperatorDetail(Card):
    """One operator: facts, open login sessions, and what can be done.

    Signals: `closed`; `role_asked`, `states_asked`, `disable_asked` with the Operator; `sign_out_asked` with a
    LoginRecord.
    """

    closed = pyqtSignal()
    role_asked = pyqtSignal(object)
    states_asked = pyqtSignal(object)
    disable_asked = pyqtSignal(object)
    sign_out_asked = pyqtSignal(object)

    def __init__(self, desk: Desk) -> None:
        theme = desk.theme
        super().__init__(theme, flush=True)
        self.setObjectName("operator_detail")
        self.setAccessibleName(self.tr("Operator"))
        self._desk = desk
        self.operator: Operator | None = None
        self._title = Label(theme, "", "heading")
        close = IconButton(theme, "x", self.tr("Close"), name="close_operator")
        close.clicked.connect(self.closed)
        self.body.setSpacing(0)
        self.body.addWidget(boxed(row(self._title, None, close, margins=(16, 12, 12, 12))))
        self.body.addWidget(line())
        called = {
            "role": self.tr("Role"),
            "meaning": "",
            "state": self.tr("State"),
            "states": self.tr("Works for"),
            "since": self.tr("Since"),
            "by": self.tr("Invited by"),
            "person": self.tr("Person"),
        }
        self.facts = {name: FactRow(theme, title) for name, title in called.items()}
        self.facts["key"] = FactRow(theme, self.tr("Signing key"), role="mono")
        scroll = ScrollColumn(spacing=8, margins=(16, 14, 16, 14))
        for fact in self.facts.values():
            scroll.body.addWidget(fact)
        scroll.body.addSpacing(8)
        scroll.body.addWidget(Label(theme, self.tr("Open login sessions"), "strong"))
        self._sessions = column(spacing=8)
        scroll.body.addLayout(self._sessions)
        self.body.addWidget(scroll, 1)
        self.note = Label(theme, "", "caption", wrap=True)
        self.role_button = Button(theme, self.tr("Other role…"), name="other_role", icon="user-cog")
        self.states_button = Button(theme, self.tr("States…"), name="states", icon="map-pin")
        self.disable_button = Button(theme, self.tr("Disable…"), name="disable", variant="danger", icon="user-minus")
        self.role_button.clicked.connect(lambda: self.role_asked.emit(self.operator))
        self.states_button.clicked.connect(lambda: self.states_asked.emit(self.operator))
        self.disable_button.clicked.connect(lambda: self.disable_asked.emit(self.operator))
        actions = row(self.role_button, self.states_button, None, self.disable_button)
        self.body.addWidget(line())
        self.body.addWidget(boxed(column(self.note, actions, spacing=8, margins=(16, 12, 16, 12))))

    def show_operator(self, operator: Operator, sessions: Sequence[LoginRecord]) -> None:
        """Show one operator and the sessions that are open."""
        self.operator = operator
        active = operator.state == OperatorState.ACTIVE.value
        self._title.setText(operator.name)
        told = {
            "role": operator_words.role_word(operator.role),
            "meaning": operator_words.role_meaning(operator.role),
            "state": self.tr("active") if active else self.tr("disabled"),
            "states": operator_words.states_word(operator),
            "since": words.moment(operator.created_at),
            "by": operator.invited_by or self.tr("set-up"),
            "person": operator.person,
            "key": " ".join(operator.key[at : at + 8] for at in range(0, len(operator.key), 8)),
        }
        if operator.disabled_at is not None:
            told["state"] = self.tr("disabled {time}").format(time=words.moment(operator.disabled_at))
        for name, value in told.items():
            self.facts[name].set_value(value)
        own = operator.name == self._desk.session.operator
        for button, permission in (
            (self.role_button, Permission.OPERATOR_ROLE),
            (self.states_button, Permission.OPERATOR_STATES),
            (self.disable_button, Permission.OPERATOR_DISABLE),
        ):
            button.setVisible(self._desk.may(permission))
            button.setEnabled(active and not own)
        self.note.setText(self._why_not(active=active, own=own))
        self.note.setVisible(bool(self.note.text()))
        self._show_sessions([record for record in sessions if record.operator == operator.name])

    def _show_sessions(self, sessions: Sequence[LoginRecord]) -> None:
        while (item := self._sessions.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not sessions:
            self._sessions.addWidget(Label(self._theme, self.tr("None."), "body", tone="muted"))
        now = self._desk.vault.now()
        for record in sessions:
            told = Label(self._theme, operator_words.session_line(record, now), "caption", wrap=True)
            pieces: list[Piece] = [told]
            if record.mine:
                pieces.append(Label(self._theme, self.tr("this one"), "caption"))
            else:
                out = Button(self._theme, self.tr("Sign out"), name=f"sign_out_{record.login_session}", scale="small")
                out.clicked.connect(partial(self.sign_out_asked.emit, record))
                pieces.append(out)
            line_of_it = row(*pieces, spacing=10)
            line_of_it.setStretch(0, 1)
            self._sessions.addWidget(boxed(line_of_it))

    def _why_not(self, *, active: bool, own: bool) -> str:
        if own:
            return self.tr("This is you. Nobody changes their own role or disables themselves.")
        return "" if active else self.tr("Disabled for good. The person can be invited anew.")


def show_filed(page: QWidget, desk: Desk, filed: ApprovalNeeded, go: Callable[[str], object]) -> None:
    """Say that a request was filed; `go` opens it under Approvals."""
    dialog = FiledDialog(desk.theme, page, filed)
    dialog.accepted.connect(lambda: go(filed.approval_id))
    dialog.finished.connect(lambda _: dialog.throw_away())
    dialog.open()


def _asked(dialog: CommandDialog) -> Asked:
    return Asked(Secret(dialog.password), None, dialog.reason)
