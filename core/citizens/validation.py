"""Turns what was typed or read into normal forms, by the libraries made for it.

Every refusal is one sentence that names the field and never repeats the value. Each check is a
function of its own, so that the enrol form can check one field as it is typed.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.citizens.model import (
    ATTRIBUTES,
    MAX_ROLES,
    CitizenRole,
    NewCitizen,
    checked_roles,
)
from core.errors import InvalidFields, InvalidInput
from core.states import state_code

KOLKATA = timezone(timedelta(hours=5, minutes=30), "IST")  # India keeps one offset all year
NAME_LENGTH, ADDRESS_LENGTH, DISTRICT_LENGTH = 200, 500, 100
OLDEST_YEARS = 130
REQUIRED = ("name", "phone", "state", "district")
LONGEST_KEY = 40  # an unknown key is repeated in the error only where it can be no value
HIGHEST_INCOME = Decimal(10**10)  # rupees; fits 40 bits of paise in eligibility proofs
HIGHEST_LAND = Decimal(400_000)  # hectares; fits 32 bits of 1/10000 hectare
HIGHEST_DEPENDENTS = 50
# Codes that ISO 3166-2:IN replaced (2023-11-23; Daman and Diu joined Dadra and Nagar Haveli in 2020).
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ATTRIBUTE_NAMES = tuple(str(field) for field in ATTRIBUTES)
GENDERS = ("female", "male", "transgender", "other")
MARITAL_STATUSES = ("single", "married", "widowed", "divorced", "separated")


def name(value: str) -> str:
    """Return the name in NFC with single spaces."""
    text = _one_line(value, "name", NAME_LENGTH)
    if not any(character.isalpha() for character in text):
        raise InvalidInput("The name has no letter in it.", field="name", reason="no_letter")
    return text


def phone(value: str) -> str:
    """Return an Indian or international phone number in E.164."""
    import phonenumbers  # noqa: PLC0415 (number plans of the world: only where a phone is typed)

    try:
        number = phonenumbers.parse(_text(value, "phone"), "IN")
    except phonenumbers.NumberParseException:
        raise InvalidInput("This is no phone number.", field="phone") from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidInput("No phone can have this number.", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(value: str) -> str:
    """Return an e-mail address in normal form; whether it receives mail is not tried."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 (loads name resolution)

    try:
        checked = validate_email(_text(value, "email"), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise InvalidInput("This is no e-mail address.", field="email") from None
    return str(checked.normalized)


def aadhaar(value: str) -> str:
    """Return the 12 digits of an Aadhaar number whose check digit fits."""
    from stdnum.in_ import aadhaar as rules  # noqa: PLC0415 (only where a number is typed)

    return _stdnum(rules.validate, value, "aadhaar", "Aadhaar number")


def pan(value: str) -> str:
    """Return a PAN in capitals."""
    from stdnum.in_ import pan as rules  # noqa: PLC0415

    return _stdnum(rules.validate, value, "pan", "PAN")


def gstin(value: str) -> str:
    """Return a GSTIN in capitals whose check digit fits."""
    from stdnum.in_ import gstin as rules  # noqa: PLC0415

    return _stdnum(rules.validate, value, "gstin", "GSTIN")


def state(value: str) -> str:
    """Return the ISO 3166-2:IN code without `IN-`; replaced codes are accepted."""
    return state_code(_text(value, "state"))


def district(value: str) -> str:
    """Return the district's name with single spaces."""
    return _one_line(value, "district", DISTRICT_LENGTH)


def address(value: str) -> str:
    """Return the address in NFC; line breaks stay."""
    text = unicodedata.normalize("NFC", _text(value, "address"))
    if _has(text, {"Cc"}, "\r\n\t"):
        raise InvalidInput("There are control characters in it.", field="address", reason="characters")
    if len(text) > ADDRESS_LENGTH:
        raise InvalidInput(f"It is longer than {ADDRESS_LENGTH} characters.", field="address", reason="too_long")
    return text


def birth_date(value: str, today: date) -> date:
    """Return a day as in 1990-01-31 that is not in the future nor 130 years ago."""
    text = _text(value, "birth_date")
    try:
        # Python's own reader of this form takes a tenth of the time, but takes other forms as well.
        usual = _ISO_DAY.fullmatch(text) is not None
        day = date.fromisoformat(text) if usual else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=KOLKATA).date()
    except ValueError:
        raise InvalidInput("A birth date is written as in 1990-01-31.", field="birth_date") from None
    if day > today:
        raise InvalidInput("The birth date is in the future.", field="birth_date", reason="in_future")
    if day.year < today.year - OLDEST_YEARS:
        raise InvalidInput(
            f"The birth date is more than {OLDEST_YEARS} years ago.", field="birth_date", reason="too_old"
        )
    return day


def user_id(value: str) -> UUID:
    """Return a UUID."""
    try:
        return UUID(_text(value, "user_id"))
    except ValueError:
        raise InvalidInput("A user id is a UUID.", field="user_id") from None


def roles(value: list[str]) -> tuple[CitizenRole, ...]:
    """Return one to five different roles."""
    if not isinstance(value, list) or len(value) > MAX_ROLES:
        raise InvalidInput("Roles are a list of one to five names.", field="roles")
    return checked_roles(tuple(choice(CitizenRole, item, "roles") for item in value), None)[0]


def choice(kind: Any, value: str, field: str) -> Any:
    """Return the member of an enum that a text names."""
    try:
        return kind(_text(value, field))
    except ValueError:
        raise InvalidInput(
            f"Not one of: {', '.join(member.value for member in kind)}.", field=field, reason="not_listed"
        ) from None


def attribute(field: str, value: object) -> Any:
    """Return an attribute in normal form: numbers as decimal text, counts as numbers."""
    match field:
        case "gender":
            return _one_of(value, field, GENDERS)
        case "marital_status":
            return _one_of(value, field, MARITAL_STATUSES)
        case "bpl_status":
            return _truth(value, field)
        case "dependents_count":
            return int(_number(value, field, Decimal(HIGHEST_DEPENDENTS), 0))
        case "income_annual":
            return str(_number(value, field, HIGHEST_INCOME, 2))
        case "land_holding":
            return str(_number(value, field, HIGHEST_LAND, 4))
    raise InvalidInput("There is no such attribute.", field=field)


def today(now: datetime) -> date:
    """Return the day in Asia/Kolkata."""
    return now.astimezone(KOLKATA).date()


def new_citizen(values: Mapping[str, Any], day: date) -> NewCitizen:
    """Return a citizen to enrol from plain values (`citizen create` keys).

    Raises InvalidFields with one sentence per field: all of them at once.
    """
    checked, refused = _check(values, day)
    for required in REQUIRED:
        if checked.get(required) is None and required not in refused:
            refused[required] = InvalidInput("It must be there.", field=required, reason="missing")
    if checked.get("gstin") and CitizenRole.BUSINESS not in checked.get("roles", ()):
        words = "Only a citizen with the role business has a GSTIN."
        refused["gstin"] = InvalidInput(words, field="gstin", reason="business_only")
    if refused:
        raise InvalidFields(
            {field: error.message for field, error in refused.items()},
            {field: error.reason for field, error in refused.items()},
        )
    given = {key: value for key, value in checked.items() if value is not None}
    attributes = {key: given.pop(key) for key in ATTRIBUTE_NAMES if key in given}
    return NewCitizen(**given, attributes=attributes)


def check_values(values: Mapping[str, Any], day: date) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the normal form of each value, and one sentence for each that is not acceptable.

    An empty text counts as absent (None). Unknown keys are problems too.
    """
    checked, refused = _check(values, day)
    return checked, {field: error.message for field, error in refused.items()}


def _check(values: Mapping[str, Any], day: date) -> tuple[dict[str, Any], dict[str, InvalidInput]]:
    checked: dict[str, Any] = {}
    refused: dict[str, InvalidInput] = {}
    rules = field_rules(day)
    for key, value in values.items():
        if key not in rules:
            named = key if key.isidentifier() and len(key) <= LONGEST_KEY else "input"
            refused[named] = InvalidInput("There is no such field.", field=named, reason="unknown")
            continue
        if value is None or (isinstance(value, str) and not value.strip()):
            checked[key] = None
            continue
        try:
            checked[key] = rules[key](value)
        except InvalidInput as error:
            refused[key] = error
    return checked, refused


@cache
def field_rules(day: date) -> Mapping[str, Callable[[Any], Any]]:
    """Return the check of each field by its name."""
    rules: dict[str, Callable[[Any], Any]] = {
        "user_id": user_id,
        "name": name,
        "phone": phone,
        "email": email,
        "address": address,
        "birth_date": lambda value: birth_date(value, day),
        "aadhaar": aadhaar,
        "pan": pan,
        "gstin": gstin,
        "state": state,
        "district": district,
        "roles": roles,
        "primary_role": lambda value: choice(CitizenRole, value, "primary_role"),
    }
    for key in ATTRIBUTE_NAMES:
        rules[key] = partial(attribute, key)
    return MappingProxyType(rules)


def _stdnum(validate: Callable[[str], str], value: str, field: str, called: str) -> str:
    from stdnum.exceptions import InvalidChecksum, ValidationError  # noqa: PLC0415

    try:
        return str(validate(_text(value, field)))
    except InvalidChecksum:
        raise InvalidInput(f"The check digit of this {called} is wrong.", field=field, reason="check_digit") from None
    except ValidationError:
        raise InvalidInput(f"This is no {called}.", field=field) from None


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput("It must be a text.", field=field)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("There are broken characters in it.", field=field, reason="characters") from None
    return value.strip()


def _has(text: str, categories: AbstractSet[str], but: str = "") -> bool:
    """Tell whether a text has characters of Unicode categories that are not printable, but for some."""
    if text.isprintable():  # nearly every text: looked at as a whole
        return False
    return any(unicodedata.category(character) in categories and character not in but for character in text)


def _one_line(value: str, field: str, longest: int) -> str:
    text = unicodedata.normalize("NFC", " ".join(_text(value, field).split()))
    if _has(text, {"Cc", "Cn"}):
        raise InvalidInput("There are control characters in it.", field=field, reason="characters")
    if not text:
        raise InvalidInput("It must be there.", field=field, reason="missing")
    if len(text) > longest:
        raise InvalidInput(f"It is longer than {longest} characters.", field=field, reason="too_long")
    return text


def _one_of(value: object, field: str, allowed: tuple[str, ...]) -> str:
    text = _text(value, field).lower()
    if text not in allowed:
        raise InvalidInput(f"Not one of: {', '.join(allowed)}.", field=field, reason="not_listed")
    return text


def _truth(value: object, field: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    text = _text(value, field).lower()
    if text not in words:
        raise InvalidInput("Write true or false.", field=field)
    return words[text]


def _number(value: object, field: str, highest: Decimal, places: int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise InvalidInput("It must be a number.", field=field)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise InvalidInput("It must be a number.", field=field) from None
    if not number.is_finite() or not 0 <= number <= highest:
        raise InvalidInput(f"It must be between 0 and {highest:,}.", field=field, reason="out_of_range")
    rounded = number.quantize(Decimal(1).scaleb(-places))
    if rounded != number:
        raise InvalidInput(
            "It must be a whole number." if not places else f"It has more than {places} decimal places.", field=field
        )
    return rounded if places else rounded.to_integral_value()
