"""Enrolling a citizen, and changing one: the form in a dialog that stays open until it is done.

The dialog does not do it: it emits `asked(values)`; the page runs the command and calls `show_failure`
(problems at their fields, what was typed stays) or `accept`.
"""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.citizens.model import CitizenRecord
from core.errors import InvalidFields, InvalidInput
from ui.dialogs.citizen_form import CitizenForm
from ui.error_report import said
from ui.models.form_values import normal, problem_of, problems_of, today_in_india
from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.label import IconLabel, Label

_WIDTH = 600


class CitizenDialog(DialogFrame):
    """What the two dialogs share. Signal: `asked(dict)` with values that stood every check of a form."""

    asked = pyqtSignal(object)

    def __init__(
        self,
        theme: Theme,
        window: QWidget,
        title: str,
        states: Mapping[str, str],
        *,
        name: str,
        action: str,
        icon: str,
        note: str,
        record: CitizenRecord | None = None,
        place: str = "",
    ) -> None:
        token = "" if record is None else record.identity_token
        super().__init__(theme, window, title, name=name, token=token, subtitle=place, width=_WIDTH)
        self._usual_note = note
        self._action_words = action
        self.form = CitizenForm(theme, states, change=record is not None)
        self.body.addWidget(self.form)
        self.rule_foot()
        self._note_icon = IconLabel(theme, "scroll-text", tone="muted", size=14)
        self._note = Label(theme, note, "caption", wrap=True)
        self.foot.insertWidget(0, self._note_icon)
        self.foot.insertWidget(1, self._note, 1)
        self.set_action(action, icon=icon)
        self.first_focus(self.form.fields["name"].editor)
        self.form.edited.connect(self._on_edited)
        self.finished.connect(lambda _: self.form.clear())

    def values(self) -> dict[str, Any]:
        """Return what was filled in, as core takes it."""
        return normal(self.form.values())

    def submit(self) -> None:
        """Look at all fields; ask for the command only when none has a problem."""
        problems = self.problems()
        if problems:
            self.show_problems(problems)
            return
        self._set_busy(self.tr("Recording and encrypting…"))
        self.asked.emit(self.values())

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by field."""
        raise NotImplementedError

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put the problems at their fields; what has no field stands beside the buttons."""
        self.form.show_problems(problems)
        placed = {*self.form.fields, "roles", "primary_role"}
        others = " ".join(said(sentence) for name, sentence in problems.items() if name not in placed)
        count = len(problems)
        one, many = self.tr("1 field needs a look."), self.tr("{n} fields need a look.")
        self._say(others or (one if count == 1 else many.format(n=count)), "octagon-alert")
        focused = self.focusWidget()
        if focused is not None:
            self._scroll.ensureWidgetVisible(focused)

    def show_failure(self, error: BaseException) -> bool:
        """Go back to the form after a failed command. False if the error has no place here: report it."""
        self._set_busy("")
        if isinstance(error, InvalidFields):
            self.show_problems(error.problems)
            return True
        if isinstance(error, InvalidInput):
            self.show_problems({error.field or "": error.message})
            return True
        return False

    def _on_edited(self) -> None:
        self._say(self._usual_note, "scroll-text")

    def _set_busy(self, words: str) -> None:
        self.form.setEnabled(not words)
        self.action.setEnabled(not words)
        self._say(words or self._usual_note, "scroll-text")

    def _say(self, text: str, icon: str) -> None:
        self._note.setText(text)
        danger = icon == "octagon-alert"
        self._note.set_tone("danger" if danger else "muted")
        self._note_icon.set_icon(icon, "danger" if danger else "muted")


class EnrolDialog(CitizenDialog):
    """Enrol one citizen."""

    def __init__(self, theme: Theme, window: QWidget, states: Mapping[str, str]) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Enrol a citizen"),
            states,
            name="enrol_dialog",
            action=self.tr("Enrol citizen"),
            icon="user-plus",
            note=self.tr("A data key of its own protects this record"),
        )

    def problems(self) -> dict[str, str]:
        """Return what is wrong; name, phone, state and district must be there."""
        return problems_of(self.form.values(), today_in_india())


class ChangeDialog(CitizenDialog):
    """Change a citizen: only the fields that are filled in change."""

    def __init__(
        self, theme: Theme, window: QWidget, states: Mapping[str, str], record: CitizenRecord, place: str
    ) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Change a citizen"),
            states,
            name="change_dialog",
            action=self.tr("Save changes"),
            icon="save",
            note=self.tr("Only fields that you fill in are changed"),
            record=record,
            place=place,
        )
        self.form.edited.connect(self._on_touched)
        self._on_touched()

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the fields that are filled in."""
        today = today_in_india()
        named = {name: problem_of(name, value, today) for name, value in self.values().items()}
        return {name: problem for name, problem in named.items() if problem}

    def _on_touched(self) -> None:
        self.action.setEnabled(self.form.touched())
