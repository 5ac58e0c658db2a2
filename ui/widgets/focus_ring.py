"""The focus ring: one frame for all widgets, 2 px wide, 2 px outside, moved by `focusChanged`."""

from PyQt6.QtCore import QObject, QPoint, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFocusFrame,
    QLineEdit,
    QPlainTextEdit,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QWidget,
)

from ui.theme.theme import Theme

_GAP = 2
_WIDTH = 2
_RADIUS = 6
_DIRECTLY = Qt.FindChildOption.FindDirectChildrenOnly

_TYPED_INTO = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractItemView)


class FocusRing(QObject):
    """Follows the keyboard focus of the whole application; make one, beside the theme.

    A button that was pressed by mouse shows no ring: the ring is for those who go by keyboard.
    Fields show it always. The ring itself is `frame`, for tests.
    """

    def __init__(self, theme: Theme, application: QApplication) -> None:
        super().__init__(application)
        self._theme = theme
        self._style = _RingStyle("Fusion")
        self.frame: QFocusFrame | None = None
        application.focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None or new.isWindow() or not _stops_tab(new) or self._by_mouse(new):
            if self.frame is not None:
                self.frame.setWidget(None)
            return
        if self.frame is None:
            self.frame = _Ring(self._theme)
            self.frame.setStyle(self._style)  # which Qt does not own
            self.frame.destroyed.connect(self._on_frame_destroyed)
        self.frame.setWidget(new)  # moves it into the window of `new`

    def _on_frame_destroyed(self) -> None:
        self.frame = None  # it went with its window

    def _by_mouse(self, widget: QWidget) -> bool:
        pressed = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        return pressed and not isinstance(widget, _TYPED_INTO)


def _stops_tab(widget: QWidget) -> bool:
    """Say whether the keyboard can go there by itself: a page that was given the focus wears no ring.

    Nor does the finder's field, which is alone on its panel.
    """
    return widget.property("kind") != "finder" and bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)


class _RingStyle(QProxyStyle):
    """Tells QFocusFrame to stay above its window and how far outside to stand."""

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """Return room for gap and ring."""
        if metric in (QStyle.PixelMetric.PM_FocusFrameHMargin, QStyle.PixelMetric.PM_FocusFrameVMargin):
            return _GAP + _WIDTH
        return super().pixelMetric(metric, option, widget)

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: QStyleHintReturn | None = None,  # noqa: N803  # Qt's name
    ) -> int:
        """Ask for a frame above the window, so that no parent cuts the ring off."""
        if hint == QStyle.StyleHint.SH_FocusFrame_AboveWidget:
            return 1
        return super().styleHint(hint, option, widget, returnData)


class _Ring(QFocusFrame):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw a round rectangle, nothing inside."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRegion(self._uncovered())
        painter.setPen(QPen(QColor(self._theme.tokens.ring), _WIDTH))
        half = _WIDTH / 2
        radius = _RADIUS + _GAP
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)

    def _uncovered(self) -> QRegion:
        """Return what no panel hides that stands over the widget (property `covers`)."""
        region, child = QRegion(self.rect()), self.widget()
        while child is not None:
            parent = child.parentWidget()
            for panel in parent.findChildren(QWidget, options=_DIRECTLY) if parent is not None else ():
                if panel is not child and panel.isVisible() and panel.property("covers"):
                    region -= QRegion(QRect(self.mapFromGlobal(panel.mapToGlobal(QPoint())), panel.size()))
            child = parent
        return region
