"""Choices of which one always holds: a segmented control, and the tabs of a detail card."""

from collections.abc import Iterable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QButtonGroup, QFrame, QPushButton, QSizePolicy, QStackedWidget, QTabBar, QWidget

from ui.theme.theme import Theme
from ui.widgets.inputs import Choice
from ui.widgets.label import wear
from ui.widgets.layout import column, line, row


class Segmented(QFrame):
    """Two to four choices side by side. Signal `picked(str)`. Arrow keys move, as in a radio group."""

    picked = pyqtSignal(str)

    def __init__(
        self, theme: Theme, choices: Iterable[Choice], *, name: str, meaning: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setProperty("kind", "segments")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for choice in choices:
            button = QPushButton(choice.text)
            button.setProperty("kind", "segment")
            button.setCheckable(True)
            button.setObjectName(f"{name}_{choice.value}")
            button.setAccessibleName(f"{meaning}: {choice.text}")
            self._group.addButton(button)
            self._buttons[choice.value] = button
        self.setLayout(row(*self._buttons.values(), spacing=0, margins=(2, 2, 2, 2)))
        self._group.buttonClicked.connect(lambda _: self.picked.emit(self.value()))
        self._group.buttonToggled.connect(self._on_toggled)
        next(iter(self._buttons.values())).setChecked(True)
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def value(self) -> str:
        """Return the value of the choice that holds."""
        return next(value for value, button in self._buttons.items() if button.isChecked())

    def set_value(self, value: str) -> None:
        """Choose without a signal."""
        self._buttons[value].setChecked(True)

    def _on_toggled(self, *_: object) -> None:
        self._on_scaled()

    def _on_scaled(self) -> None:
        for button in self._buttons.values():
            wear(button, self._theme.font("small"))


class Tabs(QWidget):
    """The tabs of a detail card, over a line: `tabs.add(key, text, page)`. Signal `opened(str)` with the key."""

    opened = pyqtSignal(str)

    def __init__(self, theme: Theme, *, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._keys: list[str] = []
        self.bar = _TabBar()
        self.bar.setObjectName(name)
        self.bar.setAccessibleName(meaning)
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(False)
        self.bar.setElideMode(Qt.TextElideMode.ElideNone)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pages = QStackedWidget()
        self.setLayout(column(row(self.bar, None, margins=(19, 0, 0, 0)), line(), self.pages, spacing=0))
        self.bar.currentChanged.connect(self._on_current_changed)
        self._on_scaled()
        theme.scaled.connect(self._on_scaled)

    def add(self, key: str, text: str, page: QWidget) -> None:
        """Add a tab and what it shows."""
        self._keys.append(key)
        self.pages.addWidget(page)
        self.bar.addTab(text)

    def current(self) -> str:
        """Return the key of the open tab."""
        return self._keys[self.bar.currentIndex()]

    def open(self, key: str) -> None:
        """Open a tab."""
        self.bar.setCurrentIndex(self._keys.index(key))

    def _on_current_changed(self, index: int) -> None:
        self.pages.setCurrentIndex(index)
        if 0 <= index < len(self._keys):
            self.opened.emit(self._keys[index])

    def _on_scaled(self) -> None:
        wear(self.bar, self._theme.font("button"))


class _TabBar(QTabBar):
    """A tab bar in which Home and End work too."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move by Home and End; the arrows are Qt's."""
        if event is not None and event.key() == Qt.Key.Key_Home:
            self.setCurrentIndex(0)
        elif event is not None and event.key() == Qt.Key.Key_End:
            self.setCurrentIndex(self.count() - 1)
        else:
            super().keyPressEvent(event)
