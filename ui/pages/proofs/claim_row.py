"""One claim being built: attribute, comparison, value, and what they say together in words."""

from decimal import Decimal, InvalidOperation

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QSizePolicy, QWidget

from core.errors import InvalidInput
from core.proofs.attributes import BPL_STATUS, BY_NAME, SCHEMA, Attribute
from core.proofs.claims import Claim, Operator, checked_claim
from ui.error_report import said
from ui.models import proof_words
from ui.theme.theme import Theme
from ui.widgets.button import IconButton
from ui.widgets.inputs import Choice, ComboInput, LineInput
from ui.widgets.label import Label
from ui.widgets.layout import column, row

_BIRTH_DATE = "birth_date"


class ClaimRow(QWidget):
    """`claim()` returns the claim, or None and says what is wrong. Signals: `edited`, `removed`."""

    edited = pyqtSignal()
    removed = pyqtSignal()

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        attributes = [Choice(spec.name, proof_words.attribute_word(spec.name)) for spec in SCHEMA]
        self.attribute = ComboInput(theme, attributes, name=f"claim_{number}_attribute", meaning=self.tr("Attribute"))
        self.operator = ComboInput(theme, (), name=f"claim_{number}_operator", meaning=self.tr("Comparison"))
        self.code = ComboInput(theme, (), name=f"claim_{number}_code", meaning=self.tr("Value"))
        self.value = LineInput(theme, name=f"claim_{number}_value", meaning=self.tr("Value"))
        self.remove = IconButton(theme, "x", self.tr("Remove this claim"), name=f"claim_{number}_remove")
        self.sentence = Label(theme, "", "caption", wrap=True)
        parts = row(self.attribute, self.operator, self.code, self.value, self.remove)
        inputs = (self.attribute, self.operator, self.code, self.value)
        for place, (editor, share) in enumerate(zip(inputs, (6, 5, 5, 5), strict=True)):
            editor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the card gives the width
            parts.setStretch(place, share)
        self.setLayout(column(parts, self.sentence, spacing=4))
        self.attribute.picked.connect(lambda _: self._on_attribute())
        self.operator.picked.connect(lambda _: self._on_edited())
        self.code.picked.connect(lambda _: self._on_edited())
        self.value.textEdited.connect(lambda _: self._on_edited())
        self.remove.clicked.connect(self.removed)
        self._on_attribute()

    def claim(self) -> Claim | None:
        """Return the claim; None if it makes no sense, which is said below it."""
        try:
            return checked_claim(self.attribute.value(), self.operator.value(), self._typed())
        except InvalidInput as error:
            self.sentence.setText(said(error.message))
            self.sentence.set_tone("danger")
            return None

    def set_claim(self, claim: Claim) -> None:
        """Put a claim in."""
        asked = claim.request()
        self.attribute.set_value(asked["attribute"])
        self._on_attribute()
        self.operator.set_value(asked["operator"])
        if self._spec.codes is not None or self._spec.name == BPL_STATUS:
            self.code.set_value(str(asked["value"]).lower() if self._spec.name == BPL_STATUS else asked["value"])
        else:
            self.value.setText(str(asked["value"]))
        self._on_edited()

    @property
    def _spec(self) -> Attribute:
        return BY_NAME[self.attribute.value()]

    def _on_attribute(self) -> None:
        """Offer the comparisons and values that the attribute has."""
        spec = self._spec
        self.operator.clear()
        for operator in Operator:
            if spec.ordered or not operator.orders:
                self.operator.addItem(proof_words.operator_phrase(operator, spec), operator.symbol)
        if spec.ordered:
            self.operator.set_value(Operator.GE.symbol)  # what is asked most, and what the budget allows
        coded = spec.codes is not None or spec.name == BPL_STATUS
        self.code.clear()
        for code, word in _codes(spec):
            self.code.addItem(word, code)
        self.code.setVisible(coded)
        self.value.setVisible(not coded)
        self.value.setPlaceholderText(_example(spec))
        self._on_edited()

    def _on_edited(self) -> None:
        """Say the claim in words as soon as it is one; while it is being typed nothing is wrong yet."""
        self.sentence.set_tone("muted")
        try:
            claim = checked_claim(self.attribute.value(), self.operator.value(), self._typed())
            self.sentence.setText(self.tr("“{claim}.”").format(claim=proof_words.claim_sentence(claim)))
        except InvalidInput:
            self.sentence.setText("")
        self.edited.emit()

    def _typed(self) -> object:
        """Return the value as a request writes it."""
        spec = self._spec
        if spec.name == BPL_STATUS:
            return self.code.value() == "true"
        if spec.codes is not None:
            return self.code.value()
        text = self.value.text().strip()
        if spec.name == _BIRTH_DATE:
            return text
        try:
            return Decimal(text.replace(",", "").removeprefix("₹"))
        except InvalidOperation:
            return text


def _codes(spec: Attribute) -> list[tuple[str, str]]:
    if spec.name == BPL_STATUS:
        return [("true", proof_words.value_words(spec, 1)), ("false", proof_words.value_words(spec, 0))]
    named = [(code, proof_words.code_word(spec, code)) for code in spec.codes or ()]
    return sorted(named, key=lambda pair: pair[1]) if spec.name == "state" else named


def _example(spec: Attribute) -> str:
    return {_BIRTH_DATE: "1966-07-14", "income_annual": "5,00,000", "land_holding": "2.5", "age": "60"}.get(
        spec.name, ""
    )
