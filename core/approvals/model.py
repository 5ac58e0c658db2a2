"""What a request and a decision on it are, and the exact bytes that are signed.

Nothing here reads or writes. The bytes are deterministic CBOR (RFC 8949, 4.2), so that they can be made again
from the rows and checked by whoever has the two public keys.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import cbor2

from core.access.model import Role
from core.access.second_operator import Operation, OperationKind, Parameter
from core.audit.model import timestamp

REASON_LETTERS = 500


class Status(StrEnum):
    """How far a request came. Expired is never stored: the time says it."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXECUTED = "executed"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """What a second operator decided."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True)
class Request:
    """That an operator asks for exactly this operation. Times are UTC; keys are raw Ed25519 (32 bytes).

    `log_index` and `log_hash` (SHA-256 of its bytes) name the log's newest entry when it was made; `vault` is the
    log's id.
    """

    request_id: UUID
    vault: str
    operation: Operation
    requester: str
    requester_key: bytes
    reason: str | None
    created: datetime
    expires: datetime
    log_index: int
    log_hash: bytes

    def content(self) -> dict[str, Any]:
        """Return what is signed, as plain values."""
        return {
            "id": self.request_id.bytes,
            "vault": self.vault,
            "operation": self.operation.kind.value,
            "target": self.operation.target,
            "target_revision": self.operation.target_revision,
            "parameters": dict(self.operation.parameters),
            "requester": self.requester,
            "requester_key": self.requester_key,
            "reason": self.reason,
            "created": timestamp(self.created),
            "expires": timestamp(self.expires),
            "log_index": self.log_index,
            "log_hash": self.log_hash,
        }

    def signed_bytes(self) -> bytes:
        """Return the bytes that the requester signs."""
        return cbor2.dumps(["czrequest1", self.content()], canonical=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the signed bytes, in hex: what both see."""
        return hashlib.sha256(self.signed_bytes()).hexdigest()


@dataclass(frozen=True)
class Decision:
    """What another operator decided on a request."""

    operator: str
    operator_key: bytes
    verdict: Verdict
    reason: str | None
    decided_at: datetime

    def signed_bytes(self, request: Request) -> bytes:
        """Return the bytes that the decider signs: the whole request, and the decision."""
        decision = {
            "operator": self.operator,
            "operator_key": self.operator_key,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "decided": timestamp(self.decided_at),
        }
        return cbor2.dumps(["czdecision1", request.content(), decision], canonical=True)


@dataclass(frozen=True)
class Party:
    """An operator as the rules see it: who, with which key, and what the operator may do."""

    name: str
    person: str
    key: bytes
    role: Role
    active: bool


@dataclass(frozen=True)
class Check:
    """One thing that was checked, in words."""

    words: str
    passed: bool


@dataclass(frozen=True)
class Signature:
    """Who signed what, when, with which key (its SHA-256 in hex)."""

    operator: str
    act: str
    at: datetime
    key: str
    reason: str | None = None


@dataclass(frozen=True)
class ApprovalView:
    """A request as an operator sees it before deciding: everything that will be done, and what was checked.

    `signed_hex` is what the requester signed, `digest` its SHA-256, both in hex.
    `why_not` says why this operator cannot decide on it, None if so.
    """

    id: UUID
    operation: OperationKind
    title: str
    meaning: str
    target: str
    parameters: tuple[tuple[str, str], ...]
    signed_hex: str
    digest: str
    requester: str
    reason: str | None
    created: datetime
    expires: datetime
    status: Status
    signatures: tuple[Signature, ...]
    checks: tuple[Check, ...]
    why_not: str | None

    @property
    def may_decide(self) -> bool:
        """Tell whether the operator who looks at it may approve or reject it."""
        return self.why_not is None


@dataclass(frozen=True)
class Inbox:
    """The requests as one operator sees them: to decide on, asked for by oneself and still open, and the rest."""

    waiting: tuple[ApprovalView, ...]
    mine: tuple[ApprovalView, ...]
    done: tuple[ApprovalView, ...]


def parameters_text(parameters: Mapping[str, Parameter]) -> str:
    """Return parameters as their column keeps them: JSON, sorted, without blanks."""
    return json.dumps(dict(parameters), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def shown(value: Parameter) -> str:
    """Return a parameter's value as people read it."""
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)
