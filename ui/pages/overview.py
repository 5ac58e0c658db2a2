"""The page Overview: numbers, what needs a person today, how the vault is, where its citizens live."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from core.errors import DatabaseUnavailable, HsmUnavailable
from ui.models import part_words
from ui.models.overview_facts import Need, OverviewFacts, needs_of, read_overview
from ui.models.vault import Desk
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.facts import Fact, FactsStrip, StateRow
from ui.widgets.label import ElidedLabel, IconLabel, Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.page import Page

_REFRESH_MS = 30_000
_SIDE_WIDTH = 388
_SIDE_LEAST = 312
_STATES_SHOWN = 36
_STATE_COLUMNS = 3


class OverviewPage(Page):
    """Signals: `page_asked(str)` from a button that leads elsewhere; `verify_asked`."""

    page_asked = pyqtSignal(str)
    verify_asked = pyqtSignal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", " ", name="page_overview")
        title = self.tr("Overview")
        self.header.title.setText(title)
        self.setAccessibleName(title)
        self._desk = desk
        theme = desk.theme
        verify = Button(theme, self.tr("Verify now"), name="overview_verify", icon="shield-check")
        verify.clicked.connect(self.verify_asked)
        self.header.add_action(verify)
        self._labels: list[str] = []
        self._strip = column(spacing=0)
        self.needs = NeedsCard(theme)
        self.needs.page_asked.connect(self.page_asked)
        self.state = StateCard(theme)
        self.places = PlacesCard(theme)
        middle = row(self.needs, self.state, spacing=12)
        middle.setStretch(0, 2)
        middle.setStretch(1, 1)
        scroll = ScrollColumn(spacing=12)
        scroll.body.addLayout(self._strip)
        scroll.body.addLayout(middle)
        scroll.body.addWidget(self.places)
        self._show_numbers(None)
        self.body.addWidget(scroll, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._on_time)

    def shown(self) -> None:
        """Read everything, and again every half minute."""
        self.refresh()
        self._timer.start()

    def left(self) -> None:
        """Stop reading."""
        self._timer.stop()

    def refresh(self) -> None:
        """Read everything again."""
        self._desk.tasks.start(self._refresh(), retry=self.refresh)

    def _on_time(self) -> None:
        self._desk.tasks.start(self._refresh_quietly())

    async def _refresh(self) -> None:
        desk = self._desk
        self.show_facts(await desk.tasks.query(lambda: read_overview(desk)))

    async def _refresh_quietly(self) -> None:
        """Read again by the clock: a part that fails in between is what the next look shows, no dialog."""
        with suppress(HsmUnavailable, DatabaseUnavailable):
            await self._refresh()

    def show_facts(self, facts: OverviewFacts) -> None:
        """Show the facts of one moment."""
        self.header.set_caption(_long_date(facts.when))
        self._show_numbers(facts)
        self.needs.show_needs(needs_of(facts))
        self.state.show_facts(facts)
        self.places.show_facts(facts)

    def _show_numbers(self, facts: OverviewFacts | None) -> None:
        """Write the strip of numbers; it is made anew only when a word changes ("1 operator", "2 operators")."""
        values = (None,) * 5 if facts is None else facts.numbers()
        told = [_Number(key, value, *names) for (key, *names), value in zip(self._names(), values, strict=True)]
        labels = [number.label for number in told]
        if labels != self._labels:
            self._labels = labels
            _empty(self._strip)
            self.numbers = FactsStrip(self.theme, [Fact(number.key, number.text, number.label) for number in told])
            self._strip.addWidget(self.numbers)
        for number in told:
            self.numbers.set_value(number.key, number.text)

    def _names(self) -> tuple[tuple[str, str, str], ...]:
        return (
            ("citizens", self.tr("citizen"), self.tr("citizens")),
            ("keks", self.tr("key-encryption key"), self.tr("key-encryption keys")),
            ("entries", self.tr("audit entry"), self.tr("audit entries")),
            ("operators", self.tr("operator"), self.tr("operators")),
            ("states", self.tr("state with citizens"), self.tr("states with citizens")),
        )


@dataclass(frozen=True, slots=True)
class _Number:
    key: str
    value: int | None
    one: str
    many: str

    @property
    def label(self) -> str:
        return self.one if self.value == 1 else self.many

    @property
    def text(self) -> str:
        return words.DASH if self.value is None else words.number(self.value)


class NeedsCard(Card):
    """What needs a person: icon, fact, detail, age, one button. Signal: `page_asked(str)`."""

    page_asked = pyqtSignal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", flush=True)
        self.setObjectName("needs")
        self._shown: list[Need] | None = None
        title = self.tr("Needs a person today")
        self.setAccessibleName(title)
        heading = boxed(row(Label(theme, title, "heading"), self.caption, None, spacing=10, margins=(15, 11, 15, 11)))
        self.body.setSpacing(0)
        self.body.addWidget(heading)
        self.body.addWidget(line())
        self._rows = column(spacing=0)
        self.body.addLayout(self._rows)
        self.body.addStretch(1)

    def show_needs(self, needs: list[Need]) -> None:
        """Show what needs a person, or a quiet line. The same again changes nothing."""
        if needs == self._shown:
            return
        self._shown = needs
        _empty(self._rows)
        self.caption.setText(words.number(len(needs)) if needs else "")
        primary_given = False
        for position, need in enumerate(needs):
            if position:
                self._rows.addWidget(line())
            self._rows.addWidget(self._make_row(need, primary=not primary_given, number=position))
            primary_given = primary_given or bool(need.button)
        if not needs:
            quiet = Label(self._theme, self.tr("Nothing waits for a person."), tone="muted")
            self._rows.addWidget(boxed(row(quiet, None, margins=(16, 16, 16, 16))))

    def _make_row(self, need: Need, *, primary: bool, number: int) -> QWidget:
        theme = self._theme
        title = Label(theme, need.title, "strong", wrap=True)
        told = column(title, Label(theme, need.detail, tone="muted", wrap=True), spacing=3)
        content = row(IconLabel(theme, need.icon, tone=need.tone, size=18), told, spacing=14, margins=(16, 11, 16, 11))
        content.setStretch(1, 1)
        age = Label(theme, need.age, "caption")
        age.setFixedWidth(theme.px(92))
        content.addWidget(age)
        if need.button:
            button = Button(theme, need.button, name=f"need_{number}", variant="primary" if primary else "plain")
            button.setMinimumWidth(theme.px(124))
            button.clicked.connect(lambda: self.page_asked.emit(need.page))
            content.addWidget(button)
        return boxed(content)


class StateCard(Card):
    """HSM, database and audit log."""

    def __init__(self, theme: Theme) -> None:
        self._checked = Label(theme, "", "caption")
        super().__init__(theme, "", flush=True)
        self.setObjectName("vault_state")
        title = self.tr("State of the vault")
        self.setAccessibleName(title)
        self.setMinimumWidth(theme.px(_SIDE_LEAST))
        self.setMaximumWidth(theme.px(_SIDE_WIDTH))
        self.body.setSpacing(0)
        heading = row(Label(theme, title, "heading"), None, self._checked, margins=(15, 11, 15, 11))
        self.body.addWidget(boxed(heading))
        self.body.addWidget(line())
        self._rows: dict[str, StateRow] = {}
        for part in ("hsm", "database", "log"):
            if self._rows:
                self.body.addWidget(line())
            asked = self.tr("asking")
            self._rows[part] = StateRow(theme, part_words.name_of(part), " ", asked, icon="circle-dashed", tone="muted")
            self.body.addWidget(self._rows[part])
        self.body.addStretch(1)

    def show_facts(self, facts: OverviewFacts) -> None:
        """Show how the parts are."""
        self._checked.setText(self.tr("checked {time}").format(time=words.clock(facts.when)))
        for part in facts.parts:
            if part_words.is_up(part):
                good = self.tr("readable") if part.part == "log" else self.tr("ready")
                self._rows[part.part].set_state(part_words.detail_line(part), good, icon="circle-check", tone="success")
            else:
                self._rows[part.part].set_state(
                    part_words.detail_line(part), self.tr("not answering"), icon="octagon-alert", tone="danger"
                )


class PlacesCard(Card):
    """How many citizens live in each state, most first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", flush=True)
        self.setObjectName("places")
        title = self.tr("Citizens by state")
        self.setAccessibleName(title)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(16, 4, 16, 16)
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(6)
        for number in range(_STATE_COLUMNS):
            self._grid.setColumnStretch(number, 1)
        heading = row(Label(theme, title, "heading"), self.caption, None, spacing=10, margins=(15, 14, 15, 6))
        self.body.setSpacing(0)
        self.body.addLayout(heading)
        self.body.addLayout(self._grid)
        self.hide()

    def show_facts(self, facts: OverviewFacts) -> None:
        """Show the counts; nothing to count, no card."""
        counts = sorted((facts.by_state or {}).items(), key=lambda item: (-item[1], item[0]))[:_STATES_SHOWN]
        self.setVisible(bool(counts))
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        height = -(-len(counts) // _STATE_COLUMNS)
        most = counts[0][1] if counts else 1
        for position, (code, count) in enumerate(counts):
            name = facts.state_names.get(code, code)
            self._grid.addWidget(_StateCount(self._theme, name, count, most), position % height, position // height)


class _StateCount(QWidget):
    """A state, a bar and a number."""

    def __init__(self, theme: Theme, name: str, count: int, most: int) -> None:
        super().__init__()
        label = ElidedLabel(theme, name)
        label.setMinimumWidth(theme.px(90))
        number = Label(theme, words.number(count), tone="text2")
        number.setFixedWidth(theme.px(66))
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        content = row(label, _Bar(theme, count / most), number, spacing=10)
        content.setStretch(0, 3)
        content.setStretch(1, 2)
        self.setLayout(content)


class _Bar(QWidget):
    """A share of the longest bar, quiet: it is no progress."""

    def __init__(self, theme: Theme, share: float) -> None:
        super().__init__()
        self._theme = theme
        self._share = share
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.chart[0]))
        painter.drawRoundedRect(0, 0, max(6, round(self.width() * self._share)), 6, 3, 3)


def _long_date(when: datetime) -> str:
    day = words.indian().toString(when.astimezone(words.IST).date(), "dddd, d MMMM yyyy")
    return f"{day}{words.DOT}{words.clock(when)} IST"


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
