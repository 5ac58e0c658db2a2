"""A list and the detail of what is chosen in it: side by side, or the detail over the list where it is narrow."""

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme

DETAIL_WIDTH = 400
_GAP = 12
_NARROW = 1040  # px of page body: a window of 1280 px less navigation and margins


class ListAndDetail(QWidget):
    """`split.show_detail()` and `split.hide_detail()`; the list takes what is left."""

    def __init__(
        self, theme: Theme, list_card: QWidget, detail: QWidget, *, width: int = DETAIL_WIDTH, always: bool = False
    ) -> None:
        super().__init__()
        self._theme = theme
        self._list = list_card
        self._detail = detail
        self._width = width
        self._open = always
        list_card.setParent(self)
        detail.setParent(self)
        detail.setVisible(always)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def covers(self) -> bool:
        """Tell whether the window is so narrow that the detail stands over the list."""
        return self.width() < self._theme.px(_NARROW)

    def show_detail(self) -> None:
        """Show the detail."""
        self._open = True
        self._detail.show()
        self._place()

    def hide_detail(self) -> None:
        """Give the list all the room."""
        self._open = False
        self._detail.hide()
        self._place()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the room."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Small enough for the smallest window."""
        return QSize(600, 300)

    def _place(self) -> None:
        width, height = self.width(), self.height()
        detail = min(self._theme.px(self._width), width)
        beside = self._open and not self.covers
        self._list.setGeometry(0, 0, width - detail - _GAP if beside else width, height)
        self._detail.setGeometry(width - detail, 0, detail, height)
        self._detail.setProperty("covers", self._open and self.covers)  # the focus ring goes underneath
        self._detail.raise_()
