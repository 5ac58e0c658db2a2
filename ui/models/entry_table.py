"""The table of audit entries, newest first; older ones are read as one scrolls down."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PyQt6.QtCore import QCoreApplication, QModelIndex, QObject, pyqtSignal

from core.audit.model import StoredEntry
from ui.models import citizen_words
from ui.models.entry_words import outcome_look, outcome_word
from ui.widgets import words
from ui.widgets.cell_model import Cell, CellModel, Column

PAGE = 200


class EntryTableModel(CellModel):
    """`show_entries(entries, more)`; Signal `more_wanted(int)` with the index before which older entries are wanted."""

    more_wanted = pyqtSignal(int)

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)
        self._now = now
        self.entries: list[StoredEntry] = []
        self._cells: list[tuple[Cell, ...]] = []
        self._more = False
        self._asked = False

    def show_entries(self, entries: Sequence[StoredEntry], *, more: bool) -> None:
        """Show other entries."""
        self.beginResetModel()
        self.entries = list(entries)
        self._cells = [self._make_cells(entry) for entry in entries]
        self._more, self._asked = more, False
        self.endResetModel()

    def add_older(self, entries: Sequence[StoredEntry], *, more: bool) -> None:
        """Add older ones below."""
        first = len(self.entries)
        self._more, self._asked = more, False
        if entries:
            self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
            self.entries += entries
            self._cells += [self._make_cells(entry) for entry in entries]
            self.endInsertRows()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.entries)

    def cell(self, row: int, column: int) -> Cell:
        """Return what one cell shows."""
        return self._cells[row][column]

    def canFetchMore(self, parent: QModelIndex) -> bool:
        """Tell Qt whether there are older entries."""
        return not parent.isValid() and self._more and not self._asked

    def fetchMore(self, parent: QModelIndex) -> None:
        """Ask for older entries; they come later."""
        if not parent.isValid() and self.entries and not self._asked:
            self._asked = True
            self.more_wanted.emit(self.entries[-1].index)

    def _make_cells(self, entry: StoredEntry) -> tuple[Cell, ...]:
        icon, tone = outcome_look(entry.outcome)
        local, today = entry.time.astimezone(words.IST), self._now().astimezone(words.IST)
        clock = words.clock(entry.time, seconds=True)
        when = clock if local.date() == today.date() else f"{words.date(entry.time)}, {clock}"
        token = entry.identity_token
        return (
            Cell(words.number(entry.index), tone="muted"),
            Cell(when),
            Cell(entry.operator),
            Cell(entry.action),
            Cell(token, tip=token) if token else Cell(words.DASH, tone="muted"),
            Cell(citizen_words.purpose_word(entry.purpose)) if entry.purpose else Cell(words.DASH, tone="muted"),
            Cell(outcome_word(entry.outcome), icon, tone),
        )


def _columns() -> tuple[Column, ...]:
    return (
        Column(QCoreApplication.translate("EntryTable", "Entry"), numeric=True),
        Column(QCoreApplication.translate("EntryTable", "Time")),
        Column(QCoreApplication.translate("EntryTable", "Operator")),
        Column(QCoreApplication.translate("EntryTable", "Action"), mono=True),
        Column(QCoreApplication.translate("EntryTable", "Citizen"), mono=True),
        Column(QCoreApplication.translate("EntryTable", "Purpose")),
        Column(QCoreApplication.translate("EntryTable", "Outcome")),
    )
