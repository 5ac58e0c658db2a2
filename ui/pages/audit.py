"""The page Audit: the log's entries, newest first, and whether the log is whole. Read only."""

from dataclasses import replace

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QStackedWidget, QWidget

from core.access.model import Permission
from core.audit.checking import LogVerdict
from core.audit.model import Action, EntryFilter, Outcome, StoredEntry
from ui.error_report import said
from ui.models.counted import counted
from ui.models.entry_table import PAGE, EntryTableModel
from ui.models.entry_words import outcome_word
from ui.models.vault import Desk
from ui.models.widths import shared
from ui.widgets import words
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.inputs import Choice, ComboInput
from ui.widgets.label import Label
from ui.widgets.layout import boxed, line, row
from ui.widgets.page import Page

# px a column: entry, time, operator, action, citizen, purpose, outcome; and who gets what is left over.
_WIDTHS = (76, 164, 126, 154, 146, 140, 92)
_SPREAD = (0, 1, 2, 1, 4, 2, 0)
_AROUND = 12  # the card's border and the scroll bar


class _EntriesCard(Card):
    """A card whose table shares its width."""

    table: DataTable | None = None

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width among the columns."""
        super().resizeEvent(event)
        if self.table is not None:
            room = round((self.width() - _AROUND) / self._theme.text_scale)
            self.table.set_widths(*shared(room, _WIDTHS, _SPREAD))


class AuditPage(Page):
    """`verify()` reads the whole log. Signal: `citizen_asked(str)` when an entry about a citizen is opened."""

    citizen_asked = pyqtSignal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", name="page_audit")
        title = self.tr("Audit")
        self.header.title.setText(title)
        self.setAccessibleName(title)
        self._desk = desk
        self._wanted = EntryFilter()
        self._round = 0
        self._operators: set[str] = set()
        theme = desk.theme
        self.verify_button = Button(theme, self.tr("Verify now"), name="verify", variant="primary", icon="shield-check")
        self.verify_button.clicked.connect(self.verify)
        self.header.add_action(self.verify_button)
        self._allowed = desk.may(Permission.AUDIT_READ)
        if not self._allowed:
            self.verify_button.hide()
            none = EmptyState(theme, "scroll-text", self.tr("Audit log"), self.tr("Your role does not read the log."))
            self.body.addWidget(none, 1)
            return
        self.verdict = Banner(theme, "success", " ", " ", name="verdict")
        self.verdict.hide()
        self.body.addWidget(self.verdict)
        self.model = EntryTableModel(desk.vault.now, self)
        self.model.more_wanted.connect(self._on_more_wanted)
        self.body.addWidget(self._make_card(), 1)

    def shown(self) -> None:
        """Read the newest entries."""
        if self._allowed:
            self.reload()

    def reload(self) -> None:
        """Read the newest entries that fit."""
        self._desk.tasks.start(self._load(), retry=self.reload)

    def verify(self) -> None:
        """Read the whole log and say whether it is whole."""
        if self._allowed and self.verify_button.isEnabled():
            self._desk.tasks.start(self._verify(), retry=self.verify)

    async def _load(self) -> None:
        self._round += 1
        mine = self._round
        entries = await self._search(self._wanted)
        if mine == self._round:
            self.model.show_entries(entries, more=len(entries) == PAGE)
            self._show_operators(entries)
            self._show_count()
            self._stack.setCurrentIndex(0 if entries else 1)

    async def _load_older(self, before: int) -> None:
        mine = self._round
        entries = await self._search(replace(self._wanted, before=before))
        if mine == self._round:
            self.model.add_older(entries, more=len(entries) == PAGE)
            self._show_operators(entries)
            self._show_count()

    async def _search(self, wanted: EntryFilter) -> list[StoredEntry]:
        desk = self._desk
        return await desk.tasks.query(lambda: desk.log.search(desk.session, wanted, PAGE))

    async def _verify(self) -> None:
        desk = self._desk
        self.verify_button.setEnabled(False)
        self.verify_button.set_text(self.tr("Verifying…"))
        try:
            verdict = await desk.tasks.query(lambda: desk.log.verify(desk.session))
        finally:
            self.verify_button.setEnabled(True)
            self.verify_button.set_text(self.tr("Verify now"))
        self._show_verdict(verdict)
        self.reload()

    def _show_verdict(self, verdict: LogVerdict) -> None:
        when = words.moment(self._desk.vault.now())
        if verdict.first_bad is None:
            read = self.tr("{n} entries read, in order and without gaps, each as the console wrote it. {when}")
            text = read.format(n=words.number(verdict.entries), when=when)
            self.verdict.set_words(self.tr("The log is whole."), text, kind="success")
        else:
            bad = self.tr("The log has been changed. First bad entry: {n}.")
            problem = said(verdict.problem or self.tr("it is not what the console wrote")).removesuffix(".")
            text = self.tr("What was found: {problem}. From this entry on the log cannot be relied on. {when}")
            self.verdict.set_words(
                bad.format(n=words.number(verdict.first_bad)), text.format(problem=problem, when=when), kind="danger"
            )
        self.verdict.show()

    # --- the list ----------------------------------------------------------------------------------

    def _make_card(self) -> Card:
        theme = self.theme
        card = _EntriesCard(theme, flush=True)
        card.body.setSpacing(0)
        heading = Label(theme, self.tr("Entries"), "heading")
        self._caption = Label(theme, self.tr("newest first"), "caption")
        card.body.addWidget(
            boxed(row(heading, self._caption, None, *self._make_filters(), spacing=8, margins=(15, 10, 12, 10)))
        )
        card.body.addWidget(line())
        self.table = DataTable(theme, name="entries", meaning=self.tr("Audit entries"))
        self.table.setModel(self.model)
        self.table.row_opened.connect(self._on_opened)
        card.table = self.table
        none = EmptyState(
            theme, "scroll-text", self.tr("No entry fits"), self.tr("Take a filter away to see more."), name="no_entry"
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(none)
        card.body.addWidget(self._stack, 1)
        self._count = Label(theme, "", "caption")
        card.set_footer(Label(theme, self.tr("Times in IST; the log keeps UTC"), "caption"), None, self._count)
        return card

    def _make_filters(self) -> tuple[QWidget, ...]:
        theme = self.theme
        operators = [Choice("", self.tr("Operator: any"))]
        actions = [Choice("", self.tr("Action: any")), *(Choice(action.value, action.value) for action in Action)]
        outcomes = [Choice("", self.tr("Outcome: any"))]
        outcomes += [Choice(outcome.value, outcome_word(outcome.value)) for outcome in Outcome]
        self.operator = ComboInput(theme, operators, name="entry_operator", meaning=self.tr("Operator"))
        self.action = ComboInput(theme, actions, name="entry_action", meaning=self.tr("Action"))
        self.outcome = ComboInput(theme, outcomes, name="entry_outcome", meaning=self.tr("Outcome"))
        for combo in (self.operator, self.action, self.outcome):
            combo.picked.connect(lambda _: self._on_filter_changed())
        return self.operator, self.action, self.outcome

    def _on_filter_changed(self) -> None:
        self._wanted = EntryFilter(
            operator=self.operator.value() or None,
            action=self.action.value() or None,
            outcome=self.outcome.value() or None,
        )
        self.reload()

    def _on_more_wanted(self, before: int) -> None:
        self._desk.tasks.start(self._load_older(before))

    def _on_opened(self, index: QModelIndex) -> None:
        token = self.model.entries[index.row()].identity_token
        if token:
            self.citizen_asked.emit(token)

    def _show_operators(self, entries: list[StoredEntry]) -> None:
        """Offer the operators that were met."""
        for name in sorted({entry.operator for entry in entries} - self._operators):
            self._operators.add(name)
            self.operator.addItem(name, name)

    def _show_count(self) -> None:
        shown = self.model.rowCount()
        self._count.setText(counted(shown, self.tr("{n} entry shown"), self.tr("{n} entries shown")))
