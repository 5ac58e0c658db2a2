"""Asking for the own password before a page does what cannot be taken back."""

from PyQt6.QtWidgets import QWidget

from core.errors import Refused
from core.secret import Secret
from ui.ask import ask
from ui.dialogs.reauthenticate import ReauthenticateDialog
from ui.error_report import said
from ui.models.vault import Desk


async def password_proved(desk: Desk, page: QWidget, reason: str) -> bool:
    """Have the operator prove the own password, unless that was within two minutes. False: they gave up."""
    proof = desk.vault.services.reauthentication
    if proof.is_recent(desk.session):
        return True
    dialog = ReauthenticateDialog(desk.theme, page.window() or page, operator=desk.session.operator, reason=reason)
    dialog.password_given.connect(lambda password: desk.tasks.start(_try(desk, dialog, Secret(password))))
    return bool(await ask(dialog, lambda: True))


async def _try(desk: Desk, dialog: ReauthenticateDialog, password: Secret) -> None:
    try:
        await desk.tasks.query(lambda: desk.vault.services.reauthentication.confirm(desk.session, password))
    except Refused as error:
        dialog.show_refused(said(error.message))
        return
    except BaseException:
        dialog.reject()
        raise
    finally:
        password.wipe()
    dialog.accept()
