"""What tests of windows share: rules about every widget, and screenshots to look at.

Rules return the offenders as words, so that a failing test names them.
"""

from pathlib import Path
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QPoint, Qt
from PyQt6.QtGui import QWindow
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from ui.theme.theme import Theme
from ui.widgets.label import ElidedLabel

SCREENSHOTS = Path(__file__).resolve().parents[1] / "screenshots"

_INTERACTIVE = (
    QAbstractButton,
    QLineEdit,
    QPlainTextEdit,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
    QTabBar,
)
_QTS_OWN = (QHeaderView, QScrollBar, QMenu)


def _describe(widget: QWidget) -> str:
    parent = widget.parentWidget()
    where = "" if parent is None else f" in {parent.objectName() or type(parent).__name__}"
    return f"{type(widget).__name__} {widget.objectName()!r}{where}"


def _is_ours(widget: QWidget) -> bool:
    """Leave out what Qt makes for itself: the list of a combo box, the corner of a table, scroll buttons."""
    parent = widget.parentWidget()
    inside_combo = (
        isinstance(widget, QListView) and isinstance(parent, QWidget) and parent.inherits("QComboBoxPrivateContainer")
    )
    waiting = isinstance(widget, QAbstractButton) and widget.isHidden() and not widget.text() and widget.icon().isNull()
    return not (isinstance(widget, _QTS_OWN) or inside_combo or waiting or widget.inherits("QTableCornerButton"))


def unnamed(root: QWidget) -> list[str]:
    """Interactive or focusable widgets without object name or accessible name."""
    offenders = []
    for widget in root.findChildren(QWidget):
        interactive = isinstance(widget, _INTERACTIVE) or (
            widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not isinstance(widget, QLabel)
        )
        proxied = widget.focusProxy() is not None
        if interactive and not proxied and _is_ours(widget) and not (widget.accessibleName() and widget.objectName()):
            offenders.append(_describe(widget))
    return offenders


def elided(root: QWidget) -> list[str]:
    """Visible one-line labels and buttons whose words do not fit (labels made to be elided excepted)."""
    offenders = []
    for label in root.findChildren(QLabel):
        if not label.isVisible() or not label.text() or isinstance(label, ElidedLabel):
            continue
        room = label.contentsRect()
        if label.wordWrap():
            needed = label.heightForWidth(label.width())
            if needed > label.height() + 1:
                offenders.append(f"{_describe(label)}: {label.text()!r} needs {needed} px, has {label.height()}")
        elif label.fontMetrics().horizontalAdvance(label.text()) > room.width() + 1:
            offenders.append(f"{_describe(label)}: {label.text()!r}")
    offenders += [
        f"{_describe(button)}: {button.text()!r}"
        for button in root.findChildren(QAbstractButton)
        if button.isVisible() and button.text() and button.sizeHint().width() > button.width() + 1
    ]
    return offenders


def assert_all_named(root: QWidget) -> None:
    """Hold a window to the rule that whoever cannot see it can still name what can be pressed."""
    offenders = unnamed(root)
    assert not offenders, "\n".join(offenders)


def assert_no_elided_labels(root: QWidget) -> None:
    """Hold a window to the rule that words fit."""
    offenders = elided(root)
    assert not offenders, "\n".join(offenders)


def texts(root: QWidget) -> list[str]:
    """Every visible word of a window, for asking whether a value is on the screen."""
    found = [label.text() for label in root.findChildren(QLabel) if label.isVisible()]
    found += [button.text() for button in root.findChildren(QAbstractButton) if button.isVisible()]
    found += [line.text() for line in root.findChildren(QLineEdit) if line.isVisible()]
    return [text for text in found if text]


def all_strings(root: QWidget) -> list[str]:
    """Every string that any widget of a window holds, visible or not: names, tips, texts."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        found += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip(), widget.windowTitle()]
        if isinstance(widget, (QLabel, QLineEdit, QAbstractButton)):
            found.append(widget.text())
        elif isinstance(widget, QPlainTextEdit):
            found.append(widget.toPlainText())
    return [text for text in found if text]


def settle() -> None:
    """Let layouts, polishing and deferred deletion happen. For tests only: the program never does this."""
    for _ in range(3):
        QApplication.sendPostedEvents(None, 0)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QApplication.processEvents()


def screenshot(widget: QWidget, name: str, theme: Theme | None = None) -> Path:
    """Save a picture of a widget below `tests/screenshots/`; the theme's name is put behind `name`."""
    settle()
    SCREENSHOTS.mkdir(exist_ok=True)
    suffix = "" if theme is None else f"-{theme.tokens.name.value}"
    path = SCREENSHOTS / f"{name}{suffix}.png"
    assert widget.grab().save(str(path))
    return path


def focus_order(start: QWidget, root: QWidget) -> list[str]:
    """Return the object names that Tab goes through, from `start` once around inside `root`."""
    names = []
    widget: QWidget | None = start
    while widget is not None:
        if (
            widget.focusPolicy() & Qt.FocusPolicy.TabFocus.value
            and widget.isVisible()
            and widget.isEnabled()
            and widget.focusProxy() is None
            and (root.isAncestorOf(widget))
        ):
            names.append(widget.objectName())
        widget = widget.nextInFocusChain()
        if widget is start:
            break
    return names


class Collector(QObject):
    """Collects what signals bring: `signal.connect(collector)`."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[object, ...]] = []

    def __call__(self, *values: object) -> None:
        self.got.append(values)


# PyQt6's type stubs take QTest's static functions for methods.
_QTEST: Any = QTest


def focused() -> QWidget:
    """Return the widget that has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    *,
    on: QWidget | QWindow | None = None,
) -> None:
    """Press a key in the focused widget; on a QWindow it goes the platform's way, so that shortcuts see it."""
    _QTEST.keyClick(on or focused(), key, modifiers)


def type_text(text: str, *, on: QWidget | None = None) -> None:
    """Type into the focused widget."""
    _QTEST.keyClicks(on or focused(), text)


def click(widget: QWidget) -> None:
    """Click in the middle of a widget."""
    _QTEST.mouseClick(widget, Qt.MouseButton.LeftButton)


def move_mouse(widget: QWidget, at: QPoint) -> None:
    """Move the pointer over a widget; from beside, because one that is there already does not move."""
    _QTEST.mouseMove(widget, at + QPoint(1, 1))
    _QTEST.mouseMove(widget, at)
