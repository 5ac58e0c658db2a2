"""One citizen in detail: token, chips, tabs, actions. It shows what the page gives it and asks nothing itself."""

from collections.abc import Mapping

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QWidget

from core.access.model import Permission
from core.citizens.model import CitizenRecord, CitizenStatus
from ui.models import citizen_words
from ui.models.vault import Desk
from ui.pages.citizens.keys_tab import KeysTab
from ui.pages.citizens.profile_tab import ProfileTab
from ui.pages.citizens.roles_tab import RolesTab
from ui.pages.citizens.timeline_tab import TimelineTab
from ui.widgets.banner import Banner
from ui.widgets.button import Button, IconButton
from ui.widgets.card import Card
from ui.widgets.chip import Chip
from ui.widgets.label import ElidedLabel, Label
from ui.widgets.layout import boxed, column, row
from ui.widgets.segmented import Tabs

_FOOT_HEIGHT = 51


class CitizenDetail(Card):
    """Signals: `closed`, `reveal_clicked`, `change_clicked`, `tab_opened(str)`; those of its tabs are theirs."""

    closed = pyqtSignal()
    reveal_clicked = pyqtSignal()
    change_clicked = pyqtSignal()
    tab_opened = pyqtSignal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, flush=True)
        self.setObjectName("citizen_detail")
        self.setAccessibleName(self.tr("Citizen"))
        self.record: CitizenRecord | None = None
        self._states: Mapping[str, str] = {}
        theme = self._theme
        may_change = desk.may(Permission.CITIZEN_CHANGE)
        self.profile = ProfileTab(theme)
        self.timeline = TimelineTab(theme)
        self.roles = RolesTab(theme, may_change=may_change)
        self.keys = KeysTab(theme)
        self.tabs = Tabs(theme, name="citizen_tabs", meaning=self.tr("About this citizen"))
        self.tabs.add("profile", self.tr("Profile"), self.profile)
        self.tabs.add("timeline", self.tr("Timeline"), self.timeline)
        self.tabs.add("roles", self.tr("Roles"), self.roles)
        self.tabs.add("keys", self.tr("Keys"), self.keys)
        self.tabs.opened.connect(self.tab_opened)
        self.body.setSpacing(0)
        self.body.addWidget(self._make_head())
        self.note = Banner(theme, "note", "", name="detail_note")
        self.note.hide()
        self.body.addWidget(boxed(column(self.note, margins=(14, 0, 14, 0))))
        self.body.addWidget(self.tabs, 1)
        self.reveal = Button(theme, self.tr("Reveal fields…"), name="reveal", variant="primary", icon="eye")
        self.reveal.clicked.connect(self.reveal_clicked)
        self.change = Button(theme, self.tr("Change…"), name="change", icon="pencil")
        self.change.clicked.connect(self.change_clicked)
        self.set_footer(4, self.reveal, self.change, None, height=_FOOT_HEIGHT)
        self.reveal.setVisible(desk.may(Permission.CITIZEN_READ))  # now that it is part of something: see Qt
        self.change.setVisible(may_change)

    @property
    def token(self) -> str:
        """The identity token of the citizen that is shown; empty for none."""
        return "" if self.record is None else self.record.identity_token

    def set_states(self, states: Mapping[str, str]) -> None:
        """Take the names of the states."""
        self._states = states
        if self.record is not None:
            self._show_head(self.record)

    def place(self) -> str:
        """`Mysuru, Karnataka`, of the citizen that is shown."""
        record = self.record
        return "" if record is None else citizen_words.place(record.district, record.state, self._states)

    def show_citizen(self, record: CitizenRecord) -> None:
        """Show another citizen: everything masked, first tab as it was."""
        self.record = record
        self.note.hide()
        self._show_head(record)
        self.profile.show_citizen(record)
        self.roles.show_citizen(record)
        self.keys.show_citizen(record)
        self.timeline.say("")
        there = record.status is not CitizenStatus.ERASED
        self.reveal.setEnabled(there and bool(record.fields_held))
        self.change.setEnabled(there)

    def update_record(self, record: CitizenRecord) -> None:
        """Show the same citizen as the record is now; what was revealed stays if it did not change."""
        old = self.record
        self.record = record
        self.note.hide()
        self._show_head(record)
        self.keys.show_citizen(record)
        if old is None or old.revision != record.revision:
            self.profile.show_citizen(record)  # what was revealed may not be so any more
            self.roles.show_citizen(record)

    def say(self, sentence: str) -> None:
        """Say something about what is shown, until another record is."""
        self.note.set_words("", sentence)
        self.note.show()

    def clear(self) -> None:
        """Forget the citizen."""
        self.record = None
        self.profile.clear()
        self.timeline.say("")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close by Esc."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _make_head(self) -> QWidget:
        theme = self._theme
        self._token = Label(theme, "", "mono", selectable=True)
        copy = IconButton(theme, "copy", self.tr("Copy the token"), name="copy_token")
        copy.clicked.connect(self._on_copy)
        close = IconButton(theme, "x", self.tr("Close the detail"), name="close_detail")
        close.clicked.connect(self.closed)
        self._status = Chip(theme, "", "circle-check", "success")
        self._level = Chip(theme, "", "user")
        self._place = ElidedLabel(theme, "", tone="muted")
        top = row(self._token, copy, None, close, spacing=4)
        below = row(self._status, self._level, 4, self._place, spacing=8)
        below.setStretch(below.count() - 1, 1)
        return boxed(column(top, below, spacing=9, margins=(19, 15, 14, 10)))

    def _show_head(self, record: CitizenRecord) -> None:
        self._token.setText(record.identity_token)
        icon, _ = citizen_words.status_look(record.status)
        word = citizen_words.status_word(record.status)
        match record.status:
            case CitizenStatus.ACTIVE:
                self._status.set_status(word, icon, "success")
            case CitizenStatus.ON_HOLD:
                self._status.set_status(word, icon, "warning")
            case CitizenStatus.ERASED:
                self._status.set_status(word, icon, "neutral")
        level = record.verification_level
        self._level.set_status(citizen_words.level_phrase(level), citizen_words.level_icon(level), "neutral")
        self._place.setText(self.place())

    def _on_copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and self.record is not None:
            clipboard.setText(self.record.identity_token)  # no personal data: it may stay
