"""What an audit entry is, and its exact bytes.

An entry never holds personal data, a key, or a question's threshold or answer: the log outlives an
erasure unchanged. `detail` therefore takes listed names only. Nothing here reads or writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import cbor2

FORMAT = "czentry1"


class Origin(StrEnum):
    """Through which door somebody acted."""

    CONSOLE = "console"
    CLI = "cli"
    API = "api"
    SYSTEM = "system"


class Outcome(StrEnum):
    """How far an act came. An intent without an outcome counts as done."""

    INTENT = "intent"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Action(StrEnum):
    """Everything that leaves an entry, as "subject:verb"."""

    VAULT_SET_UP = "vault:set_up"
    VAULT_JOIN = "vault:join"
    VAULT_VERIFY = "vault:verify"
    VAULT_UPGRADE = "vault:upgrade"
    OPERATOR_ADD = "operator:add"
    OPERATOR_SIGN_IN = "operator:sign_in"
    OPERATOR_LOCK = "operator:lock"
    OPERATOR_INVITE = "operator:invite"
    OPERATOR_JOIN = "operator:join"
    OPERATOR_DISABLE = "operator:disable"
    OPERATOR_ROLE = "operator:role"
    DUAL_CONTROL_READY = "vault:dual_control_ready"
    APPROVAL_REQUEST = "approval:request"
    APPROVAL_APPROVE = "approval:approve"
    APPROVAL_REJECT = "approval:reject"
    APPROVAL_EXECUTE = "approval:execute"
    SETTING_CHANGE = "setting:change"
    OPERATOR_SIGN_OUT = "operator:sign_out"
    OPERATOR_FACTOR_ADD = "operator:factor_add"
    OPERATOR_FACTOR_REMOVE = "operator:factor_remove"
    OPERATOR_STATES = "operator:states"
    OPERATOR_REAUTHENTICATE = "operator:reauthenticate"
    KEY_GENERATE = "key:generate"
    KEY_LIST = "key:list"
    CITIZEN_ENROL = "citizen:enrol"
    CITIZEN_SHOW = "citizen:show"
    CITIZEN_PROFILE = "citizen:profile"
    CITIZEN_SEARCH = "citizen:search"
    CITIZEN_UPDATE = "citizen:update"
    CITIZEN_ROLES = "citizen:roles"
    CITIZEN_VERIFY_LEVEL = "citizen:verify_level"
    PROOF_PROVE = "proof:prove"
    PROOF_FORECAST = "proof:forecast"
    PROOF_ISSUE = "proof:issue"
    JOB_START = "job:start"
    JOB_END = "job:end"
    JOB_CANCEL = "job:cancel"
    AUDIT_VERIFY = "audit:verify"
    AUDIT_SEARCH = "audit:search"


# What may be written before the HSM is open, without a MAC: it gives nobody any power.
WITHOUT_MAC = frozenset(
    {
        (Action.OPERATOR_SIGN_IN, Outcome.REFUSED),
        (Action.OPERATOR_SIGN_IN, Outcome.FAILED),
        (Action.OPERATOR_JOIN, Outcome.REFUSED),  # a code that opens nothing
    }
)

# Names allowed in `detail`: counts, ids, field names and codes, never values of a person.
DETAIL_NAMES = frozenset(
    {"fields", "criterion", "filters", "matches", "error", "key", "members", "intent", "changed", "roles", "level",
     "dual_control", "token_serial", "checked", "broken", "operator", "role", "state", "from", "to", "job", "kind",
     "done", "imported", "rejected", "indexed", "approval", "operation", "approver", "revision", "signing_key",
     "setting", "operators", "expires", "factor", "factors", "provider", "login_session", "states",
     "attributes", "audience", "bits", "context", "budget", "status_index", "issued", "failed"}
)  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Who acts, through which door, in which login session."""

    operator: str
    origin: Origin
    login_session: str


@dataclass(frozen=True)
class Entry:
    """One thing that was done, tried or refused. `time` is UTC; index and MAC come when it is appended."""

    time: datetime
    actor: Actor
    action: Action
    outcome: Outcome
    identity_token: str | None = None
    purpose: str | None = None
    reason: str | None = None
    citizen_revision: int | None = None
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse a detail whose name is not listed: a fault of the program, found by its first test."""
        unlisted = set(self.detail) - DETAIL_NAMES
        if unlisted:
            raise ValueError(f"an audit entry may not carry {sorted(unlisted)}")


@dataclass(frozen=True)
class StoredEntry:
    """An entry as it stands in the log: query columns, exact bytes and MAC (none before the HSM was open)."""

    index: int
    time: datetime
    operator: str
    origin: str
    login_session: str
    action: str
    outcome: str
    identity_token: str | None
    purpose: str | None
    reason: str | None
    citizen_revision: int | None
    entry: bytes
    mac: bytes | None

    @property
    def detail(self) -> dict[str, Any]:
        """Return the details, read from the exact bytes."""
        return dict(decode(self.entry).get("detail", {}))


@dataclass(frozen=True)
class EntryFilter:
    """Which entries to list; None leaves a column open. `before` is an index (exclusive)."""

    operator: str | None = None
    action: str | None = None
    outcome: str | None = None
    identity_token: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def columns(index: int, entry: Entry) -> dict[str, Any]:
    """Return the query columns of an entry."""
    return {
        "index": index,
        "time": entry.time.astimezone(UTC),
        "operator": entry.actor.operator,
        "origin": entry.actor.origin.value,
        "login_session": entry.actor.login_session,
        "action": entry.action.value,
        "outcome": entry.outcome.value,
        "identity_token": entry.identity_token,
        "purpose": entry.purpose,
        "reason": entry.reason,
        "citizen_revision": entry.citizen_revision,
    }


def encode(index: int, entry: Entry) -> bytes:
    """Return the entry's exact bytes: deterministic CBOR (RFC 8949, 4.2) of its columns and details."""
    content = {name: value for name, value in columns(index, entry).items() if value is not None}
    content["time"] = timestamp(entry.time)
    content["format"] = FORMAT
    if entry.detail:
        content["detail"] = dict(entry.detail)
    return cbor2.dumps(content, canonical=True)


def decode(data: bytes) -> dict[str, Any]:
    """Return the content of an entry's bytes; an empty dict where they are no entry."""
    try:
        content = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, EOFError):
        return {}
    return content if isinstance(content, dict) else {}


def timestamp(time: datetime) -> str:
    """Write a time as in every entry: RFC 3339, UTC, microseconds."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def differing_column(stored: StoredEntry) -> str | None:
    """Name the first query column that differs from the entry's exact bytes, None if all agree."""
    content = decode(stored.entry)
    if content.get("format") != FORMAT:
        return "entry"
    seen: dict[str, Any] = {
        "index": stored.index,
        "time": timestamp(stored.time),
        "operator": stored.operator,
        "origin": stored.origin,
        "login_session": stored.login_session,
        "action": stored.action,
        "outcome": stored.outcome,
        "identity_token": stored.identity_token,
        "purpose": stored.purpose,
        "reason": stored.reason,
        "citizen_revision": stored.citizen_revision,
    }
    return next((name for name, value in seen.items() if content.get(name) != value), None)


def may_lack_mac(stored: StoredEntry) -> bool:
    """Tell whether this entry belongs to those that are written before the HSM is open."""
    return (stored.action, stored.outcome) in WITHOUT_MAC
