"""The vault's settings as operators see and change them: with bounds, history, and each change in plain words.

A change is stored with its history row and its entry in one transaction. Under dual control a second operator
approves it; a setting that dual control itself rests on always takes two.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.model import LoginSession, Permission, require
from core.access.recording import recorded
from core.access.register import ENOUGH_FOR_DUAL_CONTROL, OperatorRegister
from core.access.second_operator import Asked, Operation, OperationKind, SecondOperator
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.errors import AlreadyExists, ChangedMeanwhile, IntegrityFailure, Refused
from core.settings import catalogue
from core.settings.catalogue import CATALOGUE, Value
from core.settings.model import VaultSettings
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow


@dataclass(frozen=True)
class SettingView:
    """One setting: its value, in words too, what may be set, and whether it is a policy (always two operators)."""

    name: str
    title: str
    value: Value
    shown: str
    allowed: str
    policy: bool
    revision: int
    updated_at: datetime | None


@dataclass(frozen=True)
class SettingChange:
    """One change of a setting, with the difference in plain words."""

    name: str
    difference: str
    old: Any
    new: Any
    changed_by: str
    approved_by: str | None
    reason: str | None
    changed_at: datetime
    revision: int


class SettingPolicy:
    """Seeing and changing settings. Thread-safe."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        settings: SettingsService,
        register: OperatorRegister,
        second: SecondOperator,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._settings = settings
        self._register = register
        self._second = second
        self._audit = audit
        self._now = now

    def listing(self, session: LoginSession) -> list[SettingView]:
        """Return all settings that can be changed. Raises IntegrityFailure where one was edited or put back."""
        require(session, Permission.SETTING_LIST)
        rows = {str(row.columns["name"]): row for row in self._settings.current_rows()}
        now = self._settings.read_current()
        return [self._view(name, now, rows.get(name)) for name in CATALOGUE]

    def history(self, session: LoginSession, name: str | None = None) -> list[SettingChange]:
        """Return the changes of one setting or of all, newest first. Raises IntegrityFailure, InvalidInput."""
        require(session, Permission.SETTING_LIST)
        if name is not None:
            catalogue.rule_of(name)
        current = self._settings.current_rows()  # before the history: what comes in between is then in it
        rows = self._settings.changes(name)
        self._sealer.check(rows)
        _refuse_gaps(rows, current, name)
        return [_change(row) for row in rows if row.columns["name"] in CATALOGUE]

    def difference(self, name: str, text: str) -> str:
        """Return in plain words what setting a value would change: for whoever is about to. Raises InvalidInput."""
        return catalogue.difference(name, self._settings.read().of(name), catalogue.parse(name, text))

    def change(self, session: LoginSession, name: str, text: str, asked: Asked) -> SettingChange:
        """Set a setting to what a text writes. Raises InvalidInput, ApprovalNeeded, Refused."""
        with recorded(self._audit, session, Action.SETTING_CHANGE, {"setting": name} if name in CATALOGUE else {}):
            require(session, Permission.SETTING_CHANGE)
            value = catalogue.parse(name, text)
            rows = {str(row.columns["name"]): row for row in self._settings.current_rows()}
            row, before = rows.get(name), self._settings.read_current().of(name)
            if before == value and asked.approval is None:
                raise AlreadyExists("The setting has this value already.", field="value")
            self._refuse_dual_control_alone(name, value)
            revision = 1 if row is None else int(row.columns["revision"])
            kind = OperationKind.POLICY_CHANGE if CATALOGUE[name].policy else OperationKind.SETTING_CHANGE
            old, to = catalogue.written(name, before), catalogue.written(name, value)
            parameters = {"setting": name, "from": old, "to": to}
            operation = Operation(kind, f"setting {name}", parameters, revision)
            consent = self._second.consent(session, operation, asked)
            now = self._now()
            new = {"name": name, "value": json.dumps(value, sort_keys=True), "revision": revision + 1,
                   "updated_at": now}  # fmt: skip
            history = {
                "change_id": uuid.uuid4(),
                "name": name,
                "old_value": json.dumps(before, sort_keys=True),
                "new_value": new["value"],
                "changed_by": session.operator,
                "approved_by": consent.approver,
                "approval_id": None if consent.approval is None else UUID(consent.approval),
                "reason": consent.reason,
                "changed_at": now,
                "revision": revision + 1,
            }
            [sealed, change] = self._sealer.seal([("setting", new), ("setting_change", history)])
            detail = {"setting": name, "from": old, "to": to, "revision": revision + 1}
            if consent.approval is not None:
                detail |= {"approval": consent.approval, "approver": consent.approver or ""}
            entry = self._audit.entry(
                session.actor, action=Action.SETTING_CHANGE, outcome=Outcome.DONE, reason=consent.reason, detail=detail
            )
            with self._database.transaction() as connection:
                used = consent.use(connection)
                if not self._settings.store_change(connection, row, sealed, change):
                    raise ChangedMeanwhile("Somebody else changed this setting at the same moment.")
                self._audit.append(connection, *used, entry)
        return _change(SealedRow("setting_change", history, "change"))

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows of the history, for whoever checks the whole vault."""
        return self._settings.changes()

    def _refuse_dual_control_alone(self, name: str, value: Value) -> None:
        """Raise Refused where dual control would be turned on without two who may approve: nobody could go on."""
        if name == "dual_control" and value and len(self._register.super_admins()) < ENOUGH_FOR_DUAL_CONTROL:
            raise Refused(
                "Dual control needs two super admins, and there is only one.",
                remedy="Invite a second super admin first; once that one has joined, turn it on.",
            )

    @staticmethod
    def _view(name: str, now: VaultSettings, row: SealedRow | None) -> SettingView:
        rule, value = CATALOGUE[name], now.of(name)
        revision, updated = (1, None) if row is None else (row.columns["revision"], row.columns["updated_at"])
        return SettingView(
            name, rule.title, value, rule.kind.shown(value), rule.kind.allowed, rule.policy, revision, updated
        )


def _refuse_gaps(rows: list[SealedRow], current: list[SealedRow], name: str | None) -> None:
    """Raise IntegrityFailure where a change is missing: a setting's changes have the revisions from 2 on."""
    stored = {(str(row.columns["name"]), int(row.columns["revision"])) for row in rows}
    for row in current:
        about = str(row.columns["name"])
        wanted = {(about, revision) for revision in range(2, int(row.columns["revision"]) + 1)}
        if name in {None, about} and not wanted <= stored:
            raise IntegrityFailure(f"A change of the setting {about} is missing from the stored history.")


def _change(row: SealedRow) -> SettingChange:
    columns = row.columns
    old, new = json.loads(columns["old_value"]), json.loads(columns["new_value"])
    return SettingChange(
        columns["name"],
        catalogue.difference(columns["name"], old, new),
        old,
        new,
        columns["changed_by"],
        columns["approved_by"],
        columns["reason"],
        columns["changed_at"],
        columns["revision"],
    )
