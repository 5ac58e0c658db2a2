"""The switch between System, Light, Dark and Contrast, as a menu under a quiet button."""

from functools import partial

from PyQt6.QtCore import QCoreApplication, QPoint, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget

from ui.theme.appearance import Appearance
from ui.theme.theme import Theme
from ui.widgets.button import Button


class AppearanceButton(Button):
    """Changes the theme at once. Signal: `appearance_changed(str)` with the value to save in the settings."""

    appearance_changed = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        words = QCoreApplication.translate("AppearanceButton", "Appearance")
        super().__init__(theme, words, name="appearance", variant="quiet", icon="sun-moon", parent=parent)
        self._dress = theme
        self.menu_ = QMenu(self)
        self.menu_.setObjectName("appearance_menu")
        self.menu_.setAccessibleName(words)
        group = QActionGroup(self.menu_)
        for appearance, text in _texts().items():
            action = QAction(text, self.menu_)
            action.setCheckable(True)
            action.setChecked(appearance is theme.appearance)
            action.triggered.connect(partial(self._choose, appearance))
            group.addAction(action)
            self.menu_.addAction(action)
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        for action, appearance in zip(self.menu_.actions(), _texts(), strict=True):
            action.setChecked(appearance is self._dress.appearance)
        above = QPoint(0, -self.menu_.sizeHint().height() - 4)
        self.menu_.popup(self.mapToGlobal(above))

    def _choose(self, appearance: Appearance, *_: object) -> None:
        self._dress.set_appearance(appearance)
        self.appearance_changed.emit(appearance.value)


def _texts() -> dict[Appearance, str]:
    return {
        Appearance.SYSTEM: QCoreApplication.translate("AppearanceButton", "System"),
        Appearance.LIGHT: QCoreApplication.translate("AppearanceButton", "Light"),
        Appearance.DARK: QCoreApplication.translate("AppearanceButton", "Dark"),
        Appearance.CONTRAST: QCoreApplication.translate("AppearanceButton", "Contrast"),
    }
