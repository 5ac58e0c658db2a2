"""What the page Overview shows, read in one go in a worker thread, and the pure rules about what needs a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from PyQt6.QtCore import QCoreApplication

from core.access.model import Operator, Permission, Role
from core.errors import SecondOperatorMissing
from core.keys.model import Kek, KeyState
from core.monitor.health import PartHealth
from ui.error_report import said
from ui.models.counted import counted
from ui.models.form_values import warm
from ui.models.part_words import is_up, name_of
from ui.models.vault import Desk
from ui.theme.tokens import Tone
from ui.widgets import words

SOON = timedelta(days=14)
_NAMED = 3


@dataclass(frozen=True)
class OverviewFacts:
    """Facts of one moment. None where the operator's role may not know, or a part does not answer."""

    when: datetime
    citizens: int | None
    parts: tuple[PartHealth, ...]
    dual_control: bool
    keks: tuple[Kek, ...] | None = None
    operators: tuple[Operator, ...] | None = None
    by_state: Mapping[str, int] | None = None
    state_names: Mapping[str, str] = field(default_factory=dict)

    def numbers(self) -> tuple[int | None, ...]:
        """Return citizens, KEKs, entries, operators, states with citizens."""
        by_state = self.by_state
        return (
            self.citizens,
            None if self.keks is None else len(self.keks),
            self.entries,
            None if self.operators is None else len(self.operators),
            None if by_state is None else sum(1 for count in by_state.values() if count),
        )

    @property
    def entries(self) -> int | None:
        """Return the number of audit entries, None while the log cannot be read."""
        log = next((part for part in self.parts if part.part == "log" and is_up(part)), None)
        return None if log is None else int(log.facts["entries"])


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person: what, in detail, since when or until when, and one way to go."""

    icon: str
    tone: Tone
    title: str
    detail: str
    age: str = ""
    button: str = ""
    page: str = ""


def read_overview(desk: Desk) -> OverviewFacts:
    """Read everything that the operator's role may know. It waits: worker threads only."""
    vault, now = desk.vault, desk.vault.now()
    parts, dual_control = tuple(vault.health.parts()), desk.settings.dual_control
    if not all(is_up(part) for part in parts):
        return OverviewFacts(now, None, parts, dual_control)  # nothing can be checked, so nothing is shown as fact
    session = desk.session
    return OverviewFacts(
        when=now,
        citizens=desk.keys.citizen_total(),
        parts=parts,
        dual_control=dual_control,
        keks=tuple(desk.keys.ledger(session)) if desk.may(Permission.KEY_LIST) else None,
        operators=tuple(vault.services.operators.operators(session)) if desk.may(Permission.OPERATOR_LIST) else None,
        by_state=_by_state(desk),
        state_names=warm(),
    )


def needs_of(facts: OverviewFacts) -> list[Need]:
    """Return what needs a person today, most urgent first."""
    needs = [_part_need(part) for part in facts.parts if not is_up(part)]
    if facts.keks is not None:
        needs += _key_needs(facts.keks, facts.when)
    needs += _operator_needs(facts.dual_control, facts.operators)
    return needs


def _part_need(part: PartHealth) -> Need:
    title = QCoreApplication.translate("Overview", "{part} does not answer").format(part=name_of(part.part))
    detail = "" if part.error is None else f"{said(part.error.message)} {said(part.error.remedy)}"
    return Need("unplug", "danger", title, detail, QCoreApplication.translate("Overview", "now"))


def _key_needs(keks: Sequence[Kek], now: datetime) -> list[Need]:
    needs = []
    look = QCoreApplication.translate("Overview", "Look at keys")
    bad = [kek for kek in keks if kek.state is KeyState.COMPROMISED]
    if bad:
        one = QCoreApplication.translate("Overview", "1 key is marked as compromised")
        title = counted(len(bad), one, QCoreApplication.translate("Overview", "{n} keys are marked as compromised"))
        needs.append(Need("octagon-alert", "danger", title, _named(bad), button=look, page="keys"))
    active = [kek for kek in keks if kek.state is KeyState.ACTIVE]
    due = [(kek.due_at, kek) for kek in active if kek.due_at is not None and kek.due_at <= now + SOON]
    due.sort(key=lambda pair: pair[0])
    if due:
        one = QCoreApplication.translate("Overview", "1 key reaches the end of its cryptoperiod")
        many = QCoreApplication.translate("Overview", "{n} keys reach the end of their cryptoperiod")
        title = counted(len(due), one, many)
        detail = _named([kek for _, kek in due])
        needs.append(Need("key-round", "warning", title, detail, in_days(due[0][0], now), look, "keys"))
    return needs


def _by_state(desk: Desk) -> dict[str, int] | None:
    """Return citizens by state; None where the role or a waiting dual control keeps them from being counted."""
    if not desk.may(Permission.CITIZEN_FIND):
        return None
    try:
        return desk.citizens.counts_by_state(desk.session)
    except SecondOperatorMissing:
        return None


def _operator_needs(dual_control: bool, operators: Sequence[Operator] | None) -> list[Need]:
    if operators is None or not dual_control:
        return []
    approving = [each for each in operators if each.state == "active" and each.role is Role.SUPER_ADMIN]
    if len(approving) > 1:
        return []
    return [
        Need(
            "users",
            "warning",
            QCoreApplication.translate("Overview", "Dual control waits for its second super admin"),
            QCoreApplication.translate(
                "Overview", "No personal data is served before that one has joined. Invite one, in person."
            ),
            QCoreApplication.translate("Overview", "standing"),
        )
    ]


def in_days(due: datetime, now: datetime) -> str:
    """`in 2 days`, `today`, `3 days ago`."""
    days = (due.astimezone(words.IST).date() - now.astimezone(words.IST).date()).days
    if days == 0:
        return QCoreApplication.translate("Overview", "today")
    if abs(days) == 1:
        one_ahead = QCoreApplication.translate("Overview", "in 1 day")
        return one_ahead if days > 0 else QCoreApplication.translate("Overview", "1 day ago")
    if days > 0:
        return QCoreApplication.translate("Overview", "in {n} days").format(n=days)
    return QCoreApplication.translate("Overview", "{n} days ago").format(n=-days)


def _named(keks: Sequence[Kek]) -> str:
    names = ", ".join(kek.kek_id for kek in keks[:_NAMED])
    more = QCoreApplication.translate("Overview", " and {n} more").format(n=len(keks) - _NAMED)
    one, many = (
        QCoreApplication.translate("Overview", "{n} citizen"),
        QCoreApplication.translate("Overview", "{n} citizens"),
    )
    citizens = counted(sum(kek.members for kek in keks), one, many)
    return names + (more if len(keks) > _NAMED else "") + words.DOT + citizens
