"""Fonts by role: IBM Plex Sans, IBM Plex Mono and Noto Sans Devanagari, which come as packages.

An application-loaded variable font has no named weights, so `font-weight` in a style sheet does
nothing: `FontBook.font` sets the `wght` axis, widgets take the result by `setFont`, and the style
sheet holds no font rules. If a file is missing, the platform's sans serves.
"""

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

from PyQt6.QtCore import QLoggingCategory
from PyQt6.QtGui import QFont, QFontDatabase

Role = Literal[
    "title",
    "heading",
    "body",
    "strong",
    "button",
    "small",
    "caption",
    "group",
    "mono",
    "share",
    "value",
    "number",
    "dots",
]


@dataclass(frozen=True, slots=True)
class RoleFont:
    """Size in px at text scale 1, weight 400-600, and whether digits and letters have one width."""

    size: int
    weight: int
    mono: bool = False
    spacing: float = 0.0  # px between letters: only shares have it


ROLE_FONTS: dict[Role, RoleFont] = {
    "title": RoleFont(20, 600),
    "heading": RoleFont(15, 600),
    "body": RoleFont(13, 400),
    "strong": RoleFont(13, 600),
    "button": RoleFont(13, 500),
    "small": RoleFont(12, 500),
    "caption": RoleFont(12, 400),
    "group": RoleFont(11, 600),
    "mono": RoleFont(12, 400, mono=True),
    "share": RoleFont(32, 400, mono=True, spacing=2.0),
    "value": RoleFont(15, 600),
    "number": RoleFont(15, 600),
    "dots": RoleFont(12, 400, spacing=2.4),
}

_SANS_FILES = (("fontpkg_ibm_plex_sans", "IBMPlexSans[wdth,wght].ttf"),)
_MONO_FILES = (
    ("fontpkg_ibm_plex_mono", "IBMPlexMono-Regular.ttf"),
    ("fontpkg_ibm_plex_mono", "IBMPlexMono-SemiBold.ttf"),
)
_DEVANAGARI_FILES = (("fontpkg_noto_sans_devanagari", "NotoSansDevanagari[wdth,wght].ttf"),)


class FontBook:
    """Loads the font files once and makes the font of a role at a text scale.

    Needs a QGuiApplication. `hindi` puts Devanagari first, so that mixed lines take its height.
    """

    def __init__(self, *, hindi: bool = False) -> None:
        # One harmless warning for each fallback of a variable font would fill the log.
        QLoggingCategory.setFilterRules("qt.text.font.db=false")
        sans = _load(_SANS_FILES)
        mono = _load(_MONO_FILES)
        devanagari = _load(_DEVANAGARI_FILES)
        self._sans = devanagari + sans if hindi else sans + devanagari
        self._mono = mono + devanagari
        self._weight_axis = QFont.Tag.fromString("wght")
        self._width_axis = QFont.Tag.fromString("wdth")
        self._made: dict[tuple[Role, float], QFont] = {}

    def font(self, role: Role, text_scale: float = 1.0) -> QFont:
        """Return the font of a role; a copy, so callers may change theirs."""
        key = (role, text_scale)
        if key not in self._made:
            self._made[key] = self._make(ROLE_FONTS[role], text_scale)
        return QFont(self._made[key])

    def _make(self, role_font: RoleFont, text_scale: float) -> QFont:
        font = QFont()
        families = self._mono if role_font.mono else self._sans
        if families:
            font.setFamilies(families)
        if role_font.mono:
            font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(max(1, round(role_font.size * text_scale)))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setWeight(QFont.Weight(role_font.weight))  # static files and the platform's sans follow this
        if not role_font.mono and self._weight_axis is not None and self._width_axis is not None:
            font.setVariableAxis(self._weight_axis, float(role_font.weight))
            font.setVariableAxis(self._width_axis, 100.0)
        # Always set, also to none: a widget that wore `dots` would keep its spacing.
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, role_font.spacing * text_scale)
        return font


def _load(files: tuple[tuple[str, str], ...]) -> list[str]:
    """Register font files with Qt; the names of their families, without those that did not load."""
    families: list[str] = []
    for package, name in files:
        data = _read(package, name)
        if data is None:
            continue
        number = QFontDatabase.addApplicationFontFromData(data)
        if number >= 0:
            families += QFontDatabase.applicationFontFamilies(number)[:1]
    return list(dict.fromkeys(families))


def _read(package: str, name: str) -> bytes | None:
    try:
        file: Traversable = resources.files(package) / "files" / name
        return file.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        return None  # the platform's sans serves
