"""The own password, once more: the dialog before what cannot be taken back.

It does not check: it emits `password_given(str)` and is busy until `show_refused` or `accept` is called. The
password is held by its field until then, and cleared at once.
"""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.field import PasswordField
from ui.widgets.label import Label

_WIDTH = 440


class ReauthenticateDialog(DialogFrame):
    """`ReauthenticateDialog(theme, window, operator="anjali", reason=tr("You export all data of a citizen."))`."""

    password_given = pyqtSignal(str)

    def __init__(self, theme: Theme, window: QWidget, *, operator: str, reason: str) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Confirm that it is you"),
            name="reauthenticate_dialog",
            subtitle=operator,
            width=_WIDTH,
        )
        self.body.addWidget(Label(theme, reason, wrap=True))
        self.body.addSpacing(4)
        self.password = PasswordField(theme, self.tr("Your password"), name="own_password")
        self.body.addWidget(self.password)
        self.set_note(self.tr("Stands for two minutes"), icon="clock")
        self.set_action(self.tr("Confirm"), icon="shield-check")
        self.first_focus(self.password.editor)
        self.finished.connect(lambda _: self.password.take())

    def submit(self) -> None:
        """Hand the password over, once."""
        if not self.password.text():
            self._say(self.tr("Type your password."))
            return
        password = self.password.take()
        self._set_busy(busy=True)
        self.password_given.emit(password)

    def show_refused(self, sentence: str) -> None:
        """Say why it was refused; the password is typed anew."""
        self._set_busy(busy=False)
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        self.password.set_error(sentence)
        self.password.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_busy(self, *, busy: bool) -> None:
        self.password.setEnabled(not busy)
        self.action.setEnabled(not busy)
        self.action.set_text(self.tr("Checking…") if busy else self.tr("Confirm"))
        if busy:
            self.password.clear_error()
