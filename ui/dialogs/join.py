"""Becoming an operator with an invitation code: nobody is signed in, and nobody else learns the password."""

from collections.abc import Mapping

from PyQt6.QtWidgets import QWidget

from core.access.model import PASSWORD_MIN_LENGTH
from ui.dialogs.command import CommandDialog
from ui.theme.theme import Theme
from ui.widgets.field import PasswordField, TextField


class JoinDialog(CommandDialog):
    """Asks for code, name and the own password, twice."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Join with an invitation"),
            name="join_dialog",
            note=self.tr("Your keys are made now; your password opens them, and nobody else knows it"),
            own_password=False,
        )
        self.code = TextField(theme, self.tr("Invitation code"), name="join_code", mono=True)
        self.operator = TextField(theme, self.tr("Operator's name"), name="join_name")
        self.operator.set_helper(self.tr("The name that was invited."))
        self.chosen = PasswordField(theme, self.tr("New password"), name="join_password")
        at_least = self.tr("At least {n} letters, and not easy to guess.")
        self.chosen.set_helper(at_least.format(n=PASSWORD_MIN_LENGTH))
        self.again = PasswordField(theme, self.tr("New password again"), name="join_again")
        self.add("code", self.code)
        self.add("operator", self.operator)
        self.add("password", self.chosen)
        self.add("again", self.again)
        self.first_focus(self.code.editor)
        self.end_with(self.tr("Join"), "user-plus")

    def problems(self) -> Mapping[str, str]:
        """Return what is missing."""
        problems: dict[str, str] = {}
        if not self.code.text():
            problems["code"] = self.tr("Type the code that you were given.")
        if not self.operator.text():
            problems["operator"] = self.tr("Type the name that was invited.")
        if not self.chosen.text():
            problems["password"] = self.tr("Choose a password.")
        elif self.again.text() != self.chosen.text():
            problems["again"] = self.tr("The two passwords differ.")
        return problems

    def done(self, result: int) -> None:
        """Close, and forget both passwords and the code."""
        self.again.take()
        self.code.set_text("")
        super().done(result)
