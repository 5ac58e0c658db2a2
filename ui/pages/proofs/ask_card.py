"""The request being built: about whom, which claims, for whom, why. It decides nothing and asks nothing itself."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from core.citizens.model import Purpose, looks_like_token
from core.errors import InvalidInput
from core.proofs.attributes import BY_ID
from core.proofs.claims import MAX_CLAIMS, Claim
from core.proofs.model import ProofPreview, ProofRequest
from core.proofs.presentation import NONCE_BYTES
from core.proofs.verify import parse_audience, parse_nonce
from ui.error_report import said
from ui.models import citizen_words, proof_words
from ui.pages.proofs.claim_row import ClaimRow
from ui.theme.theme import Theme
from ui.theme.tokens import Tone
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.facts import FactRow
from ui.widgets.field import ComboField, TextField
from ui.widgets.inputs import Choice
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What is asked: about whom, what, why."""

    identity_token: str
    request: ProofRequest
    purpose: Purpose
    reason: str | None


class AskCard(Card):
    """Signals: `forecast_asked(Asked)` and `proof_asked(Asked)`. An edit takes back the forecast and the way on."""

    forecast_asked = pyqtSignal(object)
    proof_asked = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, flush=True)
        self.setObjectName("ask_card")
        self.setAccessibleName(self.tr("New proof"))
        self.rows: list[ClaimRow] = []
        self._made = 0
        scroll = ScrollColumn(spacing=12, margins=(19, 14, 19, 14))
        self.body.setSpacing(0)
        self.body.addWidget(scroll, 1)
        scroll.body.addWidget(Label(theme, self.tr("New proof"), "heading"))
        self.token = TextField(theme, self.tr("Citizen"), name="proof_token", placeholder="idt_…", mono=True)
        self.audience = TextField(
            theme, self.tr("For whom"), name="proof_audience", placeholder="https://pension.example"
        )
        self.nonce = TextField(
            theme,
            self.tr("Nonce"),
            name="proof_nonce",
            mono=True,
            helper=self.tr("64 hex digits from whoever asks: they make the proof theirs alone."),
        )
        self.draw = Button(theme, self.tr("Draw one"), name="proof_draw", icon="dices", scale="small")
        self.draw.clicked.connect(self._on_draw)
        purposes = [Choice(purpose.value, citizen_words.purpose_word(purpose.value)) for purpose in Purpose]
        self.purpose = ComboField(theme, self.tr("Purpose"), purposes, name="proof_purpose")
        self.purpose.set_value(Purpose.ELIGIBILITY_CHECK.value)
        self.reason = TextField(
            theme,
            self.tr("Reason"),
            name="proof_reason",
            helper=self.tr("Write no personal data here: the reason stays in the audit log for ever."),
        )
        self.reason.hide()
        scroll.body.addWidget(self.token)
        scroll.body.addWidget(Label(theme, self.tr("Claims"), "button"))
        self._claims: QVBoxLayout = column(spacing=10)
        scroll.body.addLayout(self._claims)
        self.add = Button(theme, self.tr("Add a claim"), name="proof_add_claim", icon="plus", scale="small")
        self.add.clicked.connect(self._on_add)
        scroll.body.addLayout(row(self.add, None))
        scroll.body.addWidget(self.audience)
        scroll.body.addWidget(self.nonce)
        scroll.body.addLayout(row(self.draw, None))
        scroll.body.addWidget(self.purpose)
        scroll.body.addWidget(self.reason)
        scroll.body.addStretch(1)
        self.body.addWidget(line())
        self.body.addWidget(self._make_foot())
        for field in (self.token, self.audience, self.nonce, self.reason):
            field.edited.connect(lambda _: self._take_back())
        self.purpose.picked.connect(self._on_purpose)
        self.add_claim()

    # --- what it is told ---------------------------------------------------------------------------

    def add_claim(self, claim: Claim | None = None) -> ClaimRow:
        """Add a claim, up to ten."""
        self._made += 1
        added = ClaimRow(self._theme, self._made)
        added.edited.connect(self._take_back)
        added.removed.connect(lambda: self._remove(added))
        self.rows.append(added)
        self._claims.addWidget(added)
        if claim is not None:
            added.set_claim(claim)
        self._take_back()
        return added

    def show_forecast(self, preview: ProofPreview) -> None:
        """Say what the question could tell and what was learnt so far; let it be asked if the policy allows."""
        forecast = preview.forecast
        self._empty(self._weights)
        for one, together in zip(forecast.one, forecast.together, strict=True):
            name = proof_words.attribute_word(BY_ID[one.attribute].name)
            weight = one if not one.allowed or together.allowed else together
            tone: Tone = "text" if weight.allowed else "danger"
            value = proof_words.weight_words(weight)
            self._weights.addWidget(FactRow(self._theme, name, value, tone=tone, name_width=130))
        for audience, told in proof_words.learnt_lines(preview.learnt):
            self._weights.addWidget(Label(self._theme, f"{audience}: {told}", "caption", wrap=True))
        if forecast.allowed:
            self.banner.set_words(self.tr("What an answer could tell"), self.tr("Within the policy."), kind="info")
        else:
            self.banner.set_words(
                self.tr("An answer could tell too much"),
                self.tr("Ask something coarser, or rely on the answers that are there."),
                kind="danger",
            )
        self.banner.show()
        self._weights_box.show()
        self.prove.setEnabled(forecast.allowed)
        self.note.setText("" if forecast.allowed else self.tr("The learning budget does not allow it"))

    # --- what it is asked --------------------------------------------------------------------------

    def asked(self) -> Asked | None:
        """Return the request; None if a field is wrong, which it says."""
        claims = [claim for one in self.rows if (claim := one.claim()) is not None]
        if not looks_like_token(self.token.text()):
            self.token.set_error(self.tr("An identity token is idt_ and 22 letters or digits."))
            return None
        audience, nonce = self._checked(self.audience, parse_audience), self._checked(self.nonce, parse_nonce)
        if audience is None or nonce is None or len(claims) < len(self.rows) or not claims:
            return None
        purpose = Purpose(self.purpose.value())
        if purpose.needs_reason and not self.reason.text():
            self.reason.set_error(self.tr("A legal ground needs a reason in words."))
            return None
        request = ProofRequest(tuple(claims), audience, nonce)
        return Asked(self.token.text(), request, purpose, self.reason.text() or None)

    @staticmethod
    def _checked(field: TextField, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(field.text())
        except InvalidInput as error:
            field.set_error(said(error.message))
            return None

    # --- inside ------------------------------------------------------------------------------------

    def _make_foot(self) -> QWidget:
        theme = self._theme
        self.banner = Banner(theme, "info", "", name="proof_forecast")
        self._weights: QVBoxLayout = column(spacing=4, margins=(2, 0, 0, 0))
        self._weights_box = boxed(self._weights)
        self.forecast = Button(theme, self.tr("See what it would tell"), name="proof_see", icon="scale")
        self.prove = Button(theme, self.tr("Prove"), name="proof_prove", variant="primary", icon="badge-check")
        self.note = Label(theme, "", "caption")
        self.forecast.clicked.connect(lambda: self._ask(self.forecast_asked.emit))
        self.prove.clicked.connect(lambda: self._ask(self.proof_asked.emit))
        buttons = row(self.note, None, self.forecast, self.prove)
        return boxed(column(self.banner, self._weights_box, buttons, spacing=10, margins=(19, 12, 19, 12)))

    def _ask(self, tell: Callable[[Asked], None]) -> None:
        asked = self.asked()
        if asked is not None:
            tell(asked)

    def _remove(self, gone: ClaimRow) -> None:
        if len(self.rows) > 1:
            self.rows.remove(gone)
            self._claims.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
            self._take_back()

    def _take_back(self) -> None:
        self.add.setEnabled(len(self.rows) < MAX_CLAIMS)
        for one in self.rows:
            one.remove.setVisible(len(self.rows) > 1)
        self.banner.hide()
        self._weights_box.hide()
        self.prove.setEnabled(False)
        self.note.setText(self.tr("See first what it would tell"))

    def _on_purpose(self, value: str) -> None:
        self.reason.setVisible(Purpose(value).needs_reason)
        self._take_back()

    def _on_add(self) -> None:
        self.add_claim().attribute.setFocus()

    def _on_draw(self) -> None:
        self.nonce.set_text(secrets.token_hex(NONCE_BYTES))
        self.nonce.clear_error()
        self._take_back()

    @staticmethod
    def _empty(layout: QVBoxLayout) -> None:
        while (item := layout.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
