"""Banners: what is so, what it means, one action. They stay until the cause is mended."""

from typing import Literal

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.button import Button
from ui.widgets.card import Snug
from ui.widgets.label import IconLabel, Label, repolish
from ui.widgets.layout import boxed, column, row

BannerKind = Literal["info", "warning", "danger", "success", "secret", "note"]

_LOOKS: dict[BannerKind, tuple[str, Tone]] = {
    "info": ("info", "accent"),
    "warning": ("triangle-alert", "warning"),
    "danger": ("octagon-alert", "danger"),
    "success": ("circle-check", "success"),
    "secret": ("eye-off", "secret"),
    "note": ("timer", "text2"),
}


class Banner(Snug):
    """`Banner(theme, "warning", self.tr("Anchor not compared"), self.tr("The HSM is missing."))`.

    `action` adds one button; signal `acted` when it is pressed. Without a `title` the banner is one
    quiet line (kind `note`). `set_words` changes it in place.
    """

    acted = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        kind: BannerKind,
        title: str,
        text: str = "",
        *,
        action: str = "",
        icon: str = "",
        name: str = "banner",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("banner", kind)
        own_icon, tone = _LOOKS[kind]
        size = 16 if kind == "note" else 18
        self._icon = IconLabel(theme, icon or own_icon, tone=tone, size=size)
        self._title = Label(theme, title, "strong", wrap=True)
        self._text = Label(theme, text, "body", tone="text2", wrap=True)
        self._button = Button(theme, action, name=f"{name}_action", scale="small")
        self._button.clicked.connect(self.acted)
        words = boxed(column(self._title, self._text, None, spacing=3))
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        icon_column = column(self._icon, None, spacing=0)
        margins = (11, 7, 11, 7) if kind == "note" else (14, 11, 12, 11)
        content = row(icon_column, words, self._button, spacing=8 if kind == "note" else 12, margins=margins)
        content.setStretch(1, 1)
        self.setLayout(content)
        self._title.setVisible(bool(title))
        self._text.setVisible(bool(text))
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title} {text}".strip())

    def set_words(self, title: str, text: str = "", *, kind: BannerKind | None = None, action: str = "") -> None:
        """Say something else, perhaps in another tone."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title} {text}".strip())
        if kind is not None:
            self.setProperty("banner", kind)
            icon, tone = _LOOKS[kind]
            self._icon.set_icon(icon, tone)
            repolish(self)
