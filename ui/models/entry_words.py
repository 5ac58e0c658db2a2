"""Audit entries in plain words. An entry holds no personal data, so neither do these."""

from typing import Any

from PyQt6.QtCore import QCoreApplication

from core.audit.model import Action, Outcome, StoredEntry
from core.citizens.model import CitizenRole, VerificationLevel
from ui.models import citizen_words
from ui.theme.tokens import Tone


def action_words(entry: StoredEntry) -> str:
    """Return what was done, asked for or tried, as one short sentence without a subject."""
    detail = entry.detail
    if entry.action == Action.CITIZEN_PROFILE:
        return _reveal_words(entry, detail)
    if entry.action == Action.CITIZEN_UPDATE:
        return _change_words(entry, detail)
    if entry.action == Action.CITIZEN_ROLES and detail.get("roles"):
        return QCoreApplication.translate("Entries", "Roles set: {roles}").format(roles=_roles(detail["roles"]))
    if entry.action == Action.CITIZEN_VERIFY_LEVEL and detail.get("level"):
        level = _level(str(detail["level"]))
        return QCoreApplication.translate("Entries", "Level set: {level}").format(level=level)
    if entry.action == Action.KEY_GENERATE and detail.get("key"):
        return QCoreApplication.translate("Entries", "Key made: {key}").format(key=detail["key"])
    return _plain_words().get(entry.action, entry.action)


def outcome_word(outcome: str) -> str:
    """Return an outcome in a word."""
    named: dict[str, str] = {
        Outcome.INTENT: QCoreApplication.translate("Entries", "Intent"),
        Outcome.DONE: QCoreApplication.translate("Entries", "Done"),
        Outcome.REFUSED: QCoreApplication.translate("Entries", "Refused"),
        Outcome.FAILED: QCoreApplication.translate("Entries", "Failed"),
    }
    return named.get(outcome, outcome)


def outcome_look(outcome: str) -> tuple[str, Tone]:
    """Return icon and tone of an outcome: muted when normal."""
    looks: dict[str, tuple[str, Tone]] = {
        Outcome.INTENT: ("circle-dot", "accent"),
        Outcome.DONE: ("circle-check", "muted"),
        Outcome.REFUSED: ("ban", "danger"),
        Outcome.FAILED: ("circle-x", "danger"),
    }
    return looks.get(outcome, ("circle-dashed", "muted"))


def fields_words(names: Any) -> str:
    """`Phone, Email`: the fields that an entry names; many are counted."""
    named = [citizen_words.field_word(str(name)) for name in names or ()]
    if len(named) > 3:  # noqa: PLR2004 (what a line has room for)
        return QCoreApplication.translate("Entries", "{n} fields").format(n=len(named))
    return ", ".join(named)


def _reveal_words(entry: StoredEntry, detail: dict[str, Any]) -> str:
    if entry.outcome == Outcome.REFUSED:
        return QCoreApplication.translate("Entries", "A reveal was refused")
    if entry.outcome == Outcome.FAILED:
        return QCoreApplication.translate("Entries", "A reveal failed; nothing was shown")
    if entry.outcome == Outcome.DONE:
        return QCoreApplication.translate("Entries", "Fields were shown")
    return QCoreApplication.translate("Entries", "Reveal: {fields}").format(fields=fields_words(detail.get("fields")))


def _change_words(entry: StoredEntry, detail: dict[str, Any]) -> str:
    if entry.outcome == Outcome.FAILED:
        return QCoreApplication.translate("Entries", "A change failed; nothing was changed")
    if entry.outcome == Outcome.REFUSED:
        return QCoreApplication.translate("Entries", "A change was refused")
    changed = fields_words(detail.get("changed"))
    if entry.outcome == Outcome.INTENT:
        return QCoreApplication.translate("Entries", "Change begun: {fields}").format(fields=changed)
    return QCoreApplication.translate("Entries", "Changed: {fields}").format(fields=changed)


def _roles(names: Any) -> str:
    known = {role.value for role in CitizenRole}
    return ", ".join(citizen_words.role_word(CitizenRole(name)) if name in known else str(name) for name in names)


def _level(name: str) -> str:
    known = {level.value for level in VerificationLevel}
    return citizen_words.level_phrase(VerificationLevel(name)) if name in known else name


def _plain_words() -> dict[str, str]:
    return {
        Action.VAULT_SET_UP: QCoreApplication.translate("Entries", "Vault set up"),
        Action.VAULT_JOIN: QCoreApplication.translate("Entries", "Vault joined by another console"),
        Action.VAULT_VERIFY: QCoreApplication.translate("Entries", "Vault verified"),
        Action.OPERATOR_ADD: QCoreApplication.translate("Entries", "Operator added"),
        Action.OPERATOR_INVITE: QCoreApplication.translate("Entries", "Operator invited"),
        Action.OPERATOR_JOIN: QCoreApplication.translate("Entries", "Operator joined"),
        Action.OPERATOR_ROLE: QCoreApplication.translate("Entries", "Operator's role changed"),
        Action.OPERATOR_DISABLE: QCoreApplication.translate("Entries", "Operator disabled"),
        Action.DUAL_CONTROL_READY: QCoreApplication.translate("Entries", "Dual control complete"),
        Action.APPROVAL_REQUEST: QCoreApplication.translate("Entries", "Approval asked for"),
        Action.APPROVAL_APPROVE: QCoreApplication.translate("Entries", "Approved"),
        Action.APPROVAL_REJECT: QCoreApplication.translate("Entries", "Rejected"),
        Action.APPROVAL_EXECUTE: QCoreApplication.translate("Entries", "Approval used"),
        Action.SETTING_CHANGE: QCoreApplication.translate("Entries", "Setting changed"),
        Action.OPERATOR_SIGN_IN: QCoreApplication.translate("Entries", "Sign-in"),
        Action.OPERATOR_LOCK: QCoreApplication.translate("Entries", "Console locked"),
        Action.OPERATOR_SIGN_OUT: QCoreApplication.translate("Entries", "Login session signed out"),
        Action.OPERATOR_FACTOR_ADD: QCoreApplication.translate("Entries", "Second factor added"),
        Action.OPERATOR_FACTOR_REMOVE: QCoreApplication.translate("Entries", "Second factor removed"),
        Action.KEY_GENERATE: QCoreApplication.translate("Entries", "Key made"),
        Action.KEY_LIST: QCoreApplication.translate("Entries", "Keys listed"),
        Action.CITIZEN_ENROL: QCoreApplication.translate("Entries", "Enrolled"),
        Action.CITIZEN_SHOW: QCoreApplication.translate("Entries", "Record opened"),
        Action.CITIZEN_SEARCH: QCoreApplication.translate("Entries", "Citizens searched"),
        Action.CITIZEN_ROLES: QCoreApplication.translate("Entries", "Roles set"),
        Action.CITIZEN_VERIFY_LEVEL: QCoreApplication.translate("Entries", "Level set"),
        Action.PROOF_PROVE: QCoreApplication.translate("Entries", "Eligibility proof"),
        Action.PROOF_FORECAST: QCoreApplication.translate("Entries", "Eligibility proof weighed"),
        Action.PROOF_ISSUE: QCoreApplication.translate("Entries", "Eligibility credential"),
        Action.AUDIT_VERIFY: QCoreApplication.translate("Entries", "Log verified"),
        Action.AUDIT_SEARCH: QCoreApplication.translate("Entries", "Log read"),
    }
