"""Every piece in every theme: nothing unnamed, nothing cut off, and a picture to look at."""

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.toolkit.gallery import Gallery
from tests.support.gui import assert_all_named, assert_no_elided_labels, screenshot, settle
from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.focus_ring import FocusRing


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK, Appearance.CONTRAST])
def test_the_gallery_stands_in_every_theme(qtbot: QtBot, theme: Theme, ring: FocusRing, appearance: Appearance) -> None:
    theme.set_appearance(appearance)
    gallery = Gallery(theme)
    qtbot.addWidget(gallery)
    gallery.resize(1440, 900)
    gallery.show()
    gallery.activateWindow()
    gallery.email.editor.setFocus()
    settle()
    assert_all_named(gallery)
    assert_no_elided_labels(gallery)
    screenshot(gallery, "components", theme)
