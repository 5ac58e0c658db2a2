"""The frame of a wizard: steps with their results at the left, content at the right, a fixed foot.

It shows what it is told and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtWidgets import QFrame, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.button import Button
from ui.widgets.card import ScrollColumn
from ui.widgets.label import ElidedLabel, IconLabel, Label, MarkLabel, repolish
from ui.widgets.layout import boxed, column, row

SIDE_WIDTH = 248
_MARGIN = 32


class StepState(Enum):
    """Where a step stands."""

    AHEAD = "ahead"
    NOW = "now"
    DONE = "done"
    FAILED = "failed"


STEP_LOOKS: dict[StepState, tuple[str, Tone]] = {
    StepState.AHEAD: ("circle", "muted"),
    StepState.NOW: ("circle-dot", "accent"),
    StepState.DONE: ("circle-check", "success"),
    StepState.FAILED: ("octagon-alert", "danger"),
}


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A step in the list at the left."""

    key: str
    title: str


class WizardFrame(QWidget):
    """`set_step(key, state, result)`, `show_page(key)`. Signals: `cancel_asked`, `back_asked`, `next_asked`."""

    cancel_asked = pyqtSignal()
    back_asked = pyqtSignal()
    next_asked = pyqtSignal()

    def __init__(
        self, theme: Theme, title: str, caption: str, steps: Sequence[StepEntry], *, name: str, cancel: str
    ) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._steps = {step.key: _Step(theme, step) for step in steps}
        self._pages: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self.cancel = Button(theme, cancel, name=f"{name}_cancel")
        self.back = Button(theme, QCoreApplication.translate("Wizard", "Back"), name=f"{name}_back")
        self.next = Button(theme, "", name=f"{name}_next", variant="primary")
        self.why = Label(theme, "", "caption")
        self.cancel.clicked.connect(self.cancel_asked)
        self.back.clicked.connect(self.back_asked)
        self.next.clicked.connect(self.next_asked)
        foot = QFrame()
        foot.setProperty("kind", "foot")
        foot.setLayout(
            row(self.cancel, None, self.why, 4, self.back, self.next, spacing=8, margins=(_MARGIN, 12, _MARGIN, 12))
        )
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        right = column(self._stack, foot, spacing=0)
        right.setStretch(0, 1)
        whole = row(self._make_side(title, caption), right, spacing=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def add_page(self, key: str, page: QWidget) -> None:
        """Add what a step shows."""
        self._pages[key] = page
        self._stack.addWidget(page)

    def show_page(self, key: str) -> None:
        """Show a step's page."""
        self._stack.setCurrentWidget(self._pages[key])

    def set_step(self, key: str, state: StepState, result: str = "") -> None:
        """Say where a step stands, and in a few words what came of it."""
        self._steps[key].show_state(state, result)

    def _make_side(self, title: str, caption: str) -> QFrame:
        theme = self._theme
        side = QFrame()
        side.setProperty("kind", "sidebar")
        side.setFixedWidth(theme.px(SIDE_WIDTH))
        names = column(Label(theme, title, "strong"), Label(theme, caption, "caption"), spacing=1)
        head = row(MarkLabel(theme, 28), names, None, spacing=10, margins=(4, 0, 0, 0))
        side.setLayout(column(head, 18, *self._steps.values(), None, spacing=2, margins=(16, 15, 15, 16)))
        return side


class WizardPage(ScrollColumn):
    """A step's page: title, one line, then two columns. `main` and `aside` take the cards."""

    def __init__(self, theme: Theme, title: str, caption: str, *, aside_width: int = 380) -> None:
        super().__init__(spacing=16, margins=(_MARGIN, 26, _MARGIN, 16))
        heading = column(Label(theme, title, "title"), Label(theme, caption, tone="text2", wrap=True), spacing=4)
        self.body.addLayout(heading)
        self.banners: QVBoxLayout = column(spacing=12)
        self.body.addLayout(self.banners)
        self.main: QVBoxLayout = column(spacing=12)
        self.aside: QVBoxLayout = column(spacing=12)
        beside = boxed(column(self.aside, None, spacing=0))
        beside.setFixedWidth(theme.px(aside_width))
        columns = row(boxed(column(self.main, None, spacing=0)), beside, spacing=16)
        columns.setStretch(0, 1)
        self.body.addLayout(columns)
        self.setAccessibleName(title)


class _Step(QFrame):
    def __init__(self, theme: Theme, step: StepEntry) -> None:
        super().__init__()
        self._theme = theme
        self._title_words = step.title
        self._icon = IconLabel(theme, "circle", tone="muted", size=18)
        self._title = Label(theme, step.title, "button")
        self._result = ElidedLabel(theme, "", "caption")
        self._result.hide()
        words = column(self._title, self._result, spacing=1)
        content = row(column(self._icon, None, spacing=0), words, spacing=10, margins=(10, 6, 8, 6))
        content.setStretch(1, 1)
        self.setLayout(content)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_state(StepState.AHEAD, "")

    def show_state(self, state: StepState, result: str) -> None:
        icon, tone = STEP_LOOKS[state]
        self._icon.set_icon(icon, tone)
        self._title.set_tone("muted" if state is StepState.AHEAD else "text")
        self._title.set_role("strong" if state is StepState.NOW else "button")
        self._result.setText(result)
        self._result.setVisible(bool(result))
        self.setProperty("kind", "well" if state is StepState.NOW else "plain")
        self.setAccessibleName(f"{self._title_words}: {_state_word(state)} {result}".strip())
        repolish(self)


def _state_word(state: StepState) -> str:
    return {
        StepState.AHEAD: QCoreApplication.translate("Wizard", "not yet"),
        StepState.NOW: QCoreApplication.translate("Wizard", "now"),
        StepState.DONE: QCoreApplication.translate("Wizard", "done"),
        StepState.FAILED: QCoreApplication.translate("Wizard", "failed"),
    }[state]
