"""The page Keys & HSM: the module, the KEKs in the order of what needs attention, and one key's life. Read only."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout

from core.access.model import Permission
from core.keys.model import Kek, KeyState
from ui.models import key_table, part_words
from ui.models.counted import counted
from ui.models.vault import Desk
from ui.pages.citizens.split import ListAndDetail
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import IconButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.cell_model import RowsModel
from ui.widgets.chip import Chip
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.facts import FactRow
from ui.widgets.inputs import Choice
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.page import Page
from ui.widgets.segmented import Segmented
from ui.widgets.status import StatusItem

if TYPE_CHECKING:
    from core.monitor.health import PartHealth

_DETAIL_WIDTH = 356


@dataclass(frozen=True)
class KeyFactsRead:
    """What the page reads in one go."""

    when: datetime
    keks: tuple[Kek, ...]
    hsm: "PartHealth"
    on_token: int
    keks_on_token: int


class KeysPage(Page):
    """Reads the ledger and the token each time it comes up."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", name="page_keys")
        title = self.tr("Keys & HSM")
        self.header.title.setText(title)
        self.setAccessibleName(title)
        self._desk = desk
        self._read: KeyFactsRead | None = None
        self._keks: list[Kek] = []
        theme = desk.theme
        if not desk.may(Permission.KEY_LIST):
            none = EmptyState(theme, "key-round", self.tr("Keys"), self.tr("Your role does not list keys."))
            self.body.addWidget(none, 1)
            return
        self.facts = ModuleStrip(theme)
        self.body.addWidget(self.facts)
        self.model = RowsModel(key_table.columns())
        self.detail = KeyDetail(theme)
        self.list = self._make_list()
        self.split = ListAndDetail(theme, self.list, self.detail, width=_DETAIL_WIDTH)
        self.detail.closed.connect(self._on_closed)
        self.body.addWidget(self.split, 1)

    def shown(self) -> None:
        """Read the ledger."""
        if self._desk.may(Permission.KEY_LIST):
            self._desk.tasks.start(self._load(), retry=self.shown)

    async def _load(self) -> None:
        desk = self._desk

        def read() -> KeyFactsRead:
            keys = desk.keys.on_token(desk.session)
            labels = {key.label for key in keys}
            keks = tuple(desk.keys.ledger(desk.session))
            present = sum(1 for kek in keks if kek.kek_id in labels)
            return KeyFactsRead(desk.vault.now(), keks, desk.vault.health.hsm(), len(keys), present)

        self._read = await desk.tasks.query(read)
        self.facts.show_facts(self._read, desk.settings.wrap_algorithm)
        self._show_keks()

    def _show_keks(self) -> None:
        read = self._read
        if read is None:
            return
        chosen = self.detail.kek_id
        by_number = self.order.value() == "number"
        keks = sorted(read.keks, key=lambda kek: kek.kek_id) if by_number else None
        self._keks = keks or key_table.by_attention(read.keks, read.when)
        self.model.set_rows([key_table.cells_of(kek, read.when) for kek in self._keks])
        citizens = sum(kek.members for kek in self._keks)
        keys = counted(len(self._keks), self.tr("{n} key"), self.tr("{n} keys"))
        people = counted(citizens, self.tr("{n} citizen"), self.tr("{n} citizens"))
        self._count.setText(f"{keys}, {people}")
        due = sum(key_table.is_due(kek, read.when) for kek in self._keks)
        bad = sum(kek.state is KeyState.COMPROMISED for kek in self._keks)
        said = [self.tr("{n} due").format(n=due)] * bool(due) + [self.tr("{n} compromised").format(n=bad)] * bool(bad)
        self._attention.setText(words.DOT.join(said) or self.tr("none due"))
        for position, kek in enumerate(self._keks):
            if kek.kek_id == chosen:
                self.table.choose(position)

    def _make_list(self) -> Card:
        theme = self.theme
        card = Card(theme, flush=True)
        card.body.setSpacing(0)
        choices = [Choice("attention", self.tr("Needs attention first")), Choice("number", self.tr("By number"))]
        self.order = Segmented(theme, choices, name="key_order", meaning=self.tr("Order"))
        self.order.picked.connect(lambda _: self._show_keks())
        card.body.addWidget(boxed(row(self.order, None, margins=(12, 10, 12, 10))))
        card.body.addWidget(line())
        self.table = DataTable(theme, name="keks", meaning=self.tr("Key-encryption keys"))
        self.table.setModel(self.model)
        self.table.set_widths(106, 140, 124, 136, 72, 132, 90)
        self.table.row_chosen.connect(self._on_chosen)
        card.body.addWidget(self.table, 1)
        self._count = Label(theme, "", "caption")
        self._attention = Label(theme, "", "caption")
        card.set_footer(self._count, None, self._attention)
        return card

    def _on_chosen(self, index: QModelIndex) -> None:
        if self._read is not None:
            self.detail.show_kek(self._keks[index.row()])
            self.split.show_detail()

    def _on_closed(self) -> None:
        self.split.hide_detail()
        self.table.clearSelection()
        self.table.setFocus()


class ModuleStrip(Card):
    """Module, token, wrap algorithm, objects."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, flush=True)
        self.setObjectName("module_facts")
        asking = self.tr("asking")
        self._state = StatusItem(theme, asking, "circle-dashed", "text", icon_tone="muted")
        self._module = Label(theme, " ", "caption")
        self._serial = Label(theme, words.DASH, "mono")
        self._label = Label(theme, " ", "caption")
        self._wrap = Label(theme, words.DASH, "strong")
        self._objects = Label(theme, words.DASH, "strong")
        self._kinds = Label(theme, " ", "caption")
        parts = (
            (self.tr("Module"), self._state, self._module),
            (self.tr("Token serial"), self._serial, self._label),
            (self.tr("Data keys wrapped by"), self._wrap, Label(theme, self.tr("recorded with each key"), "caption")),
            (self.tr("Objects in the token"), self._objects, self._kinds),
        )
        strip = row(spacing=0, margins=(0, 11, 0, 11))
        for position, (title, value, below) in enumerate(parts):
            if position:
                strip.addWidget(line(upright=True))
            strip.addWidget(
                boxed(column(Label(theme, title, "caption"), value, below, spacing=2, margins=(18, 0, 24, 0)))
            )
        strip.addStretch(1)
        self.body.addLayout(strip)

    def show_facts(self, read: KeyFactsRead, wrap: str) -> None:
        """Show what the module and the token say."""
        up = part_words.is_up(read.hsm)
        icon, tone = ("circle-check", "success") if up else ("octagon-alert", "danger")
        self._state.set_status(
            self.tr("ready") if up else self.tr("not answering"),
            icon,
            "text",
            icon_tone="success" if tone == "success" else "danger",
        )
        facts = read.hsm.facts
        self._module.setText(f"{facts.get('library', '')} {facts.get('library_version', '')}".strip() or " ")
        self._serial.setText(str(facts["token_serial"]))
        self._label.setText(str(facts["token_label"]))
        self._wrap.setText(wrap)
        self._objects.setText(words.number(read.on_token))
        keks = counted(read.keks_on_token, self.tr("{n} KEK"), self.tr("{n} KEKs"))
        others = counted(read.on_token - read.keks_on_token, self.tr("{n} other"), self.tr("{n} others"))
        self._kinds.setText(f"{keks}, {others}")


class KeyDetail(Card):
    """One KEK: life and facts. Signal: `closed`."""

    closed = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, flush=True)
        self.setObjectName("key_detail")
        self.setAccessibleName(self.tr("Key"))
        self.kek_id = ""
        self._title = Label(theme, "", "heading")
        close = IconButton(theme, "x", self.tr("Close the detail"), name="close_key_detail")
        close.clicked.connect(self.closed)
        self._chip = Chip(theme, "", "circle-check", "success")
        self._full = Label(theme, "", tone="muted")
        head = column(
            row(self._title, None, close),
            row(self._chip, self._full, None, spacing=8),
            spacing=6,
            margins=(19, 14, 14, 14),
        )
        self.body.setSpacing(0)
        self.body.addWidget(boxed(head))
        self.body.addWidget(line())
        scroll = ScrollColumn(spacing=8, margins=(19, 14, 19, 14))
        scroll.body.addWidget(Label(theme, self.tr("Life"), "strong"))
        self._life: QVBoxLayout = column(spacing=7)
        scroll.body.addLayout(self._life)
        scroll.body.addSpacing(4)
        scroll.body.addWidget(line())
        scroll.body.addSpacing(2)
        scroll.body.addWidget(Label(theme, self.tr("Facts"), "strong"))
        self._facts = {
            "check": FactRow(theme, self.tr("Check value"), role="mono"),
            "serial": FactRow(theme, self.tr("Token serial"), role="mono", elide=True),
            "wrap": FactRow(theme, self.tr("Wraps by")),
            "members": FactRow(theme, self.tr("Citizens")),
            "period": FactRow(theme, self.tr("Cryptoperiod")),
        }
        scroll.body.addLayout(column(*self._facts.values(), spacing=6))
        self.body.addWidget(scroll, 1)

    def show_kek(self, kek: Kek) -> None:
        """Show one key."""
        self.kek_id = kek.kek_id
        self._title.setText(kek.kek_id)
        icon, tone = key_table.state_look(kek.state)
        good = kek.state is KeyState.ACTIVE
        self._chip.set_status(
            key_table.state_word(kek.state),
            icon,
            "success" if good else "danger" if tone == "danger" else "warning" if tone == "warning" else "neutral",
        )
        share = 100 * kek.members / kek.capacity if kek.capacity else 0
        self._full.setText(self.tr("{n} % full").format(n=f"{share:.1f}"))
        self._facts["check"].set_value(kek.check_value or words.DASH)
        self._facts["serial"].set_value(kek.token_serial)
        self._facts["wrap"].set_value(kek.algorithm)
        members = self.tr("{n} of at most {m}")
        self._facts["members"].set_value(members.format(n=words.number(kek.members), m=words.number(kek.capacity)))
        self._facts["period"].set_value(self.tr("{n} days").format(n=kek.cryptoperiod_days))
        self._show_life(kek)

    def _show_life(self, kek: Kek) -> None:
        while (item := self._life.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        active, due = kek.activated_at, kek.due_at
        since = "" if active is None else self.tr("since {date}").format(date=words.date(active))
        until = "" if due is None else self.tr("due {date}").format(date=words.date(due))
        stages = (
            (KeyState.PRE_ACTIVE, words.moment(kek.created_at).removesuffix(" IST")),
            (KeyState.ACTIVE, since),
            (KeyState.DEACTIVATED, until),
            (KeyState.DESTROYED, self.tr("after its last citizen")),
        )
        order = [state for state, _ in stages]
        now = order.index(kek.state) if kek.state in order else order.index(KeyState.DEACTIVATED)
        for position, (state, when) in enumerate(stages):
            icon = "circle-check" if position < now else "circle-dot" if position == now else "circle"
            stage = StatusItem(
                self._theme,
                key_table.state_word(state),
                icon,
                "text" if position <= now else "muted",
                icon_tone="success" if position <= now else "muted",
                role="strong" if position == now else "body",
            )
            self._life.addWidget(boxed(row(stage, None, Label(self._theme, when, "caption"))))
