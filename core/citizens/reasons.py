"""The reason in words that stands beside a purpose in the log, for ever: so it must not carry personal data.

What is looked for are forms (a phone, Aadhaar or PAN number, an e-mail address); a name is not found, which
is why the window says beside the field what must not be written there.
"""

import re
import unicodedata

from core.citizens.model import REASON_LENGTH, Purpose
from core.errors import InvalidInput


def checked_reason(value: str | None, purpose: Purpose) -> str | None:
    """Return the reason in words. It must be there for a legal ground, and must not carry personal data."""
    text = unicodedata.normalize("NFC", " ".join((value or "").split()))
    if not text:
        if purpose.needs_reason:
            raise InvalidInput("A legal ground needs a reason in words.", field="reason")
        return None
    if len(text) > REASON_LENGTH:
        raise InvalidInput(f"The reason is longer than {REASON_LENGTH} characters.", field="reason")
    if carries_personal_data(text):
        raise InvalidInput(
            "The reason seems to carry personal data (a phone, Aadhaar or PAN number, or an e-mail address).",
            field="reason",
            remedy="Write it without: the reason stays in the audit log for ever.",
        )
    return text


def carries_personal_data(text: str) -> bool:
    """Tell whether a text holds what looks like a phone, Aadhaar or PAN number or an e-mail address."""
    joined = re.sub(r"(?<=\d)[ \-.](?=\d)", "", text)
    patterns = (r"[^\s@]+@[^\s@]+\.[^\s@]+", r"(?<!\d)[2-9]\d{11}(?!\d)", r"(?<!\d)(?:\+?91|0)?[6-9]\d{9}(?!\d)")
    return any(re.search(pattern, joined) for pattern in patterns) or bool(
        re.search(r"\b[A-Z]{5}\d{4}[A-Z]\b", text, re.IGNORECASE)
    )
