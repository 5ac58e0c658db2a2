"""Ctrl+K: one field that finds any page, any action, and opens a citizen by identity token."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui.theme.theme import Theme
from ui.widgets.inputs import LineInput
from ui.widgets.label import Label
from ui.widgets.layout import column, line
from ui.widgets.scrim import paint_behind

IDENTITY_TOKEN = re.compile(r"idt_[0-9A-Za-z]{22}")
"""What an identity token looks like; whether it exists only core can say."""

_WIDTH = 560
_TOP = 96
_ROW = 36
_MOST = 8
_HINT_ROLE = int(Qt.ItemDataRole.UserRole) + 1

Kind = Literal["page", "action", "citizen"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to go to or to do. `hint` stands at its right; `keywords` find it too."""

    kind: Kind
    key: str
    title: str
    icon: str
    hint: str = ""
    keywords: tuple[str, ...] = ()


def find(query: str, targets: Sequence[Target]) -> list[Target]:
    """Return what fits, best first: titles that begin with it, then words that do, then anything that holds it."""
    wanted = query.strip().casefold()
    if not wanted:
        return list(targets)
    ranked = [(rank, index) for index, target in enumerate(targets) if (rank := _rank(wanted, target)) is not None]
    return [targets[index] for _, index in sorted(ranked)]


def _rank(wanted: str, target: Target) -> int | None:
    title = target.title.casefold()
    words = title.split() + [word.casefold() for word in target.keywords]
    if title.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in words):
        return 1
    return 2 if wanted in title else None


def identity_token_in(text: str) -> str | None:
    """Return the identity token that was typed or pasted, if the text is one and nothing else."""
    stripped = text.strip()
    return stripped if IDENTITY_TOKEN.fullmatch(stripped) else None


class Palette(QWidget):
    """Lies over its window while it is open. Signal: `chosen(str, str)` with kind and key.

    For a citizen the key is the identity token. Arrow keys move, Enter chooses, Esc closes.
    """

    chosen = pyqtSignal(str, str)

    def __init__(self, theme: Theme, window: QWidget, targets: Sequence[Target] = ()) -> None:
        super().__init__(window)
        self._theme = theme
        self._targets = tuple(targets)
        self._shown: list[Target] = []
        self._came_from: QWidget | None = None
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Find or go to"))
        self._panel = QFrame(self)
        self._panel.setProperty("kind", "dialog")
        placeholder = self.tr("Page, action or identity token")
        self.input = LineInput(theme, name="palette_input", meaning=placeholder, placeholder=placeholder, icon="search")
        self.input.setProperty("kind", "finder")
        self.input.installEventFilter(self)
        self.input.textChanged.connect(self._on_text_changed)
        self.list = QListWidget()
        self.list.setObjectName("palette_list")
        self.list.setAccessibleName(self.tr("What fits"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Rows(theme, self.list))
        self.list.itemClicked.connect(lambda _: self._choose())
        self._nothing = Label(theme, "", tone="muted", wrap=True)
        self._nothing.setContentsMargins(16, 8, 16, 8)
        self._panel.setLayout(
            column(self.input, line(), 4, self.list, self._nothing, 4, spacing=0, margins=(4, 4, 4, 0))
        )
        self.hide()

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Offer other pages and actions."""
        self._targets = tuple(targets)

    def open(self) -> None:
        """Come up, empty, with the keyboard in the field."""
        window = self.parentWidget()
        if window is None:
            return
        self._came_from = QApplication.focusWidget()
        self.setGeometry(window.rect())
        window.installEventFilter(self)
        self.input.clear()
        self._on_text_changed("")
        self.raise_()
        self.show()
        self.input.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_quietly(self) -> None:
        """Go without a choice; the keyboard returns to where it was."""
        if self.isHidden():
            return
        self.hide()
        window = self.parentWidget()
        if window is not None:
            window.removeEventFilter(self)
        if self._came_from is not None:
            with suppress(RuntimeError):  # Qt may have deleted it meanwhile
                self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
        self._came_from = None

    def targets_shown(self) -> list[Target]:
        """Return what the list offers now."""
        return list(self._shown)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take the keys that move in the list from the field, and follow the window's size."""
        if event is None:
            return False
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]  # it is `watched`
            self._fit()
        if watched is self.input and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take_key(event.key())
        return False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Close on a click outside."""
        if event is not None and not self._panel.geometry().contains(event.position().toPoint()):
            self.close_quietly()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Dim the window a little and lay a shadow round the panel."""
        paint_behind(QPainter(self), self._theme.tokens, self.rect(), self._panel.geometry(), strength=0.5)

    def _take_key(self, key: int) -> bool:
        if key == Qt.Key.Key_Escape:
            self.close_quietly()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _MOST}.get(Qt.Key(key), -_MOST)
            last = self.list.count() - 1
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), last))
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)  # the keyboard stays here
        return True

    def _choose(self) -> None:
        number = self.list.currentRow()
        if 0 <= number < len(self._shown):
            target = self._shown[number]
            self.close_quietly()
            self.chosen.emit(target.kind, target.key)

    def _on_text_changed(self, text: str) -> None:
        token = identity_token_in(text)
        if token is not None:
            words = self.tr("Open citizen {token}").format(token=token)
            self._shown = [Target("citizen", token, words, "user", self.tr("Citizen"))]
        else:
            self._shown = find(text, self._targets)
        self.list.clear()
        for target in self._shown:
            item = QListWidgetItem(self._theme.icon(target.icon), target.title)
            item.setData(_HINT_ROLE, target.hint)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._nothing.setText(self.tr("Nothing here has that name. People are found on the page Citizens."))
        self._nothing.setVisible(not self._shown)
        self._fit()

    def _fit(self) -> None:
        rows = min(len(self._shown), _MOST)
        self.list.setFixedHeight(rows * self._theme.px(_ROW))
        self.list.setVisible(rows > 0)
        layout = self._panel.layout()
        height = 60 if layout is None else layout.totalSizeHint().height()
        width = min(self._theme.px(_WIDTH), self.width() - 48)
        self._panel.setGeometry(QRect((self.width() - width) // 2, _TOP, width, height))
        self.update()


class _Rows(QStyledItemDelegate):
    """Icon, title, and the hint at the right; a handful of rows, so Python may paint them."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """Return the height of a row."""
        return QSize(100, self._theme.px(_ROW))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw one row."""
        if painter is None:
            return
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.selection))
            painter.drawRoundedRect(box.adjusted(2, 1, -2, -1), 6, 6)
        side = self._theme.px(16)
        top = box.top() + (box.height() - side) // 2
        index.data(Qt.ItemDataRole.DecorationRole).paint(painter, QRect(box.left() + 10, top, side, side))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font("body"))
        painter.setPen(QColor(tokens.text))
        title = str(index.data(Qt.ItemDataRole.DisplayRole))
        painter.drawText(box.adjusted(20 + side, 0, -90, 0), int(middle | Qt.AlignmentFlag.AlignLeft), title)
        painter.setFont(self._theme.font("caption"))
        painter.setPen(QColor(tokens.muted))
        hint = str(index.data(_HINT_ROLE) or "")
        painter.drawText(box.adjusted(0, 0, -12, 0), int(middle | Qt.AlignmentFlag.AlignRight), hint)
        painter.restore()
