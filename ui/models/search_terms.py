"""What somebody typed into the search field of citizens: told by its form alone.

Pure functions. Whether the value is valid is for `core.citizens.validation`, which `find` asks.
"""

import re
from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication

from core.citizens import names
from core.citizens.model import TOKEN_PREFIX

_PAN = re.compile(r"[A-Z]{5}\d{4}[A-Z]", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"(?<=[\d+)])[ \-.()]+(?=[\d(])")
_AADHAAR_DIGITS = 12
_INDIAN_WITH_CODE = re.compile(r"91[6-9]\d{9}")


NAME = "name"
TOKEN = "identity_token"  # noqa: S105 (a criterion, no secret)


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A criterion of `CitizenService.find`, or `NAME` for its search by name, and the value as typed."""

    criterion: str
    value: str

    def __repr__(self) -> str:
        """Never print the value: it may be personal."""
        return f"SearchTerm({self.criterion!r})"


def recognise(typed: str) -> SearchTerm | None:
    """Return what a text is by its form; None where it is nothing that can be searched for (yet)."""
    text = typed.strip()
    if not text:
        return None
    if text.startswith(TOKEN_PREFIX):
        return SearchTerm("identity_token", text)
    if "@" in text:
        return SearchTerm("email", text)
    if _UUID.fullmatch(text):
        return SearchTerm("user_id", text)
    if _PAN.fullmatch(text.replace(" ", "")):
        return SearchTerm("pan", text)
    return _name(text) if only_letters(text) else _number(text)


def only_letters(text: str) -> bool:
    """Tell whether a text may be the beginning of a name: at least a letter, and no digit."""
    return any(character.isalpha() for character in text) and not any(character.isdigit() for character in text)


def _name(text: str) -> SearchTerm | None:
    long_enough = any(len(word) >= names.SHORTEST for word in names.words(text))
    return SearchTerm(NAME, text) if long_enough else None


def _number(text: str) -> SearchTerm | None:
    digits = _BETWEEN_DIGITS.sub("", text)
    if not re.fullmatch(r"\(?\+?\d+", digits):
        return None
    if digits.lstrip("(").startswith("+"):
        return SearchTerm("phone", text)
    if len(digits) == _AADHAAR_DIGITS and digits[0] not in "01":
        # 91 and ten digits may be a phone number too; an Aadhaar number's check digit decides.
        if _INDIAN_WITH_CODE.fullmatch(digits) and not _check_digit_fits(digits):
            return SearchTerm("phone", f"+{digits}")
        return SearchTerm("aadhaar", text)
    return SearchTerm("phone", text)


def _check_digit_fits(digits: str) -> bool:
    from stdnum import verhoeff  # noqa: PLC0415 (only for the one ambiguous form)

    return bool(verhoeff.is_valid(digits))


def called(criterion: str) -> str:
    """Return what a criterion is called."""
    called_so = {
        NAME: QCoreApplication.translate("Search", "Name"),
        "phone": QCoreApplication.translate("Search", "Phone"),
        "email": QCoreApplication.translate("Search", "E-mail"),
        "aadhaar": QCoreApplication.translate("Search", "Aadhaar"),
        "pan": QCoreApplication.translate("Search", "PAN"),
        "user_id": QCoreApplication.translate("Search", "User id"),
        "identity_token": QCoreApplication.translate("Search", "Token"),
    }
    return called_so[criterion]
