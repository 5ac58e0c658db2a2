"""Requests under dual control in words: for the inbox, the sheet, and what carrying one out does."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication

from core.access.model import Role
from core.access.second_operator import Asked, OperationKind
from core.access.states import checked_states
from core.approvals.model import ApprovalView, Inbox, Signature, Status
from core.errors import InvalidInput
from core.settings import catalogue
from ui.models.when import age
from ui.pages.approvals.sheet import Line, SheetWords, SignatureLine
from ui.theme.tokens import Tone
from ui.widgets import words
from ui.widgets.chip import ChipTone
from ui.widgets.inbox import InboxGroup, InboxItem

if TYPE_CHECKING:
    from core.access.model import LoginSession
    from core.secret import Secret
    from ui.models.vault import VaultServices

_ICONS = {
    OperationKind.OPERATOR_INVITE: "user-plus",
    OperationKind.OPERATOR_DISABLE: "user-minus",
    OperationKind.OPERATOR_ROLE: "user-cog",
    OperationKind.OPERATOR_STATES: "map-pin",
    OperationKind.OPERATOR_FACTOR: "smartphone",
    OperationKind.SETTING_CHANGE: "settings",
    OperationKind.POLICY_CHANGE: "scale",
}
_DECIDED_SHOWN = 30
_KEY_DIGITS = 4


def _tr(text: str) -> str:
    return QCoreApplication.translate("Approvals", text)


def groups_of(inbox: Inbox, now: datetime) -> list[InboxGroup]:
    """Return the inbox in groups: for the own key, own requests, and what is decided."""
    return [
        InboxGroup(_tr("Waiting for your key"), tuple(_waiting(view, now) for view in inbox.waiting)),
        InboxGroup(_tr("You asked"), tuple(_mine(view, now) for view in inbox.mine)),
        InboxGroup(
            _tr("Decided or over"),
            tuple(_done(view, now) for view in inbox.done[:_DECIDED_SHOWN]),
            words.number(len(inbox.done)),
        ),
    ]


def title_of(view: ApprovalView) -> str:
    """Return what is to be done in a few words: "Change a setting: idle_seconds"."""
    named = dict(view.parameters)
    about = named.get("operator") or named.get("setting") or view.target
    return f"{view.title}: {about}"


def sheet_of(view: ApprovalView, operator: str) -> SheetWords:
    """Return everything that whoever signs must see."""
    asked = _tr("Asked by {operator}, {time} · expires {until}")
    own = view.requester == operator
    can_carry_out = own and view.status is Status.APPROVED
    return SheetWords(
        key=str(view.id),
        icon=_ICONS.get(view.operation, "stamp"),
        tone="text2",
        title=title_of(view),
        subtitle=asked.format(
            operator=view.requester, time=words.moment(view.created), until=words.moment(view.expires)
        ),
        parameters=(
            ("operation", view.operation.value),
            *view.parameters,
            ("not_after", f"{view.expires:%Y-%m-%dT%H:%M:%SZ}"),
            ("request", str(view.id)),
        ),
        digest=view.digest,
        exact=view.signed_hex,
        meaning=(Line("info", view.meaning), *_difference(view)),
        signatures=tuple(_signature(signed, operator) for signed in view.signatures) + _missing(view, operator),
        reason=view.reason or "",
        checks=tuple(
            Line("circle-check", check.words, "success") if check.passed else Line("ban", check.words, "danger")
            for check in view.checks
        ),
        note=_note(view, operator, can_carry_out=can_carry_out),
        can_decide=view.may_decide,
        can_withdraw=own and view.status is Status.WAITING,
        can_carry_out=can_carry_out,
        chip=_chip(view),
    )


def _difference(view: ApprovalView) -> tuple[Line, ...]:
    """Return a change of a setting in plain words; nothing for another operation, or for a value of another time."""
    named = dict(view.parameters)
    if "setting" not in named:
        return ()
    name = named["setting"]
    try:
        old, new = (catalogue.parse(name, named[side]) for side in ("from", "to"))
        return (Line("settings", catalogue.difference(name, old, new)),)
    except InvalidInput:
        return ()


def carrying_out(
    services: "VaultServices", session: "LoginSession", view: ApprovalView
) -> Callable[["Secret"], object]:
    """Return what does exactly what was approved, given the requester's password. Worker thread only.

    An invitation returns the NewInvitation with its code; everything else something that need not be shown.
    """
    named = dict(view.parameters)

    def run(password: "Secret") -> object:
        asked = Asked(password, view.id)
        match view.operation:
            case OperationKind.OPERATOR_INVITE:
                role, states = Role(named["role"]), checked_states(named["states"])
                return services.invitations.invite(session, named["operator"], role, asked, named["person"], states)
            case OperationKind.OPERATOR_ROLE:
                return services.operators.set_role(session, named["operator"], Role(named["role"]), asked)
            case OperationKind.OPERATOR_STATES:
                states = checked_states(named["states"])
                return services.operators.set_states(session, named["operator"], states, asked)
            case OperationKind.OPERATOR_DISABLE:
                return services.operators.disable(session, named["operator"], asked)
            case OperationKind.OPERATOR_FACTOR:
                return services.factors.remove(session, named["factor"], asked)
            case OperationKind.SETTING_CHANGE | OperationKind.POLICY_CHANGE:
                return services.policies.change(session, named["setting"], named["to"], asked)

    return run


def _waiting(view: ApprovalView, now: datetime) -> InboxItem:
    lines = (
        _tr("asked by {operator}").format(operator=view.requester),
        _tr("expires {time}").format(time=words.moment(view.expires)),
    )
    return InboxItem(str(view.id), _ICONS.get(view.operation, "stamp"), title_of(view), lines, age(view.created, now))


def _mine(view: ApprovalView, now: datetime) -> InboxItem:
    approved = view.status is Status.APPROVED
    line = _tr("approved: carry it out") if approved else _tr("waits for another operator's signature")
    icon = "circle-check" if approved else _ICONS.get(view.operation, "stamp")
    tone: Tone = "success" if approved else "text2"
    return InboxItem(str(view.id), icon, title_of(view), (line,), age(view.created, now), tone=tone)


def _done(view: ApprovalView, now: datetime) -> InboxItem:
    by = next((signed.operator for signed in view.signatures if signed.act != "asked"), "")
    line = {
        Status.EXECUTED: _tr("approved by {operator}, done"),
        Status.APPROVED: _tr("approved by {operator}, not done yet"),
        Status.REJECTED: _tr("rejected by {operator}"),
        Status.EXPIRED: _tr("expired"),
        Status.WAITING: _tr("waits for another signature"),
    }[view.status].format(operator=by)
    icon = {Status.EXECUTED: "circle-check", Status.APPROVED: "circle-check", Status.REJECTED: "ban"}
    shown = icon.get(view.status, "circle-dashed")
    return InboxItem(str(view.id), shown, title_of(view), (line,), age(view.created, now), tone="muted")


def _signature(signed: Signature, operator: str) -> SignatureLine:
    part = {"asked": _tr("requester"), "approved": _tr("approver"), "rejected": _tr("rejected")}[signed.act]
    you = _tr("you") + " · " if signed.operator == operator else ""
    detail = _tr("{you}signed {time} with key {key}")
    bad = signed.act == "rejected"
    return SignatureLine(
        f"{signed.operator}, {part}",
        detail.format(you=you, time=words.moment(signed.at), key=signed.key[:_KEY_DIGITS])
        + (f" · “{signed.reason}”" if bad and signed.reason else ""),
        _tr("valid"),
        "ban" if bad else "circle-check",
        "danger" if bad else "success",
    )


def _missing(view: ApprovalView, operator: str) -> tuple[SignatureLine, ...]:
    """Return the line of the signature that is still missing."""
    if view.status is not Status.WAITING:
        return ()
    if view.may_decide:
        named = SignatureLine(
            _tr("{operator}, approver").format(operator=operator), _tr("you"), _tr("waits"), "circle-dashed", "muted"
        )
    else:
        named = SignatureLine(_tr("A second operator"), _tr("approver"), _tr("waits"), "circle-dashed", "muted")
    return (named,)


def _note(view: ApprovalView, operator: str, *, can_carry_out: bool) -> str:
    if can_carry_out:
        return _tr("It is approved. Carrying it out asks for your password and uses the approval up.")
    if view.may_decide:
        return _tr("Signing asks for your password, which opens your own key.")
    if view.requester == operator and view.status is Status.WAITING:
        return _tr("You asked for this yourself. Another operator must approve.")
    return view.why_not or ""


def _chip(view: ApprovalView) -> tuple[str, str, ChipTone] | None:
    match view.status:
        case Status.WAITING:
            return None
        case Status.APPROVED:
            return _tr("Approved"), "circle-check", "success"
        case Status.EXECUTED:
            return _tr("Done"), "circle-check", "neutral"
        case Status.REJECTED:
            return _tr("Rejected"), "ban", "danger"
        case Status.EXPIRED:
            return _tr("Expired"), "timer", "neutral"
