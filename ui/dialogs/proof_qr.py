"""A proof as a QR code, or words on why it is none: a code holds 2,953 characters at most (ISO/IEC 18004)."""

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.label import Label
from ui.widgets.layout import row

_QUIET = 4  # modules of white around the code
_SIDE = 420


def qr_matrix(text: str) -> list[list[bool]] | None:
    """Return the code's modules, dark or not; None where the text does not fit."""
    import segno  # noqa: PLC0415 (only where a code is shown)

    try:
        code = segno.make(text, error="l", micro=False, boost_error=False)
    except segno.DataOverflowError:
        return None
    return [[bool(module) for module in line] for line in code.matrix]


class QrView(QWidget):
    """The code itself: dark on white in every theme, because cameras expect it."""

    def __init__(self, matrix: list[list[bool]], meaning: str) -> None:
        super().__init__()
        self._matrix = matrix
        self.setObjectName("proof_qr_code")
        self.setAccessibleName(meaning)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a size at which a camera resolves the modules."""
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the modules on whole pixels."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        count = len(self._matrix) + 2 * _QUIET
        side = max(1, min(self.width(), self.height()) // count)
        start = (min(self.width(), self.height()) - side * len(self._matrix)) // 2
        for y, line in enumerate(self._matrix):
            for x, dark in enumerate(line):
                if dark:
                    painter.fillRect(start + x * side, start + y * side, side, side, QColor(Qt.GlobalColor.black))


class ProofQrDialog(DialogFrame):
    """Shows the code."""

    def __init__(self, theme: Theme, window: QWidget, token: str, matrix: list[list[bool]]) -> None:
        super().__init__(theme, window, self.tr("Proof as QR code"), name="proof_qr", token=token, width=500)
        meaning = self.tr("QR code of the proof, for the verifier's camera")
        self.body.addLayout(row(None, QrView(matrix, meaning), None))
        self.body.addWidget(Label(theme, self.tr("It can be used once, within five minutes."), "caption"))
        close = self.add_button(self.tr("Close"), name="close", variant="primary")
        close.clicked.connect(self.reject)
