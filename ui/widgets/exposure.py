"""What is shown plum: data that is on the screen now and must not stay there.

Everything exposed inherits `Exposed`, so that dialogs can cover it, and a lock can take it away,
without knowing what it is.
"""

from PyQt6.QtWidgets import QFrame, QWidget


class Exposed(QFrame):
    """A widget that may show personal data or a secret."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covers: set[int] = set()

    def cover(self, by: QWidget) -> None:
        """Show nothing while `by` (a dialog) is up. Its time goes on running."""
        self._covers.add(id(by))
        self._on_covered(covered=True)

    def uncover(self, by: QWidget) -> None:
        """Show again what is still exposed, once nothing covers it any more."""
        self._covers.discard(id(by))
        if not self._covers:
            self._on_covered(covered=False)

    def forget(self) -> None:
        """Drop the value for good: on lock, on leaving the page, when its time is over."""
        raise NotImplementedError

    def _on_covered(self, *, covered: bool) -> None:
        raise NotImplementedError


def cover_exposed(window: QWidget, by: QWidget) -> list[Exposed]:
    """Cover all that is exposed in a window, except inside `by`; returns what was covered."""
    covered = [piece for piece in window.findChildren(Exposed) if not by.isAncestorOf(piece)]
    for piece in covered:
        piece.cover(by)
    return covered


def forget_exposed(window: QWidget) -> None:
    """Drop all that is exposed in a window."""
    for piece in window.findChildren(Exposed):
        piece.forget()
