"""One field of personal data: masked, recording, revealed or refused.

The value is held only while it is revealed; when its time is over, on lock or on "Hide now" it
leaves the widget and the clipboard. Masked is always eight dots, whatever the length.
"""

from enum import Enum

from PyQt6.QtCore import QCoreApplication, QDeadlineTimer, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.button import IconButton
from ui.widgets.exposure import Exposed
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, hide_unless, row
from ui.widgets.revealed import Revealed, RevealedBox

_TICK_MS = 250
_NAME_WIDTH = 88
_NAME_WIDTH_COMPACT = 62


class SecretState(Enum):
    """What a secret field shows."""

    MASKED = "masked"
    RECORDING = "recording"
    REVEALED = "revealed"
    REFUSED = "refused"


class SecretField(Exposed):
    """`SecretField(theme, self.tr("Phone"), name="phone")`; starts masked.

    Methods: `mask_value()`, `record()` (the intent is being written), `reveal(Revealed)`, `refuse(reason)`.
    Signals: `reveal_asked` (the eye: open the purpose dialog), `masked` (time over or hidden),
    `copy_asked` (Ctrl+C or menu on a revealed value: ask first, then call `copy_value()`).
    `compact` puts label, value and time in one line; `set_note` writes quiet words beside the eye.
    """

    reveal_asked = pyqtSignal()
    copy_asked = pyqtSignal()
    masked = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        label: str,
        *,
        name: str,
        compact: bool = False,
        revealable: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._label = label
        self._revealed: Revealed | None = None
        self._deadline = QDeadlineTimer()
        self._copied = False
        self._revealable = revealable
        self.state = SecretState.MASKED
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._name_width = theme.px(_NAME_WIDTH_COMPACT if compact else _NAME_WIDTH)
        self._closed = self._make_closed(name)
        self._open = RevealedBox(theme, label, name=name, compact=compact)
        self._open.hidden.connect(self.mask_value)
        self._open.copy_asked.connect(self.copy_asked)
        self.setLayout(column(self._closed, self._open, spacing=0))
        self._show_closed()

    # --- what the page tells it --------------------------------------------------------------------

    def mask_value(self) -> None:
        """Show eight dots; what was revealed is dropped, from here and from the clipboard."""
        was_revealed = self._drop()
        self.state = SecretState.MASKED
        self._show_closed()
        if was_revealed:
            self.masked.emit()

    def forget(self) -> None:
        """Drop the value: see `Exposed`."""
        self.mask_value()

    def record(self) -> None:
        """Say that the intent is being written to the audit log, before anything is shown."""
        self._drop()
        self.state = SecretState.RECORDING
        self._show_closed()

    def refuse(self, reason: str) -> None:
        """Say that it is not allowed, and why ("Not allowed: no consent")."""
        self._drop()
        self.state = SecretState.REFUSED
        self._show_closed(reason)

    def reveal(self, revealed: Revealed) -> None:
        """Show a value until its time is over."""
        self._drop()
        self.state = SecretState.REVEALED
        self._revealed = revealed
        milliseconds = round(revealed.seconds * 1000)
        self._deadline = QDeadlineTimer(milliseconds, Qt.TimerType.PreciseTimer)
        self._timer.setInterval(max(1, min(_TICK_MS, milliseconds)))
        self._timer.start()
        self._show_open()

    def set_note(self, note: str) -> None:
        """Write quiet words beside the eye ("recorded")."""
        self._note.setText(note)

    def value(self) -> str | None:
        """Return the value while it is revealed, else None."""
        return None if self._revealed is None else self._revealed.value

    def copy_value(self) -> None:
        """Put a revealed value on the clipboard; it is taken off when the time is over."""
        clipboard = QGuiApplication.clipboard()
        if self._revealed is not None and clipboard is not None:
            clipboard.setText(self._revealed.value)
            self._copied = True

    # --- what happens inside -----------------------------------------------------------------------

    def _make_closed(self, name: str) -> QWidget:
        label = Label(self._theme, self._label, "body", tone="muted")
        label.setFixedWidth(self._name_width)
        self._words = Label(self._theme, words.DOTS, "body", tone="text2")
        self._note = Label(self._theme, "", "caption")
        meaning = QCoreApplication.translate("SecretField", "Reveal {field}…").format(field=self._label)
        self._eye = IconButton(self._theme, "eye", meaning, name=f"{name}_eye")
        hide_unless(self._revealable, self._eye)
        self._eye.clicked.connect(self.reveal_asked)
        self._sign = IconLabel(self._theme, "ban", tone="danger")
        self._sign_box = boxed(row(4, self._sign, 4, spacing=0))
        closed = boxed(row(label, self._words, None, self._note, self._eye, self._sign_box, spacing=8))
        closed.setMinimumHeight(self._theme.px(29))
        return closed

    def _show_closed(self, reason: str = "") -> None:
        recording = QCoreApplication.translate("SecretField", "Recording…")
        dots = self.state is SecretState.MASKED
        self._words.setText({SecretState.RECORDING: recording, SecretState.REFUSED: reason}.get(self.state, words.DOTS))
        self._words.setAccessibleName(
            QCoreApplication.translate("SecretField", "{field}, masked").format(field=self._label) if dots else ""
        )
        self._eye.setVisible(dots and self._revealable)
        self._sign_box.setVisible(not dots)
        if self.state is SecretState.RECORDING:
            self._sign.set_icon("loader-circle", "text2")
            self._sign.set_meaning(recording)
        elif self.state is SecretState.REFUSED:
            self._sign.set_icon("ban", "danger")
            self._sign.set_meaning(QCoreApplication.translate("SecretField", "Refused"))
        self._show_words(dotted=dots)
        self._open.hide()
        self._closed.show()

    def _show_words(self, *, dotted: bool) -> None:
        self._words.set_role("dots" if dotted else "body")
        self._words.set_tone("muted" if dotted else "text2")

    def _show_open(self) -> None:
        if self._revealed is None or self._covers:
            return
        self._open.show_value(self._revealed)
        self._on_tick()
        self._closed.hide()
        self._open.show()

    def _on_covered(self, *, covered: bool) -> None:
        if self.state is not SecretState.REVEALED:
            return
        if covered:
            self._open.clear()
            self._words.setText(words.DOTS)
            self._show_words(dotted=True)
            self._eye.setVisible(self._revealable)
            self._sign_box.hide()
            self._open.hide()
            self._closed.show()
        else:
            self._show_open()

    def _on_tick(self) -> None:
        if self._deadline.hasExpired() or self._revealed is None:
            self.mask_value()
            return
        left = self._deadline.remainingTime() / 1000
        self._open.show_time(left, left / self._revealed.seconds)

    def _drop(self) -> bool:
        """Forget the value, here, in the labels and on the clipboard; whether there was one."""
        self._timer.stop()
        revealed, self._revealed = self._revealed, None
        self._open.clear()
        if revealed is None:
            return False
        clipboard = QGuiApplication.clipboard()
        if self._copied and clipboard is not None and clipboard.text() == revealed.value:
            clipboard.clear()
        self._copied = False
        return True


__all__ = ["Revealed", "SecretField", "SecretState"]
