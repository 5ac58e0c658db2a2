"""The page Proofs: the request at the left, its result and the history at the right."""

import json
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog

from core.access.model import Permission
from core.errors import BudgetExhausted
from core.proofs.files import hand_out
from core.proofs.model import PastProof, ProofAnswer
from ui.dialogs.file_picker import pick_place
from ui.dialogs.proof_qr import ProofQrDialog, qr_matrix
from ui.models import proof_words
from ui.models.counted import counted
from ui.models.vault import Desk
from ui.pages.proofs.ask_card import AskCard, Asked
from ui.pages.proofs.result_card import ResultCard
from ui.pages.proofs.verifying import open_verifying
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.cell_model import RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.empty_state import EmptyState
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.page import Page

_ASK_WIDTH = 490


class ProofsPage(Page):
    """Reads the history each time it comes up; forgets the last proof when the console locks with it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme, "", name="page_proofs")
        title = self.tr("Proofs")
        self.header.title.setText(title)
        self.setAccessibleName(title)
        self._desk = desk
        self._picker: QFileDialog | None = None
        theme = desk.theme
        verify = Button(theme, self.tr("Verify a file…"), name="proof_verify_file", icon="file-check")
        verify.clicked.connect(lambda: open_verifying(theme, desk.tasks, self.window() or self, desk.vault.now))
        self.header.add_action(verify)
        if not desk.may(Permission.PROOF_PROVE):
            none = EmptyState(theme, "badge-check", title, self.tr("Your role does not prove eligibility."))
            self.body.addWidget(none, 1)
            return
        self.ask = AskCard(theme)
        self.ask.setFixedWidth(theme.px(_ASK_WIDTH))
        self.result = ResultCard(theme)
        self.history = RowsModel(proof_words.history_columns())
        right = column(self.result, self._make_history(), spacing=12)
        right.setStretch(1, 1)
        middle = row(self.ask, boxed(right), spacing=12)
        middle.setStretch(1, 1)
        self.body.addLayout(middle, 1)
        self.ask.forecast_asked.connect(lambda asked: desk.tasks.start(self._forecast(asked)))
        self.ask.proof_asked.connect(lambda asked: desk.tasks.start(self._prove(asked)))
        self.result.save_asked.connect(self._on_save)
        self.result.qr_asked.connect(self._on_qr)

    def shown(self) -> None:
        """Read the history."""
        if self._desk.may(Permission.PROOF_PROVE):
            self._desk.tasks.start(self._load(), retry=self.shown)

    def ask_about(self, identity_token: str) -> None:
        """Begin a request about a citizen."""
        self.ask.token.set_text(identity_token)

    async def _load(self) -> None:
        desk, proofs = self._desk, self._desk.vault.services.proofs
        past: list[PastProof] = await desk.tasks.query(lambda: proofs.history(desk.session))
        self.history.set_rows([proof_words.history_row(one) for one in past])
        self._count.setText(counted(len(past), self.tr("{n} proof in 30 days"), self.tr("{n} proofs in 30 days")))
        self._empty.setVisible(not past)
        self.table.setVisible(bool(past))

    async def _forecast(self, asked: Asked) -> None:
        desk, proofs = self._desk, self._desk.vault.services.proofs
        preview = await desk.tasks.command(lambda: proofs.forecast(desk.session, asked.identity_token, asked.request))
        self.ask.show_forecast(preview)

    async def _prove(self, asked: Asked) -> None:
        desk, proofs = self._desk, self._desk.vault.services.proofs

        def prove() -> tuple[ProofAnswer, bool]:
            answer = proofs.prove(desk.session, asked.identity_token, asked.request, asked.purpose, asked.reason)
            return answer, qr_matrix(str(answer.document["proof"])) is not None

        try:
            answer, fits = await desk.tasks.command(prove)
        except BudgetExhausted:
            await self._forecast(asked)  # somebody else asked meanwhile: show what an answer could tell now
            raise
        self.result.show_answer(answer, fits_qr=fits)
        await self._load()

    def _on_save(self) -> None:
        answer = self.result.answer
        if answer is None:
            return
        content = json.dumps(answer.document, ensure_ascii=False).encode()

        def save(path: Path) -> None:
            self._desk.tasks.start(self._save(path, content))

        kinds = self.tr("Proofs (*.json);;All files (*)")
        self._picker = pick_place(self, self.tr("Save the proof"), kinds, "proof.json", save)

    async def _save(self, path: Path, content: bytes) -> None:
        await self._desk.tasks.query(lambda: hand_out(path, content))

    def _on_qr(self) -> None:
        answer = self.result.answer
        matrix = None if answer is None else qr_matrix(str(answer.document["proof"]))
        if answer is not None and matrix is not None:
            dialog = ProofQrDialog(self.theme, self.window() or self, answer.identity_token, matrix)
            dialog.finished.connect(lambda _: dialog.throw_away())
            dialog.open()

    def _make_history(self) -> Card:
        theme = self.theme
        card = Card(theme, flush=True)
        card.body.setSpacing(0)
        heading = row(Label(theme, self.tr("History"), "strong"), None, margins=(16, 12, 16, 10))
        card.body.addWidget(boxed(heading))
        card.body.addWidget(line())
        self.table = DataTable(theme, name="proof_history", meaning=self.tr("Proofs made"))
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)  # names and lists: the beginning says most
        self.table.setModel(self.history)
        self.table.set_widths(148, 118, 128, 150, 44, 80)
        self._empty = EmptyState(theme, "scroll-text", self.tr("No proof was made in the last 30 days"))
        self._empty.hide()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self._empty, 1)
        self._count = Label(theme, "", "caption")
        card.set_footer(self._count, None, Label(theme, self.tr("No threshold and no answer is kept"), "caption"))
        return card
