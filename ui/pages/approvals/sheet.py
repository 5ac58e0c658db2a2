"""One request as whoever signs sees it: exactly what will be done, what it means, who signed, why, what was checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PyQt6.QtCore import pyqtBoundSignal, pyqtSignal
from PyQt6.QtWidgets import QFrame, QLayout, QStackedWidget, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.button import Button, CopyButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.chip import Chip, ChipTone
from ui.widgets.empty_state import EmptyState
from ui.widgets.label import ElidedLabel, IconLabel, Label
from ui.widgets.layout import Piece, boxed, column, line, row

_NAME_WIDTH = 148


@dataclass(frozen=True, slots=True)
class Line:
    """An icon and a sentence."""

    icon: str
    text: str
    tone: Tone = "text2"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """Who signed, when and with which key; `state` in one word."""

    name: str
    detail: str
    state: str
    icon: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class SheetWords:
    """A request in words: see the attributes' places in `ApprovalSheet`.

    `parameters` are shown as they are signed, `exact` is the signed text, `digest` its SHA-256 in hexadecimal.
    `note` stands beside the buttons; `can_decide` is False where it says why not.
    """

    key: str
    icon: str
    tone: Tone
    title: str
    subtitle: str
    parameters: tuple[tuple[str, str], ...]
    digest: str
    exact: str
    meaning: tuple[Line, ...]
    signatures: tuple[SignatureLine, ...]
    reason: str
    checks: tuple[Line, ...]
    note: str
    can_decide: bool
    can_withdraw: bool = False
    can_carry_out: bool = False
    chip: tuple[str, str, ChipTone] | None = field(default=None)


class ApprovalSheet(Card):
    """`show_words(words)` or `show_none()`. Signals with its id: `approve_asked`, `reject_asked`, `carry_out_asked`."""

    approve_asked = pyqtSignal(str)
    reject_asked = pyqtSignal(str)
    carry_out_asked = pyqtSignal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, flush=True)
        self.setObjectName("approval_sheet")
        self.setAccessibleName(self.tr("The request"))
        self.words: SheetWords | None = None
        self.body.setSpacing(0)
        self._sheet = column(spacing=0)
        self._none = EmptyState(
            theme, "stamp", self.tr("Nothing waits for you"), self.tr("What another operator asks for appears here.")
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._none)
        self._stack.addWidget(boxed(self._sheet))
        self.body.addWidget(self._stack, 1)
        self.reject = Button(theme, self.tr("Reject…"), name="reject")
        self.approve = Button(theme, self.tr("Approve and sign…"), name="approve", variant="primary", icon="stamp")
        self.carry_out = Button(theme, self.tr("Carry out…"), name="carry_out", variant="primary", icon="circle-check")
        self.note_icon = IconLabel(theme, "key-round", tone="muted")
        self.note = Label(theme, "", "body", tone="muted", wrap=True)
        self.foot = boxed(
            row(
                self.note_icon,
                self.note,
                self.reject,
                self.approve,
                self.carry_out,
                spacing=10,
                margins=(24, 12, 24, 12),
            )
        )
        self._foot_line = line()
        self.body.addWidget(self._foot_line)
        self.body.addWidget(self.foot)
        self.reject.clicked.connect(lambda: self._emit(self.reject_asked))
        self.approve.clicked.connect(lambda: self._emit(self.approve_asked))
        self.carry_out.clicked.connect(lambda: self._emit(self.carry_out_asked))
        self.show_none()

    def show_none(self) -> None:
        """Say that nothing is chosen, or nothing there."""
        self.words = None
        self._stack.setCurrentIndex(0)
        self.foot.hide()
        self._foot_line.hide()

    def show_words(self, words: SheetWords) -> None:
        """Show a request."""
        self.words = words
        _empty(self._sheet)
        self._sheet.addWidget(self._make_header(words))
        self._sheet.addWidget(line())
        left = ScrollColumn(spacing=0, margins=(24, 18, 24, 18))
        left.body.addLayout(self._make_left(words))
        right = ScrollColumn(spacing=0, margins=(24, 18, 24, 18))
        right.body.addLayout(self._make_right(words))
        both = row(left, boxed(column(line(upright=True), margins=(0, 18, 0, 18))), right, spacing=0)
        both.setStretch(0, 4)
        both.setStretch(2, 3)
        self._sheet.addLayout(both, 1)
        self.note.setText(words.note)
        self.approve.setVisible(words.can_decide)
        self.carry_out.setVisible(words.can_carry_out)
        self.reject.setVisible(words.can_decide or words.can_withdraw)
        self.reject.set_text(self.tr("Reject…") if words.can_decide else self.tr("Withdraw…"))
        self._foot_line.show()
        self.foot.show()
        self._stack.setCurrentIndex(1)

    def _emit(self, signal: pyqtBoundSignal) -> None:
        if self.words is not None:
            signal.emit(self.words.key)

    def _make_header(self, words: SheetWords) -> QWidget:
        theme = self._theme
        below = Label(theme, words.subtitle, "body", tone="muted", wrap=True)
        names = boxed(column(Label(theme, words.title, "title", wrap=True), below, spacing=2))
        pieces: list[Piece] = [column(IconLabel(theme, words.icon, tone=words.tone, size=22), None), names]
        if words.chip is not None:
            pieces.append(Chip(theme, *words.chip))
        header = row(*pieces, spacing=14, margins=(24, 16, 24, 14))
        header.setStretch(1, 1)
        return boxed(header)

    def _make_left(self, words: SheetWords) -> QLayout:
        theme = self._theme
        short = f"{words.digest[:4]} {words.digest[4:8]} {words.digest[8:12]} … {words.digest[-4:]}"
        digest = Label(theme, short, "mono")
        digest.setToolTip(words.digest)
        copy = CopyButton(theme, self.tr("Copy the SHA-256"), words.digest, name="copy_digest")
        exact = QFrame()
        exact.setObjectName("exact_bytes")
        exact.setProperty("kind", "sunken")
        told = Label(theme, words.exact, "mono", wrap=True, selectable=True)
        exact.setLayout(column(told, margins=(12, 8, 12, 8)))
        exact.hide()
        toggle = Button(theme, self.tr("Show bytes"), name="show_bytes", variant="link")
        toggle.clicked.connect(lambda: self._toggle(exact, toggle))
        hashed = row(Label(theme, "SHA-256", "caption"), digest, copy, None, toggle, spacing=8)
        return column(
            Label(theme, self.tr("Exactly this will be done"), "heading"),
            8,
            _block(theme, words.parameters),
            6,
            hashed,
            exact,
            14,
            Label(theme, self.tr("What it means"), "heading"),
            8,
            *_lines(theme, words.meaning),
            spacing=0,
        )

    def _make_right(self, words: SheetWords) -> QLayout:
        theme = self._theme
        pieces: list[Piece] = [Label(theme, self.tr("Signatures"), "heading"), 4]
        for signature in words.signatures:
            pieces += [_signature(theme, signature), line(hair=True)]
        reason = f"“{words.reason}”" if words.reason else self.tr("No reason was given.")
        pieces += [
            14,
            Label(theme, self.tr("Asked because"), "heading"),
            6,
            Label(theme, reason, "body", tone="text2", wrap=True),
            18,
            Label(theme, self.tr("Before you sign"), "heading"),
            8,
            *_lines(theme, words.checks),
        ]
        return column(*pieces, spacing=0)

    def _toggle(self, exact: QWidget, toggle: Button) -> None:
        exact.setVisible(exact.isHidden())
        toggle.set_text(self.tr("Show bytes") if exact.isHidden() else self.tr("Hide bytes"))


def _block(theme: Theme, parameters: Sequence[tuple[str, str]]) -> QWidget:
    """Return the parameters as they are signed: name and value in rows, values in mono."""
    frame = QFrame()
    frame.setProperty("kind", "sunken")
    pieces: list[Piece] = []
    for name, value in parameters:
        if pieces:
            pieces.append(line(hair=True))
        called = ElidedLabel(theme, name, "body", tone="muted")
        called.setFixedWidth(theme.px(_NAME_WIDTH))
        told = Label(theme, value, "mono", wrap=True, selectable=True)
        pieces.append(boxed(row(called, told, spacing=8, margins=(15, 7, 15, 7))))
    frame.setLayout(column(*pieces, spacing=0))
    return frame


def _signature(theme: Theme, signature: SignatureLine) -> QWidget:
    icon = column(2, IconLabel(theme, signature.icon, tone=signature.tone), None)
    detail = Label(theme, signature.detail, "caption", wrap=True)
    names = column(Label(theme, signature.name, "button"), detail, spacing=2)
    both = row(icon, names, Label(theme, signature.state, "body", tone="muted"), spacing=10, margins=(0, 9, 0, 9))
    both.setStretch(1, 1)
    return boxed(both)


def _lines(theme: Theme, lines: Sequence[Line]) -> list[Piece]:
    pieces: list[Piece] = []
    for told in lines:
        icon = column(IconLabel(theme, told.icon, tone=told.tone), None)
        text = Label(theme, told.text, "body", tone="text2", wrap=True)
        both = row(icon, text, spacing=10, margins=(0, 3, 0, 3))
        both.setStretch(1, 1)
        pieces.append(boxed(both))
    return pieces


def _empty(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            _empty(inner)
