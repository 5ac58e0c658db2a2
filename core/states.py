"""The states and union territories of India, by their codes of ISO 3166-2:IN without `IN-`."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from core.errors import InvalidInput

EVERY_STATE = "*"  # what operators who are bound to no state see, and whatever works on the vault as a whole
OLDER_STATES = {"CT": "CG", "OR": "OD", "TG": "TS", "UT": "UK", "DN": "DH", "DD": "DH"}


def state_code(text: str) -> str:
    """Return the code of a state; replaced codes are accepted. Raises InvalidInput."""
    code = text.strip().upper().removeprefix("IN-")
    code = OLDER_STATES.get(code, code)
    if code not in states():
        raise InvalidInput(
            "This is no state code of ISO 3166-2:IN, as in UP or KA.", field="state", reason="not_listed"
        )
    return code


@cache
def states() -> Mapping[str, str]:
    """Return names by state code, by name, in plain letters (Karnataka)."""
    import pycountry  # noqa: PLC0415 (reads the table of the world's subdivisions)

    rows = pycountry.subdivisions.get(country_code="IN")
    found = {row.code.removeprefix("IN-"): _plain_letters(row.name) for row in rows}
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1])))


def _plain_letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
