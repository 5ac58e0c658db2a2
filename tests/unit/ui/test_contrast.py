"""Every pair of colours that occurs can be told apart: AA everywhere, AAA for body text."""

from itertools import combinations, pairwise

import pytest

from ui.theme.tokens import ALL_THEMES, CONTRAST, ThemeName, Tokens, tokens_of

_GROUNDS = ("window", "sidebar", "surface", "sunken", "hover", "raised", "selection")
_STATES = ("accent", "success", "warning", "danger", "secret")


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(colour: str) -> float:
        red, green, blue = _rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _too_low(tokens: Tokens, figures: tuple[str, ...], grounds: tuple[str, ...], least: float) -> list[str]:
    pairs = [(figure, ground) for figure in figures for ground in grounds]
    ratios = {pair: _contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) for pair in pairs}
    return [f"{figure} on {ground}: {ratio:.2f}" for (figure, ground), ratio in ratios.items() if ratio < least]


themes = pytest.mark.parametrize("tokens", ALL_THEMES, ids=lambda tokens: tokens.name.value)


@themes
def test_body_text_is_read_on_every_ground(tokens: Tokens) -> None:
    assert _too_low(tokens, ("text",), _GROUNDS, 10) == []


@themes
def test_supporting_text_is_aaa_on_every_ground(tokens: Tokens) -> None:
    assert _too_low(tokens, ("text2",), _GROUNDS, 7) == []


@themes
def test_muted_text_is_aa_on_every_ground(tokens: Tokens) -> None:
    assert _too_low(tokens, ("muted",), _GROUNDS, 4.7) == []


@themes
def test_status_colours_are_aa_on_what_they_stand_on(tokens: Tokens) -> None:
    assert _too_low(tokens, _STATES, ("surface", "window", "selection", "raised"), 5.2) == []
    for state in _STATES:
        assert _too_low(tokens, (state,), (f"{state}_soft",), 5.5) == []


@themes
def test_status_colours_reach_what_the_design_promises(tokens: Tokens) -> None:
    assert _too_low(tokens, _STATES, ("surface", "window", "selection"), 5.5) == []


@themes
def test_text_on_soft_tones_is_aaa(tokens: Tokens) -> None:
    grounds = tuple(f"{state}_soft" for state in _STATES)
    assert _too_low(tokens, ("text", "text2"), grounds, 7) == []


@themes
def test_round_fields_there_is_a_border_that_is_seen(tokens: Tokens) -> None:
    assert _too_low(tokens, ("border_strong",), ("surface", "window", "raised"), 3) == []


@themes
def test_the_focus_ring_is_seen_on_every_ground(tokens: Tokens) -> None:
    assert _too_low(tokens, ("ring",), _GROUNDS, 3) == []


@themes
def test_words_on_filled_buttons_are_read_at_rest_and_on_hover(tokens: Tokens) -> None:
    fills = ("accent_fill", "accent_fill_hover", "danger_fill", "danger_fill_hover")
    assert _too_low(tokens, ("on_accent",), fills, 5.3) == []


@themes
def test_words_are_read_on_pressed_and_current_entries(tokens: Tokens) -> None:
    assert _too_low(tokens, ("text", "text2"), ("pressed", "current"), 7) == []


@themes
def test_chart_colours_are_seen_on_the_card(tokens: Tokens) -> None:
    low = [colour for colour in tokens.chart if _contrast(colour, tokens.surface) < 3.6]
    assert low == []


@themes
def test_the_bar_of_progress_is_told_from_its_track(tokens: Tokens) -> None:
    assert _too_low(tokens, ("accent",), ("track",), 3) == []


def test_the_contrast_theme_goes_further() -> None:
    assert _too_low(CONTRAST, ("text",), _GROUNDS, 11) == []
    assert _too_low(CONTRAST, _STATES, ("surface", "window", "selection"), 6) == []


# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB.
_SIGHTS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
_Matrix = tuple[tuple[float, float, float], ...]


def _lab(colour: str, sight: _Matrix) -> tuple[float, float, float]:
    rgb = _rgb(colour)
    seen = [min(1.0, max(0.0, sum(w * c for w, c in zip(line, rgb, strict=True)))) for line in sight]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    xyz = [sum(w * c for w, c in zip(line, seen, strict=True)) / n for line, n in zip(to_xyz, white, strict=True)]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _distance(one: str, other: str, sight: _Matrix) -> float:
    pairs = zip(_lab(one, sight), _lab(other, sight), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@themes
@pytest.mark.parametrize("sight", _SIGHTS)
def test_chart_colours_are_told_apart_without_full_colour_sight(tokens: Tokens, sight: str) -> None:
    matrix = _SIGHTS[sight]
    # On black all six must be bright, so that the contrast theme has less room; its charts show a table too.
    any_two, neighbours = (6.5, 14.9) if tokens is CONTRAST else (10, 18)
    assert min(_distance(a, b, matrix) for a, b in combinations(tokens.chart, 2)) >= any_two
    assert min(_distance(a, b, matrix) for a, b in pairwise(tokens.chart)) >= neighbours


def test_every_theme_is_found_by_its_name() -> None:
    assert [tokens_of(name).name for name in ThemeName] == list(ThemeName)
