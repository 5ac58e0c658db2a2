"""The question before a revealed value goes to the clipboard."""

from PyQt6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.label import Label


class CopyDialog(DialogFrame):
    """`await ask(dialog, lambda: True)`."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(theme, window, self.tr("Copy this value"), name="copy_dialog")
        what = self.tr("Other programs on this computer can read the clipboard while the value is there.")
        then = self.tr("The console clears it when the value is masked again.")
        self.body.addWidget(Label(theme, what, wrap=True))
        self.body.addWidget(Label(theme, then, tone="text2", wrap=True))
        self.set_action(self.tr("Copy the value"), icon="copy")
