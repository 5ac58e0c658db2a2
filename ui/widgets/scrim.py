"""What lies over a window behind a dialog: dims it, takes its clicks, draws the dialog's shadow."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tokens

_SHADOW = 28
_DOWN = 6
_RADIUS = 10


def paint_behind(painter: QPainter, tokens: Tokens, ground: QRect, panel: QRect, *, strength: float = 1.0) -> None:
    """Dim a window, then lay the shadow round a panel in thin rings: a style sheet knows no shadow."""
    dim = QColor(tokens.scrim)
    dim.setAlpha(round(tokens.scrim_alpha * strength))
    painter.fillRect(ground, dim)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 2))
    box = QRectF(panel).translated(0, _DOWN)
    for spread in range(_SHADOW, 0, -1):
        radius = _RADIUS + spread
        painter.drawRoundedRect(box.adjusted(-spread, -spread, spread, spread), radius, radius)


class Scrim(QWidget):
    """Covers `window` while `panel`, its child, is up. `refit` is called when the window changes its size."""

    def __init__(self, theme: Theme, window: QWidget, panel: QWidget, refit: Callable[[], None]) -> None:
        super().__init__(window)
        self._theme = theme
        self._panel = panel
        self._refit = refit
        self.hide()

    def cover(self) -> None:
        """Lie over the whole window, above all else."""
        window = self.parentWidget()
        if window is not None:
            window.installEventFilter(self)
            self.setGeometry(window.rect())
        self.raise_()
        self.show()

    def is_top(self) -> bool:
        """Say whether no other scrim lies above."""
        window = self.parentWidget()
        scrims = [] if window is None else [c for c in window.children() if isinstance(c, Scrim) and c.isVisible()]
        return bool(scrims) and scrims[-1] is self

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the size of the window."""
        window = self.parentWidget()
        if event is not None and event.type() == QEvent.Type.Resize and window is not None and watched is window:
            self.setGeometry(window.rect())
            self._refit()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Dim the window and draw the shadow."""
        paint_behind(QPainter(self), self._theme.tokens, self.rect(), self._panel.geometry())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take clicks: nothing below can be reached."""
        if event is not None:
            event.accept()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Take the wheel too."""
        if event is not None:
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Take keys that the dialog left."""
        if event is not None:
            event.accept()
