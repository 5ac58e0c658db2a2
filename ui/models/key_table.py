"""The table of key-encryption keys: what needs attention first, each with its state, members and due date."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from PyQt6.QtCore import QCoreApplication

from core.keys.model import Kek, KeyState
from ui.models.overview_facts import in_days
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.cell_model import Cell, Column

SOON = timedelta(days=14)
_GONE = {KeyState.DESTROYED, KeyState.DESTROYING}


def columns() -> tuple[Column, ...]:
    """Return the columns."""
    return (
        Column(QCoreApplication.translate("KeyTable", "Key"), mono=True),
        Column(QCoreApplication.translate("KeyTable", "State")),
        Column(QCoreApplication.translate("KeyTable", "Wrap")),
        Column(QCoreApplication.translate("KeyTable", "Citizens"), numeric=True),
        Column(QCoreApplication.translate("KeyTable", "Age"), numeric=True),
        Column(QCoreApplication.translate("KeyTable", "Due")),
        Column(QCoreApplication.translate("KeyTable", "Check value"), mono=True),
    )


def state_word(state: KeyState) -> str:
    """Return a state of SP 800-57 in a word."""
    return {
        KeyState.PRE_ACTIVE: QCoreApplication.translate("KeyTable", "Pre-active"),
        KeyState.ACTIVE: QCoreApplication.translate("KeyTable", "Active"),
        KeyState.DEACTIVATED: QCoreApplication.translate("KeyTable", "Deactivated"),
        KeyState.COMPROMISED: QCoreApplication.translate("KeyTable", "Compromised"),
        KeyState.DESTROYING: QCoreApplication.translate("KeyTable", "Being destroyed"),
        KeyState.DESTROYED: QCoreApplication.translate("KeyTable", "Destroyed"),
    }[state]


def state_look(state: KeyState) -> tuple[str, Tone]:
    """Return icon and tone of a state: muted when normal."""
    looks: dict[KeyState, tuple[str, Tone]] = {
        KeyState.PRE_ACTIVE: ("circle-dashed", "text2"),
        KeyState.ACTIVE: ("circle-check", "muted"),
        KeyState.DEACTIVATED: ("circle-pause", "warning"),
        KeyState.COMPROMISED: ("octagon-alert", "danger"),
        KeyState.DESTROYING: ("circle-x", "warning"),
        KeyState.DESTROYED: ("circle-x", "muted"),
    }
    return looks[state]


def is_due(kek: Kek, now: datetime) -> bool:
    """Tell whether an active key's cryptoperiod ends within 14 days or has ended."""
    return kek.state is KeyState.ACTIVE and kek.due_at is not None and kek.due_at <= now + SOON


def by_attention(keks: Sequence[Kek], now: datetime) -> list[Kek]:
    """Return the keys ordered by what needs attention: compromised, due, in use, gone."""

    def rank(kek: Kek) -> tuple[int, str]:
        if kek.state is KeyState.COMPROMISED:
            return 0, kek.kek_id
        if is_due(kek, now):
            return 1, kek.kek_id
        return (3 if kek.state in _GONE else 2), kek.kek_id

    return sorted(keks, key=rank)


def cells_of(kek: Kek, now: datetime) -> list[Cell]:
    """Return one row."""
    gone = kek.state in _GONE
    tone: Tone = "muted" if gone else "text"
    icon, state_tone = state_look(kek.state)
    begun = kek.activated_at or kek.created_at
    age = QCoreApplication.translate("KeyTable", "{n} d").format(n=(now - begun).days)
    return [
        Cell(kek.kek_id, tone=tone),
        Cell(state_word(kek.state), icon, state_tone),
        Cell(kek.algorithm, tone=tone),
        _citizens_cell(kek),
        Cell(age, tone=tone),
        _due_cell(kek, now),
        Cell(kek.check_value or words.DASH, tone="muted"),
    ]


def _citizens_cell(kek: Kek) -> Cell:
    """Return how many citizens a key guards, and how full it is."""
    if kek.state in _GONE:
        return Cell(words.DASH, tone="muted")
    return Cell(words.number(kek.members), share=kek.members / kek.capacity if kek.capacity else 0.0)


def _due_cell(kek: Kek, now: datetime) -> Cell:
    if kek.state is KeyState.COMPROMISED:
        return Cell(QCoreApplication.translate("KeyTable", "rotate now"), "octagon-alert", "danger")
    if kek.due_at is None or kek.state in _GONE:
        return Cell(words.DASH, tone="muted")
    if is_due(kek, now):
        return Cell(in_days(kek.due_at, now), "triangle-alert", "warning")
    return Cell(words.date(kek.due_at))
