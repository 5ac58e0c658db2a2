"""The tab Profile: what is held about a citizen, by category, masked until it is revealed for a purpose."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from core.audit.model import StoredEntry
from core.citizens.model import CATEGORY_OF, Category, CitizenProfile, CitizenRecord, Field
from ui.models import citizen_words
from ui.models.counted import counted
from ui.models.entry_words import fields_words
from ui.models.when import short
from ui.theme.theme import Theme
from ui.widgets.button import IconButton
from ui.widgets.card import ScrollColumn
from ui.widgets.facts import FactRow
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.secret_field import Revealed, SecretField

# Which categories stand under one heading, and which of those show one line while all is masked.
_SECTIONS: tuple[tuple[Category, ...], ...] = (
    (Category.IDENTITY,),
    (Category.CONTACT,),
    (Category.ADDRESS,),
    (Category.IDENTIFIERS,),
    (Category.ECONOMIC, Category.HOUSEHOLD),
)
_NAME_WIDTH = 88


class ProfileTab(ScrollColumn):
    """Signals: `reveal_asked(tuple[Field])` from an eye, `copy_asked(SecretField)` from a revealed value."""

    reveal_asked = pyqtSignal(tuple)
    copy_asked = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(spacing=0, margins=(19, 14, 19, 14))
        self._theme = theme
        self.setObjectName("profile")
        self.setAccessibleName(self.tr("Profile"))
        self.fields: dict[Field, SecretField] = {}
        self._folded: _FoldedSection | None = None
        self._sections = column(spacing=0)
        self._reads = _LastReads(theme)
        self.body.addLayout(self._sections)
        self.body.addWidget(self._reads)

    def show_citizen(self, record: CitizenRecord) -> None:
        """Show what is held, all of it masked; whatever was revealed before is gone."""
        self.clear()
        for categories in _SECTIONS:
            held = [field for field in record.fields_held if CATEGORY_OF[field] in categories]
            hashed = [name for name, value in _hashes(record).items() if value and Category.IDENTIFIERS in categories]
            if held or hashed:
                self._add_section(categories, held, hashed)

    def clear(self) -> None:
        """Forget the citizen: values at once, widgets with them."""
        self.mask_values()
        self.fields = {}
        self._folded = None
        _empty(self._sections)
        self._reads.show_entries((), None)

    def record_fields(self, asked: Iterable[Field]) -> None:
        """Say that the intent is being written for these fields."""
        for field in asked:
            self.fields[field].record()
        if self._folded is not None:
            self._folded.refresh()

    def reveal(self, profile: CitizenProfile, seconds: float) -> None:
        """Show released values for their time."""
        for field, value in profile.values.items():
            text = citizen_words.value_text(field, value)
            purpose = citizen_words.purpose_word(profile.purpose.value)
            self.fields[field].reveal(Revealed(text, purpose, profile.entry, seconds))
        if self._folded is not None:
            self._folded.refresh()

    def mask_values(self, only: Iterable[Field] | None = None) -> None:
        """Mask everything, or only some fields; values are dropped."""
        for field in self.fields if only is None else only:
            self.fields[field].mask_value()
        if self._folded is not None:
            self._folded.refresh()

    def show_reads(self, entries: Sequence[StoredEntry], now: datetime) -> None:
        """Show who read last."""
        self._reads.show_entries(entries, now)

    def _add_section(self, categories: tuple[Category, ...], held: Sequence[Field], hashed: Sequence[str]) -> None:
        if self._sections.count():
            self._sections.addSpacing(9)
            self._sections.addWidget(line())
            self._sections.addSpacing(8)
        heading = _heading(categories)
        self._sections.addWidget(Label(self._theme, heading, "strong"))
        self._sections.addSpacing(1)
        pieces = [self._make_field(field) for field in held]
        if len(categories) > 1:
            self._folded = _FoldedSection(self._theme, heading, pieces)
            self._folded.reveal_asked.connect(lambda: self.reveal_asked.emit(tuple(held)))
            self._sections.addWidget(self._folded)
        else:
            for piece in pieces:
                self._sections.addWidget(piece)
        for name in hashed:
            words = self.tr("Held as a keyed hash; it cannot be shown")
            fact = FactRow(self._theme, citizen_words.field_word(name), words, tone="muted", name_width=_NAME_WIDTH)
            self._sections.addWidget(boxed(column(fact, margins=(0, 5, 0, 5))))

    def _make_field(self, field: Field) -> SecretField:
        piece = SecretField(self._theme, citizen_words.field_word(field.value), name=f"field_{field.value}")
        piece.reveal_asked.connect(lambda: self.reveal_asked.emit((field,)))
        piece.copy_asked.connect(lambda: self.copy_asked.emit(piece))
        self.fields[field] = piece
        return piece


class _FoldedSection(QWidget):
    """Several fields behind one line ("6 fields, masked") until some of them are shown."""

    reveal_asked = pyqtSignal()

    def __init__(self, theme: Theme, heading: str, pieces: Sequence[SecretField]) -> None:
        super().__init__()
        self._pieces = pieces
        self._words = Label(theme, "", tone="muted")
        meaning = self.tr("Reveal {group}…").format(group=heading)
        self._eye = IconButton(theme, "eye", meaning, name="field_group_eye")
        self._eye.clicked.connect(self.reveal_asked)
        summary = boxed(row(self._words, None, self._eye))
        summary.setMinimumHeight(theme.px(29))
        self.setLayout(column(summary, *pieces, spacing=0))
        for piece in pieces:
            piece.masked.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the fields that are not masked, and count the others."""
        masked = 0
        for piece in self._pieces:
            is_masked = piece.state.value == "masked"
            masked += is_masked
            piece.setVisible(not is_masked)
        self._words.setText(counted(masked, self.tr("{n} field, masked"), self.tr("{n} fields, masked")))
        summary = self._words.parentWidget()
        if summary is not None:
            summary.setVisible(masked > 0)


class _LastReads(QWidget):
    """Who read last: from the audit log."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: QVBoxLayout = column(spacing=6)
        heading = Label(theme, self.tr("Last reads"), "strong")
        self.setLayout(column(9, line(), 8, heading, 6, self._rows, spacing=0))
        self.hide()

    def show_entries(self, entries: Sequence[StoredEntry], now: datetime | None) -> None:
        """Show entries of `citizen:profile`, newest first."""
        _empty(self._rows)
        for entry in entries:
            when = Label(self._theme, "" if now is None else short(entry.time, now), "caption")
            when.setFixedWidth(self._theme.px(_NAME_WIDTH))
            who = Label(self._theme, entry.operator)
            what = Label(self._theme, fields_words(entry.detail.get("fields")), "caption")
            self._rows.addLayout(row(when, who, None, what))
        self.setVisible(now is not None and bool(entries))


def _heading(categories: tuple[Category, ...]) -> str:
    return (
        citizen_words.category_word(categories[0]) if len(categories) == 1 else citizen_words.economic_and_household()
    )


def _hashes(record: CitizenRecord) -> dict[str, str | None]:
    return {"aadhaar": record.aadhaar_hash, "pan": record.pan_hash}


def _empty(layout: QVBoxLayout) -> None:
    """Delete what stands in a layout, layouts inside it too."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            while (inside := inner.takeAt(0)) is not None:
                if (child := inside.widget()) is not None:
                    child.hide()
                    child.deleteLater()
