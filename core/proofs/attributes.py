"""The attributes that a credential commits to: their numbers, their units, and the schema's hash.

Frozen: a number here is part of signed credentials. Another table is another schema, with another hash.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Final

import cbor2

DAY_ZERO: Final = date(1900, 1, 1)
DIGITS: Final = 20  # more than any amount has before or after the point

# State codes as in the census, GST and LGD registers, by ISO 3166-2:IN without `IN-`.
STATES: Final[Mapping[str, int]] = MappingProxyType(
    {"JK": 1, "HP": 2, "PB": 3, "CH": 4, "UK": 5, "HR": 6, "DL": 7, "RJ": 8, "UP": 9, "BR": 10, "SK": 11, "AR": 12,
     "NL": 13, "MN": 14, "MZ": 15, "TR": 16, "ML": 17, "AS": 18, "WB": 19, "JH": 20, "OD": 21, "CG": 22, "MP": 23,
     "GJ": 24, "DH": 26, "MH": 27, "KA": 29, "GA": 30, "LD": 31, "KL": 32, "TN": 33, "PY": 34, "AN": 35, "TS": 36,
     "AP": 37, "LA": 38}
)  # fmt: skip
OLDER_STATES: Final = {"CT": "CG", "OR": "OD", "TG": "TS", "UT": "UK", "DN": "DH", "DD": "DH"}  # replaced, still typed
GENDERS: Final[Mapping[str, int]] = MappingProxyType({"female": 1, "male": 2, "transgender": 3, "other": 4})
MARITAL_STATUSES: Final[Mapping[str, int]] = MappingProxyType(
    {"single": 1, "married": 2, "widowed": 3, "divorced": 4, "separated": 5}
)


class NotOnGrid(ValueError):
    """A value has no number: finer than the unit, out of range, of another kind, or an unknown code."""


@dataclass(frozen=True)
class Attribute:
    """One attribute: numbers 0 to `maximum`, in `1/scale` of the unit that people use.

    `codes` maps words to numbers; only attributes without codes have an order (`ordered`).
    """

    id: int
    name: str
    bits: int
    ordered: bool
    scale: int = 1
    codes: Mapping[str, int] | None = None

    @property
    def maximum(self) -> int:
        """Return the largest number."""
        return (1 << self.bits) - 1

    def number(self, value: object) -> int:
        """Return the number of a value: a code's word, a day as text or date, or a number of units.

        Raises NotOnGrid. A truth value is a number for bpl_status only.
        """
        match value:
            case str() if self.codes is not None:
                found = self.codes.get(_code(value) if self.name == STATE else value.lower())
            case date() if self.name == BIRTH_DATE:
                found = (value - DAY_ZERO).days
            case str() if self.name == BIRTH_DATE:
                found = (_day(value) - DAY_ZERO).days
            case bool():
                found = int(value) if self.name == BPL_STATUS else None
            case int() | Decimal() if self.codes is None and self.name != BIRTH_DATE:
                found = _whole(Decimal(value), self.scale)
            case _:
                found = None
        if found is None or not 0 <= found <= self.maximum:
            raise NotOnGrid(f"not a value of {self.name}")
        return found

    def value(self, number: int) -> str | float | bool:
        """Return the value of a number, as a request writes it."""
        if self.codes is not None:
            return next((word for word, code in self.codes.items() if code == number), number)
        if self.name == BIRTH_DATE:
            return (DAY_ZERO + timedelta(days=number)).isoformat()
        if self.name == BPL_STATUS:
            return bool(number)
        return number // self.scale if number % self.scale == 0 else number / self.scale


AGE: Final = "age"
STATE: Final = "state"
BIRTH_DATE: Final = "birth_date"
BPL_STATUS: Final = "bpl_status"
SCHEMA: Final = (
    Attribute(1, AGE, 8, ordered=True),  # years; never committed to: claims on it are claims on the birth date
    Attribute(2, "income_annual", 40, ordered=True, scale=100),  # paise
    Attribute(3, STATE, 16, ordered=False, codes=STATES),
    Attribute(4, "gender", 8, ordered=False, codes=GENDERS),
    Attribute(5, BPL_STATUS, 1, ordered=False),
    Attribute(6, "land_holding", 32, ordered=True, scale=10_000),  # 1/10000 hectare
    Attribute(7, "marital_status", 8, ordered=False, codes=MARITAL_STATUSES),
    Attribute(8, "dependents_count", 8, ordered=True),
    Attribute(9, BIRTH_DATE, 17, ordered=True),  # days since 1900-01-01
)
BY_ID: Final[Mapping[int, Attribute]] = MappingProxyType({attribute.id: attribute for attribute in SCHEMA})
BY_NAME: Final[Mapping[str, Attribute]] = MappingProxyType({attribute.name: attribute for attribute in SCHEMA})
AGE_ID: Final = 1
BIRTH_DATE_ID: Final = 9


@cache
def schema_hash() -> bytes:
    """Return the SHA-256 of the schema in deterministic CBOR: rows of id, name, bits, ordered, scale, codes."""
    rows = [[a.id, a.name, a.bits, a.ordered, a.scale, dict(a.codes) if a.codes else {}] for a in SCHEMA]
    return hashlib.sha256(cbor2.dumps(rows, canonical=True)).digest()


def _code(state: str) -> str:
    """Return the ISO 3166-2:IN code as the table has it."""
    code = state.upper().removeprefix("IN-")
    return OLDER_STATES.get(code, code)


def _whole(amount: Decimal, scale: int) -> int | None:
    """Return amount * scale where that is a whole number of a sane size."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > DIGITS or amount.adjusted() > DIGITS:
        return None  # NaN, infinite, or of so many digits that computing with them would take long
    number = Fraction(amount) * scale
    return number.numerator if number.denominator == 1 else None


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotOnGrid("not a day") from None
    if day.isoformat() != text:
        raise NotOnGrid("not a day as in 1990-01-31")
    return day
