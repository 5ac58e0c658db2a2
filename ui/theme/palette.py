"""The QPalette of a theme: for what the style sheet leaves to Fusion (selections, tool tips, links)."""

from PyQt6.QtGui import QColor, QPalette

from ui.theme.tokens import Tokens

_Role = QPalette.ColorRole
_Group = QPalette.ColorGroup


def make_palette(tokens: Tokens) -> QPalette:
    """Every role of a palette from tokens; disabled text in its own group."""
    colours = {
        _Role.Window: tokens.window,
        _Role.WindowText: tokens.text,
        _Role.Base: tokens.surface,
        _Role.AlternateBase: tokens.surface,  # no zebra stripes
        _Role.Text: tokens.text,
        _Role.PlaceholderText: tokens.muted,
        _Role.Button: tokens.surface,
        _Role.ButtonText: tokens.text,
        _Role.BrightText: tokens.on_accent,
        _Role.Highlight: tokens.accent_fill,
        _Role.HighlightedText: tokens.on_accent,
        _Role.Accent: tokens.accent_fill,
        _Role.Link: tokens.accent,
        _Role.LinkVisited: tokens.accent,
        _Role.ToolTipBase: tokens.raised,
        _Role.ToolTipText: tokens.text,
        _Role.Light: tokens.raised,
        _Role.Midlight: tokens.hairline,
        _Role.Mid: tokens.border,
        _Role.Dark: tokens.border_strong,
        _Role.Shadow: tokens.border_strong,
    }
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.HighlightedText, _Role.PlaceholderText):
        palette.setColor(_Group.Disabled, role, QColor(tokens.disabled))
    palette.setColor(_Group.Disabled, _Role.Highlight, QColor(tokens.sunken))
    palette.setColor(_Group.Disabled, _Role.Base, QColor(tokens.sunken))
    return palette
