"""The theme: one object that dresses the application and tells widgets when the dress changes.

`app/` makes one and hands it to every window; widgets take it as their first argument. It stores
nothing: the setting comes from outside and whoever changes it saves it.
"""

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QIcon, QPixmap
from PyQt6.QtWidgets import QApplication

from ui.theme.appearance import Appearance, theme_name
from ui.theme.fonts import FontBook, Role
from ui.theme.icons import IconSet
from ui.theme.palette import make_palette
from ui.theme.style_sheet import make_style_sheet
from ui.theme.tokens import ThemeName, Tokens, Tone, tokens_of

TEXT_SCALES = (1.0, 1.25, 1.5, 1.75)


class Theme(QObject):
    """Colours, fonts and icons of the whole application.

    Signals: `changed` after new colours are on (re-colour icons, repaint), `scaled` before it when
    the text scale is another one (set fonts anew). `apply()` must be called once at the start.
    """

    changed = pyqtSignal()
    scaled = pyqtSignal()

    def __init__(
        self,
        application: QApplication,
        *,
        appearance: Appearance = Appearance.SYSTEM,
        text_scale: float = 1.0,
        hindi: bool = False,
    ) -> None:
        super().__init__(application)
        self._application = application
        self._appearance = appearance
        self._text_scale = _bounded(text_scale)
        self._fonts = FontBook(hindi=hindi)
        self._icons = IconSet()
        self._tokens = tokens_of(self._wanted())
        self._dressed: tuple[ThemeName, float] | None = None
        hints = application.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._on_platform_changed)
            # PyQt 6.11 binds `contrastPreferenceChanged` as a method, not as a signal: a platform's
            # wish for contrast is read at the start and with each change of its colour scheme.

    # --- what widgets ask ------------------------------------------------------------------------

    @property
    def tokens(self) -> Tokens:
        """Return the colours in force."""
        return self._tokens

    @property
    def appearance(self) -> Appearance:
        """What was chosen (System stays System, whatever it resolves to)."""
        return self._appearance

    @property
    def text_scale(self) -> float:
        """1.0 to 1.75."""
        return self._text_scale

    def px(self, pixels: int) -> int:
        """Return a length of text scale 1 at the scale in force."""
        return round(pixels * self._text_scale)

    def font(self, role: Role) -> QFont:
        """Return the font of a role at the scale in force."""
        return self._fonts.font(role, self._text_scale)

    def colour(self, tone: Tone) -> QColor:
        """Return the colour of a meaning."""
        return QColor(self._tokens.tone(tone))

    def icon(self, name: str, tone: Tone = "text2", size: int = 16, pad: int = 0) -> QIcon:
        """Return a Lucide icon in the colour of a meaning; `size` and free room `pad` in px at text scale 1."""
        return self._icons.icon(name, self._tokens.tone(tone), self._tokens.disabled, self.px(size), self.px(pad))

    def pixmap(self, name: str, tone: Tone = "text2", size: int = 16, ratio: float = 1.0) -> QPixmap:
        """Return the same as a pixmap for a screen of `ratio` device pixels a pixel."""
        return self._icons.pixmap(name, self._tokens.tone(tone), self.px(size), ratio)

    def mark(self, size: int, ratio: float = 1.0) -> QPixmap:
        """Return the product's mark, `size` px wide and high at text scale 1."""
        return self._icons.mark(self._tokens.accent_fill, self._tokens.on_accent, self.px(size), ratio)

    # --- changing it -----------------------------------------------------------------------------

    def apply(self) -> None:
        """Dress the application: style, palette, font, sheet, in the order that Qt needs."""
        dress = (self._tokens.name, self._text_scale)
        if dress == self._dressed:
            return
        scaled = self._dressed is not None and self._dressed[1] != self._text_scale
        if self._dressed is None:
            self._application.setStyle("Fusion")
        self._dressed = dress
        self._application.setPalette(make_palette(self._tokens))
        self._application.setFont(self.font("body"))
        self._application.setStyleSheet(make_style_sheet(self._tokens, self._text_scale))
        if scaled:
            self.scaled.emit()
        self.changed.emit()

    def set_appearance(self, appearance: Appearance) -> None:
        """Choose System, Light, Dark or Contrast, at once."""
        self._appearance = appearance
        self._tokens = tokens_of(self._wanted())
        self.apply()

    def set_text_scale(self, text_scale: float) -> None:
        """Choose the size of text, 1.0 to 1.75, at once."""
        self._text_scale = _bounded(text_scale)
        self.apply()

    def _on_platform_changed(self) -> None:
        if self._appearance is Appearance.SYSTEM:
            self.set_appearance(Appearance.SYSTEM)

    def _wanted(self) -> ThemeName:
        return theme_name(self._appearance, self._application.styleHints())


def _bounded(text_scale: float) -> float:
    return min(max(text_scale, TEXT_SCALES[0]), TEXT_SCALES[-1])
