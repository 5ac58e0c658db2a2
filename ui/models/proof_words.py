"""Claims, forecasts and verdicts in plain words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from PyQt6.QtCore import QCoreApplication

from core.proofs.attributes import AGE, BIRTH_DATE, BPL_STATUS, BY_ID, Attribute
from core.proofs.budget import Weight
from core.proofs.claims import Claim, Operator
from core.proofs.learning import LearntBits
from core.proofs.model import PastProof
from core.proofs.reasons import Reason
from core.states import states
from ui.models import citizen_words
from ui.widgets import words
from ui.widgets.cell_model import Cell, Column

_LEAST_SHOWN = 0.05  # bits: less is shown as nothing


def claim_sentence(claim: Claim) -> str:
    """Return a claim as a sentence: `Age is at least 60 years`."""
    spec = BY_ID[claim.attribute]
    compared = operator_phrase(claim.operator, spec)
    return f"{attribute_word(spec.name)} {compared} {value_words(spec, claim.operand)}"


def attribute_word(name: str) -> str:
    """Return what an attribute is called."""
    return citizen_words.field_word(name)


def operator_phrase(operator: Operator, spec: Attribute) -> str:
    """Return a comparison in words, fitted to what is compared."""
    translate = QCoreApplication.translate
    if spec.name == BIRTH_DATE:
        return {
            Operator.EQ: translate("Proofs", "is"),
            Operator.NE: translate("Proofs", "is not"),
            Operator.GE: translate("Proofs", "is on or after"),
            Operator.LE: translate("Proofs", "is on or before"),
            Operator.GT: translate("Proofs", "is after"),
            Operator.LT: translate("Proofs", "is before"),
        }[operator]
    return {
        Operator.EQ: translate("Proofs", "is"),
        Operator.NE: translate("Proofs", "is not"),
        Operator.GE: translate("Proofs", "is at least"),
        Operator.LE: translate("Proofs", "is at most"),
        Operator.GT: translate("Proofs", "is more than"),
        Operator.LT: translate("Proofs", "is less than"),
    }[operator]


def value_words(spec: Attribute, number: int) -> str:
    """Return an attribute's number with its unit."""
    translate = QCoreApplication.translate
    if spec.name == AGE:
        return translate("Proofs", "{n} years").format(n=words.number(number))
    if spec.name == "income_annual":
        whole, paise = divmod(number, spec.scale)
        return f"₹{words.number(whole)}" + (f".{paise:02}" if paise else "")
    if spec.name == "land_holding":
        return translate("Proofs", "{n} ha").format(n=(Decimal(number) / spec.scale).normalize().__format__("f"))
    if spec.name == BIRTH_DATE:
        day = date.fromisoformat(str(spec.value(number)))
        return words.date(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    if spec.name == BPL_STATUS:
        return translate("Proofs", "yes") if number else translate("Proofs", "no")
    if spec.codes is not None:
        return code_word(spec, str(spec.value(number)))
    return words.number(number)


def code_word(spec: Attribute, code: str) -> str:
    """Return what a code stands for: a state's name, a word in its usual form."""
    return states().get(code, code) if spec.name == "state" else code


def result_word(result: bool) -> str:
    """Return a proven result in words."""
    translate = QCoreApplication.translate
    return translate("Proofs", "Proven true") if result else translate("Proofs", "Proven false")


def weight_words(weight: Weight) -> str:
    """Return what an answer could tell: `up to 1.8 of 5 bits`."""
    told = f"{weight.after:.1f}"
    if weight.limit == float("inf"):
        return QCoreApplication.translate("Proofs", "up to {n} bits, no limit").format(n=told)
    limit = f"{weight.limit:.0f}"
    if not weight.allowed:
        return QCoreApplication.translate("Proofs", "up to {n} bits, allowed are {m}").format(n=told, m=limit)
    return QCoreApplication.translate("Proofs", "up to {n} of {m} bits").format(n=told, m=limit)


def learnt_lines(learnt: Sequence[LearntBits]) -> list[tuple[str, str]]:
    """Return who has learnt what so far: all together first, then each audience."""
    translate = QCoreApplication.translate
    by_audience: dict[str | None, list[str]] = {}
    for one in learnt:
        if one.bits >= _LEAST_SHOWN:
            by_audience.setdefault(one.audience, []).append(f"{attribute_word(one.attribute)} {one.bits:.1f}")
    return [
        (
            translate("Proofs", "Learnt by all") if audience is None else audience,
            translate("Proofs", "{bits} bits").format(bits=", ".join(told)),
        )
        for audience, told in by_audience.items()
    ]


def reason_words(reason: Reason) -> str:
    """Return why a proof was refused."""
    return QCoreApplication.translate("ProofReasons", reason.sentence)


def freshness(made: datetime, now: datetime) -> str:
    """Return how old a proof is: `made 14 Jul 2026, 14:32 IST, 2:05 ago`."""
    ago = words.duration(max(0.0, (now - made).total_seconds()))
    return QCoreApplication.translate("Proofs", "{when}, {ago} ago").format(when=words.moment(made), ago=ago)


def history_columns() -> tuple[Column, ...]:
    """Return the columns of the history."""
    translate = QCoreApplication.translate
    return (
        Column(translate("Proofs", "Time")),
        Column(translate("Proofs", "Identity token"), mono=True),
        Column(translate("Proofs", "For")),
        Column(translate("Proofs", "About")),
        Column(translate("Proofs", "Bits"), numeric=True),
        Column(translate("Proofs", "Operator")),
    )


def history_row(past: PastProof) -> list[Cell]:
    """Return one proof of the past as a row."""
    about = ", ".join(attribute_word(name) for name in past.attributes)
    texts = (
        words.moment(past.time).removesuffix(" IST"),
        past.identity_token,
        past.audience,
        about,
        str(past.bits),
        past.operator,
    )
    return [Cell(text) for text in texts]
