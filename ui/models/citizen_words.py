"""Words and icons for what core names about citizens, each in one place."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from PyQt6.QtCore import QCoreApplication

from core.citizens.model import (
    Category,
    CitizenRole,
    CitizenStatus,
    Field,
    Purpose,
    VerificationLevel,
)
from ui.theme.tokens import Tone
from ui.widgets import words


def level_word(level: VerificationLevel) -> str:
    """Return a level as a table cell says it."""
    return {
        VerificationLevel.UNVERIFIED: QCoreApplication.translate("Citizens", "Unverified"),
        VerificationLevel.PHONE: QCoreApplication.translate("Citizens", "Phone"),
        VerificationLevel.DOCUMENT: QCoreApplication.translate("Citizens", "Document"),
        VerificationLevel.IN_PERSON: QCoreApplication.translate("Citizens", "In person"),
    }[level]


def level_phrase(level: VerificationLevel) -> str:
    """Return a level as it stands alone."""
    return {
        VerificationLevel.UNVERIFIED: QCoreApplication.translate("Citizens", "Unverified"),
        VerificationLevel.PHONE: QCoreApplication.translate("Citizens", "Phone verified"),
        VerificationLevel.DOCUMENT: QCoreApplication.translate("Citizens", "Document verified"),
        VerificationLevel.IN_PERSON: QCoreApplication.translate("Citizens", "In-person verified"),
    }[level]


def level_icon(level: VerificationLevel) -> str:
    """Return the icon of a level."""
    return {
        VerificationLevel.UNVERIFIED: "circle-dashed",
        VerificationLevel.PHONE: "smartphone",
        VerificationLevel.DOCUMENT: "file-check",
        VerificationLevel.IN_PERSON: "user",
    }[level]


def status_word(status: CitizenStatus) -> str:
    """Return a status in a word."""
    return {
        CitizenStatus.ACTIVE: QCoreApplication.translate("Citizens", "Active"),
        CitizenStatus.ON_HOLD: QCoreApplication.translate("Citizens", "On hold"),
        CitizenStatus.ERASED: QCoreApplication.translate("Citizens", "Erased"),
    }[status]


def status_look(status: CitizenStatus) -> tuple[str, Tone]:
    """Return icon and tone of a status: muted when normal."""
    looks: dict[CitizenStatus, tuple[str, Tone]] = {
        CitizenStatus.ACTIVE: ("circle-check", "muted"),
        CitizenStatus.ON_HOLD: ("circle-pause", "warning"),
        CitizenStatus.ERASED: ("eraser", "text"),
    }
    return looks[status]


def role_word(role: CitizenRole) -> str:
    """Return a role, in lower case as in a list."""
    return {
        CitizenRole.CITIZEN: QCoreApplication.translate("Citizens", "citizen"),
        CitizenRole.FARMER: QCoreApplication.translate("Citizens", "farmer"),
        CitizenRole.BUSINESS: QCoreApplication.translate("Citizens", "business"),
        CitizenRole.GUARDIAN: QCoreApplication.translate("Citizens", "guardian"),
        CitizenRole.ADMIN: QCoreApplication.translate("Citizens", "admin"),
    }[role]


def role_title(role: CitizenRole) -> str:
    """Return a role as a label says it."""
    return {
        CitizenRole.CITIZEN: QCoreApplication.translate("Citizens", "Citizen"),
        CitizenRole.FARMER: QCoreApplication.translate("Citizens", "Farmer"),
        CitizenRole.BUSINESS: QCoreApplication.translate("Citizens", "Business"),
        CitizenRole.GUARDIAN: QCoreApplication.translate("Citizens", "Guardian"),
        CitizenRole.ADMIN: QCoreApplication.translate("Citizens", "Admin"),
    }[role]


def field_word(name: str) -> str:
    """Return what a field of a citizen is called; an unknown name stays as it is."""
    named = {
        Field.NAME: QCoreApplication.translate("Citizens", "Name"),
        Field.BIRTH_DATE: QCoreApplication.translate("Citizens", "Birth date"),
        Field.AGE: QCoreApplication.translate("Citizens", "Age"),
        Field.PHONE: QCoreApplication.translate("Citizens", "Phone"),
        Field.EMAIL: QCoreApplication.translate("Citizens", "Email"),
        Field.ADDRESS: QCoreApplication.translate("Citizens", "Address"),
        Field.INCOME_ANNUAL: QCoreApplication.translate("Citizens", "Annual income"),
        Field.BPL_STATUS: QCoreApplication.translate("Citizens", "Below poverty line"),
        Field.LAND_HOLDING: QCoreApplication.translate("Citizens", "Land held"),
        Field.GENDER: QCoreApplication.translate("Citizens", "Gender"),
        Field.MARITAL_STATUS: QCoreApplication.translate("Citizens", "Marital status"),
        Field.DEPENDENTS_COUNT: QCoreApplication.translate("Citizens", "Dependents"),
        Field.GSTIN: QCoreApplication.translate("Citizens", "GSTIN"),
        "aadhaar": QCoreApplication.translate("Citizens", "Aadhaar"),
        "pan": QCoreApplication.translate("Citizens", "PAN"),
        "state": QCoreApplication.translate("Citizens", "State"),
        "district": QCoreApplication.translate("Citizens", "District"),
        "user_id": QCoreApplication.translate("Citizens", "User id"),
        "roles": QCoreApplication.translate("Citizens", "Roles"),
        "primary_role": QCoreApplication.translate("Citizens", "Primary role"),
    }
    return named.get(name, name)


def category_word(category: Category) -> str:
    """Return what a data category is called."""
    return {
        Category.IDENTITY: QCoreApplication.translate("Citizens", "Identity"),
        Category.CONTACT: QCoreApplication.translate("Citizens", "Contact"),
        Category.ADDRESS: QCoreApplication.translate("Citizens", "Address"),
        Category.ECONOMIC: QCoreApplication.translate("Citizens", "Economic"),
        Category.HOUSEHOLD: QCoreApplication.translate("Citizens", "Household"),
        Category.IDENTIFIERS: QCoreApplication.translate("Citizens", "Identifiers"),
    }[category]


def economic_and_household() -> str:
    """Return the heading of the two categories that stand together."""
    return QCoreApplication.translate("Citizens", "Economic and household")


def purpose_word(name: str) -> str:
    """Return what a purpose is called; an unknown name stays as it is."""
    named = {
        Purpose.SERVICE_DELIVERY: QCoreApplication.translate("Citizens", "Service delivery"),
        Purpose.ELIGIBILITY_CHECK: QCoreApplication.translate("Citizens", "Eligibility check"),
        Purpose.FRAUD_INVESTIGATION: QCoreApplication.translate("Citizens", "Fraud investigation"),
        Purpose.DATA_SUBJECT_REQUEST: QCoreApplication.translate("Citizens", "Data subject request"),
        Purpose.LEGAL_OBLIGATION: QCoreApplication.translate("Citizens", "Legal obligation"),
        Purpose.SUPPORT: QCoreApplication.translate("Citizens", "Support"),
    }
    return named.get(name, name)  # type: ignore[call-overload, no-any-return]  # members are their names


def choice_word(value: str) -> str:
    """Return one of the fixed values of gender and marital status in words."""
    return {
        "female": QCoreApplication.translate("Citizens", "Female"),
        "male": QCoreApplication.translate("Citizens", "Male"),
        "transgender": QCoreApplication.translate("Citizens", "Transgender"),
        "other": QCoreApplication.translate("Citizens", "Other"),
        "single": QCoreApplication.translate("Citizens", "Single"),
        "married": QCoreApplication.translate("Citizens", "Married"),
        "widowed": QCoreApplication.translate("Citizens", "Widowed"),
        "divorced": QCoreApplication.translate("Citizens", "Divorced"),
        "separated": QCoreApplication.translate("Citizens", "Separated"),
    }.get(value, value)


def value_text(field: Field, value: Any) -> str:
    """Return a released value as a person reads it."""
    if value is None:
        return QCoreApplication.translate("Citizens", "Not held")
    match field:
        case Field.BIRTH_DATE:
            return words.indian().toString(date.fromisoformat(str(value)), "d MMM yyyy")
        case Field.BPL_STATUS:
            yes, no = QCoreApplication.translate("Citizens", "Yes"), QCoreApplication.translate("Citizens", "No")
            return yes if value else no
        case Field.PHONE:
            return spaced_phone(str(value))
        case Field.INCOME_ANNUAL:
            return QCoreApplication.translate("Citizens", "₹ {amount}").format(amount=grouped(str(value)))
        case Field.LAND_HOLDING:
            return QCoreApplication.translate("Citizens", "{size} hectares").format(size=str(value))
        case Field.GENDER | Field.MARITAL_STATUS:
            return choice_word(str(value))
        case _:
            return str(value)


def spaced_phone(number: str) -> str:
    """`+91 98860 41277` for an Indian number in E.164; others as they are."""
    indian, length = "+91", 13
    if number.startswith(indian) and len(number) == length:
        return f"{indian} {number[3:8]} {number[8:]}"
    return number


def grouped(decimal: str) -> str:
    """`2,50,000.50`: Indian grouping of decimal text, without `.00`."""
    whole, _, part = decimal.partition(".")
    tail = "" if not part.strip("0") else f".{part}"
    return words.number(int(whole)) + tail if whole.isdigit() else decimal


def place(district: str, state: str, states: Mapping[str, str]) -> str:
    """`Mysuru, Karnataka`."""
    return ", ".join(part for part in (district, states.get(state, state)) if part)
