"""HSM, database and log in words: for the unlock screen, the status bar and the degraded screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication

from core.errors import CitizenZeroError, DatabaseUnavailable, HsmUnavailable
from ui.error_report import said
from ui.pages.degraded import RETRY_SECONDS, DegradedState, PartAction, PartReport
from ui.pages.unlock import PartLine
from ui.widgets import words
from ui.widgets.status_bar import PartState

if TYPE_CHECKING:
    from core.monitor.health import PartHealth

_ICONS = {"hsm": "cpu", "database": "database", "log": "scroll-text", "home": "folder"}


def name_of(part: str) -> str:
    """Return what a part is called."""
    return {
        "hsm": QCoreApplication.translate("Parts", "HSM"),
        "database": QCoreApplication.translate("Parts", "Database"),
        "log": QCoreApplication.translate("Parts", "Audit log"),
        "home": QCoreApplication.translate("Parts", "Home folder"),
    }[part]


def is_up(part: "PartHealth") -> bool:
    """Tell whether a part works."""
    return part.error is None


def waiting_lines() -> list[PartLine]:
    """Return what the unlock screen says while the parts are being started."""
    return [
        PartLine(PartState.UNKNOWN, QCoreApplication.translate("Parts", "HSM starting")),
        PartLine(PartState.UNKNOWN, QCoreApplication.translate("Parts", "Database starting")),
        PartLine(PartState.UNKNOWN, QCoreApplication.translate("Parts", "Log not yet read")),
    ]


def unlock_lines(parts: Sequence["PartHealth"]) -> list[PartLine]:
    """Return what the unlock screen says below its card."""
    ready = {
        "hsm": QCoreApplication.translate("Parts", "HSM ready"),
        "database": QCoreApplication.translate("Parts", "Database ready"),
        "log": QCoreApplication.translate("Parts", "Log readable"),
    }
    missing = {
        "hsm": QCoreApplication.translate("Parts", "HSM not answering"),
        "database": QCoreApplication.translate("Parts", "Database not answering"),
        "log": QCoreApplication.translate("Parts", "Log not readable"),
    }
    return [
        PartLine(PartState.READY, ready[part.part]) if is_up(part) else PartLine(PartState.DOWN, missing[part.part])
        for part in parts
    ]


def status_detail(part: "PartHealth") -> tuple[PartState, str]:
    """Return state and detail for the status bar."""
    if not is_up(part):
        return PartState.DOWN, QCoreApplication.translate("Parts", "not answering")
    if part.part == "log":
        count = QCoreApplication.translate("Parts", "{n} entries")
        return PartState.READY, count.format(n=words.number(int(part.facts["entries"])))
    return PartState.READY, QCoreApplication.translate("Parts", "ready")


def detail_line(part: "PartHealth") -> str:
    """Return one line of facts about a part that works, or what is wrong with it."""
    facts = part.facts
    if part.error is not None:
        return said(part.error.message)
    if part.part == "hsm":
        serial = QCoreApplication.translate("Parts", "{label} · serial {serial}")
        return serial.format(label=facts["token_label"], serial=facts["token_serial"])
    if part.part == "database":
        return QCoreApplication.translate("Parts", "PostgreSQL {version}, embedded").format(version=facts["version"])
    count = QCoreApplication.translate("Parts", "{n} entries")
    return count.format(n=words.number(int(facts["entries"])))


def degraded_by_parts(parts: Sequence["PartHealth"]) -> DegradedState:
    """Return what the degraded screen says when the vault was reached and a part does not work."""
    failed = next(part for part in parts if not is_up(part))
    return _state(failed.part, failed.error, [_report(part) for part in parts])


def degraded_by_error(error: CitizenZeroError, hsm: "PartHealth | None" = None) -> DegradedState:
    """Return what the degraded screen says when the vault could not be reached at all.

    `hsm` is how the HSM is, where it could be asked without the vault.
    """
    part = _part_of(error)
    shown = ("hsm", "database") if part != "home" else ("home",)
    reports = []
    for name in shown:
        if name == part:
            reports.append(_failed_report(name, error))
        elif hsm is not None and name == hsm.part:
            reports.append(_report(hsm))
        else:
            lines = (QCoreApplication.translate("Parts", "It is asked as soon as the other part is there."),)
            word = QCoreApplication.translate("Parts", "Not asked")
            reports.append(PartReport(name, name_of(name), _ICONS[name], PartState.UNKNOWN, word, lines))
    return _state(part, error, reports)


def _state(part: str, error: CitizenZeroError | None, reports: Sequence[PartReport]) -> DegradedState:
    titles = {
        "hsm": QCoreApplication.translate("Parts", "The console opened without the HSM"),
        "database": QCoreApplication.translate("Parts", "The console opened without the database"),
        "log": QCoreApplication.translate("Parts", "The console opened without the audit log"),
        "home": QCoreApplication.translate("Parts", "The console cannot read its home folder"),
    }
    until = QCoreApplication.translate("Parts", "Until the {part} is back you cannot")
    watching = QCoreApplication.translate("Parts", "The console looks for it every {n} s and goes on by itself.")
    return DegradedState(
        title=titles[part],
        subtitle=QCoreApplication.translate("Parts", "Nothing is lost: data and keys are as they were."),
        parts=tuple(reports),
        can=(
            QCoreApplication.translate("Parts", "read these lines and mend what they name"),
            QCoreApplication.translate("Parts", "leave the console open: it loses nothing"),
        ),
        cannot_title=until.format(part=name_of(part) if part == "hsm" else name_of(part).lower()),
        cannot=(
            QCoreApplication.translate("Parts", "sign in"),
            QCoreApplication.translate("Parts", "find, reveal, enrol or change a citizen"),
            QCoreApplication.translate("Parts", "make keys or write the audit log"),
        ),
        code="" if error is None else error.code,
        watching=watching.format(n=RETRY_SECONDS),
        primary=PartAction("retry", QCoreApplication.translate("Parts", "Try again"), "rotate-cw"),
    )


def _report(part: "PartHealth") -> PartReport:
    if part.error is not None:
        return _failed_report(part.part, part.error)
    word = QCoreApplication.translate("Parts", "Ready")
    return PartReport(part.part, name_of(part.part), _ICONS[part.part], PartState.READY, word, (detail_line(part),))


def _failed_report(part: str, error: CitizenZeroError) -> PartReport:
    prevents: Mapping[str, str] = {
        "hsm": QCoreApplication.translate("Parts", "Without it: no personal data, no keys, no signatures."),
        "database": QCoreApplication.translate(
            "Parts", "Without it: no citizen can be found, and no audit entry written."
        ),
        "log": QCoreApplication.translate("Parts", "Without it nothing is done: each act leaves its entry first."),
        "home": QCoreApplication.translate("Parts", "Without it the console does not know its HSM and database."),
    }
    words_of_state = {
        "hsm": QCoreApplication.translate("Parts", "Not found"),
        "database": QCoreApplication.translate("Parts", "Not answering"),
        "log": QCoreApplication.translate("Parts", "Not readable"),
        "home": QCoreApplication.translate("Parts", "Not readable"),
    }
    lines = (said(error.message), prevents[part], said(error.remedy))
    return PartReport(part, name_of(part), _ICONS[part], PartState.DOWN, words_of_state[part], lines)


def _part_of(error: CitizenZeroError) -> str:
    if isinstance(error, HsmUnavailable):
        return "hsm"
    return "database" if isinstance(error, DatabaseUnavailable) else "home"
