"""Await a dialog: `answer = await ask(dialog, dialog.answer)`. Opens it with `open()`, never `exec()`."""

from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtWidgets import QDialog

from ui.pending import Pending
from ui.widgets.dialog import DialogFrame

T = TypeVar("T")


def ask(dialog: DialogFrame, answer: Callable[[], T]) -> Pending[T | None]:
    """Open a dialog; resolves to `answer()` when it was accepted, to None when it was not.

    The dialog is deleted afterwards: take out of it all that is needed. Locking the console or
    closing the window counts as not accepted.
    """
    pending: Pending[T | None] = Pending()

    def _on_finished(result: int) -> None:
        if result == QDialog.DialogCode.Accepted:
            try:
                pending.set_result(answer())
            except Exception as error:  # noqa: BLE001  # belongs to whoever awaits
                pending.set_exception(error)
        else:
            pending.set_result(None)
        dialog.throw_away()

    dialog.finished.connect(_on_finished)
    dialog.destroyed.connect(lambda: pending.set_result(None))
    dialog.open()
    return pending
