"""What a table draws itself: words, icons and bars where they belong, in every theme, whole and in parts."""

from collections.abc import Callable

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.cell_model import Cell, CellModel, Column, RowsModel
from ui.widgets.data_table import DataTable

TOKEN, COUNT, STATUS, FULL = range(4)
COLUMNS = [
    Column("Token", mono=True),
    Column("Count", numeric=True),
    Column("Status"),
    Column("Full", numeric=True),
]
LONG = "idt_kDnNfribxUdl7dXTPyLsxP"
Shown = Callable[[CellModel], DataTable]


def rows(count: int = 6) -> list[list[Cell]]:
    """Return rows that are all alike but for the bar, the last of which is full."""
    return [
        [Cell(LONG), Cell("7"), Cell("Active", "circle-check", "muted"), Cell("1", share=at / (count - 1))]
        for at in range(count)
    ]


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme) -> Shown:
    def show(model: CellModel) -> DataTable:
        table = DataTable(theme, name="table", meaning="Citizens")
        qtbot.addWidget(table)
        table.setModel(model)
        table.set_widths(130, 90, 120, 160)
        table.resize(540, 240)
        table.show()
        return table

    return show


def drawn(table: DataTable, area: QRect | None = None) -> QImage:
    viewport = table.viewport()
    assert viewport is not None
    return viewport.grab(viewport.rect() if area is None else area).toImage()


def cell(table: DataTable, row: int, column: int) -> QImage:
    model = table.model()
    assert model is not None
    return drawn(table, table.visualRect(model.index(row, column)))


def ink(image: QImage) -> int:
    """Count the pixels that are not the ground's."""
    ground = image.pixel(0, 0)
    return sum(image.pixel(x, y) != ground for x in range(image.width()) for y in range(image.height() - 1))


def test_words_stand_at_the_left_and_numbers_at_the_right(shown: Shown) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    for column, at_the_left in ((STATUS, True), (COUNT, False)):
        image = cell(table, 1, column)
        half = image.width() // 2
        left, right = image.copy(0, 0, half, image.height()), image.copy(half, 0, half, image.height())
        assert (ink(left) > ink(right)) is at_the_left
    heading = table.model().headerData(COUNT, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)  # type: ignore[union-attr]
    assert heading & Qt.AlignmentFlag.AlignRight


def test_a_word_that_has_no_room_is_cut_and_stays_in_its_cell(shown: Shown) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    cut = cell(table, 1, TOKEN)
    assert ink(cut.copy(cut.width() - 6, 0, 6, cut.height())) == 0
    table.set_widths(260, 90, 120, 160)
    assert ink(cell(table, 1, TOKEN)) > ink(cut)


def test_a_bar_grows_with_its_share(shown: Shown) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    images = [cell(table, at, FULL) for at in range(6)]
    assert len({bytes(image.constBits().asarray(image.sizeInBytes())) for image in images}) == 6
    assert ink(images[0]) > ink(cell(table, 0, COUNT)), "an empty one has a track"


def test_what_is_not_here_yet_is_left_out(shown: Shown) -> None:
    class Coming(RowsModel):
        def cell(self, row: int, column: int) -> Cell:
            return Cell("") if row == 1 else super().cell(row, column)

    table = shown(Coming(COLUMNS, rows()))
    assert ink(cell(table, 1, TOKEN)) == 0
    assert ink(cell(table, 2, TOKEN)) > 0


def test_no_row_and_no_model_draw_nothing(shown: Shown, theme: Theme, qtbot: QtBot) -> None:
    assert ink(drawn(shown(RowsModel(COLUMNS)))) == 0
    bare = DataTable(theme, name="bare", meaning="Nothing")
    qtbot.addWidget(bare)
    bare.resize(300, 200)
    assert ink(drawn(bare)) == 0


def test_a_row_drawn_alone_is_the_row_drawn_with_all(shown: Shown) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    whole = drawn(table)
    strip = QRect(0, 60, whole.width(), 45)
    assert drawn(table, strip) == whole.copy(strip)


def test_the_chosen_row_has_a_ground_and_a_bar_and_keeps_its_words(shown: Shown) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    before = cell(table, 2, STATUS)
    table.choose(2)
    after = cell(table, 2, STATUS)
    assert after.pixel(0, 3) != before.pixel(0, 3)
    words = [(x, y) for x in range(before.width()) for y in range(2, 28) if before.pixel(x, y) != before.pixel(0, 3)]
    assert any(after.pixel(x, y) == before.pixel(x, y) for x, y in words), "the darkest pixels keep their colour"


def test_another_theme_and_another_size_are_drawn_anew(shown: Shown, theme: Theme) -> None:
    table = shown(RowsModel(COLUMNS, rows()))
    pictures = [drawn(table)]
    theme.set_appearance(Appearance.DARK)
    pictures.append(drawn(table))
    theme.set_text_scale(1.5)
    assert table.rowHeight(0) == 45
    pictures.append(drawn(table))
    assert len({bytes(picture.constBits().asarray(picture.sizeInBytes())) for picture in pictures}) == 3
