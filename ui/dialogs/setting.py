"""Changing a setting: the new value, the difference in plain words, why."""

from collections.abc import Callable, Mapping

from PyQt6.QtWidgets import QWidget

from core.errors import InvalidInput
from core.policies.service import SettingView
from core.settings import catalogue
from ui.dialogs.command import CommandDialog
from ui.error_report import said
from ui.theme.theme import Theme
from ui.widgets.banner import Banner
from ui.widgets.field import TextField
from ui.widgets.label import Label

_SWITCH = ("on", "off")


class SettingDialog(CommandDialog):
    """`difference(text)` says what a value would change, or raises InvalidInput."""

    def __init__(
        self, theme: Theme, window: QWidget, setting: SettingView, difference: Callable[[str], str], *, two: bool
    ) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Change: {title}").format(title=setting.title),
            name="setting_dialog",
            note=self.tr("It holds for every console and command of this vault"),
            subtitle=self.tr("Now: {value}").format(value=setting.shown),
            reason=self.tr("Reason"),
        )
        self._difference = difference
        if two:
            self.body.addWidget(
                Banner(
                    theme,
                    "info",
                    self.tr("Another operator must approve this"),
                    self.tr("Your request is filed under Approvals; nothing changes before it is signed."),
                )
            )
        self.value = TextField(theme, self.tr("New value"), name="setting_value")
        self.value.set_text(_start(setting))
        self.value.set_helper(self.tr("Allowed: {what}").format(what=setting.allowed))
        self.add("value", self.value)
        self.effect = Label(theme, "", "body", tone="text2", wrap=True)
        self.body.addWidget(self.effect)
        self.first_focus(self.value.editor)
        self.value.edited.connect(lambda _: self._on_edited())
        self.end_with(self.tr("Ask for this change") if two else self.tr("Change setting"), "settings")
        self._on_edited()

    def problems(self) -> Mapping[str, str]:
        """Return what is wrong with the value, and what is missing."""
        try:
            self._difference(self.value.text())
        except InvalidInput as error:
            return {"value": error.message, **super().problems()}
        return super().problems()

    def _on_edited(self) -> None:
        try:
            self.effect.setText(self._difference(self.value.text()))
            self.value.clear_error()
        except InvalidInput as error:
            self.effect.setText("")
            self.value.set_error(said(error.message))


def _start(setting: SettingView) -> str:
    """Return the present value as it is typed."""
    if isinstance(setting.value, bool):
        return _SWITCH[0] if setting.value else _SWITCH[1]
    return str(setting.value) if isinstance(setting.value, int) else catalogue.written(setting.name, setting.value)
