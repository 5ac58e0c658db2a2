"""The dialog before personal data is shown: which fields, for what purpose, why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PyQt6.QtWidgets import QFrame, QWidget

from core.citizens.model import CATEGORY_OF, REASON_LENGTH, CitizenRecord, Field, Purpose
from core.citizens.reasons import checked_reason
from core.errors import InvalidInput
from ui.error_report import said
from ui.models import citizen_words
from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.field import ComboField, TextAreaField
from ui.widgets.inputs import CheckInput, Choice
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import Piece, boxed, column, line, row

_ORDER = tuple(Field)


@dataclass(frozen=True, slots=True)
class RevealRequest:
    """What was asked for."""

    fields: tuple[Field, ...]
    purpose: Purpose
    reason: str | None


class RevealDialog(DialogFrame):
    """`await ask(dialog, dialog.answer)` returns a RevealRequest, or None."""

    def __init__(
        self,
        theme: Theme,
        window: QWidget,
        record: CitizenRecord,
        *,
        place: str,
        ticked: Iterable[Field],
        seconds: int,
    ) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Reveal personal data"),
            name="reveal_dialog",
            token=record.identity_token,
            subtitle=place,
        )
        self._seconds = seconds
        self.boxes: dict[Field, CheckInput] = {}
        held = [field for field in _ORDER if field in record.fields_held]
        self.body.addWidget(Label(theme, self.tr("Fields to show"), "strong"))
        self.body.addWidget(self._make_fields(held, set(ticked)))
        self.body.addSpacing(2)
        choices = [Choice("", self.tr("Choose a purpose"))]
        choices += [Choice(purpose.value, citizen_words.purpose_word(purpose.value)) for purpose in Purpose]
        self.purpose = ComboField(theme, self.tr("Purpose"), choices, name="purpose")
        self.purpose.set_label_role("strong")
        self.purpose.picked.connect(lambda _: self._on_changed())
        self.body.addWidget(self.purpose)
        self.body.addSpacing(2)
        self.reason = _Reason(theme, self.tr("Reason"))
        self.reason.edited.connect(lambda _: self._on_changed())
        self.body.addWidget(self.reason)
        self._note_icon = IconLabel(theme, "scroll-text", tone="muted", size=14)
        self._note = Label(theme, "", "caption")
        self.foot.insertWidget(0, self._note_icon)
        self.foot.insertWidget(1, self._note)
        self.set_action("", icon="eye")
        self.first_focus(self.purpose.editor)
        self._on_changed()

    def answer(self) -> RevealRequest:
        """Return what was asked for."""
        return RevealRequest(self._ticked(), Purpose(self.purpose.value()), self.reason.text() or None)

    def submit(self) -> None:
        """Accept, unless the reason is not acceptable."""
        try:
            checked_reason(self.reason.text(), Purpose(self.purpose.value()))
        except InvalidInput as error:
            self.reason.set_error(said(error.message))
            self.reason.editor.setFocus()
            return
        self.accept()

    def _make_fields(self, held: Sequence[Field], ticked: set[Field]) -> QFrame:
        pieces: list[Piece] = []
        for field in held:
            box = CheckInput(self._theme, citizen_words.field_word(field.value), name=f"reveal_{field.value}")
            box.setChecked(field in ticked)
            box.toggled.connect(lambda _: self._on_changed())
            self.boxes[field] = box
            category = Label(self._theme, citizen_words.category_word(CATEGORY_OF[field]), "caption")
            if pieces:
                pieces.append(line(hair=True))
            choice = boxed(row(box, None, category, margins=(12, 0, 12, 0)))
            choice.setFixedHeight(self._theme.px(30))
            pieces.append(choice)
        well = QFrame()
        well.setProperty("kind", "well")
        well.setLayout(column(*pieces, spacing=0, margins=(1, 1, 1, 1)))
        return well

    def _ticked(self) -> tuple[Field, ...]:
        return tuple(field for field, box in self.boxes.items() if box.isChecked())

    def _on_changed(self) -> None:
        count = len(self._ticked())
        purpose = self.purpose.value()
        needs_reason = bool(purpose) and Purpose(purpose).needs_reason
        self.reason.set_optional(optional=not needs_reason)
        why = ""
        if not count:
            why = self.tr("Tick at least one field")
        elif not purpose:
            why = self.tr("Choose a purpose first")
        elif needs_reason and not self.reason.text():
            why = self.tr("A legal ground needs a reason")
        one, many = self.tr("Reveal 1 field for {s} s"), self.tr("Reveal {n} fields for {s} s")
        self.action.set_text((one if count == 1 else many).format(n=count, s=self._seconds))
        self.action.setEnabled(not why)
        self._note.setText(why or self.tr("Recorded before anything is shown"))
        self._note_icon.set_icon("info" if why else "scroll-text")


class _Reason(TextAreaField):
    """The reason, with a warning below that stays: it is written into the log for ever."""

    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__(theme, label, name="reason", limit=REASON_LENGTH, lines=2, optional=True)
        warning = self.tr("Write no personal data here: the reason stays in the audit log for ever.")
        self.set_helper(warning, icon="triangle-alert")
        self.set_label_role("strong")

    def set_optional(self, *, optional: bool) -> None:
        """Say whether it may be left out."""
        self._optional.setVisible(optional)
