"""A QR code, black on white in every theme: cameras read nothing else reliably."""

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

_SIDE = 208  # px at least; a whole number of px a module comes near it
_QUIET = 4  # modules of white around (ISO/IEC 18004)


class QrCode(QWidget):
    """`QrCode(text, meaning=…, name=…)`; the text may be a secret, so nothing else holds it."""

    def __init__(self, text: str, *, meaning: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import segno  # noqa: PLC0415 (only where a code is shown)

        self._modules = tuple(bytes(line) for line in segno.make(text, error="m").matrix)
        modules = len(self._modules) + 2 * _QUIET
        self._scale = max(2, round(_SIDE / modules))
        self.setFixedSize(QSize(modules * self._scale, modules * self._scale))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setObjectName(name)
        self.setAccessibleName(meaning)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the modules."""
        painter, scale = QPainter(self), self._scale
        painter.fillRect(self.rect(), QColor("white"))
        for top, line in enumerate(self._modules, _QUIET):
            for left, dark in enumerate(line, _QUIET):
                if dark:
                    painter.fillRect(left * scale, top * scale, scale, scale, QColor("black"))
        painter.end()
