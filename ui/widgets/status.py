"""A state in a line of text: icon and word, muted when all is well."""

from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import row


class StatusItem(QWidget):
    """`StatusItem(theme, self.tr("Refused"), "ban", "danger")`; `icon_tone` when the icon alone has colour."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        icon: str,
        tone: Tone = "muted",
        *,
        icon_tone: Tone | None = None,
        role: Role = "body",
        size: int = 16,
        spacing: int = 6,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = IconLabel(theme, icon, tone=icon_tone or tone, size=size)
        self._word = Label(theme, text, role, tone=tone)
        self.setLayout(row(self._icon, self._word, spacing=spacing))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def set_status(self, text: str, icon: str, tone: Tone, *, icon_tone: Tone | None = None) -> None:
        """Say another state."""
        self._word.setText(text)
        self._word.set_tone(tone)
        self._icon.set_icon(icon, icon_tone or tone)

    def text(self) -> str:
        """Return the word."""
        return self._word.text()
