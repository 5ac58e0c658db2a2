"""From what stands in the enrol form to the values that core takes, and the check of one field as it is typed.

Pure but for `warm`, which loads the libraries behind the checks: call it in a worker thread first.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from core.citizens import validation
from core.errors import CitizenZeroError
from core.states import states

_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_LISTS = {"roles"}


def warm() -> dict[str, str]:
    """Load the libraries behind the checks, and return the names of the states by code. Takes some 0.3 s."""
    samples = {"phone": "9", "email": "a@example.com", "aadhaar": "1", "pan": "1", "gstin": "1", "state": "KA"}
    validation.check_values(samples, date.max)
    return {code: _plain(name) for code, name in states().items()}


def _plain(name: str) -> str:
    """Return a state's name as India writes it in English: ISO 3166-2 has Karnātaka."""
    return "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))


def as_typed_day(text: str) -> str:
    """Return `31-01-1990`, `31/1/1990` or `31.1.1990` as `1990-01-31`; anything else as it is."""
    match = _DAY_FIRST.fullmatch(text.strip())
    if match is None:
        return text.strip()
    day, month, year = match.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def normal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with dates as core takes them; empty ones are left out."""
    kept = {name: value for name, value in values.items() if value not in ("", None, [])}
    if isinstance(kept.get("birth_date"), str):
        kept["birth_date"] = as_typed_day(kept["birth_date"])
    return kept


def problem_of(name: str, value: object, today: date) -> str:
    """Return what is wrong with one field as it stands, or nothing. An empty field is not wrong yet."""
    given = normal({name: value})
    if not given or name in _LISTS:
        return ""
    return validation.check_values(given, today)[1].get(name, "")


def problems_of(values: Mapping[str, Any], today: date) -> dict[str, str]:
    """Return every problem of a whole form for enrolment, by field."""
    try:
        validation.new_citizen(normal(values), today)
    except CitizenZeroError as error:
        problems: Mapping[str, str] = getattr(error, "problems", {})
        return dict(problems) or {str(getattr(error, "field", "") or "name"): error.message}
    return {}


def today_in_india() -> date:
    """Return the day in Asia/Kolkata."""
    return validation.today(datetime.now(UTC))
