"""The form of a citizen's fields, grouped by category, each checked as it is typed.

What is typed stays until `clear`. Both the enrol and the change dialog use it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from core.citizens.model import CitizenRole
from core.citizens.validation import ADDRESS_LENGTH, GENDERS, MARITAL_STATUSES
from ui.error_report import said
from ui.models import citizen_words
from ui.models.form_values import problem_of, today_in_india
from ui.theme.theme import Theme
from ui.widgets.field import ComboField, TextAreaField, TextField
from ui.widgets.inputs import CheckInput, Choice
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, line, row

_PAUSE_MS = 350  # of typing, before a field is checked
AnyField = TextField | ComboField | TextAreaField
REQUIRED = ("name", "phone", "state", "district")


class CitizenForm(QWidget):
    """`values()` by the names of `citizen create`; `show_problems` puts sentences at their fields.

    With `change` nothing is required, and neither user id nor roles are asked for. Signal: `edited`.
    """

    edited = pyqtSignal()

    def __init__(self, theme: Theme, states: Mapping[str, str], *, change: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._change = change
        self._today = today_in_india()
        self.fields: dict[str, AnyField] = {}
        self.roles: dict[CitizenRole, CheckInput] = {}
        self._timers: dict[str, QTimer] = {}
        self._roles_problem = Label(theme, "", "caption", tone="danger", wrap=True)
        self._roles_sign = IconLabel(theme, "octagon-alert", tone="danger", size=14)
        self._sections = column(spacing=12)
        self._build(states)
        self.setLayout(self._sections)

    # --- values ------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Return what is typed and chosen; untouched fields are empty texts."""
        values: dict[str, Any] = {name: _read(field) for name, field in self.fields.items()}
        if self.roles:
            values["roles"] = [role.value for role, box in self.roles.items() if box.isChecked()]
        return values

    def touched(self) -> bool:
        """Tell whether anything was typed or chosen."""
        return any(_read(field) for field in self.fields.values())

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put each sentence at its field, and the keyboard into the first of them."""
        first: QWidget | None = None
        for name, field in self.fields.items():
            if name in problems:
                field.set_error(said(problems[name]))
                first = first or field.editor
        self._say_about_roles(problems.get("roles", problems.get("primary_role", "")))
        if first is not None:
            first.setFocus()

    def clear(self) -> None:
        """Take everything out that was typed: values must not outlive their use."""
        for timer in self._timers.values():
            timer.stop()
        for field in self.fields.values():
            if isinstance(field, ComboField):
                field.editor.setCurrentIndex(0)
            else:
                field.set_text("")
                _forget_undo(field.editor)
            field.clear_error()

    # --- building ----------------------------------------------------------------------------------

    def _build(self, states: Mapping[str, str]) -> None:
        required = not self._change
        named = [Choice(code, name) for code, name in states.items()]
        first = Choice("", self.tr("No change") if self._change else self.tr("Choose a state"))
        self._text("name", optional=not required)
        self._text("birth_date", helper=self.tr("Day-month-year, as in 31-01-1990"))
        self._section(self.tr("Identity"), ("name", "birth_date"))
        self._text("phone", optional=not required, helper=self.tr("10 digits, or + and country code"))
        self._text("email")
        self._section(self.tr("Contact"), ("phone", "email"))
        self._add("state", ComboField(self._theme, citizen_words.field_word("state"), [first, *named],
                                      name="form_state", optional=not required))  # fmt: skip
        self._text("district", optional=not required)
        self._add("address", TextAreaField(self._theme, citizen_words.field_word("address"), name="form_address",
                                           limit=ADDRESS_LENGTH, optional=True))  # fmt: skip
        self._section(self.tr("Address"), ("state", "district"), below=("address",))
        self._text("aadhaar", helper=self.tr("Kept as a keyed hash; it cannot be shown again"))
        self._text("pan", helper=self.tr("Kept as a keyed hash; it cannot be shown again"))
        self._text("gstin", helper=self.tr("Only with the role business"))
        identifiers: tuple[str, ...] = ("aadhaar", "pan", "gstin")
        if not self._change:
            self._text("user_id", helper=self.tr("Left empty, the console makes one"))
            identifiers = (*identifiers, "user_id")
        self._section(self.tr("Identifiers"), identifiers)
        if not self._change:
            self._add_roles()
        self._combo("gender", GENDERS)
        self._combo("marital_status", MARITAL_STATUSES)
        self._text("dependents_count")
        self._text("income_annual", helper=self.tr("Rupees a year"))
        self._combo("bpl_status", ("true", "false"))
        self._text("land_holding", helper=self.tr("Hectares"))
        economic = ("income_annual", "land_holding", "bpl_status", "gender", "marital_status", "dependents_count")
        self._section(citizen_words.economic_and_household(), economic)

    def _text(self, name: str, *, optional: bool = True, helper: str = "") -> None:
        label = citizen_words.field_word(name)
        self._add(name, TextField(self._theme, label, name=f"form_{name}", optional=optional, helper=helper))

    def _combo(self, name: str, values: Sequence[str]) -> None:
        empty = Choice("", self.tr("No change") if self._change else self.tr("Not stated"))
        choices = [empty, *(Choice(value, self._choice_word(value)) for value in values)]
        label = citizen_words.field_word(name)
        self._add(name, ComboField(self._theme, label, choices, name=f"form_{name}", optional=True))

    def _choice_word(self, value: str) -> str:
        if value in {"true", "false"}:
            return self.tr("Yes") if value == "true" else self.tr("No")
        return citizen_words.choice_word(value)

    def _add(self, name: str, field: AnyField) -> None:
        self.fields[name] = field
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(_PAUSE_MS)
        timer.timeout.connect(partial(self._check, name))
        self._timers[name] = timer
        if isinstance(field, ComboField):
            field.editor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # columns stay equal
            field.picked.connect(lambda _: self.edited.emit())
        else:
            field.edited.connect(partial(self._on_edited, name))

    def _section(self, title: str, names: Iterable[str], below: Iterable[str] = ()) -> None:
        if self._sections.count():
            self._sections.addWidget(line())
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        for position, name in enumerate(names):
            cell = boxed(column(self.fields[name], None, spacing=0))
            grid.addWidget(cell, position // 2, position % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        section = column(Label(self._theme, title, "strong"), grid, spacing=8)
        for name in below:
            section.addWidget(self.fields[name])
        self._sections.addLayout(section)

    def _add_roles(self) -> None:
        for role in CitizenRole:
            box = CheckInput(self._theme, citizen_words.role_title(role), name=f"form_role_{role.value}")
            box.setChecked(role is CitizenRole.CITIZEN)
            box.toggled.connect(self._on_roles_changed)
            self.roles[role] = box
        self._sections.addWidget(line())
        boxes = row(*self.roles.values(), None, spacing=20)
        self._roles_box = boxed(row(self._roles_sign, self._roles_problem, spacing=6))
        self._roles_box.layout().setStretch(1, 1)  # type: ignore[union-attr]  # just made
        heading = Label(self._theme, citizen_words.field_word("roles"), "strong")
        self._primary_choices = [Choice(role.value, citizen_words.role_title(role)) for role in CitizenRole]
        self._add("primary_role", ComboField(self._theme, citizen_words.field_word("primary_role"),
                                             self._primary_choices, name="form_primary_role"))  # fmt: skip
        primary = boxed(row(self.fields["primary_role"], None, spacing=16))
        primary.layout().setStretch(0, 1)  # type: ignore[union-attr]  # just made
        primary.layout().setStretch(1, 1)  # type: ignore[union-attr]
        self._sections.addLayout(column(heading, boxes, self._roles_box, primary, spacing=8))
        self._say_about_roles("")

    # --- checking ----------------------------------------------------------------------------------

    def _on_edited(self, name: str, _text: str) -> None:
        self._timers[name].start()
        self.edited.emit()

    def _on_roles_changed(self) -> None:
        ticked = any(box.isChecked() for box in self.roles.values())
        self._say_about_roles("" if ticked else self.tr("A citizen has one to five roles."))
        self.edited.emit()

    def _check(self, name: str) -> None:
        field = self.fields[name]
        problem = problem_of(name, _read(field), self._today)
        if problem:
            field.set_error(said(problem))
        else:
            field.clear_error()

    def _say_about_roles(self, sentence: str) -> None:
        if self.roles:
            self._roles_problem.setText(said(sentence))
            self._roles_box.setVisible(bool(sentence))


def _read(field: AnyField) -> str:
    return field.value() if isinstance(field, ComboField) else field.text()


def _forget_undo(editor: QWidget) -> None:
    """Drop what Ctrl+Z would bring back."""
    if isinstance(editor, QPlainTextEdit):
        document = editor.document()
        if document is not None:
            document.clearUndoRedoStacks()
    elif isinstance(editor, QLineEdit):
        editor.setText("")  # setText empties a line's undo history
