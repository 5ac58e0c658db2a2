"""Adding an authenticator for oneself: scan, type the first code and the password, keep the recovery codes."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.errors import CitizenZeroError, SecondFactorNeeded, SignInRefused
from core.secret import Secret
from ui.ask import ask
from ui.error_report import said
from ui.models.vault import Desk
from ui.theme.theme import Theme
from ui.widgets.banner import Banner
from ui.widgets.dialog import DialogFrame
from ui.widgets.field import PasswordField, TextField
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, row
from ui.widgets.qr_code import QrCode

if TYPE_CHECKING:
    from core.access.factors import Confirmed, NewTotp

_GROUP = 4


class AuthenticatorDialog(DialogFrame):
    """Shows the secret once. Signal `asked(str, str)` with code and password; the password leaves its field with it."""

    asked = pyqtSignal(str, str)

    def __init__(self, theme: Theme, window: QWidget, uri: str) -> None:
        super().__init__(
            theme, window, self.tr("Add an authenticator"), name="authenticator_dialog",
            subtitle=self.tr("From then on sign-in asks for its code beside your password."),
        )  # fmt: skip
        secret = parse_qs(urlsplit(uri).query)["secret"][0]
        self.body.addWidget(
            Banner(theme, "secret", self.tr("A secret is on the screen"), self.tr("See that nobody looks on."))
        )
        self.code_picture = QrCode(uri, meaning=self.tr("QR code for your authenticator"), name="qr_code")
        typed = " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
        words = column(
            Label(theme, self.tr("Scan it with your authenticator, or type this key there:"), wrap=True),
            Label(theme, typed, "mono", tone="secret", wrap=True, selectable=True),
            None,
            spacing=8,
        )
        beside = row(self.code_picture, boxed(words), spacing=16)
        beside.setStretch(1, 1)
        self.body.addWidget(boxed(beside))
        self.code = TextField(
            theme, self.tr("Code that it shows now"), name="first_code", placeholder=self.tr("6 digits")
        )
        self.password = PasswordField(theme, self.tr("Your password"), name="factor_password")
        for field in (self.code, self.password):
            field.set_label_role("strong")
            self.body.addWidget(field)
        self.set_action(self.tr("Add the authenticator"), icon="smartphone")
        self.first_focus(self.code.editor)

    def submit(self) -> None:
        """Ask for it, once both are typed."""
        if not self.code.text():
            self.code.set_error(self.tr("Type the code that your authenticator shows."))
        elif not self.password.text():
            self.password.set_error(self.tr("Type your password."))
        else:
            self.action.setEnabled(False)
            self.asked.emit(self.code.text(), self.password.take())

    def show_refused(self, error: CitizenZeroError) -> None:
        """Say below its field what was wrong."""
        self.action.setEnabled(True)
        field = self.password if isinstance(error, SignInRefused) else self.code
        field.set_error(said(error.message))
        field.editor.setFocus()


class RecoveryCodesDialog(DialogFrame):
    """Shows the recovery codes, once."""

    def __init__(self, theme: Theme, window: QWidget, codes: Sequence[str]) -> None:
        super().__init__(theme, window, self.tr("Keep your recovery codes"), name="recovery_dialog")
        once = self.tr("Each is taken once in place of a code. They are not shown again: write them down now.")
        self.body.addWidget(Banner(theme, "secret", self.tr("Secrets are on the screen"), once))
        half = (len(codes) + 1) // 2
        columns = (
            boxed(
                column(*(Label(theme, code, "mono", tone="secret", selectable=True) for code in part), None, spacing=6)
            )
            for part in (codes[:half], codes[half:])
        )
        self.body.addWidget(boxed(row(*columns, spacing=32)))
        done = self.add_button(self.tr("I have kept them"), name="action", variant="primary", icon="check")
        done.clicked.connect(self.accept)
        self.first_focus(done)


async def add_authenticator(desk: Desk, window: QWidget) -> None:
    """Lead a person through it."""
    factors, session = desk.vault.services.factors, desk.session
    new = await desk.tasks.command(lambda: factors.begin_totp(session))
    dialog = AuthenticatorDialog(desk.theme, window, new.uri)
    confirmed: list[Confirmed] = []
    dialog.asked.connect(lambda code, typed: desk.tasks.start(_confirm(desk, dialog, new, confirmed, code, typed)))
    if await ask(dialog, lambda: True) and confirmed and confirmed[0].recovery_codes:
        await ask(RecoveryCodesDialog(desk.theme, window, confirmed[0].recovery_codes), lambda: True)


async def _confirm(
    desk: Desk, dialog: AuthenticatorDialog, new: "NewTotp", confirmed: "list[Confirmed]", code: str, typed: str
) -> None:
    factors, secret = desk.vault.services.factors, Secret(typed)
    work = partial(factors.confirm_totp, desk.session, secret, new.factor.factor_id, code)
    try:
        confirmed.append(await desk.tasks.command(work))
    except (SecondFactorNeeded, SignInRefused) as error:
        dialog.show_refused(error)
        return
    except BaseException:
        dialog.reject()
        raise
    finally:
        secret.wipe()
    dialog.accept()
