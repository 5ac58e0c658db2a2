"""The proof that was made last: what it says, and how to hand it out."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from core.proofs.claims import Claim
from core.proofs.model import ProofAnswer
from ui.models import proof_words
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.empty_state import EmptyState
from ui.widgets.facts import FactRow
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, row
from ui.widgets.status import StatusItem


def result_rows(theme: Theme, results: tuple[tuple[Claim, bool], ...]) -> QWidget:
    """Return the claims in words, each with its proven result."""
    lines = column(spacing=8)
    for claim, result in results:
        tone: Tone = "success" if result else "muted"
        icon = "circle-check" if result else "circle-x"
        word = StatusItem(theme, proof_words.result_word(result), icon, "text", icon_tone=tone, role="strong")
        word.setFixedWidth(theme.px(122))
        content = row(word, Label(theme, proof_words.claim_sentence(claim), wrap=True), spacing=10)
        content.setStretch(1, 1)
        lines.addWidget(boxed(content))
    return boxed(lines)


class ResultCard(Card):
    """Signals: `save_asked`, `qr_asked`."""

    save_asked = pyqtSignal()
    qr_asked = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("result_card")
        self.setAccessibleName(self.tr("Last proof"))
        self.answer: ProofAnswer | None = None
        self._content: QVBoxLayout = column(spacing=10)
        self.body.addLayout(self._content)
        self.forget()

    def forget(self) -> None:
        """Show that there is none."""
        self.answer = None
        self._clear()
        text = self.tr("A proof says whether claims are true, and nothing else about the citizen.")
        self._content.addWidget(EmptyState(self._theme, "badge-check", self.tr("No proof yet"), text))

    def show_answer(self, answer: ProofAnswer, *, fits_qr: bool) -> None:
        """Show a proof that was just made."""
        self.answer = answer
        self._clear()
        theme = self._theme
        self._content.addWidget(Label(theme, self.tr("Proof made and verified"), "heading"))
        self._content.addWidget(Label(theme, answer.identity_token, "mono", tone="muted", selectable=True))
        self._content.addWidget(result_rows(theme, answer.results))
        self._content.addWidget(FactRow(theme, self.tr("For"), answer.forecast.audience))
        self._content.addWidget(FactRow(theme, self.tr("Usable"), self.tr("once, within five minutes")))
        size = self.tr("{n} bytes").format(n=words.number(len(answer.presentation)))
        self._content.addWidget(FactRow(theme, self.tr("Size"), size))
        save = Button(theme, self.tr("Save as file…"), name="proof_save", icon="download")
        save.clicked.connect(self.save_asked)
        code = Button(theme, self.tr("Show QR code"), name="proof_show_qr", icon="qr-code")
        code.clicked.connect(self.qr_asked)
        code.setEnabled(fits_qr)
        why = "" if fits_qr else self.tr("Too large for a QR code: hand out the file")
        self._content.addWidget(boxed(row(save, code, None)))
        self._content.addWidget(Label(theme, why, "caption", wrap=True))

    def _clear(self) -> None:
        while (item := self._content.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
