"""What the list of citizens is cut down to: the panel behind Filters, and the chips beside the search."""

from collections.abc import Mapping
from dataclasses import replace

from PyQt6.QtCore import QEvent, QObject, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QApplication, QFrame, QWidget

from core.citizens.model import CitizenFilter, CitizenRole, CitizenStatus, VerificationLevel
from ui.models import citizen_words
from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.field import ComboField, TextField
from ui.widgets.inputs import Choice
from ui.widgets.label import Label
from ui.widgets.layout import column, row

_WIDTH = 320
NAMES = ("state", "district", "role", "level", "status")


def chip_text(name: str, wanted: CitizenFilter, states: Mapping[str, str]) -> str:
    """Return what a chip says about one filter: `State: Karnataka`."""
    translate = QApplication.translate
    match name:
        case "state":
            code = wanted.state or ""
            return translate("Filters", "State: {value}").format(value=states.get(code, code))
        case "district":
            return translate("Filters", "District: {value}").format(value=wanted.district or "")
        case "role":
            return translate("Filters", "Role: {value}").format(
                value=citizen_words.role_word(wanted.role or CitizenRole.CITIZEN)
            )
        case "level":
            level = wanted.level or VerificationLevel.UNVERIFIED
            return translate("Filters", "Level: {value}").format(value=citizen_words.level_word(level).lower())
        case _:
            status = wanted.status or CitizenStatus.ACTIVE
            return translate("Filters", "Status: {value}").format(value=citizen_words.status_word(status).lower())


class FiltersPanel(QFrame):
    """Lies over the page below its button while it is open. Signal: `changed(CitizenFilter)`, at once.

    Esc, a click outside or the button again close it.
    """

    changed = pyqtSignal(object)

    def __init__(self, theme: Theme, button: QWidget, states: Mapping[str, str]) -> None:
        super().__init__(None)
        self._theme = theme
        self._button = button
        self._wanted = CitizenFilter()
        self.setObjectName("filters_panel")
        self.setAccessibleName(self.tr("Filters"))
        self.setProperty("kind", "dialog")
        anything = Choice("", self.tr("Any"))
        named = [Choice(code, name) for code, name in states.items()]
        self.state = ComboField(theme, self.tr("State"), [anything, *named], name="filter_state")
        self.district = TextField(theme, self.tr("District"), name="filter_district", helper=self.tr("Whole name"))
        roles = [Choice(role.value, citizen_words.role_title(role)) for role in CitizenRole]
        self.role = ComboField(theme, self.tr("Role"), [anything, *roles], name="filter_role")
        levels = [Choice(level.value, citizen_words.level_phrase(level)) for level in VerificationLevel]
        self.level = ComboField(theme, self.tr("Verification level"), [anything, *levels], name="filter_level")
        kinds = [Choice(status.value, citizen_words.status_word(status)) for status in CitizenStatus]
        self.status = ComboField(theme, self.tr("Status"), [anything, *kinds], name="filter_status")
        self._clear = Button(theme, self.tr("Clear all"), name="filters_clear", variant="link")
        self._clear.clicked.connect(lambda: self._set(CitizenFilter()))
        for combo in (self.state, self.role, self.level, self.status):
            combo.picked.connect(lambda _: self._read())
        self.district.submitted.connect(self._read)
        self.district.editor.editingFinished.connect(self._read)
        head = row(Label(theme, self.tr("Show only"), "strong"), None, self._clear)
        fields = (self.state, self.district, self.role, self.level, self.status)
        self.setLayout(column(head, *fields, spacing=10, margins=(16, 12, 16, 16)))
        self.hide()

    def show_filter(self, wanted: CitizenFilter) -> None:
        """Show a filter that was changed elsewhere (a chip taken away)."""
        self._wanted = wanted
        self.state.set_value(wanted.state or "")
        self.district.set_text(wanted.district or "")
        self.role.set_value(wanted.role.value if wanted.role else "")
        self.level.set_value(wanted.level.value if wanted.level else "")
        self.status.set_value(wanted.status.value if wanted.status else "")
        self._clear.setEnabled(bool(wanted.named()))

    def open(self) -> None:
        """Come up below the button."""
        window = self._button.window()
        if window is None:
            return
        self.setParent(window)
        layout = self.layout()
        height = 200 if layout is None else layout.totalSizeHint().height()
        width = self._theme.px(_WIDTH)
        corner = self._button.mapTo(window, QPoint(self._button.width() - width, self._button.height() + 6))
        self.setGeometry(max(corner.x(), 8), corner.y(), width, height)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self.show()
        self.raise_()
        self.state.editor.setFocus(Qt.FocusReason.TabFocusReason)

    def close_quietly(self) -> None:
        """Go; the keyboard returns to the button."""
        if self.isHidden():
            return
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        inside = QApplication.focusWidget()
        self.hide()
        if inside is not None and self.isAncestorOf(inside):
            self._button.setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Close on a click elsewhere in the window; the lists of the combo boxes are windows of their own."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            elsewhere = isinstance(watched, QWidget) and watched.window() is self.window()
            mine = isinstance(watched, QWidget) and (watched is self or self.isAncestorOf(watched))
            if elsewhere and not mine and watched is not self._button:
                self.close_quietly()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close by Esc."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_quietly()
        elif event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._read()
        else:
            super().keyPressEvent(event)

    def _read(self) -> None:
        role, level, status = self.role.value(), self.level.value(), self.status.value()
        self._set(
            CitizenFilter(
                state=self.state.value() or None,
                district=" ".join(self.district.text().split()) or None,
                role=CitizenRole(role) if role else None,
                level=VerificationLevel(level) if level else None,
                status=CitizenStatus(status) if status else None,
            )
        )

    def _set(self, wanted: CitizenFilter) -> None:
        if wanted == self._wanted:
            return
        self.show_filter(wanted)
        self.changed.emit(wanted)


def without(wanted: CitizenFilter, name: str) -> CitizenFilter:
    """Return a filter without one of its columns."""
    return replace(wanted, **{name: None})
