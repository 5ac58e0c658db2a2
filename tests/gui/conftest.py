"""Fixtures for tests of windows: always without a screen, always with the theme on."""

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PyQt6.QtCore import QLocale
from PyQt6.QtWidgets import QApplication

from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.focus_ring import FocusRing


@pytest.fixture(scope="session")
def session_theme(qapp: QApplication) -> Theme:
    """One theme for all tests: fonts are loaded once."""
    QLocale.setDefault(QLocale("en_IN"))
    theme = Theme(qapp, appearance=Appearance.LIGHT)
    theme.apply()
    return theme


@pytest.fixture
def theme(session_theme: Theme) -> Iterator[Theme]:
    """Give the light theme at scale 1, put back afterwards."""
    yield session_theme
    session_theme.set_text_scale(1.0)
    session_theme.set_appearance(Appearance.LIGHT)


@pytest.fixture(scope="session")
def ring(session_theme: Theme, qapp: QApplication) -> FocusRing:
    """Make the one focus ring."""
    return FocusRing(session_theme, qapp)
