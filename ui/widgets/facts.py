"""Facts: the strip of numbers at the top of a page, and rows of name and value."""

from collections.abc import Iterable
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QSizePolicy, QWidget

from ui.theme.fonts import Role
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.label import ElidedLabel, Label
from ui.widgets.layout import Piece, boxed, column, hide_unless, line, row
from ui.widgets.status import StatusItem


@dataclass(frozen=True, slots=True)
class Fact:
    """One number and what it counts: `Fact("citizens", "12,84,551", tr("citizens"))`."""

    key: str
    value: str
    label: str


class FactsStrip(QFrame):
    """Numbers side by side in one card. `set_value(key, text)` changes one of them."""

    def __init__(self, theme: Theme, facts: Iterable[Fact], *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._values: dict[str, Label] = {}
        pieces: list[Piece] = []
        for fact in facts:
            value = Label(theme, fact.value, "number")
            self._values[fact.key] = value
            if pieces:
                pieces.append(boxed(column(line(upright=True), margins=(0, 0, 0, 0))))
            words = boxed(column(value, Label(theme, fact.label, "caption"), spacing=0, margins=(18, 0, 8, 0)))
            words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            pieces.append(words)
        strip = row(*pieces, spacing=0, margins=(0, 10, 0, 10))
        for index in range(0, strip.count(), 2):
            strip.setStretch(index, 1)
        self.setLayout(strip)

    def set_value(self, key: str, text: str) -> None:
        """Show another number."""
        self._values[key].setText(text)


class FactRow(QWidget):
    """Name at the left, value beside it: `FactRow(theme, self.tr("Check value"), "440066", role="mono")`.

    `name_width` lines several rows up; `aside` stands at the far right. The value can be marked and
    copied; a value that does not fit is cut and shown whole by tool tip when `elide` is set.
    """

    def __init__(
        self,
        theme: Theme,
        name: str,
        value: str = "",
        *,
        role: Role = "body",
        tone: Tone = "text",
        name_width: int = 96,
        aside: str = "",
        elide: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = Label(theme, name, "body", tone="muted")
        self._name.setFixedWidth(theme.px(name_width))
        self.value: Label
        if elide:
            self.value = ElidedLabel(theme, value, role, tone=tone, mode=Qt.TextElideMode.ElideMiddle)
        else:
            self.value = Label(theme, value, role, tone=tone, wrap=True, selectable=True)
        self.aside = Label(theme, aside, "caption")
        hide_unless(bool(aside), self.aside)
        top = Qt.AlignmentFlag.AlignTop
        content = row(spacing=8)
        content.addWidget(self._name, 0, top)
        content.addWidget(self.value, 1)
        content.addWidget(self.aside, 0, top)
        self.setLayout(content)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_value(self, value: str, aside: str | None = None) -> None:
        """Show another value."""
        self.value.setText(value)
        if aside is not None:
            self.aside.setText(aside)
            self.aside.setVisible(bool(aside))


class StateRow(QFrame):
    """A part and its state, as on Overview: icon, name over detail, word at the right.

    `StateRow(theme, self.tr("HSM"), detail, self.tr("ready"), icon="circle-check", tone="success")`
    """

    def __init__(
        self,
        theme: Theme,
        name: str,
        detail: str,
        state: str,
        *,
        icon: str,
        tone: Tone,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._head = StatusItem(theme, name, icon, "text", icon_tone=tone, role="button", spacing=10)
        self._detail = Label(theme, detail, "caption")
        self._state = Label(theme, state, "body", tone="text2")
        below = row(self._detail, None, margins=(theme.px(16) + 10, 0, 0, 0))
        self.setLayout(column(row(self._head, None, self._state), below, spacing=1, margins=(16, 8, 16, 8)))

    def set_state(self, detail: str, state: str, *, icon: str, tone: Tone) -> None:
        """Show another state."""
        self._head.set_status(self._head.text(), icon, "text", icon_tone=tone)
        self._detail.setText(detail)
        self._state.setText(state)
