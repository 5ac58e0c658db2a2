"""Rules of single pieces: theme, fonts, icons, fields, table, ring."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PyQt6.QtGui import QFontInfo
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.toolkit.gallery import Gallery
from tests.gui.toolkit.sample import RevealSample
from tests.support.gui import click, focused, move_mouse, press, settle, texts, type_text
from ui.theme.appearance import Appearance
from ui.theme.icons import IconSet, UnknownIconError
from ui.theme.theme import Theme
from ui.theme.tokens import ThemeName
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.field import ComboField, PasswordField, TextAreaField, TextField
from ui.widgets.focus_ring import FocusRing
from ui.widgets.inputs import Choice, SearchInput
from ui.widgets.label import ElidedLabel, Label
from ui.widgets.layout import column, row
from ui.widgets.progress import ProgressBar, ProgressBlock
from ui.widgets.segmented import Segmented
from ui.widgets.words import moment

ROWS = [[Cell(f"idt_{n}"), Cell(str(n))] for n in range(50)]


class Windows(QObject):
    """Counts windows that come up."""

    def __init__(self, application: QApplication) -> None:
        super().__init__()
        self.names: list[str] = []
        self._application = application
        application.installEventFilter(self)

    def stop(self) -> None:
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        shown = event is not None and event.type() == QEvent.Type.Show
        if shown and isinstance(watched, QWidget) and watched.isWindow():
            self.names.append(type(watched).__name__)
        return False


Host = Callable[..., QWidget]


@pytest.fixture
def host_of(qtbot: QtBot) -> Host:
    """Make a shown window that holds widgets; it lives as long as the test."""
    hosts: list[QWidget] = []

    def make(*widgets: QWidget) -> QWidget:
        host = QWidget()
        hosts.append(host)
        host.setLayout(column(*widgets, None, margins=(20, 20, 20, 20)))
        qtbot.addWidget(host)
        host.resize(600, 400)
        host.show()
        host.activateWindow()
        settle()
        return host

    return make


def test_no_half_built_piece_flashes_up_as_a_window(qtbot: QtBot, qapp: QApplication, theme: Theme) -> None:
    windows = Windows(qapp)
    gallery = Gallery(theme)
    qtbot.addWidget(gallery)
    gallery.show()
    RevealSample(theme, gallery).open()
    settle()
    windows.stop()
    assert windows.names == ["Gallery"]


def test_system_without_an_answer_is_light(theme: Theme) -> None:
    theme.set_appearance(Appearance.SYSTEM)
    assert theme.tokens.name is ThemeName.LIGHT


def test_a_change_of_theme_reaches_icons_and_words(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    button = Button(theme, "Export…", name="export", icon="download")
    label = Label(theme, "Refused", tone="danger")
    host_of(button, label)
    before = button.icon().pixmap(16).toImage()
    theme.set_appearance(Appearance.DARK)
    settle()
    assert button.icon().pixmap(16).toImage() != before
    assert label.palette().color(label.foregroundRole()).name().upper() == theme.tokens.danger


def test_a_label_keeps_its_role_when_the_theme_changes(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    label = Label(theme, "Phone")
    host_of(label)
    label.set_role("title")
    label.set_tone("muted")
    theme.set_appearance(Appearance.DARK)
    settle()
    assert label.font().pixelSize() == 20


def test_text_scale_makes_every_role_larger(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    label = Label(theme, "Title", "title")
    button = Button(theme, "Go", name="go")
    host_of(label, button)
    theme.set_text_scale(1.5)
    settle()
    assert label.font().pixelSize() == 30
    assert button.height() == 45


def test_a_text_scale_out_of_bounds_is_bounded(theme: Theme) -> None:
    theme.set_text_scale(9)
    assert theme.text_scale == 1.75
    theme.set_text_scale(0.1)
    assert theme.text_scale == 1.0


def test_the_console_is_set_in_plex(theme: Theme) -> None:
    assert QFontInfo(theme.font("body")).family() == "IBM Plex Sans"
    assert QFontInfo(theme.font("mono")).family() == "IBM Plex Mono"
    assert theme.font("body").families()[-1] == "Noto Sans Devanagari"


def test_weights_of_a_role_differ_on_the_screen(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    plain, strong = Label(theme, "Citizen Zero"), Label(theme, "Citizen Zero", "strong")
    host_of(plain, strong)
    assert strong.sizeHint().width() > plain.sizeHint().width()


def test_a_misspelt_icon_is_met_at_once(theme: Theme) -> None:
    with pytest.raises(UnknownIconError):
        IconSet().pixmap("no-such-icon", "#000000", 16)


def test_what_is_typed_stays_when_it_is_wrong(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    field = TextField(theme, "Aadhaar", name="aadhaar")
    host = host_of(field)
    type_text("1234 5678 9012", on=field.editor)
    field.set_error("Check digit is wrong")
    assert field.text() == "1234 5678 9012"
    assert "Check digit is wrong" in texts(host)
    assert field.editor.accessibleDescription() == "Check digit is wrong"


def test_a_taken_password_is_gone_from_the_field(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    field = PasswordField(theme, "Password", name="password")
    host_of(field)
    type_text("secret", on=field.editor)
    assert field.take() == "secret"
    assert field.text() == ""


def test_a_text_area_counts_and_takes_no_more_than_its_limit(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    field = TextAreaField(theme, "Reason", name="reason", limit=10)
    host = host_of(field)
    type_text("twelve chars", on=field.editor)
    assert field.text() == "twelve cha"
    assert "10 of 10" in texts(host)


def test_tab_leaves_a_text_area(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    field = TextAreaField(theme, "Reason", name="reason")
    host_of(field, Button(theme, "Go", name="go"))
    field.setFocus()
    press(Qt.Key.Key_Tab)
    assert focused().objectName() == "go"


def test_a_combo_gives_values_not_words(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    field = ComboField(theme, "Purpose", [Choice("a", "Support"), Choice("b", "Law")], name="purpose")
    host_of(field)
    with qtbot.waitSignal(field.picked) as picked:
        press(Qt.Key.Key_Down, on=field.editor)
    assert picked.args == ["b"]
    assert field.value() == "b"


def test_escape_clears_a_search(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    search = SearchInput(theme, name="search", meaning="Search", placeholder="Name prefix")
    host_of(search)
    type_text("ra", on=search)
    press(Qt.Key.Key_Escape, on=search)
    assert search.text() == ""


def test_one_segment_always_holds(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    span = Segmented(theme, [Choice("day", "Day"), Choice("hour", "Hour")], name="span", meaning="Span")
    host_of(span)
    button = span.findChild(QWidget, "span_hour")
    assert button is not None
    with qtbot.waitSignal(span.picked) as picked:
        click(button)
    assert picked.args == ["hour"]
    click(button)
    assert span.value() == "hour"


def test_a_bar_of_progress_never_jumps_back(theme: Theme, qtbot: QtBot) -> None:
    bar = ProgressBar(theme, meaning="Re-wrapping")
    qtbot.addWidget(bar)
    bar.set_share(0.6)
    bar.set_share(0.4)
    assert bar.share == 0.6


def test_after_a_stop_the_same_button_goes_on(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    block = ProgressBlock(theme, name="rewrap")
    host = host_of(block)
    block.start("Re-wrapping")
    block.advance(6214, 10000, 4)
    assert "Re-wrapping 6,214 of 10,000" in texts(host)
    button = block.findChild(Button, "rewrap_button")
    assert button is not None
    with qtbot.waitSignal(block.stop_asked):
        button.click()
    block.stop_at("Stopped safely at 6,214")
    with qtbot.waitSignal(block.go_on_asked):
        button.click()


def test_a_cut_token_is_told_whole(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    label = ElidedLabel(theme, "idt_kDnNfribxUdl7dXTPyLsxP", "mono", mode=Qt.TextElideMode.ElideMiddle)
    host = host_of()
    label.setParent(host)
    label.resize(80, 20)
    label.show()
    settle()
    assert label.toolTip() == "idt_kDnNfribxUdl7dXTPyLsxP"


def test_a_banner_is_as_high_as_its_words(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    words = "The database is older than the anchor. No personal data is released until two operators agree. " * 3
    banner = Banner(theme, "danger", "Log rollback", words)
    host = host_of(banner)
    wide = banner.height()
    host.resize(300, 600)
    settle()
    assert banner.height() > wide
    layout = banner.layout()
    assert layout is not None
    assert banner.height() == layout.totalHeightForWidth(banner.width())


def test_typed_markup_is_never_read_as_markup(qtbot: QtBot, theme: Theme) -> None:
    label = Label(theme, "<b>Ravi</b>")
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.fixture
def table(host_of: Host, qtbot: QtBot, theme: Theme) -> DataTable:
    table = DataTable(theme, name="table", meaning="Citizens")
    table.setModel(RowsModel([Column("Token", mono=True), Column("Entries", numeric=True)], ROWS, table))
    table.setFixedHeight(300)
    host_of(table, Button(theme, "Go", name="go"))
    return table


def test_rows_are_thirty_px_high(table: DataTable) -> None:
    assert {table.rowHeight(n) for n in range(5)} == {30}


def test_the_keyboard_that_comes_into_a_table_finds_a_row(table: DataTable) -> None:
    table.clearFocus()
    table.setFocus(Qt.FocusReason.TabFocusReason)
    assert table.chosen().row() == 0
    press(Qt.Key.Key_Down)
    assert table.chosen().row() == 1
    press(Qt.Key.Key_Tab)
    assert focused().objectName() == "go"


def test_enter_opens_the_row_and_moving_chooses_it(qtbot: QtBot, table: DataTable) -> None:
    chosen: list[int] = []
    table.row_chosen.connect(lambda index: chosen.append(index.row()))
    table.choose(3)
    assert chosen == [3]
    opened: list[QModelIndex] = []
    table.row_opened.connect(opened.append)
    press(Qt.Key.Key_Return, on=table)
    assert [index.row() for index in opened] == [3]


def test_nothing_is_copied_out_of_a_table_by_ctrl_c(table: DataTable) -> None:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("before")
    table.choose(3)
    press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, on=table)
    assert clipboard.text() == "before"


def test_the_row_under_the_pointer_is_known(table: DataTable) -> None:
    viewport = table.viewport()
    assert viewport is not None
    move_mouse(viewport, QPoint(40, 75))
    settle()
    assert table.hovered_row == 2


def test_the_ring_follows_the_keyboard_and_stands_outside(
    host_of: Host, qtbot: QtBot, theme: Theme, ring: FocusRing
) -> None:
    one, two = Button(theme, "One", name="one"), Button(theme, "Two", name="two")
    host = host_of(one, two)
    for button in (one, two):
        button.setFocus(Qt.FocusReason.TabFocusReason)
        settle()
        assert ring.frame is not None
        assert ring.frame.isVisible()
        assert ring.frame.window() is host
        at = button.mapTo(host, QPoint(0, 0))
        assert ring.frame.geometry() == button.rect().translated(at).adjusted(-4, -4, 4, 4)


def test_a_button_pressed_by_mouse_does_its_work(host_of: Host, qtbot: QtBot, theme: Theme, ring: FocusRing) -> None:
    button = Button(theme, "One", name="one")
    host_of(button)
    with qtbot.waitSignal(button.clicked):
        click(button)


def test_enter_presses_a_focused_button_but_not_a_destructive_one(host_of: Host, qtbot: QtBot, theme: Theme) -> None:
    plain = Button(theme, "Go on", name="plain")
    destroys = Button(theme, "Destroy", name="destroys", variant="destroy")
    host_of(plain, destroys)
    with qtbot.waitSignal(plain.clicked):
        press(Qt.Key.Key_Return, on=plain)
    with qtbot.assertNotEmitted(destroys.clicked):
        press(Qt.Key.Key_Return, on=destroys)


def test_two_rings_never_stand_at_once(host_of: Host, qtbot: QtBot, theme: Theme, ring: FocusRing) -> None:
    first = host_of(Button(theme, "One", name="one"))
    second = host_of(Button(theme, "Two", name="two"))
    for host in (first, second):
        host.activateWindow()
        host.findChildren(Button)[0].setFocus()
        settle()
    frames = [w for host in (first, second) for w in host.findChildren(QWidget) if w.inherits("QFocusFrame")]
    assert len(frames) <= 1


def test_a_moment_is_told_in_ist() -> None:
    assert moment(datetime(2026, 7, 14, 9, 2, tzinfo=UTC)).endswith("IST")


def test_rows_and_columns_have_no_margins_of_their_own() -> None:
    assert row().contentsMargins().left() == 0
