"""The unlock screen: one card in the middle; below it how HSM, database and log are.

A pure view: it says that somebody wants to unlock, and shows what came of it. The password is held
by its field until it is handed over with the signal, and cleared at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.appearance import AppearanceButton
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.field import PasswordField, TextField
from ui.widgets.label import Label, MarkLabel
from ui.widgets.layout import boxed, column, row
from ui.widgets.status import StatusItem
from ui.widgets.status_bar import PART_LOOKS, PartState

_WIDTH = 396


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part below the card, in words: `PartLine(PartState.READY, tr("HSM ready"))`."""

    state: PartState
    words: str


class UnlockScreen(QWidget):
    """`UnlockScreen(theme, vault="National vault · live", version="0.1.0")`.

    Signal `unlock_asked(str, str)` with operator and password; then the screen is busy until one of
    `show_refused` (wrong), `show_paused`, `show_ready` is called or another screen takes its place.
    `ask_second_factor` shows the second step: signals `code_entered(str)`, `security_key_asked`.
    `provider_asked` where a person signs in at the identity provider first; `show_waiting` says what the
    console waits for, and `stopped` that the person gave it up. `show_parts` says how the parts are,
    `show_locked` why it is locked. Signal `appearance_changed(str)` to save the choice; `verify_asked` for a
    proof from a file; `join_asked` by whoever has an invitation code.
    """

    unlock_asked = pyqtSignal(str, str)
    code_entered = pyqtSignal(str)
    security_key_asked = pyqtSignal()
    provider_asked = pyqtSignal()
    stopped = pyqtSignal()
    appearance_changed = pyqtSignal(str)
    verify_asked = pyqtSignal()
    join_asked = pyqtSignal()

    def __init__(
        self, theme: Theme, *, vault: str, version: str, provider: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._has_provider = provider
        self._second_step = False
        self.setObjectName("unlock_screen")
        self.setAccessibleName(self.tr("Unlock the console"))
        self._vault = Label(theme, vault, tone="muted")
        self._vault.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        name = Label(theme, self.tr("Citizen Zero"), "title")
        name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._parts = row(spacing=18)
        middle = column(
            row(None, MarkLabel(theme, 48), None),
            8,
            name,
            5,
            self._vault,
            20,
            row(None, self._make_card(), None),
            18,
            row(None, self._parts, None),
            spacing=0,
        )
        self.setLayout(column(None, middle, None, self._make_foot(version), spacing=0, margins=(21, 24, 21, 14)))
        self.setFocusProxy(self.operator)

    # --- what the wiring says ----------------------------------------------------------------------

    def set_vault(self, vault: str) -> None:
        """Say which vault this is."""
        self._vault.setText(vault)

    def set_operator(self, operator: str) -> None:
        """Put in who was here last; the password comes next."""
        self.operator.set_text(operator)
        self.setFocusProxy(self.password if operator else self.operator)

    def show_locked(self, sentence: str) -> None:
        """Say when and why it was locked ("Locked at 14:36 after 10 minutes without use")."""
        self.note.set_words("", sentence)
        self.note.setVisible(bool(sentence))

    def show_parts(self, parts: Sequence[PartLine]) -> None:
        """Say how the parts are."""
        while (item := self._parts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for part in parts:
            icon, tone = PART_LOOKS[part.state]
            self._parts.addWidget(StatusItem(self._theme, part.words, icon, "text", icon_tone=tone))

    def show_ready(self) -> None:
        """Take input again, with no error."""
        self._first_step()
        self.password.clear_error()

    def show_refused(self, sentence: str) -> None:
        """Say why it was refused; the operator stays, the password is typed anew."""
        self._first_step()
        self.password.set_error(sentence)
        self.password.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_paused(self, sentence: str) -> None:
        """Say that no try is taken for a while; another operator may try at once."""
        self.show_refused(sentence)
        self.unlock.setEnabled(False)

    def show_identity(self, sentence: str) -> None:
        """Say whom the identity provider named: only that operator signs in now. Empty: nobody."""
        self._identity.set_words("", sentence)
        self._identity.setVisible(bool(sentence))
        self.stop.setVisible(bool(sentence))
        self.operator.editor.setReadOnly(bool(sentence))
        self.provider.setVisible(self._has_provider and not sentence)
        if sentence:
            self.password.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask_second_factor(self, *, code: bool, security_key: bool) -> None:
        """Ask for the second step; the password is right, and gone from the screen."""
        self._second_step = True
        self.password.hide()
        self.operator.setEnabled(False)
        self.code.setVisible(code)
        self.provider.hide()
        self.security_key.setVisible(security_key)
        self.stop.show()
        self.unlock.setVisible(code)
        self._set_busy(busy=False)
        first = self.code.editor if code else self.security_key
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_waiting(self, sentence: str) -> None:
        """Say what the console waits for, elsewhere than on this screen; the person may stop it."""
        self._waiting.set_words("", sentence)
        self._waiting.show()
        self.password.clear_error()
        self.unlock.hide()
        self.operator.setEnabled(False)
        self.password.setEnabled(False)
        self.provider.hide()
        self.security_key.hide()
        self.stop.show()
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- inside ------------------------------------------------------------------------------------

    def _make_card(self) -> Card:
        theme = self._theme
        card = Card(theme)
        card.setFixedWidth(theme.px(_WIDTH))
        card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        card.body.setContentsMargins(27, 26, 27, 27)
        card.body.setSpacing(14)
        self.note = Banner(theme, "note", "", name="locked_note")
        self.note.hide()
        self.operator = TextField(theme, self.tr("Operator"), name="operator", large=True)
        self.password = PasswordField(theme, self.tr("Password"), name="password", large=True)
        self.unlock = Button(
            theme, self.tr("Unlock"), name="unlock", variant="primary", icon="lock-open", scale="large"
        )
        self.unlock.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._identity = Banner(theme, "note", "", icon="badge-check", name="identity_note")
        self._waiting = Banner(theme, "note", "", icon="hourglass", name="waiting_note")
        self.code = TextField(
            theme,
            self.tr("Code from your authenticator"),
            name="code",
            placeholder=self.tr("6 digits"),
            helper=self.tr("Or one of your recovery codes."),
            large=True,
        )
        self.provider = self._link(self.tr("Use the identity provider"), "provider")
        self.security_key = self._link(self.tr("Security key"), "security_key")
        self.stop = self._link(self.tr("Stop"), "stop_sign_in")
        for piece in (self.note, self._identity, self._waiting, self.operator, self.password, self.code):
            card.body.addWidget(piece)
        card.body.addSpacing(4)
        card.body.addWidget(self.unlock)
        card.body.addLayout(row(self.provider, self.stop, None, self.security_key))
        self.operator.submitted.connect(self._on_operator_entered)
        self.operator.edited.connect(self._on_operator_edited)
        self.password.submitted.connect(self._on_unlock)
        self.code.submitted.connect(self._on_unlock)
        self.unlock.clicked.connect(self._on_unlock)
        self.provider.clicked.connect(self.provider_asked)
        self.security_key.clicked.connect(self._on_security_key)
        self.stop.clicked.connect(self.stopped)
        self._identity.hide()
        self._first_step()
        return card

    def _link(self, words: str, name: str) -> Button:
        return Button(self._theme, words, name=name, variant="link")

    def _first_step(self) -> None:
        """Show operator and password, and take input."""
        self._second_step = False
        self.code.editor.clear()
        self.code.clear_error()
        for piece in (self.code, self.security_key, self._waiting):
            piece.hide()
        identified = self._identity.isVisibleTo(self)
        self.stop.setVisible(identified)
        self.operator.setEnabled(True)
        self.password.setEnabled(True)
        self.password.show()
        self.unlock.show()
        self.provider.setVisible(self._has_provider and not identified)
        self._set_busy(busy=False)

    def _make_foot(self, version: str) -> QWidget:
        appearance = AppearanceButton(self._theme)
        appearance.appearance_changed.connect(self.appearance_changed)
        verify = Button(
            self._theme, self.tr("Verify a proof…"), name="verify_proof_here", variant="quiet", icon="file-check"
        )
        verify.clicked.connect(self.verify_asked)
        join = Button(
            self._theme, self.tr("Join with an invitation…"), name="join_here", variant="quiet", icon="user-plus"
        )
        join.clicked.connect(self.join_asked)
        return boxed(row(join, verify, None, appearance, Label(self._theme, version, "caption"), spacing=14))

    def _on_operator_entered(self) -> None:
        self.password.editor.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_unlock(self) -> None:
        if not self.unlock.isEnabled():
            return
        if self._second_step:
            self._on_code()
            return
        if not self.operator.text():
            self.operator.set_error(self.tr("Say who you are."))
            self.operator.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self.password.text():
            self.password.set_error(self.tr("Type your password."))
            self.password.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        operator, password = self.operator.text(), self.password.take()
        self._set_busy(busy=True)
        self.unlock_asked.emit(operator, password)

    def _on_code(self) -> None:
        if not self.code.text():
            self.code.set_error(self.tr("Type the code that your authenticator shows."))
            return
        code = self.code.text()
        self.code.editor.clear()
        self._set_busy(busy=True)
        self.code_entered.emit(code)

    def _on_security_key(self) -> None:
        self.show_waiting(self.tr("Plug your security key in and touch it."))
        self.security_key_asked.emit()

    def _on_operator_edited(self) -> None:
        self.unlock.setEnabled(True)  # a pause is one name's
        self.password.clear_error()

    def _set_busy(self, *, busy: bool) -> None:
        self.unlock.setEnabled(not busy)
        self.unlock.set_text(self.tr("Unlocking…") if busy else self.tr("Unlock"))
