"""The colours of the three themes, as `look.md` fixes them.

Style sheet, palette, delegates, icons and charts read these and nothing else. A unit test computes
the contrast of every pair that occurs, so nobody softens a grey unseen. This module knows no Qt.
"""

# ruff: noqa: S106  # "secret" is a colour here, no password

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class ThemeName(Enum):
    """The three looks."""

    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


# A colour by its meaning: what a label or an icon may be told to wear. Each is the name of a token.
Tone = Literal[
    "text",
    "text2",
    "muted",
    "disabled",
    "accent",
    "success",
    "warning",
    "danger",
    "secret",
    "on_accent",
]


@dataclass(frozen=True, slots=True)
class Tokens:
    """All colours of one theme as `#RRGGBB`."""

    name: ThemeName
    window: str
    sidebar: str
    surface: str
    raised: str
    sunken: str
    hover: str
    pressed: str
    selection: str
    hairline: str
    border: str
    border_strong: str
    text: str
    text2: str
    muted: str
    disabled: str
    accent: str
    accent_soft: str
    accent_fill: str
    accent_fill_hover: str
    on_accent: str
    success: str
    success_soft: str
    warning: str
    warning_soft: str
    danger: str
    danger_soft: str
    danger_fill: str
    danger_fill_hover: str
    secret: str
    secret_soft: str
    secret_border: str
    ring: str
    chart: tuple[str, str, str, str, str, str]
    heat: tuple[str, str, str, str, str]
    # What the pictures show and the table of look.md leaves to them:
    edge: str  # lower edge of a plain button
    scroll: str  # handle of a scroll bar
    track: str  # empty part of a progress bar
    current: str  # the navigation entry of the page that is shown
    scrim: str  # laid over the window behind a dialog...
    scrim_alpha: int  # ...this strong, 0-255

    def tone(self, tone: Tone) -> str:
        """Return the colour of a meaning."""
        colour: str = getattr(self, tone)
        return colour


LIGHT = Tokens(
    name=ThemeName.LIGHT,
    window="#F5F6F8",
    sidebar="#ECEEF2",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sunken="#F1F3F6",
    hover="#EDF0F4",
    pressed="#E1E5EB",
    selection="#DFE9FB",
    hairline="#E8EBEF",
    border="#DCE0E6",
    border_strong="#868E9B",
    text="#14181F",
    text2="#3F4754",
    muted="#5B6472",
    disabled="#858E9B",
    accent="#2350A9",
    accent_soft="#E7EEFB",
    accent_fill="#2350A9",
    accent_fill_hover="#1B4190",
    on_accent="#FFFFFF",
    success="#17653A",
    success_soft="#E4F3EA",
    warning="#7F4B00",
    warning_soft="#FCF0DB",
    danger="#A8211A",
    danger_soft="#FBE9E7",
    danger_fill="#B3261E",
    danger_fill_hover="#951D17",
    secret="#652B86",
    secret_soft="#F5ECFA",
    secret_border="#CFAFE0",
    ring="#2350A9",
    chart=("#2350A9", "#12837F", "#9A72D6", "#B36B00", "#4E5866", "#B3261E"),
    heat=("#F1F3F6", "#C5D6F6", "#7FA0E0", "#2350A9", "#12295C"),
    edge="#C9CFD8",
    scroll="#C3C9D2",
    track="#E1E5EB",
    current="#FFFFFF",
    scrim="#14181F",
    scrim_alpha=102,
)

DARK = Tokens(
    name=ThemeName.DARK,
    window="#14171C",
    sidebar="#0F1216",
    surface="#1A1E25",
    raised="#222730",
    sunken="#15191F",
    hover="#242A33",
    pressed="#2C333E",
    selection="#243553",
    hairline="#262C35",
    border="#2C323C",
    border_strong="#6F7988",
    text="#E9ECF1",
    text2="#BEC5D0",
    muted="#98A1AF",
    disabled="#5F6875",
    accent="#92B4FF",
    accent_soft="#1E2A45",
    accent_fill="#3B66CB",
    accent_fill_hover="#3560C4",
    on_accent="#FFFFFF",
    success="#74D19B",
    success_soft="#16301F",
    warning="#EFB65C",
    warning_soft="#352812",
    danger="#FF8E84",
    danger_soft="#3C1C1A",
    danger_fill="#C2372E",
    danger_fill_hover="#AD3028",
    secret="#D9ABF3",
    secret_soft="#2D2038",
    secret_border="#5E4275",
    ring="#92B4FF",
    chart=("#5F8BEA", "#4DBDB8", "#CDB8F7", "#E5A94D", "#7A8595", "#F0766C"),
    heat=("#1F242C", "#26385F", "#3B66CB", "#7EA3F5", "#D3E0FF"),
    edge="#2C323C",
    scroll="#3D4550",
    track="#2C333E",
    current="#243553",
    scrim="#000000",
    scrim_alpha=140,
)

CONTRAST = Tokens(
    name=ThemeName.CONTRAST,
    window="#000000",
    sidebar="#000000",
    surface="#000000",
    raised="#000000",
    sunken="#000000",
    hover="#1F1F1F",
    pressed="#333333",
    selection="#003A66",
    hairline="#6E6E6E",
    border="#FFFFFF",
    border_strong="#FFFFFF",
    text="#FFFFFF",
    text2="#FFFFFF",
    muted="#E6E6E6",
    disabled="#A0A0A0",
    accent="#7FD4FF",
    accent_soft="#000000",
    accent_fill="#7FD4FF",
    accent_fill_hover="#B5E6FF",
    on_accent="#000000",
    success="#7CFF9B",
    success_soft="#000000",
    warning="#FFD84A",
    warning_soft="#000000",
    danger="#FFA59C",
    danger_soft="#000000",
    danger_fill="#FFA59C",
    danger_fill_hover="#FFC7C1",
    secret="#F0B8FF",
    secret_soft="#000000",
    secret_border="#F0B8FF",
    ring="#FFD84A",
    chart=("#7FD4FF", "#7CFF9B", "#F0B8FF", "#FFD84A", "#C8C8C8", "#FFA59C"),
    heat=("#1A1A1A", "#00508C", "#2F9BE0", "#7FD4FF", "#FFFFFF"),
    edge="#FFFFFF",
    scroll="#FFFFFF",
    track="#333333",
    current="#003A66",
    scrim="#000000",
    scrim_alpha=190,
)

ALL_THEMES = (LIGHT, DARK, CONTRAST)


def tokens_of(name: ThemeName) -> Tokens:
    """Return the tokens of a theme."""
    return {theme.name: theme for theme in ALL_THEMES}[name]
