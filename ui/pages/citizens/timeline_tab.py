"""The tab Timeline: what the audit log says about one citizen, newest first, in plain words."""

from collections.abc import Sequence
from datetime import datetime

from PyQt6.QtWidgets import QWidget

from core.audit.model import Action, Outcome, StoredEntry
from ui.models import citizen_words
from ui.models.entry_words import action_words, outcome_look
from ui.models.when import short
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.card import ScrollColumn
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, line, row

SHOWN = 100
_ICONS: dict[str, str] = {
    Action.CITIZEN_ENROL: "user-plus",
    Action.CITIZEN_SHOW: "file-text",
    Action.CITIZEN_PROFILE: "eye",
    Action.CITIZEN_UPDATE: "pencil",
    Action.CITIZEN_ROLES: "users",
    Action.CITIZEN_VERIFY_LEVEL: "badge-check",
}


class TimelineTab(ScrollColumn):
    """`show_entries(entries, now)`; `say(words)` while there are none to show."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(spacing=0, margins=(19, 10, 19, 14))
        self._theme = theme
        self.setObjectName("timeline")
        self.setAccessibleName(self.tr("Timeline"))

    def say(self, text: str) -> None:
        """Show a quiet line instead of entries."""
        self._clear()
        if text:
            self.body.addWidget(Label(self._theme, text, tone="muted", wrap=True))

    def show_entries(self, entries: Sequence[StoredEntry], now: datetime) -> None:
        """Show entries, newest first; an outcome that only repeats its intent is left out."""
        self._clear()
        told = [entry for entry in entries if not _repeats(entry)]
        for position, entry in enumerate(told):
            if position:
                self.body.addWidget(line(hair=True))
            self.body.addWidget(self._make_row(entry, now))
        if not told:
            self.say(self.tr("The log holds nothing about this citizen."))

    def _make_row(self, entry: StoredEntry, now: datetime) -> QWidget:
        icon, tone = _look(entry)
        title = Label(self._theme, action_words(entry), "button", tone=tone, wrap=True)
        parts = [entry.operator]
        if entry.purpose:
            parts.append(citizen_words.purpose_word(entry.purpose))
        parts.append(self.tr("entry {n}").format(n=words.number(entry.index)))
        below = column(Label(self._theme, words.DOT.join(parts), "caption", wrap=True), spacing=2)
        if entry.reason:
            below.addWidget(Label(self._theme, entry.reason, "caption", tone="text2", wrap=True))
        when = Label(self._theme, short(entry.time, now), "caption")
        sign = IconLabel(self._theme, icon, tone="muted" if tone == "text" else tone)
        head = row(title, when, spacing=8)
        head.setStretch(0, 1)
        content = row(column(sign, None, spacing=0), column(head, below, spacing=2), spacing=10, margins=(0, 8, 0, 8))
        content.setStretch(1, 1)
        return boxed(content)

    def _clear(self) -> None:
        while (item := self.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def _repeats(entry: StoredEntry) -> bool:
    """Tell whether the entry's intent, or the change itself, says the same."""
    reveal_done = entry.action == Action.CITIZEN_PROFILE and entry.outcome == Outcome.DONE
    change_begun = entry.action == Action.CITIZEN_UPDATE and entry.outcome == Outcome.INTENT
    return reveal_done or change_begun


def _look(entry: StoredEntry) -> tuple[str, Tone]:
    if entry.outcome in {Outcome.REFUSED, Outcome.FAILED}:
        return outcome_look(entry.outcome)
    return _ICONS.get(entry.action, "circle-dot"), "text"
