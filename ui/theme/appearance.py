"""What a person may choose as the console's look, and which of the three themes that is on this screen.

Light, because the window that comes before everything else asks it: Qt's hints and nothing more.
"""

from enum import Enum

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAccessibilityHints, QStyleHints

from ui.theme.tokens import ThemeName


class Appearance(Enum):
    """What a person may choose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


def theme_name(appearance: Appearance, hints: QStyleHints | None) -> ThemeName:
    """Return the theme of a choice; `System` follows what the platform wishes."""
    if appearance is not Appearance.SYSTEM:
        return ThemeName(appearance.value)
    if hints is None:
        return ThemeName.LIGHT
    if _wants_contrast(hints.accessibility()):
        return ThemeName.CONTRAST
    # Offscreen and bare X11 answer Unknown: light.
    return ThemeName.DARK if hints.colorScheme() is Qt.ColorScheme.Dark else ThemeName.LIGHT


def _wants_contrast(hints: QAccessibilityHints | None) -> bool:
    return hints is not None and hints.contrastPreference() is Qt.ContrastPreference.HighContrast
