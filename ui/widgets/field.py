"""Labelled fields: label above, helper below, error below with an icon. What was typed always stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtWidgets import QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.inputs import Choice, ComboInput, LineInput, PasswordInput, TextArea
from ui.widgets.label import IconLabel, Label, repolish
from ui.widgets.layout import boxed, column, hide_unless, row

EditorT = TypeVar("EditorT", bound=QWidget)


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands below an editor."""

    text: str
    icon: str = ""
    icon_tone: Tone = "muted"
    tone: Tone = "muted"


class Field(QWidget, Generic[EditorT]):
    """A label, an editor and the line below it. `field.editor` is the bare editor.

    `set_error` shows one sentence with an icon and a red border until `clear_error` or the next
    edit; `set_helper` shows quiet words there, with `icon` and `tone` if they warn. `required` is
    the normal case: the others say "optional".
    """

    def __init__(
        self,
        theme: Theme,
        label: str,
        editor: EditorT,
        *,
        helper: str = "",
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.editor: EditorT = editor
        self._helper = _Line(helper)
        self.setFocusProxy(editor)
        self._label = Label(theme, label, "button")
        self._label.setBuddy(editor)
        self._optional = Label(theme, QCoreApplication.translate("Field", "optional"), "caption")
        hide_unless(optional, self._optional)
        self.aside = Label(theme, "", "caption")
        self._icon = IconLabel(theme, "octagon-alert", tone="danger", size=14)
        self._message = Label(theme, "", "caption", wrap=True)
        self._below = boxed(row(self._icon, self._message, spacing=6))
        self._below.layout().setStretch(1, 1)  # type: ignore[union-attr]  # just made
        top = row(self._label, self._optional, None, self.aside)
        self.setLayout(column(top, editor, self._below, spacing=4))
        self.clear_error()

    def set_optional(self, *, optional: bool) -> None:
        """Say whether it may stay empty, when that depends on another field."""
        self._optional.setVisible(optional)

    def set_label_role(self, role: Role) -> None:
        """Wear another font: labels are stronger in dialogs."""
        self._label.set_role(role)

    def set_helper(self, text: str, *, icon: str = "", tone: Tone = "warning") -> None:
        """Say something below the editor while there is no error; `icon` in the colour `tone` if it warns."""
        self._helper = _Line(text, icon, tone)
        self.clear_error()

    def set_error(self, sentence: str) -> None:
        """Say what is wrong, for eyes and screen readers; the text stays."""
        self._say(_Line(sentence, "octagon-alert", "danger", "danger"))
        self.editor.setAccessibleDescription(sentence)
        self._mark("error")

    def clear_error(self) -> None:
        """Back to the helper."""
        self._say(self._helper)
        self.editor.setAccessibleDescription(self._helper.text)
        self._mark("")

    @property
    def error(self) -> str:
        """The error that is shown, or nothing."""
        return self._message.text() if self.editor.property("state") == "error" else ""

    def _say(self, line: "_Line") -> None:
        self._message.setText(line.text)
        self._message.set_tone(line.tone)
        self._icon.setVisible(bool(line.icon))
        if line.icon:
            self._icon.set_icon(line.icon, line.icon_tone)
        self._below.setVisible(bool(line.text))

    def _mark(self, state: str) -> None:
        if (self.editor.property("state") or "") != state:
            self.editor.setProperty("state", state)
            repolish(self.editor)


class TextField(Field[LineInput]):
    """One line. Signals: `edited(str)` while typing, `submitted` on Enter."""

    edited = pyqtSignal(str)
    submitted = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        label: str,
        *,
        name: str,
        helper: str = "",
        placeholder: str = "",
        optional: bool = False,
        mono: bool = False,
        large: bool = False,
        read_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        editor = LineInput(theme, name=name, meaning=label, placeholder=placeholder, mono=mono, large=large)
        editor.setReadOnly(read_only)
        super().__init__(theme, label, editor, helper=helper, optional=optional, parent=parent)
        editor.textEdited.connect(self._on_edited)
        editor.returnPressed.connect(self.submitted)

    def text(self) -> str:
        """Return what is typed, without spaces around it."""
        return self.editor.text().strip()

    def set_text(self, text: str) -> None:
        """Put text in; no signal."""
        self.editor.setText(text)

    def _on_edited(self, text: str) -> None:
        self.clear_error()
        self.edited.emit(text)


class PasswordField(Field[PasswordInput]):
    """A password with an eye. Signals as TextField's. `take()` returns what is typed and empties the field."""

    edited = pyqtSignal(str)
    submitted = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        label: str,
        *,
        name: str,
        helper: str = "",
        large: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        editor = PasswordInput(theme, name=name, meaning=label, large=large)
        super().__init__(theme, label, editor, helper=helper, parent=parent)
        editor.textEdited.connect(self._on_edited)
        editor.returnPressed.connect(self.submitted)

    def text(self) -> str:
        """Return what is typed, as it is."""
        return self.editor.text()

    def take(self) -> str:
        """Return what is typed; the field is empty afterwards."""
        text = self.editor.text()
        self.editor.clear()
        return text

    def _on_edited(self, text: str) -> None:
        self.clear_error()
        self.edited.emit(text)


class ComboField(Field[ComboInput]):
    """Pick one of a few. Signal `picked(str)` with the value."""

    picked = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        label: str,
        choices: Iterable[Choice],
        *,
        name: str,
        helper: str = "",
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        editor = ComboInput(theme, choices, name=name, meaning=label)
        super().__init__(theme, label, editor, helper=helper, optional=optional, parent=parent)
        editor.picked.connect(self._on_picked)

    def value(self) -> str:
        """Return the value of the picked entry."""
        return self.editor.value()

    def set_value(self, value: str) -> None:
        """Pick an entry by its value."""
        self.editor.set_value(value)

    def _on_picked(self, value: str) -> None:
        self.clear_error()
        self.picked.emit(value)


class TextAreaField(Field[TextArea]):
    """Some lines with a counter at the right of the label ("68 of 240"). Signal `edited(str)`."""

    edited = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        label: str,
        *,
        name: str,
        limit: int = 240,
        lines: int = 2,
        helper: str = "",
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        editor = TextArea(theme, name=name, meaning=label, limit=limit, lines=lines)
        super().__init__(theme, label, editor, helper=helper, optional=optional, parent=parent)
        self._limit = limit
        editor.textChanged.connect(self._on_text_changed)
        self._count()

    def text(self) -> str:
        """Return what is typed, without spaces around it."""
        return self.editor.toPlainText().strip()

    def set_text(self, text: str) -> None:
        """Put text in."""
        self.editor.setPlainText(text)

    def _on_text_changed(self) -> None:
        self.clear_error()
        self._count()
        self.edited.emit(self.text())

    def _count(self) -> None:
        used = len(self.editor.toPlainText())
        words = QCoreApplication.translate("TextAreaField", "{used} of {limit}")
        self.aside.setText(words.format(used=used, limit=self._limit))
