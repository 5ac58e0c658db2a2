"""Requests with the decisions on them, loaded and checked: seals, signatures, and what the log says became of them."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.access.model import OperatorState, Role
from core.access.records import operator_of
from core.access.register import OperatorRegister
from core.access.second_operator import Operation, OperationKind
from core.approvals import rules, store
from core.approvals.model import Decision, Party, Request, Status, Verdict
from core.audit.governance import GovernanceLog
from core.audit.model import Action, EntryFilter
from core.audit.service import AuditLog
from core.errors import IntegrityFailure, NotFound
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow

_ENDS = {Action.APPROVAL_EXECUTE.value: Status.EXECUTED, Action.APPROVAL_REJECT.value: Status.REJECTED}


@dataclass(frozen=True)
class Case:
    """One request, and the decision that its status rests on. Everything in it was checked."""

    row: SealedRow
    request: Request
    status: Status
    decision: Decision | None
    parties: Mapping[str, Party]

    @property
    def requester(self) -> Party:
        """The operator who asked."""
        return self.parties[self.request.requester]

    @property
    def approver(self) -> Party | None:
        """The operator who decided."""
        return None if self.decision is None else self.parties[self.decision.operator]


class Cases:
    """Loads cases. Thread-safe."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        register: OperatorRegister,
        settings: SettingsService,
        governance: GovernanceLog,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._register = register
        self._settings = settings
        self._governance = governance
        self._audit = audit
        self._now = now

    def one(self, request_id: UUID) -> Case:
        """Return one case. Raises NotFound, or IntegrityFailure where anything is not what was stored and signed."""
        cases = self._checked(lambda connection: store.find(connection, request_id))
        if not cases:
            raise NotFound("There is no request with this id.")
        self._check_log_head(cases[0].request)
        return cases[0]

    def newest(self, limit: int) -> list[Case]:
        """Return the cases last asked for, newest first. Raises IntegrityFailure."""
        return self._checked(lambda connection: store.newest(connection, limit))

    def party(self, name: str) -> Party:
        """Return an operator as the rules see it."""
        return self._parties()[name]

    def _parties(self) -> dict[str, Party]:
        return {str(row.columns["name"]): _party(row) for row in self._register.all()}

    def _checked(self, read: Callable[[Connection], list[SealedRow]]) -> list[Case]:
        """Return the cases of the rows that `read` gives; rows and log are of one moment."""
        with self._database.snapshot() as connection:
            rows = read(connection)
            decided = store.decisions(connection, [row.columns["request_id"] for row in rows])
            ended = self._governance.ends(connection, min((row.columns["log_index"] for row in rows), default=0))
        self._sealer.check([*rows, *decided])
        self._governance.check_entries(ended)
        parties, vault = self._parties(), self._settings.read().log_id
        ends = {str(entry.detail.get("approval")): _ENDS[entry.action] for entry in ended}
        return [self._case(row, decided, parties, vault, ends) for row in rows]

    def _case(
        self,
        row: SealedRow,
        decided: Sequence[SealedRow],
        parties: Mapping[str, Party],
        vault: str,
        ends: Mapping[str, Status],
    ) -> Case:
        request, status = _request(row.columns, vault), _status(row.columns)
        rules.check_request_signature(request, row.columns["signature"], parties.get(request.requester))
        ended = ends.get(str(request.request_id))
        if ended is not None and ended is not status:
            raise IntegrityFailure(
                f"The stored {row.name} is not the newest one: the log says that it was {ended.value}.",
                details={"Table": row.table},
            )
        decision = None
        verdict = rules.verdict_of(status)
        if verdict is not None:
            decision = self._decision(request, verdict, decided, parties)
        return Case(row, request, rules.status_at(status, request.expires, self._now()), decision, parties)

    @staticmethod
    def _decision(
        request: Request, verdict: Verdict, decided: Sequence[SealedRow], parties: Mapping[str, Party]
    ) -> Decision:
        """Return the decision that a status rests on; without one the status is worth nothing."""
        for row in decided:
            columns = row.columns
            if columns["request_id"] == request.request_id and columns["verdict"] == verdict.value:
                decision = Decision(
                    columns["operator"], columns["operator_key"], verdict, columns["reason"], columns["decided_at"]
                )
                rules.check_decision_signature(request, decision, columns["signature"], parties.get(decision.operator))
                return decision
        raise IntegrityFailure(f"Nobody's signature stands behind the decision on request {request.request_id}.")

    def _check_log_head(self, request: Request) -> None:
        """Raise IntegrityFailure unless the log still holds the entry that was its newest when the request was made."""
        found = self._audit.search(EntryFilter(before=request.log_index + 1), 1)
        if not found or found[0].index != request.log_index or entry_hash(found[0].entry) != request.log_hash:
            raise IntegrityFailure("The log is not the one that this request was made on.")


def entry_hash(entry: bytes) -> bytes:
    """Return what names an entry in a request: SHA-256 of its bytes."""
    return hashlib.sha256(entry).digest()


def _party(row: SealedRow) -> Party:
    operator = operator_of(row.columns)
    return Party(
        operator.name,
        operator.person,
        bytes(row.columns["signing_public"]),
        Role(operator.role),
        operator.state == OperatorState.ACTIVE.value,
    )


def _request(columns: Mapping[str, Any], vault: str) -> Request:
    try:
        operation = Operation(
            OperationKind(columns["operation"]),
            columns["target"],
            json.loads(columns["parameters"]),
            columns["target_revision"],
        )
    except ValueError:
        raise IntegrityFailure("A stored request has a value that the console does not know.") from None
    return Request(
        columns["request_id"],
        vault,
        operation,
        columns["requester"],
        columns["requester_key"],
        columns["reason"],
        columns["created_at"],
        columns["expires_at"],
        columns["log_index"],
        columns["log_hash"],
    )


def _status(columns: Mapping[str, Any]) -> Status:
    try:
        return Status(columns["status"])
    except ValueError:
        raise IntegrityFailure("A stored request has a value that the console does not know.") from None
