"""The page Settings: what the whole vault agrees on, each with its history; a policy takes two operators to change."""

from functools import partial

from PyQt6.QtCore import QModelIndex, QObject, pyqtSignal

from core.access.model import Permission
from core.access.second_operator import Asked
from core.policies.service import SettingChange, SettingView
from core.secret import Secret
from core.settings import catalogue
from ui.dialogs.command import conduct
from ui.dialogs.setting import SettingDialog
from ui.models.counted import counted
from ui.models.vault import Desk
from ui.pages.citizens.split import ListAndDetail
from ui.pages.operators import show_filed
from ui.widgets import words
from ui.widgets.button import Button, IconButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.page import Page

_DETAIL_WIDTH = 400
_OPERATION = "setting:change"


class SettingsPage(Page):
    """Reads settings and history each time it comes up. Signal: `request_filed(str)` to go to Approvals."""

    request_filed = pyqtSignal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", " ", name="page_settings")
        title = self.tr("Settings")
        self.header.title.setText(title)
        self.header.set_caption(self.tr("They hold for every console and command of this vault; each change is kept"))
        self.setAccessibleName(title)
        self._desk = desk
        self._settings: list[SettingView] = []
        self._changes: list[SettingChange] = []
        self.model = RowsModel([Column(self.tr("Setting")), Column(self.tr("Value")), Column(self.tr("Last changed"))])
        self.detail = SettingDetail(desk)
        self.split = ListAndDetail(desk.theme, self._make_list(), self.detail, width=_DETAIL_WIDTH)
        self.detail.closed.connect(self.split.hide_detail)
        self.detail.change_asked.connect(self._on_change)
        self.body.addWidget(self.split, 1)

    def shown(self) -> None:
        """Read the settings."""
        self._desk.tasks.start(self._load(), retry=self.shown)

    async def _load(self) -> None:
        desk = self._desk
        policies = desk.vault.services.policies
        self._settings, self._changes = await desk.tasks.query(
            lambda: (policies.listing(desk.session), policies.history(desk.session))
        )
        self.model.set_rows([_cells(self, setting) for setting in self._settings])
        self._count.setText(counted(len(self._changes), self.tr("{n} change"), self.tr("{n} changes")))
        shown = self.detail.setting
        for position, setting in enumerate(self._settings):
            if shown is not None and setting.name == shown.name:
                self.table.choose(position)
                self._show(setting)

    def _make_list(self) -> Card:
        card = Card(self.theme, flush=True)
        card.body.setSpacing(0)
        self.table = DataTable(self.theme, name="settings", meaning=self.tr("Settings"))
        self.table.setModel(self.model)
        self.table.set_widths(330, 300, 140)
        self.table.row_chosen.connect(self._on_chosen)
        card.body.addWidget(self.table, 1)
        self._count = Label(self.theme, "", "caption")
        card.set_footer(Label(self.theme, self.tr("Every change is signed and kept"), "caption"), None, self._count)
        return card

    def _on_chosen(self, index: QModelIndex) -> None:
        self._show(self._settings[index.row()])
        self.split.show_detail()

    def _show(self, setting: SettingView) -> None:
        self.detail.show_setting(setting, [change for change in self._changes if change.name == setting.name])

    def _on_change(self, setting: SettingView) -> None:
        desk, policies = self._desk, self._desk.vault.services.policies
        values = {item.name: item.value for item in self._settings}
        governed = values.get("approval_policy") or ()
        two = bool(values.get("dual_control")) and (
            setting.policy or (isinstance(governed, tuple | list) and _OPERATION in governed)
        )

        def difference(text: str) -> str:
            return catalogue.difference(setting.name, setting.value, catalogue.parse(setting.name, text))

        dialog = SettingDialog(desk.theme, self, setting, difference, two=two)

        def prepare() -> partial[SettingChange]:
            asked = Asked(Secret(dialog.password), None, dialog.reason)
            return partial(policies.change, desk.session, setting.name, dialog.value.text(), asked)

        conduct(
            desk.tasks,
            dialog,
            prepare,
            lambda _: self.shown(),
            lambda filed: show_filed(self, desk, filed, self.request_filed.emit),
        )


class SettingDetail(Card):
    """One setting and its changes. Signals: `closed`, `change_asked` with the SettingView."""

    closed = pyqtSignal()
    change_asked = pyqtSignal(object)

    def __init__(self, desk: Desk) -> None:
        theme = desk.theme
        super().__init__(theme, flush=True)
        self.setObjectName("setting_detail")
        self.setAccessibleName(self.tr("Setting"))
        self.setting: SettingView | None = None
        self._title = Label(theme, "", "heading", wrap=True)
        close = IconButton(theme, "x", self.tr("Close"), name="close_setting")
        close.clicked.connect(self.closed)
        head = row(self._title, close, margins=(16, 12, 12, 12))
        head.setStretch(0, 1)
        self.body.setSpacing(0)
        self.body.addWidget(boxed(head))
        self.body.addWidget(line())
        scroll = ScrollColumn(spacing=6, margins=(16, 14, 16, 14))
        self._name = Label(theme, "", "mono", selectable=True)
        self._value = Label(theme, "", "value", wrap=True)
        self._allowed = Label(theme, "", "caption", wrap=True)
        self._policy = Label(theme, "", "caption", wrap=True)
        self._history = column(spacing=10)
        for label in (self._value, self._name, self._allowed, self._policy):
            scroll.body.addWidget(label)
        scroll.body.addSpacing(10)
        scroll.body.addWidget(Label(theme, self.tr("Changes"), "strong"))
        scroll.body.addLayout(self._history)
        self.body.addWidget(scroll, 1)
        self.change = Button(theme, self.tr("Change…"), name="change_setting", variant="primary", icon="settings")
        self.change.clicked.connect(lambda: self.change_asked.emit(self.setting))
        self.change.setVisible(desk.may(Permission.SETTING_CHANGE))
        self.body.addWidget(line())
        self.body.addWidget(boxed(row(None, self.change, margins=(16, 12, 16, 12))))

    def show_setting(self, setting: SettingView, changes: list[SettingChange]) -> None:
        """Show one setting and its changes, newest first."""
        self.setting = setting
        self._title.setText(setting.title)
        self._value.setText("\n".join(setting.value) if isinstance(setting.value, tuple) else setting.shown)
        self._name.setText(setting.name)
        self._allowed.setText(self.tr("Allowed: {what}").format(what=setting.allowed))
        policy = self.tr("A policy: under dual control, changing it always takes two operators.")
        self._policy.setText(policy)
        self._policy.setVisible(setting.policy)
        while (item := self._history.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not changes:
            self._history.addWidget(Label(self._theme, self.tr("None since set-up."), "body", tone="muted"))
        for change in changes:
            self._history.addWidget(boxed(column(*self._told(change), spacing=2)))

    def _told(self, change: SettingChange) -> list[Label]:
        approved = self.tr("{by}, approved by {other}") if change.approved_by else "{by}"
        who = approved.format(by=change.changed_by, other=change.approved_by)
        lines = [
            Label(self._theme, change.difference, "body", wrap=True),
            Label(self._theme, f"{words.moment(change.changed_at)} · {who}", "caption", wrap=True),
        ]
        if change.reason:
            lines.append(Label(self._theme, f"“{change.reason}”", "caption", wrap=True))
        return lines


def _cells(tr: QObject, setting: SettingView) -> list[Cell]:
    never = setting.updated_at is None or setting.revision == 1
    changed = tr.tr("at set-up") if never or setting.updated_at is None else words.date(setting.updated_at)
    value = setting.shown
    if isinstance(setting.value, tuple) and setting.value:
        value = tr.tr("{n} operations").format(n=len(setting.value))  # their names stand beside the list
    return [Cell(setting.title), Cell(value, tone="text2"), Cell(changed, tone="muted")]
