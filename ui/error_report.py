"""The one place where an error becomes words for a person.

What happened, what it means for data, what to do, a code to quote; details folded and copyable.
Never a traceback, never a bare PKCS#11 number: what is not in the error tree of `core.errors` is
shown as an unexpected fault, and its own words go to the log alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from PyQt6.QtCore import QCoreApplication, QObject
from PyQt6.QtWidgets import QWidget

from core.errors import CitizenZeroError, UnexpectedFault
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.button import Button, CopyButton, copy_text
from ui.widgets.card import Snug
from ui.widgets.dialog import DialogFrame
from ui.widgets.facts import FactRow
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, row

Retry = Callable[[], None]
Log = Callable[[BaseException], None]

# By exit code, which names the kind of failure: see docs/architecture.md.
_LOOKS: dict[int, tuple[str, Tone]] = {
    2: ("triangle-alert", "warning"),
    3: ("search", "warning"),
    4: ("ban", "danger"),
    5: ("octagon-alert", "danger"),
    6: ("unplug", "danger"),
    7: ("unplug", "danger"),
    8: ("octagon-alert", "danger"),
}


def in_words(error: BaseException) -> CitizenZeroError:
    """Return the error in words: as it is, or as an unexpected fault that repeats nothing of the original's text."""
    if isinstance(error, CitizenZeroError):
        return error
    return UnexpectedFault(
        QCoreApplication.translate("ErrorReport", "The console met a fault of its own"),
        meaning=QCoreApplication.translate(
            "ErrorReport", "What you asked for may not have been done. Look at the record before you ask again."
        ),
        details={QCoreApplication.translate("ErrorReport", "Kind"): type(error).__name__},
    )


class ErrorReport(QObject):
    """`report(error, retry)` shows one dialog at a time over the window; the others wait their turn.

    `window` gives the window to stand over (None: nothing can be shown yet, only logged), `log`
    takes the original for the log, `now` is the clock.
    """

    def __init__(
        self,
        theme: Theme,
        window: Callable[[], QWidget | None],
        *,
        log: Log | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._window = window
        self._log = log
        self._now = now
        self._waiting: list[tuple[CitizenZeroError, Retry | None, datetime]] = []
        self.dialog: ErrorDialog | None = None

    def report(self, error: BaseException, retry: Retry | None = None, /) -> None:
        """Log it, and say it in words; "Try again" calls `retry` and is there only with it."""
        if isinstance(error, asyncio.CancelledError):
            return
        if self._log is not None:
            self._log(error)
        self._waiting.append((in_words(error), retry, self._now()))
        self._show_next()

    def _show_next(self) -> None:
        window = self._window()
        if self.dialog is not None or not self._waiting or window is None:
            return
        error, retry, when = self._waiting.pop(0)
        self.dialog = ErrorDialog(self._theme, window, error, when, retry=retry)
        self.dialog.finished.connect(self._on_finished)
        self.dialog.open()

    def _on_finished(self, _result: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.throw_away()
            if dialog.result() and dialog.retry is not None:
                dialog.retry()
        self._show_next()


class ErrorDialog(DialogFrame):
    """One error, as `error-hsm-light.png` shows it."""

    def __init__(
        self, theme: Theme, window: QWidget, error: CitizenZeroError, when: datetime, *, retry: Retry | None
    ) -> None:
        icon, tone = _LOOKS.get(error.exit_code, ("octagon-alert", "danger"))
        super().__init__(
            theme,
            window,
            said(error.message).removesuffix("."),
            name="error",
            icon=icon,
            icon_tone=tone,
            width=580,
            ruled=False,
        )
        self.retry = retry
        self.body.setSpacing(7)
        self.body.addWidget(Label(theme, said(error.meaning), wrap=True, selectable=True))
        self.body.addWidget(Label(theme, said(error.remedy), tone="text2", wrap=True, selectable=True))
        self.body.addSpacing(3)
        facts = dict(error.details)
        facts[QCoreApplication.translate("ErrorDialog", "Time")] = words.moment(when, seconds=True)
        self.details = Details(theme, facts)
        self.body.addWidget(self.details)
        self.rule_foot()
        self._add_code(error.code)
        close = self.add_button(QCoreApplication.translate("ErrorDialog", "Close"), name="close")
        close.clicked.connect(self.reject)
        self.first_focus(close)
        if retry is not None:
            words_of_it = QCoreApplication.translate("ErrorDialog", "Try again")
            again = self.add_button(words_of_it, name="retry", variant="primary", icon="rotate-cw")
            again.clicked.connect(self.accept)
            self.first_focus(again)

    def _add_code(self, code: str) -> None:
        copy = CopyButton(
            self._theme, QCoreApplication.translate("ErrorDialog", "Copy the code"), code, name="error_copy_code"
        )
        label = Label(self._theme, QCoreApplication.translate("ErrorDialog", "Code"), tone="muted")
        value = Label(self._theme, code, "mono", selectable=True)
        self.foot.insertLayout(0, row(label, value, copy, spacing=8))


class Details(Snug):
    """Facts for whoever maintains the console, folded until they are asked for."""

    def __init__(self, theme: Theme, facts: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts = dict(facts)
        self.setProperty("kind", "sunken")
        self.fold = Button(
            theme,
            QCoreApplication.translate("Details", "Details"),
            name="error_details",
            variant="quiet",
            scale="small",
            icon="chevron-right",
        )
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._on_toggled)
        self._copy = Button(
            theme,
            QCoreApplication.translate("Details", "Copy all"),
            name="error_copy_all",
            variant="quiet",
            scale="small",
            icon="copy",
        )
        self._copy.clicked.connect(lambda: copy_text(self.as_text()))
        rows = [FactRow(theme, name, value, name_width=82) for name, value in facts.items()]
        self._body = boxed(column(*rows, spacing=4, margins=(12, 0, 12, 9)))
        self._body.hide()
        head = row(self.fold, None, self._copy, margins=(1, 6, 10, 6))
        self.setLayout(column(head, self._body, spacing=0))

    def as_text(self) -> str:
        """Return all facts, one a line."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts.items())

    def unfold(self) -> None:
        """Show the facts."""
        self.fold.setChecked(True)

    def _on_toggled(self, unfolded: bool) -> None:
        self._body.setVisible(unfolded)
        self.fold.set_icon("chevron-down" if unfolded else "chevron-right")


def said(sentence: str) -> str:
    """Return a sentence of core in the person's language, if the translation has it."""
    return QCoreApplication.translate("core", sentence)
