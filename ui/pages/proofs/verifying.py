"""*Verify a proof*: the dialog and the worker that judges, on any screen of the console."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PyQt6.QtWidgets import QWidget

from core.errors import InvalidInput
from ui.ask import ask
from ui.dialogs.verify_proof import VerifyProofDialog, verdict_on
from ui.pending import Pending
from ui.theme.theme import Theme

T = TypeVar("T")


class Lanes(Protocol):
    """Where work is done: the console's lanes, or a page's."""

    def start(self, coroutine: Coroutine[Any, Any, object]) -> object: ...  # noqa: D102 (a protocol's single line)
    def query(self, work: Callable[[], T]) -> Pending[T]: ...  # noqa: D102


def open_verifying(theme: Theme, tasks: Lanes, window: QWidget, now: Callable[[], datetime]) -> VerifyProofDialog:
    """Open the dialog; it judges as often as it is asked."""
    dialog = VerifyProofDialog(theme, window, now=now)

    async def judge(proof: Path, authority: Path, audience: str, nonce: str) -> None:
        try:
            verdict = await tasks.query(lambda: verdict_on(proof, authority, audience, nonce, now()))
        except InvalidInput as error:
            dialog.show_refused_input(error)
            return
        dialog.show_verdict(verdict)

    dialog.verify_asked.connect(lambda *given: tasks.start(judge(*given)))

    async def opened() -> None:
        await ask(dialog, lambda: None)

    tasks.start(opened())
    return dialog
