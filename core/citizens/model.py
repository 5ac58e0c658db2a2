"""What is kept about a citizen, and the rules that need nothing but the values themselves.

Personal values stand in `NewCitizen` and `CitizenProfile` only, and both hide them in `repr`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.errors import InvalidInput

TOKEN_PREFIX = "idt_"  # noqa: S105 (how identity tokens begin)
TOKEN_DIGITS = 22
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(f"{TOKEN_PREFIX}[{BASE62}]{{{TOKEN_DIGITS}}}")
IDENTITY_MAC_BYTES = 16
REASON_LENGTH = 240
MAX_ROLES = 5


class CitizenRole(StrEnum):
    """What a citizen is in the vault, beside being a citizen."""

    CITIZEN = "citizen"
    FARMER = "farmer"
    BUSINESS = "business"
    GUARDIAN = "guardian"
    ADMIN = "admin"


class VerificationLevel(StrEnum):
    """How surely the citizen is known."""

    UNVERIFIED = "unverified"
    PHONE = "phone_verified"
    DOCUMENT = "document_verified"
    IN_PERSON = "in_person_verified"


class CitizenStatus(StrEnum):
    """Whether the record is in use."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    ERASED = "erased"


class Category(StrEnum):
    """Data categories that consent is given for (DPDP Act)."""

    IDENTITY = "identity"
    CONTACT = "contact"
    ADDRESS = "address"
    ECONOMIC = "economic"
    HOUSEHOLD = "household"
    IDENTIFIERS = "identifiers"


class Purpose(StrEnum):
    """Why personal data is read."""

    SERVICE_DELIVERY = "service_delivery"
    ELIGIBILITY_CHECK = "eligibility_check"
    FRAUD_INVESTIGATION = "fraud_investigation"
    DATA_SUBJECT_REQUEST = "data_subject_request"
    LEGAL_OBLIGATION = "legal_obligation"
    SUPPORT = "support"

    @property
    def needs_reason(self) -> bool:
        """Legal grounds are named in words; the others rest on the citizen's consent."""
        return self in {Purpose.FRAUD_INVESTIGATION, Purpose.DATA_SUBJECT_REQUEST, Purpose.LEGAL_OBLIGATION}


class Field(StrEnum):
    """The personal fields that a profile read can ask for."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    AGE = "age"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    INCOME_ANNUAL = "income_annual"
    BPL_STATUS = "bpl_status"
    LAND_HOLDING = "land_holding"
    GENDER = "gender"
    MARITAL_STATUS = "marital_status"
    DEPENDENTS_COUNT = "dependents_count"
    GSTIN = "gstin"


CATEGORY_OF: Mapping[Field, Category] = MappingProxyType(
    {
        Field.NAME: Category.IDENTITY,
        Field.BIRTH_DATE: Category.IDENTITY,
        Field.AGE: Category.IDENTITY,
        Field.PHONE: Category.CONTACT,
        Field.EMAIL: Category.CONTACT,
        Field.ADDRESS: Category.ADDRESS,
        Field.INCOME_ANNUAL: Category.ECONOMIC,
        Field.BPL_STATUS: Category.ECONOMIC,
        Field.LAND_HOLDING: Category.ECONOMIC,
        Field.GENDER: Category.HOUSEHOLD,
        Field.MARITAL_STATUS: Category.HOUSEHOLD,
        Field.DEPENDENTS_COUNT: Category.HOUSEHOLD,
        Field.GSTIN: Category.IDENTIFIERS,
    }
)

# Fields with an encrypted column of their own; the others stand together in `attributes_enc`.
COLUMN_OF: Mapping[Field, str] = MappingProxyType(
    {
        Field.NAME: "name_enc",
        Field.PHONE: "phone_enc",
        Field.EMAIL: "email_enc",
        Field.ADDRESS: "address_enc",
        Field.BIRTH_DATE: "birth_date_enc",
        Field.GSTIN: "gstin_enc",
    }
)
ATTRIBUTES_COLUMN = "attributes_enc"
ATTRIBUTES = (
    Field.GENDER,
    Field.INCOME_ANNUAL,
    Field.BPL_STATUS,
    Field.LAND_HOLDING,
    Field.MARITAL_STATUS,
    Field.DEPENDENTS_COUNT,
)


@dataclass(frozen=True)
class NewCitizen:
    """A citizen to enrol, every value validated and in its normal form (`core/citizens/validation.py`).

    `phone` is E.164, `birth_date` a day in Asia/Kolkata, `attributes` maps field names to plain values:
    income_annual in rupees and land_holding in hectares as decimal text, the rest as they are.
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)
    state: str
    district: str
    user_id: UUID | None = None
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    aadhaar: str | None = field(default=None, repr=False)
    pan: str | None = field(default=None, repr=False)
    gstin: str | None = field(default=None, repr=False)
    roles: tuple[CitizenRole, ...] = (CitizenRole.CITIZEN,)
    primary_role: CitizenRole | None = None
    attributes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True)
class CitizenRecord:
    """A citizen's metadata: the identity record, without personal data."""

    identity_token: str
    user_id: UUID
    state: str
    district: str
    roles: tuple[CitizenRole, ...]
    primary_role: CitizenRole
    verification_level: VerificationLevel
    last_verified: datetime | None
    status: CitizenStatus
    encryption_key_id: UUID
    aadhaar_hash: str | None
    pan_hash: str | None
    fields_held: tuple[Field, ...]
    revision: int
    created_at: datetime
    updated_at: datetime
    is_deleted: bool


@dataclass(frozen=True)
class CitizenProfile:
    """Decrypted fields, released for a purpose; `entry` is the index of the intent that was recorded first."""

    identity_token: str
    purpose: Purpose
    entry: int
    values: Mapping[Field, Any] = field(repr=False)


@dataclass(frozen=True)
class CitizenFilter:
    """Which citizens to list; None leaves a column open. `within` are the operator's own states."""

    state: str | None = None
    district: str | None = None
    role: CitizenRole | None = None
    level: VerificationLevel | None = None
    status: CitizenStatus | None = None
    within: frozenset[str] | None = None

    def named(self) -> list[str]:
        """Return the names of what is filtered, for the audit entry."""
        return [name for name, value in vars(self).items() if value is not None and name != "within"]


@dataclass(frozen=True)
class PageKey:
    """Where a page of the list begins: after this citizen in the order (state, identity token)."""

    state: str
    identity_token: str


@dataclass(frozen=True)
class CitizenPlace:
    """Where a key stands in a list: how many rows come before it, and after which key its page begins."""

    row: int
    page_after: PageKey | None


@dataclass(frozen=True)
class CitizenCount:
    """How many citizens fit: counted, or (`exact` false) what the database expects."""

    number: int
    exact: bool = True


@dataclass(frozen=True)
class CitizenPage:
    """Some citizens in order, and where the next page begins (None at the end)."""

    items: tuple[CitizenRecord, ...]
    next: PageKey | None


def identity_token(mac: bytes) -> str:
    """Return `idt_` and 22 base-62 digits of the first 16 bytes of a user id's MAC."""
    number, digits = int.from_bytes(mac[:IDENTITY_MAC_BYTES], "big"), ""
    while number:
        number, digit = divmod(number, len(BASE62))
        digits = BASE62[digit] + digits
    return TOKEN_PREFIX + digits.rjust(TOKEN_DIGITS, BASE62[0])


def looks_like_token(text: str) -> bool:
    """Tell whether a text has the form of an identity token."""
    return _TOKEN.fullmatch(text) is not None


def tokens_in(text: str) -> tuple[str, ...]:
    """Return what was typed as an identity token, if it has the form of one: for limits of one citizen."""
    return (text,) if looks_like_token(text) else ()


def checked_roles(
    roles: tuple[CitizenRole, ...], primary: CitizenRole | None
) -> tuple[tuple[CitizenRole, ...], CitizenRole]:
    """Return roles and primary role. Raises InvalidInput unless 1 to 5, unique, and primary among them."""
    if not 1 <= len(roles) <= MAX_ROLES:
        raise InvalidInput("A citizen has one to five roles.", field="roles")
    if len(set(roles)) != len(roles):
        raise InvalidInput("A role is named twice.", field="roles")
    chosen = primary or roles[0]
    if chosen not in roles:
        raise InvalidInput("The primary role is not among the citizen's roles.", field="primary_role")
    return roles, chosen


def age_on(day: date, birth_date: date) -> int:
    """Return completed years; a person born on 29 February is a year older on 1 March in common years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
