"""The frame of a page: header with title and actions, body below."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.button import Button
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, hide_unless, row

if TYPE_CHECKING:
    from core.audit.growth import Change

MARGIN = 20


class PageHeader(QWidget):
    """Title, at most one chip or one line of words; actions at the right, the primary last."""

    def __init__(self, theme: Theme, title: str, caption: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label(theme, title, "title")
        self.caption = Label(theme, caption, "body", tone="muted")
        hide_unless(bool(caption), self.caption)
        self._beside = row(self.title, spacing=12)
        self._actions = row(spacing=8)
        words = boxed(column(self._beside, self.caption, spacing=2))
        layout = row(words, None, self._actions)
        layout.setAlignment(self._actions, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(layout)
        self.setMinimumHeight(theme.px(30))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_caption(self, caption: str) -> None:
        """Write the line below the title."""
        self.caption.setText(caption)
        self.caption.setVisible(bool(caption))

    def add_action(self, button: Button) -> None:
        """Put an action at the right; the primary one comes last."""
        self._actions.addWidget(button)


class Page(QWidget):
    """A page of the console: subclass it, fill `header` and `body`.

    `shown()` is called each time the page comes up (load or refresh there), `left()` when another
    one takes its place. The page takes no time to build what nobody looks at: build in `__init__`,
    read in `shown`.
    """

    def __init__(
        self, theme: Theme, title: str, caption: str = "", *, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.header = PageHeader(theme, title, caption)
        self.body = column(spacing=12)
        layout = column(self.header, self.body, spacing=14, margins=(MARGIN, 16, MARGIN, 16))
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def shown(self) -> None:
        """Load what the page shows: called each time it comes up."""

    def others_changed(self, changes: "Sequence[Change]") -> None:
        """Take note of what other consoles and the command line did meanwhile."""

    def left(self) -> None:
        """Let go: called when another page takes its place."""
