"""Every piece of the toolkit in its states, laid out like `components-light.png`."""

from dataclasses import fields

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QGridLayout, QLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tokens
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.chip import Chip, FilterChip
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.field import TextField
from ui.widgets.inputs import CheckInput, Choice, ComboInput
from ui.widgets.label import Label
from ui.widgets.layout import column, row
from ui.widgets.progress import ProgressBlock
from ui.widgets.secret_field import Revealed, SecretField
from ui.widgets.segmented import Segmented
from ui.widgets.status import StatusItem

_NAMES = (
    "window sidebar surface sunken border border_strong text text2 muted accent accent_soft selection "
    "success success_soft warning warning_soft danger danger_soft secret secret_soft"
)


class Swatch(QWidget):
    """A colour of the theme."""

    def __init__(self, theme: Theme, token: str) -> None:
        super().__init__()
        self._theme = theme
        self._token = token
        self.setFixedSize(44, 30)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802  # Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.border))
        painter.setBrush(QColor(getattr(self._theme.tokens, self._token)))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)


class Gallery(QWidget):
    """The components page."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("kind", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = row(
            Label(theme, "Components", "title"),
            Label(theme, "every piece of the console is one of these", tone="muted"),
            None,
            spacing=12,
        )
        left = column(self._type(), self._colour(), self._table(), None, spacing=12)
        middle = column(self._buttons(), self._fields(), self._secrets(), self._choices(), None, spacing=12)
        right = column(self._status(), *self._banners(), self._progress(), self._empty(), spacing=12)
        right.setStretch(right.count() - 1, 1)
        columns = row(spacing=12)
        for part, stretch in ((left, 548), (middle, 472), (right, 356)):
            columns.addLayout(part, stretch)
        self.setLayout(column(title, columns, spacing=10, margins=(20, 16, 20, 16)))

    def _type(self) -> Card:
        t = self._theme
        card = Card(t, "Type")
        card.body.addWidget(Label(t, "Title 20/600", "title"))
        card.body.addWidget(Label(t, "Heading 15/600", "heading"))
        card.body.addWidget(Label(t, "Body 13/400. Devanagari: मैसूरु के नागरिक, संख्या 12,84,551"))
        card.body.addLayout(
            row(
                Label(t, "Strong 13/600", "strong"),
                Label(t, "Secondary", tone="text2"),
                Label(t, "Muted", tone="muted"),
                Label(t, "Caption 12", "caption"),
                Label(t, "Group 11/600", "group"),
                None,
                spacing=16,
            )
        )
        mono = Label(t, "idt_kDnNfribxUdl7dXTPyLsxP   0O 1lI 5S 8B", "mono")
        card.body.addLayout(row(mono, Label(t, "mono 12: tokens, hashes, codes", "caption"), None, spacing=16))
        return card

    def _colour(self) -> Card:
        t = self._theme
        card = Card(t, "Colour", caption="names and values of this theme")
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        known = {field.name for field in fields(Tokens)}
        for index, name in enumerate(_NAMES.split()):
            assert name in known
            value = getattr(t.tokens, name)
            names = column(Label(t, name, "caption"), Label(t, value, "mono", tone="muted"), spacing=0)
            grid.addLayout(row(Swatch(t, name), names, None), index // 4, index % 4)
        card.body.addLayout(grid)
        return card

    def _table(self) -> Card:
        t = self._theme
        card = Card(t, "Table", caption="row 30 px: rest, selected, hover, erased", flush=True)
        columns = (Column("Token", mono=True), Column("District"), Column("Level"), Column("Status"))
        erased: list[Cell] = [Cell("–", tone="muted")] * 2  # noqa: RUF001
        rows = [
            [Cell("idt_U8JZpDE0iGXlD6gNCFbaEP"), Cell("Ballari"), Cell("Phone", "smartphone"), _ACTIVE],
            [Cell("idt_kDnNfribxUdl7dXTPyLsxP"), Cell("Mysuru"), Cell("In person", "user"), _ACTIVE],
            [
                Cell("idt_8ResqEDusTpkr0cStY4qWB"),
                Cell("Kalaburagi"),
                Cell("In person", "user"),
                Cell("On hold", "circle-pause", "warning"),
            ],
            [Cell("idt_whTp3Fs2QhX6KWxOiixgVo", tone="muted"), *erased, Cell("Erased", "eraser")],
        ]
        self.table = DataTable(t, name="table", meaning="Table")
        self.table.setModel(RowsModel(columns, rows, self))
        self.table.set_widths(232, 110, 110, 80)
        self.table.setFixedHeight(30 + 4 * 30)
        self.table.selectRow(1)
        self.table._hover(2)
        card.body.addWidget(self.table)
        card.body.addSpacing(7)
        return card

    def _buttons(self) -> Card:
        t = self._theme
        card = Card(t, "Buttons", caption="one primary a page; a verb; … asks for more")
        self.focused = Button(t, "Try again", name="try_again", variant="primary", icon="rotate-cw")
        dead = Button(t, "Verify now", name="dead_verify", variant="primary", icon="shield-check")
        dead_export = Button(t, "Export…", name="dead_export", icon="download")
        dead.setEnabled(False)
        dead_export.setEnabled(False)
        lines: list[tuple[str, list[QWidget]]] = [
            (
                "Rest",
                [
                    Button(t, "Verify now", name="verify", variant="primary", icon="shield-check"),
                    Button(t, "Export…", name="export", icon="download"),
                    Button(t, "Show all", name="show_all", variant="link"),
                ],
            ),
            (
                "Danger",
                [
                    Button(t, "Erase…", name="erase", variant="danger", icon="eraser"),
                    Button(t, "Ask for erasure", name="destroy", variant="destroy"),
                ],
            ),
            ("Focus", [self.focused, Button(t, "Export…", name="export2", icon="download")]),
            ("Disabled", [dead, dead_export, Label(t, "and beside it: why", "caption")]),
            (
                "Small, large",
                [
                    Button(t, "Pause", name="pause", scale="small"),
                    Button(t, "Unlock", name="unlock", variant="primary", icon="lock-open", scale="large"),
                ],
            ),
        ]
        for words, pieces in lines:
            label = Label(t, words, tone="muted")
            label.setFixedWidth(76)
            card.body.addLayout(row(label, *pieces, None))
        return card

    def _fields(self) -> Card:
        t = self._theme
        card = Card(t, "Fields")
        self.email = TextField(t, "Email", name="email", helper="Ring 2 px, outside")
        self.email.set_text("a.r@mysuru.example")
        aadhaar = TextField(t, "Aadhaar", name="aadhaar")
        aadhaar.set_text("1234 5678 9012")
        aadhaar.set_error("Check digit is wrong")
        label = TextField(t, "Token label", name="label", read_only=True, helper="Fixed by the record")
        label.set_text("CZ-VAULT-01")
        card.body.addLayout(row(self.email, aadhaar, label, spacing=12))
        return card

    def _secrets(self) -> Card:
        t = self._theme
        card = Card(t, "Secret field", caption="masked · recording · revealed · refused")
        card.body.setSpacing(0)
        pieces = [SecretField(t, "Phone", name=f"phone{n}", compact=True) for n in range(4)]
        pieces[0].set_note("always 8 dots")
        pieces[1].record()
        pieces[1].set_note("intent first")
        pieces[2].reveal(Revealed("+91 98860 41277", "Support", 4812903, 60))
        pieces[3].refuse("Not allowed: no consent")
        pieces[3].set_note("recorded")
        for piece in pieces:
            card.body.addWidget(piece)
        return card

    def _choices(self) -> Card:
        t = self._theme
        card = Card(t, "Choices")
        phone = CheckInput(t, "Phone", name="check_phone")
        phone.setChecked(True)
        address = CheckInput(t, "Address", name="check_address")
        address.setEnabled(False)
        card.body.addLayout(row(phone, CheckInput(t, "Email", name="check_email"), address, None, spacing=20))
        purpose = ComboInput(t, [Choice("support", "Support"), Choice("law", "Law")], name="purpose", meaning="Purpose")
        span = Segmented(t, [Choice("day", "Day"), Choice("hour", "Hour")], name="span", meaning="Span")
        chip = FilterChip(t, "State: Karnataka", name="state")
        filters = Button(t, "Filters", name="filters", icon="list-filter")
        card.body.addLayout(row(purpose, chip, filters, None, span))
        return card

    def _status(self) -> Card:
        t = self._theme
        card = Card(t, "Status", caption="icon + word + colour, never colour alone")
        card.body.addLayout(
            row(
                Chip(t, "Active", "circle-check", "success"),
                Chip(t, "On hold", "circle-pause", "warning"),
                Chip(t, "Compromised", "octagon-alert", "danger"),
                None,
            )
        )
        card.body.addLayout(
            row(
                Chip(t, "Rotating", "refresh-cw", "accent"),
                Chip(t, "Destroyed", "circle-x"),
                Chip(t, "Revealed", "eye", "secret"),
                None,
            )
        )
        card.body.addLayout(
            row(
                StatusItem(t, "Done", "circle-check"),
                StatusItem(t, "Refused", "ban", "danger"),
                StatusItem(t, "in 2 days", "triangle-alert", "warning"),
                StatusItem(t, "Erased", "eraser", "text", icon_tone="text2"),
                None,
                spacing=16,
            )
        )
        return card

    def _banners(self) -> list[QWidget | QLayout]:
        t = self._theme
        return [
            Banner(t, "info", "A rehearsal runs", "Nothing here reaches the live module."),
            Banner(t, "warning", "Anchor not compared", "The HSM is missing.", action="Try again", name="anchor"),
            Banner(
                t,
                "danger",
                "Log rollback",
                "The database is older than the anchor. No personal data is released.",
                name="rollback",
            ),
        ]

    def _progress(self) -> Card:
        t = self._theme
        card = Card(t, "Progress")
        block = ProgressBlock(t, name="rewrap")
        block.start("Re-wrapping")
        block.advance(6214, 10000, 4)
        block.stop_at("Stopped safely at 6,214")
        card.body.addWidget(block)
        return card

    def _empty(self) -> Card:
        t = self._theme
        card = Card(t)
        card.body.addWidget(
            EmptyState(
                t,
                "handshake",
                "No delegation yet",
                "Nobody acts for another citizen here.",
                action="Request delegation…",
                action_icon="plus",
            ),
            1,
        )
        return card

    def middle_of_table(self) -> QPoint:
        return self.table.rect().center()


_ACTIVE = Cell("Active", "circle-check", "muted")
