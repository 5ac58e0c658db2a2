"""Navigation: mark and vault, the find box, then the pages in groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QCoreApplication, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.label import IconLabel, Label, MarkLabel, wear
from ui.widgets.layout import column, row

WIDTH = 200

Group = Literal["", "vault", "assurance", "security"]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page that the frame offers. `factory` builds it when it is first opened.

    `keywords` are other words under which Ctrl+K finds it.
    """

    key: str
    title: str
    icon: str
    group: Group
    factory: Callable[[], QWidget]
    keywords: tuple[str, ...] = ()


class NavEntry(QPushButton):
    """One page in the navigation: badge for items that wait for you, triangle for an open finding."""

    def __init__(self, theme: Theme, entry: PageEntry, parent: QWidget | None = None) -> None:
        super().__init__(entry.title.replace("&", "&&"), parent)
        self._theme = theme
        self._entry = entry
        self.setObjectName(f"nav_{entry.key}")
        self.setAccessibleName(entry.title)
        self.setProperty("kind", "navigation")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._badge = Label(theme, "", "group", tone="on_accent")
        self._badge.setProperty("kind", "badge")
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.hide()
        finding = QCoreApplication.translate("NavEntry", "A finding is open")
        self._finding = IconLabel(theme, "triangle-alert", tone="warning", size=14, meaning=finding)
        self._finding.hide()
        self.setLayout(row(None, self._finding, self._badge, spacing=6, margins=(0, 0, 8, 0)))
        self.toggled.connect(self._on_changed)
        theme.changed.connect(self._on_changed)
        self._on_changed()

    def set_badge(self, count: int) -> None:
        """Show how many items wait; 0 hides it."""
        self._badge.setText(words.number(count))
        self._badge.setVisible(count > 0)
        waits = QCoreApplication.translate("NavEntry", "{title}, {n} waiting")
        name = waits.format(title=self._entry.title, n=words.number(count)) if count else self._entry.title
        self.setAccessibleName(name)

    def set_finding(self, *, is_open: bool) -> None:
        """Show or hide the triangle."""
        self._finding.setVisible(is_open)

    def sizeHint(self) -> QSize:
        """Return the height of a navigation entry, whatever its badge."""
        return QSize(super().sizeHint().width(), self._theme.px(30))

    def _on_changed(self) -> None:
        tone: Tone = "accent" if self.isChecked() else "text2"
        role: Role = "strong" if self.isChecked() else "button"
        wear(self, self._theme.font(role))
        self._badge.setFixedHeight(self._theme.px(18))
        self._badge.setMinimumWidth(self._theme.px(20))
        self.setIcon(self._theme.icon(self._entry.icon, tone, pad=6))
        side = self._theme.px(16)
        self.setIconSize(QSize(side + self._theme.px(6), side))


class Sidebar(QFrame):
    """The navigation. Signals: `page_chosen(str)` with the key, `find_asked` from the find box."""

    page_chosen = pyqtSignal(str)
    find_asked = pyqtSignal()

    def __init__(self, theme: Theme, pages: Sequence[PageEntry], vault: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("navigation")
        self.setAccessibleName(self.tr("Navigation"))
        self.setProperty("kind", "sidebar")
        self._entries: dict[str, NavEntry] = {}
        self._vault = Label(theme, vault, "caption")
        names = column(Label(theme, self.tr("Citizen Zero"), "strong"), self._vault, spacing=0)
        head = row(MarkLabel(theme, 28), names, None, spacing=10, margins=(4, 0, 0, 0))
        self._list = column(spacing=0)
        layout = column(head, 12, self._make_find_box(), 10, self._list, None, spacing=0, margins=(10, 12, 10, 12))
        self.setLayout(layout)
        self.set_pages(pages)
        self._on_changed()
        theme.changed.connect(self._on_changed)

    def set_pages(self, pages: Sequence[PageEntry]) -> None:
        """Offer other pages: those that the operator's role may use."""
        self._entries = {}
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # it is deleted later, and must not be seen or tabbed to until then
                widget.deleteLater()
        for group, title in self._groups().items():
            entries = [entry for entry in pages if entry.group == group]
            if not entries:
                continue
            if title:
                self._list.addSpacing(10)
                label = Label(self._theme, title, "group")
                label.setIndent(8)
                self._list.addWidget(label)
                self._list.addSpacing(3)
            for entry in entries:
                self._list.addWidget(self._make_entry(entry))
                self._list.addSpacing(1)

    def set_vault(self, vault: str) -> None:
        """Say which vault this is ("National vault · live")."""
        self._vault.setText(vault)

    def show_current(self, key: str) -> None:
        """Mark the page that is open."""
        for other, entry in self._entries.items():
            entry.setChecked(other == key)

    def entry(self, key: str) -> NavEntry:
        """Return the entry of a page, for its badge or triangle."""
        return self._entries[key]

    def focus_current(self) -> None:
        """Take the keyboard to the entry of the open page."""
        for entry in self._entries.values():
            if entry.isChecked():
                entry.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move between entries by arrow keys."""
        if event is not None and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            entries = list(self._entries.values())
            focused = [index for index, entry in enumerate(entries) if entry.hasFocus()]
            if focused:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                entries[(focused[0] + step) % len(entries)].setFocus(Qt.FocusReason.TabFocusReason)
                return
        super().keyPressEvent(event)

    def _groups(self) -> dict[Group, str]:
        return {
            "": "",
            "vault": self.tr("Vault"),
            "assurance": self.tr("Assurance"),
            "security": self.tr("Security"),
        }

    def _make_entry(self, entry: PageEntry) -> NavEntry:
        button = NavEntry(self._theme, entry)
        button.clicked.connect(lambda: self._on_clicked(entry.key))
        self._entries[entry.key] = button
        return button

    def _on_clicked(self, key: str) -> None:
        self._entries[key].setChecked(True)  # a click on the open page must not uncheck it
        self.page_chosen.emit(key)

    def _make_find_box(self) -> QPushButton:
        box = QPushButton()
        box.setObjectName("find")
        box.setAccessibleName(self.tr("Find or go to"))
        box.setProperty("kind", "find")
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.clicked.connect(self.find_asked)
        hint = Label(self._theme, self.tr("Find or go to…"), tone="muted")
        keys = Label(self._theme, self.tr("Ctrl K"), "caption")
        icon = IconLabel(self._theme, "search", tone="muted")
        box.setLayout(row(icon, 2, hint, None, keys, spacing=4, margins=(8, 0, 8, 0)))
        return box

    def _on_changed(self) -> None:
        self.setFixedWidth(self._theme.px(WIDTH))
