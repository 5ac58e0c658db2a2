"""What stands where a table would be blank: icon, what would be here, one action."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import column, row


class EmptyState(QWidget):
    """`EmptyState(theme, "handshake", title, text, action=…, action_icon="plus")`. Signal: `acted`."""

    acted = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        text: str = "",
        *,
        action: str = "",
        action_icon: str | None = None,
        name: str = "empty",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._title = Label(theme, title, "strong")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text = Label(theme, text, "body", tone="muted", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        pieces = column(
            None,
            row(None, IconLabel(theme, icon, tone="muted", size=28), None),
            self._title,
            self._text,
            spacing=4,
            margins=(16, 16, 16, 16),
        )
        if action:
            button = Button(theme, action, name=f"{name}_action", icon=action_icon)
            button.clicked.connect(self.acted)
            pieces.addSpacing(4)
            pieces.addLayout(row(None, button, None))
        pieces.addStretch(1)
        self.setLayout(pieces)

    def set_words(self, title: str, text: str = "") -> None:
        """Say why it is empty now ("No citizen matches.")."""
        self._title.setText(title)
        self._text.setText(text)
