"""The tab Roles: roles, the primary one and the verification level, saved together by one button."""

from dataclasses import dataclass

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.citizens.model import CitizenRecord, CitizenRole, VerificationLevel
from ui.models import citizen_words
from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.card import ScrollColumn
from ui.widgets.field import ComboField
from ui.widgets.inputs import CheckInput, Choice
from ui.widgets.label import Label
from ui.widgets.layout import column, row


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What is to be saved; None stays as it is."""

    roles: tuple[CitizenRole, ...] | None
    primary: CitizenRole | None
    level: VerificationLevel | None


class RolesTab(ScrollColumn):
    """Signal: `save_asked(RoleChange)` with what differs from the record."""

    save_asked = pyqtSignal(object)

    def __init__(self, theme: Theme, *, may_change: bool) -> None:
        super().__init__(spacing=8, margins=(19, 14, 19, 14))
        self.setObjectName("roles")
        self.setAccessibleName(self.tr("Roles"))
        self._record: CitizenRecord | None = None
        self._may_change = may_change
        self.body.addWidget(Label(theme, self.tr("Roles in the vault"), "strong"))
        self.boxes: dict[CitizenRole, CheckInput] = {}
        boxes: list[QWidget] = []
        for role in CitizenRole:
            box = CheckInput(theme, citizen_words.role_title(role), name=f"role_{role.value}")
            box.toggled.connect(self._on_changed)
            self.boxes[role] = box
            boxes.append(box)
        self.body.addLayout(column(*boxes, spacing=2))
        self.body.addSpacing(6)
        roles = [Choice(role.value, citizen_words.role_title(role)) for role in CitizenRole]
        self.primary = ComboField(theme, self.tr("Primary role"), roles, name="primary_role")
        self.primary.picked.connect(lambda _: self._on_changed())
        levels = [Choice(level.value, citizen_words.level_phrase(level)) for level in VerificationLevel]
        self.level = ComboField(
            theme,
            self.tr("Verification level"),
            levels,
            name="verification_level",
            helper=self.tr("Saving another level sets the time of verification to now."),
        )
        self.level.picked.connect(lambda _: self._on_changed())
        self.body.addWidget(self.primary)
        self.body.addSpacing(4)
        self.body.addWidget(self.level)
        self.body.addSpacing(6)
        self.save = Button(theme, self.tr("Save roles"), name="save_roles")
        self.save.clicked.connect(self._on_save)
        self._why = Label(theme, "", "caption", wrap=True)
        foot = row(self.save, self._why, spacing=10)
        foot.setStretch(1, 1)
        self.body.addLayout(foot)

    def show_citizen(self, record: CitizenRecord) -> None:
        """Show a record as it is; choices that were not saved are gone."""
        self._record = None
        for role, box in self.boxes.items():
            box.setChecked(role in record.roles)
        self.primary.set_value(record.primary_role.value)
        self.level.set_value(record.verification_level.value)
        self._record = record
        self._on_changed()

    def say_problem(self, sentence: str) -> None:
        """Say why the roles could not be saved; the choices stay."""
        self.primary.set_error(sentence)

    def _chosen(self) -> tuple[CitizenRole, ...]:
        record = self._record
        ticked = [role for role, box in self.boxes.items() if box.isChecked()]
        if record is None:
            return tuple(ticked)
        kept = [role for role in record.roles if role in ticked]  # an old order stays as it was
        return (*kept, *(role for role in ticked if role not in kept))

    def _on_changed(self) -> None:
        record = self._record
        if record is None:
            return
        self.primary.clear_error()
        chosen = self._chosen()
        change = self._change(record)
        why = ""
        if not self._may_change:
            why = self.tr("Your role does not allow changes.")
        elif not chosen:
            why = self.tr("At least one role must stay.")
        elif CitizenRole(self.primary.value()) not in chosen:
            why = self.tr("The primary role is not ticked.")
        elif change == RoleChange(None, None, None):
            why = self.tr("Nothing is changed.")
        self.save.setEnabled(not why)
        self._why.setText(why)

    def _change(self, record: CitizenRecord) -> RoleChange:
        chosen, primary = self._chosen(), CitizenRole(self.primary.value())
        level = VerificationLevel(self.level.value())
        same = set(chosen) == set(record.roles) and primary is record.primary_role
        return RoleChange(
            None if same else chosen,
            None if same else primary,
            None if level is record.verification_level else level,
        )

    def _on_save(self) -> None:
        if self._record is not None:
            self.save_asked.emit(self._change(self._record))
