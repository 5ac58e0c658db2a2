"""Cards: what a page is divided into."""

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.label import Label
from ui.widgets.layout import Piece, boxed, column, line, row


class Card(QFrame):
    """A white block with a heading, a body and perhaps a foot.

    `Card(theme, self.tr("Contact"))`; then `card.body.addWidget(…)`. `caption` stands beside the
    heading, `aside` (a widget) at its right. `ruled` draws a line under the heading; `flush` gives
    the body no margins, for tables and rows that reach the edges.
    """

    def __init__(
        self,
        theme: Theme,
        title: str = "",
        *,
        caption: str = "",
        aside: QWidget | None = None,
        ruled: bool = False,
        flush: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("kind", "card")
        self._outer = column(spacing=0)
        self.setLayout(self._outer)
        self.heading: Label | None = None
        self.caption = Label(theme, caption, "caption")
        if title:
            self._add_header(title, aside, ruled=ruled, flush=flush)
        top = 16 if not title or ruled else 12
        self.body = column(spacing=8, margins=(0, 0, 0, 0) if flush else (16, top, 16, 16))
        self._outer.addLayout(self.body, 1)

    def _add_header(self, title: str, aside: QWidget | None, *, ruled: bool, flush: bool) -> None:
        self.heading = Label(self._theme, title, "heading")
        pieces: list[Piece] = [self.heading, self.caption, None]
        if aside is not None:
            pieces.append(aside)
        tight = ruled or flush
        header = boxed(row(*pieces, spacing=10, margins=(16, 11 if tight else 22, 16, 11 if tight else 0)))
        header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self._outer.addWidget(header)
        if ruled:
            self._outer.addWidget(line())

    def set_footer(self, *pieces: Piece, height: int = 30) -> None:
        """Add a foot under a line: counts and order under a table, actions under a detail."""
        foot = boxed(row(*pieces, spacing=8, margins=(16, 0, 16, 0)))
        foot.setFixedHeight(self._theme.px(height))
        self._outer.addWidget(line())
        self._outer.addWidget(foot)


class Snug(QFrame):
    """A frame exactly as high as its wrapped words need at its width: never stretched, never clipped.

    Qt's fixed size policy takes the height of a guessed width instead.
    """

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Take the height for a new width."""
        super().resizeEvent(event)
        self._hug()

    def event(self, event: QEvent | None) -> bool:
        """Take the height for other words."""
        done = super().event(event)
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._hug()
        return done

    def _hug(self) -> None:
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return
        height = layout.totalHeightForWidth(self.width())
        if height > 0 and (height != self.minimumHeight() or height != self.maximumHeight()):
            self.setFixedHeight(height)


class ScrollColumn(QScrollArea):
    """A column that scrolls when the window is low: `column.body.addWidget(…)`. Ends with a stretch by itself."""

    def __init__(
        self, *, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setProperty("kind", "clear")
        self.body = column(spacing=spacing)
        outer = column(spacing=0, margins=margins)
        outer.addLayout(self.body)
        outer.addStretch(1)
        content.setLayout(outer)
        self.setWidget(content)
        viewport = self.viewport()
        if viewport is not None:
            viewport.setProperty("kind", "clear")
            viewport.setAutoFillBackground(False)
