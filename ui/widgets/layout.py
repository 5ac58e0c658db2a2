"""Rows, columns and lines: layouts without the margins that Qt would add."""

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]
Piece = QWidget | QLayout | int | None
"""A widget, a layout, a space in px, or None for a stretch."""

_NONE: Margins = (0, 0, 0, 0)


def row(*pieces: Piece, spacing: int = 8, margins: Margins = _NONE) -> QHBoxLayout:
    """Pieces side by side."""
    layout = QHBoxLayout()
    _fill(layout, pieces, spacing, margins)
    return layout


def column(*pieces: Piece, spacing: int = 8, margins: Margins = _NONE) -> QVBoxLayout:
    """Pieces one below the other."""
    layout = QVBoxLayout()
    _fill(layout, pieces, spacing, margins)
    return layout


def boxed(layout: QLayout, parent: QWidget | None = None) -> QWidget:
    """Make a layout a widget without a ground of its own, to be shown, hidden or stacked."""
    widget = QFrame(parent)
    widget.setProperty("kind", "plain")
    widget.setLayout(layout)
    return widget


def line(*, hair: bool = False, upright: bool = False) -> QFrame:
    """Return a line of one px: between the parts of a card, or (`hair`) between rows."""
    frame = QFrame()
    frame.setProperty("kind", "hairline" if hair else "line")
    if upright:
        frame.setFixedWidth(1)
        frame.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
    else:
        frame.setFixedHeight(1)
        frame.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return frame


def hide_unless(condition: bool, widget: QWidget) -> None:
    """Hide a widget that has no parent yet; `setVisible(True)` would show it as a window of its own for a moment."""
    if not condition:
        widget.hide()


def _fill(layout: QHBoxLayout | QVBoxLayout, pieces: tuple[Piece, ...], spacing: int, margins: Margins) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for piece in pieces:
        if piece is None:
            layout.addStretch(1)
        elif isinstance(piece, int):
            layout.addSpacing(piece)
        elif isinstance(piece, QLayout):
            layout.addLayout(piece)
        else:
            layout.addWidget(piece)
