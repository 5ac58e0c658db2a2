"""The screen for a console that opened without one of its parts.

Rows of parts: name, state, what it means, how to mend it; then what still works and what does not.
A pure view of frozen facts; every ten seconds it asks to look again.
"""

from dataclasses import dataclass

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.button import Button, CopyButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.label import Label, MarkLabel
from ui.widgets.layout import Piece, boxed, column, line, row
from ui.widgets.status import StatusItem
from ui.widgets.status_bar import PART_LOOKS, PartState

RETRY_SECONDS = 10
_WIDTH = 900
_NAME_WIDTH = 116
_STATE_WIDTH = 154


@dataclass(frozen=True, slots=True)
class PartAction:
    """A button: `PartAction("retry", tr("Try again"), "rotate-cw")`."""

    key: str
    text: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class PartReport:
    """One part: its state in a word; `lines` from what is so to how to mend it; what can be done here."""

    key: str
    name: str
    icon: str
    state: PartState
    word: str
    lines: tuple[str, ...]
    actions: tuple[PartAction, ...] = ()


@dataclass(frozen=True, slots=True)
class DegradedState:
    """All that the screen shows. `code` is what to quote; `primary` the one thing that goes on from here."""

    title: str
    subtitle: str
    parts: tuple[PartReport, ...]
    can: tuple[str, ...] = ()
    cannot_title: str = ""
    cannot: tuple[str, ...] = ()
    code: str = ""
    watching: str = ""
    secondary: PartAction | None = None
    primary: PartAction | None = None


class DegradedScreen(QWidget):
    """`DegradedScreen(theme, version="0.1.0")`, then `show_state(DegradedState)`.

    Signals: `action_chosen(str, str)` with the part's key (empty for the foot) and the action's;
    `retry_due` every ten seconds while the screen is up; `verify_asked` for a proof from a file.
    """

    action_chosen = pyqtSignal(str, str)
    retry_due = pyqtSignal()
    verify_asked = pyqtSignal()

    def __init__(
        self, theme: Theme, *, version: str, retry_seconds: float = RETRY_SECONDS, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: DegradedState | None = None
        self.setObjectName("degraded_screen")
        self._watching = Label(theme, "", "caption")
        self._column = ScrollColumn()
        self._column.setFixedWidth(theme.px(_WIDTH))
        verify = Button(theme, self.tr("Verify a proof…"), name="verify_proof_here", variant="quiet", icon="file-check")
        verify.clicked.connect(self.verify_asked)
        foot = row(verify, self._watching, None, Label(theme, version, "caption"))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._column)
        middle.addStretch(1)
        self.setLayout(column(middle, foot, spacing=8, margins=(20, 16, 21, 14)))
        self._timer = QTimer(self)
        self._timer.setInterval(round(retry_seconds * 1000))
        self._timer.timeout.connect(self.retry_due)

    def show_state(self, state: DegradedState) -> None:
        """Show how the parts are now. Showing the same again changes nothing, so the keyboard stays where it is."""
        if state == self._shown:
            return
        self._shown = state
        self.setAccessibleName(state.title)
        self._watching.setText(state.watching)
        content = QWidget()
        content.setProperty("kind", "clear")
        content.setLayout(self._make_content(state))
        self._column.setWidget(content)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin to look again every ten seconds."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop looking."""
        super().hideEvent(event)
        self._timer.stop()

    def _make_content(self, state: DegradedState) -> QVBoxLayout:
        pieces: list[Piece] = [None, self._make_head(state), 20, self._make_parts(state)]
        if state.can or state.cannot:
            pieces += [14, self._make_abilities(state)]
        pieces += [18, self._make_buttons(state), None]
        return column(*pieces, spacing=0)

    def _make_head(self, state: DegradedState) -> QWidget:
        words = column(
            Label(self._theme, state.title, "title"),
            Label(self._theme, state.subtitle, tone="text2"),
            spacing=3,
        )
        return boxed(row(MarkLabel(self._theme, 44), words, None, spacing=16))

    def _make_parts(self, state: DegradedState) -> Card:
        card = Card(self._theme, flush=True)
        card.body.setSpacing(0)
        for index, part in enumerate(state.parts):
            if index:
                card.body.addWidget(line())
            card.body.addWidget(self._make_part(part))
        return card

    def _make_part(self, part: PartReport) -> QWidget:
        theme = self._theme
        top = Qt.AlignmentFlag.AlignTop
        name = StatusItem(theme, part.name, part.icon, "text", icon_tone="text2", role="strong", spacing=10)
        name.setFixedWidth(theme.px(_NAME_WIDTH + 18))
        icon, tone = PART_LOOKS[part.state]
        word = StatusItem(theme, part.word, icon, tone, role="strong")
        word.setFixedWidth(theme.px(_STATE_WIDTH))
        lines = column(spacing=3)
        for index, text in enumerate(part.lines):
            line_tone: Tone = "text" if index == 0 else "text2"
            lines.addWidget(Label(theme, text, tone=line_tone, wrap=True, selectable=True))
        if part.actions:
            lines.addSpacing(6)
            lines.addLayout(row(*[self._make_button(part.key, action) for action in part.actions], None))
        layout = row(spacing=8, margins=(20, 14, 20, 14))
        layout.addWidget(name, 0, top)
        layout.addWidget(word, 0, top)
        layout.addLayout(lines, 1)
        return boxed(layout)

    def _make_button(self, part: str, action: PartAction) -> Button:
        name = f"{part}_{action.key}"
        button = Button(self._theme, action.text, name=name, icon=action.icon or None, scale="small")
        button.clicked.connect(lambda: self.action_chosen.emit(part, action.key))
        return button

    def _make_abilities(self, state: DegradedState) -> Card:
        card = Card(self._theme)
        card.body.setContentsMargins(20, 14, 20, 14)
        sides = row(spacing=40)
        sides.addLayout(self._make_list(self.tr("You can still"), state.can, "circle-check", "success"), 1)
        sides.addLayout(self._make_list(state.cannot_title, state.cannot, "circle-minus", "muted"), 1)
        card.body.addLayout(sides)
        return card

    def _make_list(self, title: str, words: tuple[str, ...], icon: str, tone: Tone) -> QVBoxLayout:
        pieces: list[Piece] = [Label(self._theme, title, "strong")]
        pieces += [row(StatusItem(self._theme, text, icon, "text2", icon_tone=tone), None) for text in words]
        return column(*pieces, None, spacing=6)

    def _make_buttons(self, state: DegradedState) -> QWidget:
        pieces: list[Piece] = []
        if state.secondary is not None:
            pieces.append(self._make_foot_button(state.secondary, primary=False))
        pieces.append(None)
        if state.code:
            copy = CopyButton(self._theme, self.tr("Copy the code"), state.code, name="degraded_copy_code")
            label = Label(self._theme, self.tr("Code"), tone="muted")
            pieces += [label, Label(self._theme, state.code, "mono", selectable=True), copy, 8]
        if state.primary is not None:
            pieces.append(self._make_foot_button(state.primary, primary=True))
        return boxed(row(*pieces))

    def _make_foot_button(self, action: PartAction, *, primary: bool) -> Button:
        button = Button(
            self._theme,
            action.text,
            name=f"degraded_{action.key}",
            icon=action.icon or None,
            variant="primary" if primary else "plain",
            scale="large",
        )
        button.clicked.connect(lambda: self.action_chosen.emit("", action.key))
        return button
