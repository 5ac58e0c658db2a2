"""The frame of every dialog: over the window it belongs to, which is dimmed and out of reach.

It is no window of its own: frameless windows with shadows need a compositor that a bare X11 has
not. It is opened with `open()` and awaited with `ui.ask.ask`; nothing here ever calls `exec()`.
"""

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QRect, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QDialog, QFrame, QLayoutItem, QPushButton, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.button import Button, Variant
from ui.widgets.card import ScrollColumn
from ui.widgets.exposure import Exposed, cover_exposed
from ui.widgets.field import Field
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import Piece, boxed, column, line, row
from ui.widgets.scrim import Scrim

_PADDING = 24
_EDGE = 24  # the least that stays free between dialog and window


class DialogFrame(QDialog):
    """Title, facts, body, note, Cancel and action.

    Subclass it: fill `body`, call `set_action`, override `submit()` (validate, then `accept()`),
    and give it a method that returns the answer. `subtitle` stands below the title, `token` before
    it in mono. `first_focus(widget)` says where typing begins (else the first field, else the
    action). Esc and Cancel reject. Enter presses the action unless its variant is `destroy`.
    Signals: `finished(int)`, `accepted`, `rejected`; `submit_asked` when the action is pressed.
    """

    submit_asked = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        window: QWidget,
        title: str,
        *,
        name: str,
        token: str = "",
        subtitle: str = "",
        icon: str = "",
        icon_tone: Tone = "danger",
        width: int = 560,
        ruled: bool = True,
    ) -> None:
        super().__init__(None)
        self._theme = theme
        self._over = window.window() or window
        self._width = theme.px(width)
        self._scrim = Scrim(theme, self._over, self, self.fit)
        self._covered: list[Exposed] = []
        self._came_from: QWidget | None = None
        self._first: QWidget | None = None
        self._action: Button | None = None
        self.setParent(self._scrim, Qt.WindowType.Widget)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._frame = QFrame()
        self._frame.setProperty("kind", "dialog")
        inset = theme.px(22) + 12 if icon else 0
        self._header = self._make_header(title, token, subtitle, icon, icon_tone, ruled=ruled)
        self._scroll = ScrollColumn(margins=(_PADDING + inset, 12 if ruled else 9, _PADDING, 16))
        self.body = self._scroll.body
        self.foot = row(None, spacing=8, margins=(_PADDING, 12, _PADDING, 12))
        self._foot = boxed(self.foot)
        pieces: list[Piece] = [self._header]
        if ruled:
            pieces.append(line())
        self._inside = column(*pieces, self._scroll, spacing=0)
        self._inside.addWidget(self._foot)
        self._frame.setLayout(self._inside)
        self.setLayout(column(self._frame))
        self._refit = QTimer(self)
        self._refit.setSingleShot(True)
        self._refit.setInterval(0)
        self._refit.timeout.connect(self._fit)
        for piece in (self._scroll.widget(), self._foot):
            if piece is not None:
                piece.installEventFilter(self)
        self.hide()

    # --- building ----------------------------------------------------------------------------------

    def set_action(
        self, text: str, *, name: str = "action", variant: Variant = "primary", icon: str | None = None
    ) -> Button:
        """Add Cancel and the one action at the right of the foot; returns the action."""
        cancel = self.add_button(QCoreApplication.translate("DialogFrame", "Cancel"), name="cancel")
        cancel.clicked.connect(self.reject)
        self._action = self.add_button(text, name=name, variant=variant, icon=icon)
        self._action.clicked.connect(self._on_action)
        return self._action

    def add_button(self, text: str, *, name: str, variant: Variant = "plain", icon: str | None = None) -> Button:
        """Add a button at the right end of the foot."""
        button = Button(self._theme, text, name=f"{self.objectName()}_{name}", variant=variant, icon=icon)
        self.foot.addWidget(button)
        return button

    def set_note(self, text: str, icon: str = "") -> None:
        """Say something at the left of the button row ("Recorded before anything is shown")."""
        if icon:
            self.foot.insertWidget(0, IconLabel(self._theme, icon, tone="muted", size=14))
        self.foot.insertWidget(1 if icon else 0, Label(self._theme, text, "caption"))

    def rule_foot(self) -> None:
        """Draw a line above the buttons."""
        self._inside.insertWidget(self._inside.count() - 1, line())

    def first_focus(self, widget: QWidget) -> None:
        """Say where typing begins."""
        self._first = widget

    @property
    def action(self) -> Button:
        """Return the action button."""
        if self._action is None:
            raise LookupError(self.objectName())
        return self._action

    def submit(self) -> None:
        """Do what the action says: accept. Override to look at the fields first."""
        self.accept()

    # --- opening and closing -----------------------------------------------------------------------

    def open(self) -> None:
        """Show it over its window; returns at once."""
        self._came_from = QApplication.focusWidget()
        self._covered = cover_exposed(self._over, self)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)
        for field in self.findChildren(Field):
            field.set_label_role("strong")
        self._scrim.cover()
        self.show()
        self._fit()
        self._starting_widget().setFocus(Qt.FocusReason.TabFocusReason)

    def done(self, result: int) -> None:
        """Close it, uncover what it covered and give the focus back."""
        if not self._scrim.isHidden():
            application = QApplication.instance()
            if isinstance(application, QApplication):
                application.focusChanged.disconnect(self._on_focus_changed)
            self._scrim.hide()
            for piece in self._covered:
                piece.uncover(self)
            self._covered = []
            if self._came_from is not None and _alive(self._came_from, self._over):
                self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
            self._over.removeEventFilter(self._scrim)
        super().done(result)

    def throw_away(self) -> None:
        """Delete it and what it lies on, once nobody needs its answer any more."""
        self._scrim.deleteLater()

    # --- keyboard ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Reject by Esc; press the focused button, or else the action, by Enter. Never destroy by Enter."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Escape:
            self.reject()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_enter()
        event.accept()  # keys stay in the dialog

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002  # Qt's name
        """Keep Tab inside the dialog."""
        start = QApplication.focusWidget() or self
        widget = start
        while True:
            following = widget.nextInFocusChain() if next else widget.previousInFocusChain()
            if following is None or following is start:
                return False
            widget = following
            if self._takes_tab(widget):
                reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
                widget.setFocus(reason)
                self._scroll.ensureWidgetVisible(widget)
                return True

    def _takes_tab(self, widget: QWidget) -> bool:
        tabbed = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        usable = widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None
        return tabbed and usable and self.isAncestorOf(widget)

    def _on_enter(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton) and self.isAncestorOf(focused):
            if focused.property("variant") != "destroy":
                focused.click()
        elif self._action is not None and self._action.isEnabled() and self._action.property("variant") != "destroy":
            self._action.click()

    def _on_action(self) -> None:
        self.submit_asked.emit()
        self.submit()

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None or new.window() is not self._over or self.isAncestorOf(new):
            return
        if self._scrim.is_top():
            self._starting_widget().setFocus(Qt.FocusReason.OtherFocusReason)

    def _starting_widget(self) -> QWidget:
        if self._first is not None:
            return self._first.focusProxy() or self._first
        inside = self._scroll.widget()
        fields = [] if inside is None else [w for w in inside.findChildren(QWidget) if self._takes_tab(w)]
        if fields:
            return fields[0]
        buttons = [w for w in self._foot.findChildren(QPushButton) if self._takes_tab(w)]
        return buttons[-1] if buttons else self

    # --- size --------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take another height when something inside asks for room."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._refit.start()
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Take the place and height that the content needs, in the middle of the window."""
        self._fit()

    def _fit(self) -> None:
        content = self._scroll.widget()
        layout = None if content is None else content.layout()
        if layout is None:
            return
        width = min(self._width, self._over.width() - 2 * _EDGE)
        inner = width - 2
        layout.activate()
        if self._header.hasHeightForWidth():
            self._header.setFixedHeight(self._header.heightForWidth(inner))
        middle = layout.totalHeightForWidth(inner) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        items = [self._inside.itemAt(index) for index in range(self._inside.count())]
        around = sum(_height(item, inner) for item in items if item is not None and item.widget() is not self._scroll)
        height = min(middle + around + 2, self._over.height() - 2 * _EDGE)
        x = (self._over.width() - width) // 2
        y = max(_EDGE, (self._over.height() - height) // 2)
        self.setGeometry(QRect(x, y, width, height))
        self._scrim.update()

    def _make_header(
        self, title: str, token: str, subtitle: str, icon: str, icon_tone: Tone, *, ruled: bool
    ) -> QWidget:
        theme = self._theme
        heading = Label(theme, title, "heading", wrap=True)
        words = column(heading, spacing=2)
        if token or subtitle:
            pieces: list[Piece] = []
            if token:
                pieces.append(Label(theme, token, "mono", selectable=True))
            if subtitle:
                pieces.append(Label(theme, subtitle, "body", tone="muted", wrap=not token))
            below = row(*pieces, spacing=10)
            if token:
                below.addStretch(1)
            words.addLayout(below)
        layout = row(spacing=12, margins=(_PADDING, 22, _PADDING, 14 if ruled else 0))
        if icon:
            layout.addLayout(column(IconLabel(theme, icon, tone=icon_tone, size=22), None, spacing=0))
        layout.addLayout(words, 1)
        return boxed(layout)


def _height(item: QLayoutItem, width: int) -> int:
    """Return the height of a piece at a width; the size hint of wrapped words is that of a guessed width."""
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()


def open_dialogs(window: QWidget) -> list[DialogFrame]:
    """Return the dialogs that are up over a window, lowest first."""
    return [dialog for dialog in window.findChildren(DialogFrame) if dialog.isVisible()]


def _alive(widget: QWidget, window: QWidget) -> bool:
    try:
        return widget.isVisible() and widget.isEnabled() and widget.window() is window
    except RuntimeError:  # Qt has deleted it meanwhile
        return False
