"""Verifying a proof from a file: needs the file and the authority's public key, no vault, database or HSM."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from core.errors import InvalidInput
from core.proofs.attributes import BY_ID
from core.proofs.response import FILE_BYTES
from core.proofs.verifier import Verdict
from core.proofs.verify import KEY_BYTES, judge_as_shown, parse_nonce, read_authority, read_file
from ui.dialogs.file_picker import pick_file
from ui.error_report import said
from ui.models import proof_words
from ui.pages.proofs.result_card import result_rows
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.dialog import DialogFrame
from ui.widgets.facts import FactRow
from ui.widgets.field import TextField
from ui.widgets.layout import Piece, boxed, column, row


class VerifyProofDialog(DialogFrame):
    """Signal `verify_asked(Path, Path, str, str)`: proof, key, audience, nonce. `show_verdict` answers."""

    verify_asked = pyqtSignal(object, object, str, str)

    def __init__(self, theme: Theme, window: QWidget, *, now: Callable[[], datetime]) -> None:
        super().__init__(
            theme,
            window,
            self.tr("Verify a proof"),
            name="verify_proof",
            subtitle=self.tr("Works offline: nothing but the two files is needed."),
            width=620,
        )
        self._now = now
        self._picker: QFileDialog | None = None
        self.proof = self._file_field(self.tr("Proof file"), "verify_file", self.tr("Proofs (*.json);;All files (*)"))
        self.authority = self._file_field(
            self.tr("Authority's public key"), "verify_authority", self.tr("Keys (*.pem);;All files (*)")
        )
        self.audience = TextField(
            theme,
            self.tr("For whom it must be made"),
            name="verify_audience",
            optional=True,
            helper=self.tr("You, as you named yourself when you asked."),
        )
        self.nonce = TextField(
            theme,
            self.tr("Nonce"),
            name="verify_nonce",
            optional=True,
            mono=True,
            helper=self.tr("The 64 hex digits that you asked with. Without them a copied proof looks the same."),
        )
        self.body.addWidget(self.audience)
        self.body.addWidget(self.nonce)
        self.banner = Banner(theme, "info", "", name="verify_verdict")
        self.banner.hide()
        self._found = boxed(column())
        self._found.hide()
        self._place = column(self.banner, self._found, spacing=12)
        self.body.addLayout(self._place)
        self.rule_foot()
        self.set_action(self.tr("Verify"), icon="shield-check")
        close = self.findChild(Button, "verify_proof_cancel")
        if close is not None:
            close.set_text(self.tr("Close"))

    # --- what it is told ---------------------------------------------------------------------------

    def show_refused_input(self, error: InvalidInput) -> None:
        """Say which of the files or words is none."""
        sentence = said(error.message)
        {"authority": self.authority, "nonce": self.nonce}.get(error.field or "", self.proof).set_error(sentence)

    def show_verdict(self, verdict: Verdict) -> None:
        """Say the verdict first, then what was proven, by which authority, for whom, how fresh."""
        self._found.hide()
        self._found.deleteLater()
        self._found = boxed(column())
        if verdict.context is None or verdict.credential is None:
            reason = proof_words.reason_words(verdict.reason) if verdict.reason else ""
            told = self.tr("Rely on nothing in this file. Reason: {code}.").format(code=verdict.reason or "")
            self.banner.set_words(reason or self.tr("The proof is refused."), told, kind="danger")
            self.banner.show()
            self._found.hide()
            return
        context, credential = verdict.context, verdict.credential
        self.banner.set_words(self.tr("The proof holds"), self._not_compared(), kind="success")
        held = ", ".join(proof_words.attribute_word(BY_ID[key].name) for key in credential.commitments if key in BY_ID)
        made = datetime.fromtimestamp(context.issued, UTC)
        ends = datetime.fromtimestamp(credential.expires, UTC)
        pieces: list[Piece] = [
            result_rows(self._theme, verdict.results),
            self._fact(self.tr("About"), context.identity_token, mono=True),
            self._fact(self.tr("Authority"), context.authority.hex(), mono=True),
            self._fact(self.tr("For"), context.audience),
            self._fact(self.tr("Made"), proof_words.freshness(made, self._now())),
            self._fact(
                self.tr("Credential"), self.tr("until {date}; holds {names}").format(date=words.date(ends), names=held)
            ),
        ]
        self._found = boxed(column(*pieces, spacing=8))
        self._place.addWidget(self._found)
        self.banner.show()

    # --- inside ------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Ask for the verdict."""
        missing = [field for field in (self.proof, self.authority) if not field.text()]
        for field in missing:
            field.set_error(self.tr("Choose a file."))
        if not missing:
            self.verify_asked.emit(
                Path(self.proof.text()), Path(self.authority.text()), self.audience.text(), self.nonce.text()
            )

    def _not_compared(self) -> str:
        left = [
            words_of_it
            for field, words_of_it in (
                (self.audience, self.tr("for whom it was made")),
                (self.nonce, self.tr("whether it answers your own request")),
            )
            if not field.text()
        ]
        if not left:
            return self.tr("Made for you and for this request.")
        return self.tr("Not compared: {things}.").format(things=", ".join(left))

    def _fact(self, name: str, value: str, *, mono: bool = False) -> FactRow:
        return FactRow(self._theme, name, value, role="mono" if mono else "body")

    def _file_field(self, label: str, name: str, kinds: str) -> TextField:
        field = TextField(self._theme, label, name=name)
        choose = Button(self._theme, self.tr("Choose…"), name=f"{name}_choose", icon="folder-open", scale="small")

        def take(path: Path) -> None:
            field.set_text(str(path))
            field.clear_error()

        def ask() -> None:
            self._picker = pick_file(self, label, kinds, take)

        choose.clicked.connect(ask)
        self.body.addWidget(field)
        self.body.addLayout(row(choose, None))
        return field


def verdict_on(proof: Path, authority: Path, audience: str, nonce: str, now: datetime) -> Verdict:
    """Read the files and judge: for a worker thread. Raises InvalidInput."""
    if nonce:
        parse_nonce(nonce)
    key = read_authority(read_file(authority, "authority", KEY_BYTES))
    return judge_as_shown(read_file(proof, "file", FILE_BYTES), key, now, audience=audience, nonce=nonce)
