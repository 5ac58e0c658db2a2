"""A dialog whose action runs a command: it stays up until the command is done, and a failure appears at its field.

`conduct` joins dialog and command. What was filed for a second operator instead of done is told as that.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.errors import ApprovalNeeded, CitizenZeroError, InvalidFields, InvalidInput, SignInPaused, SignInRefused
from ui.error_report import said
from ui.models.page_tasks import PageTasks
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.field import Field, PasswordField, TextAreaField
from ui.widgets.label import IconLabel, Label

T = TypeVar("T")

REASON_LETTERS = 240
_SAID_HERE = (3, 4)  # not found, refused: the person can mend it in the dialog


class CommandDialog(DialogFrame):
    """Subclass it: put fields into `fields` by the name that core gives them. Signal: `asked` when all are filled in.

    With `own_password` it ends in a field for the operator's own password, with `reason` in one for why.
    """

    asked = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        window: QWidget,
        title: str,
        *,
        name: str,
        note: str,
        subtitle: str = "",
        icon: str = "",
        reason: str = "",
        reason_optional: bool = True,
        own_password: bool = True,
    ) -> None:
        super().__init__(theme, window, title, name=name, subtitle=subtitle, icon=icon, icon_tone="text2")
        self.fields: dict[str, Field[Any]] = {}
        self._usual_note = note
        self._reason_words = reason
        self._reason_optional = reason_optional
        self._own_password = own_password
        self._note_icon = IconLabel(theme, "scroll-text", tone="muted", size=14)
        self._note = Label(theme, note, "caption", wrap=True)
        self.foot.insertWidget(0, self._note_icon)
        self.foot.insertWidget(1, self._note, 1)
        self.foot.setStretch(2, 0)  # the foot's own stretch would take half of the note's room

    def end_with(self, action: str, icon: str | None, *, destroys: bool = False) -> None:
        """Add reason, password and the action: after the dialog's own fields."""
        if self._reason_words:
            reason = TextAreaField(self._theme, self._reason_words, name="reason", limit=REASON_LETTERS)
            reason.set_helper(self.tr("It stays in the audit log for ever: write no personal data here."))
            if self._reason_optional:
                reason.set_optional(optional=True)
            self.add("reason", reason)
        if self._own_password:
            self.add("password", PasswordField(self._theme, self.tr("Your password"), name="own_password"))
        self.set_action(action, icon=icon, variant="destroy" if destroys else "primary")

    def add(self, name: str, field: Field[Any]) -> None:
        """Put a field into the body; problems that core finds with it appear there."""
        self.fields[name] = field
        self.body.addWidget(field)

    @property
    def password(self) -> str:
        """Return what was typed; it stays in the field until the dialog has closed."""
        field = self.fields["password"]
        return field.text() if isinstance(field, PasswordField) else ""

    @property
    def reason(self) -> str | None:
        """Return the reason, None where there is none."""
        field = self.fields.get("reason")
        return (field.text().strip() or None) if isinstance(field, TextAreaField) else None

    def problems(self) -> Mapping[str, str]:
        """Return what is missing, by field: override to say more."""
        missing: dict[str, str] = {}
        if "reason" in self.fields and not self._reason_optional and self.reason is None:
            missing["reason"] = self.tr("Say why.")
        if "password" in self.fields and not self.password:
            missing["password"] = self.tr("Type your password: it opens your key.")
        return missing

    def submit(self) -> None:
        """Ask for the command when nothing is missing."""
        problems = self.problems()
        self.show_problems(problems)
        if not problems:
            self.set_busy(self.tr("Signing and recording…"))
            self.asked.emit()

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put the problems at their fields; what has no field stands beside the buttons."""
        for name, field in self.fields.items():
            if name in problems:
                field.set_error(said(problems[name]))
            else:
                field.clear_error()
        others = " ".join(said(words) for name, words in problems.items() if name not in self.fields)
        self._say(others or self._usual_note, danger=bool(others))

    def show_failure(self, error: BaseException) -> bool:
        """Go back to the fields after a failed command. False if the error has no place here: report it."""
        self.set_busy("")
        match error:
            case InvalidFields():
                self.show_problems(error.problems)
            case InvalidInput():
                self.show_problems({error.field or "": error.message})
            case SignInRefused() | SignInPaused():
                self.show_problems({"password": error.message})
            case CitizenZeroError() if error.exit_code in _SAID_HERE:
                self.show_problems({"": f"{error.message} {error.remedy or ''}".strip()})
            case _:
                return False
        return True

    def set_busy(self, words: str) -> None:
        """Take no input while the command runs."""
        for field in self.fields.values():
            field.setEnabled(not words)
        self.action.setEnabled(not words)
        self._say(words or self._usual_note, danger=False)

    def done(self, result: int) -> None:
        """Close, and forget the password."""
        field = self.fields.get("password")
        if isinstance(field, PasswordField):
            field.take()
        super().done(result)

    def _say(self, text: str, *, danger: bool) -> None:
        self._note.setText(text)
        self._note.set_tone("danger" if danger else "muted")
        self._note_icon.set_icon("octagon-alert" if danger else "scroll-text", "danger" if danger else "muted")


class FiledDialog(DialogFrame):
    """Says that a request was filed, and what happens next."""

    def __init__(self, theme: Theme, window: QWidget, filed: ApprovalNeeded) -> None:
        super().__init__(
            theme,
            window,
            QCoreApplication.translate("FiledDialog", "Another operator must approve this"),
            name="filed_dialog",
            subtitle=QCoreApplication.translate("FiledDialog", "Nothing was changed yet. Your request is filed."),
            icon="stamp",
            icon_tone="accent",
        )
        text = QCoreApplication.translate(
            "FiledDialog",
            "It waits under Approvals for another operator's signature. Once it is signed, "
            "you carry it out there; until then nothing happens.",
        )
        self.body.addWidget(Label(theme, text, "body", tone="text2", wrap=True))
        self.body.addWidget(Label(theme, filed.approval_id, "mono", selectable=True))
        self.set_action(QCoreApplication.translate("FiledDialog", "Open Approvals"), icon="stamp")


def conduct(
    tasks: PageTasks | TaskRunner,
    dialog: CommandDialog,
    prepare: Callable[[], Callable[[], T]],
    done: Callable[[T], None],
    filed: Callable[[ApprovalNeeded], None] | None = None,
) -> None:
    """Open a dialog; each time it asks, `prepare` reads its fields and returns the work for a worker thread.

    The dialog closes when that went well: `done` gets the result, `filed` the request that was filed instead.
    """

    async def run() -> None:
        try:
            result = await tasks.command(prepare())
        except ApprovalNeeded as error:
            if filed is None:
                raise
            dialog.accept()
            filed(error)
            return
        except Exception as error:
            if not dialog.show_failure(error):
                raise
            return
        dialog.accept()
        done(result)

    dialog.asked.connect(lambda: tasks.start(run()))
    dialog.finished.connect(lambda _: dialog.throw_away())
    dialog.open()
