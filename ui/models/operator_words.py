"""Operators in words: roles, what a role may do, and the cells of their table."""

from datetime import datetime

from PyQt6.QtCore import QCoreApplication

from core.access.login_sessions import LoginRecord
from core.access.model import Invitation, NewInvitation, Operator, OperatorState, Role
from core.audit.model import Origin
from core.states import states
from ui.models.when import age, short
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.cell_model import Cell, Column

_NOW_SECONDS = 60


def _tr(text: str) -> str:
    return QCoreApplication.translate("Operators", text)


def role_word(role: Role) -> str:
    """Return what a role is called."""
    return {
        Role.SUPER_ADMIN: _tr("Super admin"),
        Role.CUSTODIAN: _tr("Custodian"),
        Role.REGISTRAR: _tr("Registrar"),
        Role.AUDITOR: _tr("Auditor"),
    }[role]


def role_meaning(role: Role) -> str:
    """Return in a sentence what a role may do."""
    return {
        Role.SUPER_ADMIN: _tr("Everything, and approves what needs two operators."),
        Role.CUSTODIAN: _tr("Keys and their backup. No citizens, no personal data."),
        Role.REGISTRAR: _tr("Citizens, consents, delegations, proofs. No keys, no operators."),
        Role.AUDITOR: _tr("Reads the log and verifies the vault. Never personal data."),
    }[role]


def states_word(operator: Operator | Invitation | NewInvitation) -> str:
    """Return whose citizens an operator sees."""
    if operator.states is None:
        return _tr("all states")
    return ", ".join(states().get(code, code) for code in sorted(operator.states))


def session_line(record: LoginRecord, now: datetime) -> str:
    """Return where a login session runs and when it was last used."""
    kind = _tr("window") if record.kind is Origin.CONSOLE else _tr("command line")
    told = _tr("{host}, {kind} · since {since} · last active {ago}")
    seconds = max(0, int((now - record.last_seen_at).total_seconds()))
    ago = _tr("now") if seconds < _NOW_SECONDS else _tr("{time} ago").format(time=age(record.last_seen_at, now))
    return told.format(host=record.device.host, kind=kind, since=words.moment(record.started_at), ago=ago)


def columns() -> list[Column]:
    """Return the columns of the operators' table."""
    return [
        Column(_tr("Operator")),
        Column(_tr("Role")),
        Column(_tr("State")),
        Column(_tr("Signing key"), mono=True),
        Column(_tr("Since")),
    ]


def cells_of(operator: Operator) -> list[Cell]:
    """Return an operator's row."""
    active = operator.state == OperatorState.ACTIVE.value
    state = Cell(_tr("active"), "circle-check", "muted") if active else Cell(_tr("disabled"), "ban", "muted")
    tone: Tone = "text" if active else "muted"
    return [
        Cell(operator.name, tone=tone),
        Cell(role_word(operator.role), tone=tone),
        state,
        Cell(short_key(operator.key), tone="text2"),
        Cell(words.date(operator.created_at), tone="text2"),
    ]


def invited_cells(invitation: Invitation, now: datetime) -> list[Cell]:
    """Return an open invitation's row."""
    until = _tr("invited until {time}").format(time=short(invitation.expires, now))
    return [
        Cell(invitation.name, tone="text2"),
        Cell(role_word(invitation.role), tone="text2"),
        Cell(until, "circle-dashed", "muted"),
        Cell("-", tone="muted"),
        Cell(words.date(invitation.created_at), tone="text2"),
    ]


def short_key(key: str) -> str:
    """Return the beginning of a key's SHA-256, in groups."""
    return f"{key[:4]} {key[4:8]}"
