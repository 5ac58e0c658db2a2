"""An inbox: entries in groups, one chosen; each with an icon, a title, lines below it and an age at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.card import ScrollColumn
from ui.widgets.label import ElidedLabel, IconLabel, Label
from ui.widgets.layout import boxed, column, line, row

_BAR = 3  # px of accent at the left of the chosen entry


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One entry in words. `lines` stand below the title, `age` at its right."""

    key: str
    icon: str
    title: str
    lines: tuple[str, ...] = ()
    age: str = ""
    tone: Tone = "text2"


@dataclass(frozen=True, slots=True)
class InboxGroup:
    """Entries under one heading; `total` when there are more than are shown."""

    title: str
    items: tuple[InboxItem, ...]
    total: str = ""


class InboxEntry(QPushButton):
    """One entry; its words are labels, and its accessible name says them all."""

    def __init__(self, theme: Theme, item: InboxItem) -> None:
        super().__init__()
        self._theme = theme
        self.key = item.key
        self.setObjectName(f"inbox_{item.key}")
        self.setAccessibleName(", ".join([item.title, *item.lines, item.age]).removesuffix(", "))
        self.setProperty("kind", "inbox")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        icon = column(IconLabel(theme, item.icon, tone=item.tone, size=18), None)
        head = row(ElidedLabel(theme, item.title, "strong"), Label(theme, item.age, "caption"), spacing=8)
        head.setStretch(0, 1)
        below = [ElidedLabel(theme, text, "body", tone="text2") for text in item.lines]
        words = column(head, *below, spacing=2)
        content = row(icon, words, spacing=12, margins=(15, 9, 14, 9))
        content.setStretch(1, 1)
        self.setLayout(content)

    def sizeHint(self) -> QSize:
        """Return the height of the words."""
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.sizeHint()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave the arrow keys to the inbox: a button would only hand the focus on."""
        if event is not None and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw an accent bar at the left of the chosen entry."""
        super().paintEvent(event)
        if self.isChecked():
            QPainter(self).fillRect(0, 0, _BAR, self.height(), self._theme.colour("accent"))


class Inbox(ScrollColumn):
    """`show_groups(groups)`, `choose(key)`, `chosen`. Signal: `picked(str)`. Arrow keys move."""

    picked = pyqtSignal(str)

    def __init__(self, theme: Theme, *, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(spacing=0, parent=parent)
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.chosen = ""
        self._entries: dict[str, InboxEntry] = {}

    def show_groups(self, groups: Sequence[InboxGroup]) -> None:
        """Show other entries; the chosen one stays chosen where it is still there. Empty groups are left out."""
        focused = next((key for key, entry in self._entries.items() if entry.hasFocus()), None)
        self._entries = {}
        while (item := self.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for group in groups:
            if group.items:
                self._add(group)
        self.choose(self.chosen)
        if focused in self._entries:
            self._entries[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def choose(self, key: str) -> None:
        """Mark an entry."""
        self.chosen = key if key in self._entries else ""
        for other, entry in self._entries.items():
            entry.setChecked(other == self.chosen)

    def keys(self) -> list[str]:
        """Return the keys of the entries, as they stand."""
        return list(self._entries)

    def entry(self, key: str) -> InboxEntry:
        """Return one entry."""
        return self._entries[key]

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move between entries by arrow keys."""
        entries = list(self._entries.values())
        focused = [index for index, entry in enumerate(entries) if entry.hasFocus()]
        if event is not None and focused and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            following = entries[(focused[0] + step) % len(entries)]
            following.setFocus(Qt.FocusReason.TabFocusReason)
            self.ensureWidgetVisible(following)
            self._on_clicked(following.key)
        else:
            super().keyPressEvent(event)

    def _add(self, group: InboxGroup) -> None:
        total = Label(self._theme, group.total or str(len(group.items)), "caption")
        head = row(Label(self._theme, group.title, "group"), None, total, margins=(15, 12, 14, 7))
        self.body.addWidget(boxed(head))
        for item in group.items:
            entry = InboxEntry(self._theme, item)
            entry.clicked.connect(lambda _, key=item.key: self._on_clicked(key))
            self._entries[item.key] = entry
            self.body.addWidget(entry)
            self.body.addWidget(line())

    def _on_clicked(self, key: str) -> None:
        self.choose(key)
        self.picked.emit(key)
