"""Claims as they are asked: attribute, operator, operand; and how a request spells them.

A claim that makes no sense is a request error, never "false": an order on a code, an unknown attribute,
operator or code, an operand off the grid, NaN, a truth value for a number.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final, Never

from core.errors import InvalidInput
from core.proofs.attributes import BY_ID, BY_NAME, Attribute, NotOnGrid

MAX_CLAIMS: Final = 10
REQUEST_BYTES: Final = 64 * 1024


class Operator(IntEnum):
    """The comparison of a claim, by its number in the proof's context."""

    EQ = 0
    NE = 1
    GE = 2
    LE = 3
    GT = 4
    LT = 5

    @property
    def symbol(self) -> str:
        """Return how requests write it."""
        return SYMBOLS[self]

    @property
    def orders(self) -> bool:
        """Tell whether it needs an order among the values."""
        return self >= Operator.GE

    def holds(self, value: int, operand: int) -> bool:
        """Tell whether `value operator operand` is true."""
        return (
            value == operand, value != operand, value >= operand, value <= operand, value > operand, value < operand
        )[self]  # fmt: skip

    def negated(self) -> "Operator":
        """Return the operator that is true exactly where this one is false."""
        return NEGATIONS[self]


SYMBOLS: Final = ("==", "!=", ">=", "<=", ">", "<")
NEGATIONS: Final = (Operator.NE, Operator.EQ, Operator.LT, Operator.GT, Operator.LE, Operator.GE)


@dataclass(frozen=True)
class Claim:
    """One comparison of an attribute, by the schema's numbers."""

    attribute: int
    operator: Operator
    operand: int

    def request(self) -> dict[str, Any]:
        """Return the claim as a request spells it."""
        spec = BY_ID[self.attribute]
        return {"attribute": spec.name, "operator": self.operator.symbol, "value": spec.value(self.operand)}


def parse_request(text: str | bytes) -> tuple[Claim, ...]:
    """Return the claims of a proof_request in JSON. Raises InvalidInput."""
    if len(text) > REQUEST_BYTES:
        raise InvalidInput("The request is larger than 64 KiB.", field="claims")
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise InvalidInput("The request is not valid JSON.", field="claims") from None
    if not isinstance(document, dict) or not isinstance(document.get("claims"), list):
        raise InvalidInput('The request has no list "claims".', field="claims")
    return checked_claims(document["claims"])


def checked_claims(claims: Sequence[object]) -> tuple[Claim, ...]:
    """Return 1 to 10 claims from their members attribute, operator, value. Raises InvalidInput."""
    if not 1 <= len(claims) <= MAX_CLAIMS:
        raise InvalidInput(f"A request has 1 to {MAX_CLAIMS} claims.", field="claims")
    return tuple(_claim(number, claim) for number, claim in enumerate(claims, 1))


def checked_claim(attribute: str, operator: str, value: object) -> Claim:
    """Return one claim. Raises InvalidInput with a sentence that names what is wrong, never the value."""
    spec = BY_NAME.get(attribute)
    if spec is None:
        raise InvalidInput(f"There is no such attribute. There are: {', '.join(BY_NAME)}.", field="attribute")
    if operator not in SYMBOLS:
        raise InvalidInput(f"There is no such operator. There are: {' '.join(SYMBOLS)}", field="operator")
    compared = Operator(SYMBOLS.index(operator))
    if compared.orders and not spec.ordered:
        raise InvalidInput(f"{spec.name} has no order: it takes == and != only.", field="operator")
    try:
        return Claim(spec.id, compared, spec.number(value))
    except NotOnGrid:
        raise InvalidInput(_expected(spec), field="value") from None


def is_sensible(claim: Claim) -> bool:
    """Tell whether a claim has a known attribute, an operator that fits it and an operand within its range."""
    spec = BY_ID.get(claim.attribute)
    if spec is None or (claim.operator.orders and not spec.ordered):
        return False
    return 0 <= claim.operand <= spec.maximum


def _claim(number: int, claim: object) -> Claim:
    if not isinstance(claim, dict) or set(claim) != {"attribute", "operator", "value"}:
        raise InvalidInput(f"Claim {number} does not have just attribute, operator and value.", field="claims")
    attribute, operator = claim["attribute"], claim["operator"]
    if not isinstance(attribute, str) or not isinstance(operator, str):
        raise InvalidInput(f"Claim {number}: attribute and operator are texts.", field="claims")
    try:
        return checked_claim(attribute, operator, claim["value"])
    except InvalidInput as error:
        raise InvalidInput(f"Claim {number}: {error.message}", field=error.field) from None


def _expected(spec: Attribute) -> str:
    if spec.codes is not None:
        return f"The value is not one of: {', '.join(spec.codes)}."
    if spec.scale > 1:
        return f"The value is not a number from 0 to {spec.maximum // spec.scale} in steps of 1/{spec.scale}."
    kind = {"birth_date": "a day as in 1990-01-31", "bpl_status": "true or false"}.get(spec.name)
    return f"The value is not {kind or f'a whole number from 0 to {spec.maximum}'}."


def _no_number(_word: str) -> Never:
    raise ValueError("NaN and infinities are no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found
