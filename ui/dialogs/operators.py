"""Inviting an operator, giving another role, disabling; and the invitation code, shown once."""

from collections.abc import Mapping

from PyQt6.QtWidgets import QWidget

from core.access.model import NewInvitation, Operator, Role
from core.access.states import states_text
from ui.dialogs.command import CommandDialog
from ui.models.operator_words import role_meaning, role_word, states_word
from ui.models.vault import Desk
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.banner import Banner
from ui.widgets.dialog import DialogFrame
from ui.widgets.exposure import Exposed
from ui.widgets.facts import FactRow
from ui.widgets.field import ComboField, TextField
from ui.widgets.inputs import Choice
from ui.widgets.label import Label
from ui.widgets.layout import column


class InviteDialog(CommandDialog):
    """Who is invited, and as what."""

    def __init__(self, theme: Theme, window: QWidget, *, first_role: Role = Role.REGISTRAR) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Invite an operator"),
            name="invite_dialog",
            note=self.tr("You never learn the other operator's password"),
            subtitle=self.tr("A code is shown once. Hand it over in person: the other operator sets an own password."),
            reason=self.tr("Reason"),
        )
        self.operator = TextField(theme, self.tr("Operator's name"), name="invited_name")
        self.operator.set_helper(self.tr("As it will stand in the audit log: up to 64 letters and digits."))
        self.role = _role_field(theme, first_role)
        self.states = _states_field(theme, None)
        self.add("operator", self.operator)
        self.add("role", self.role)
        self.add("states", self.states)
        self.fields["state"] = self.states  # core names a wrong code so
        self.first_focus(self.operator.editor)
        self.end_with(self.tr("Invite"), "user-plus")

    def problems(self) -> Mapping[str, str]:
        """Return what is missing."""
        named = {} if self.operator.text() else {"operator": self.tr("Name the operator.")}
        return {**named, **super().problems()}


class RoleDialog(CommandDialog):
    """Give an operator another role."""

    def __init__(self, theme: Theme, window: QWidget, operator: Operator) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Give {operator} another role").format(operator=operator.name),
            name="role_dialog",
            note=self.tr("It holds from the next sign-in on"),
            subtitle=self.tr("Now: {role}").format(role=role_word(operator.role)),
            reason=self.tr("Reason"),
        )
        self.role = _role_field(theme, operator.role)
        self.add("role", self.role)
        self.first_focus(self.role.editor)
        self.end_with(self.tr("Give this role"), "user-cog")


class StatesDialog(CommandDialog):
    """Bind an operator to the citizens of some states, or of all."""

    def __init__(self, theme: Theme, window: QWidget, operator: Operator) -> None:
        super().__init__(
            theme,
            window,
            self.tr("States of {operator}").format(operator=operator.name),
            name="states_dialog",
            note=self.tr("It holds from the next sign-in on"),
            subtitle=self.tr("Now: {states}").format(states=states_word(operator)),
            reason=self.tr("Reason"),
        )
        self.states = _states_field(theme, operator.states)
        self.add("states", self.states)
        self.fields["state"] = self.states  # core names a wrong code so
        self.first_focus(self.states.editor)
        self.end_with(self.tr("Bind to these states"), "map-pin")


class DisableDialog(CommandDialog):
    """Disable an operator: for good, so the name is typed out."""

    def __init__(self, theme: Theme, window: QWidget, operator: Operator) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Disable {operator}").format(operator=operator.name),
            name="disable_dialog",
            note=self.tr("This cannot be undone: the person can only be invited anew"),
            icon="user-minus",
            reason=self.tr("Reason"),
        )
        self._name = operator.name
        facts = (
            self.tr("1. {operator} can no longer sign in, and open login sessions end."),
            self.tr("2. The HSM token gets a new PIN, which only the other operators can open."),
            self.tr("3. Invitations that {operator} made are void. What {operator} did stays in the log."),
        )
        for fact in facts:
            self.body.addWidget(Label(theme, fact.format(operator=operator.name), "body", tone="text2", wrap=True))
        self.typed = TextField(theme, self.tr("Type the operator's name"), name="typed_name")
        self.add("operator", self.typed)
        self.first_focus(self.typed.editor)
        self.end_with(self.tr("Disable this operator"), "user-minus", destroys=True)
        self.typed.edited.connect(lambda _: self._on_typed())
        self._on_typed()

    def _on_typed(self) -> None:
        fits = self.typed.text() == self._name
        self.action.setEnabled(fits)
        self.typed.set_helper("" if fits else self.tr("The button works once it reads {name}.").format(name=self._name))

    def set_busy(self, words: str) -> None:
        """Take no input while the command runs; afterwards the name still has to fit."""
        super().set_busy(words)
        if not words:
            self._on_typed()


class CodeDialog(DialogFrame):
    """Shows an invitation code once. Closing it takes it away for good."""

    def __init__(self, theme: Theme, window: QWidget, made: NewInvitation) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Invitation code for {operator}").format(operator=made.name),
            name="code_dialog",
            subtitle=self.tr("It is shown now and never again."),
        )
        self.body.addWidget(
            Banner(
                theme,
                "secret",
                self.tr("Whoever holds this code can join as {role}").format(role=role_word(made.role)),
                self.tr("Only {operator} may read it. Write it down or let it be typed; do not send it.").format(
                    operator=made.name
                ),
            )
        )
        self.code = _Code(theme, made.code.reveal_text())
        self.body.addWidget(self.code)
        self.body.addWidget(FactRow(theme, self.tr("Works for"), states_word(made)))
        self.body.addWidget(FactRow(theme, self.tr("Expires"), words.moment(made.expires)))
        how = self.tr("On the unlock screen: Join with an invitation… Or: citizen-zero operator join")
        self.body.addWidget(Label(theme, how, "caption", wrap=True))
        done = self.add_button(self.tr("It is handed over"), name="done", variant="primary")
        done.clicked.connect(self.accept)
        made.code.wipe()

    def done(self, result: int) -> None:
        """Close, and forget the code."""
        self.code.forget()
        super().done(result)


class _Code(Exposed):
    """The code, in large letters; a dialog above it covers it, a lock takes it away."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self.setObjectName("invitation_code")
        self.setAccessibleName(self.tr("Invitation code"))
        self.setProperty("kind", "revealed")
        self._text = text
        self._label = Label(theme, text, "share", tone="secret", wrap=True, selectable=True)
        self.setLayout(column(self._label, margins=(16, 12, 16, 12)))

    def forget(self) -> None:
        """Drop the code for good."""
        self._text = ""
        self._label.setText("")

    def _on_covered(self, *, covered: bool) -> None:
        self._label.setText("" if covered else self._text)


def show_code_if_any(desk: Desk, page: QWidget, result: object) -> None:
    """Show an invitation's code, if the result of an operation is one."""
    if isinstance(result, NewInvitation):
        dialog = CodeDialog(desk.theme, page, result)
        dialog.finished.connect(lambda _: dialog.throw_away())
        dialog.open()


def _states_field(theme: Theme, bound: frozenset[str] | None) -> TextField:
    field = TextField(theme, DialogFrame.tr("State codes"), name="states")
    field.set_text(states_text(bound))
    field.set_helper(DialogFrame.tr("As in KA, MH; or all. No other citizens are there for this operator."))
    return field


def _role_field(theme: Theme, chosen: Role) -> ComboField:
    title = DialogFrame.tr("Role")
    field = ComboField(theme, title, [Choice(role.value, role_word(role)) for role in Role], name="role_choice")
    field.set_value(chosen.value)
    field.set_helper(role_meaning(chosen))
    field.picked.connect(lambda value: field.set_helper(role_meaning(Role(value))))
    return field
