"""Making a KEK: announced in the database, made on the token, then active. It may be left at any step and gone on with.

Which KEK wraps what, and when a new one is needed, is decided in `service.py`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.audit.model import Action, Actor, Outcome
from core.audit.service import AuditLog
from core.errors import DatabaseUnavailable
from core.keys import store
from core.keys.model import KeyState
from core.settings.model import VaultSettings
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken
from hsm.templates import kek_label, kek_template


class KekTaken(DatabaseUnavailable):
    """Another process announced a KEK of the same number."""


class KekMaking:
    """Makes KEKs, step by step. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        settings: SettingsService,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._settings = settings
        self._audit = audit
        self._now = now

    def announce(self, actor: Actor, number: int) -> SealedRow:
        """Store the row of a KEK that is not on the token yet, with the intent to make it. Raises KekTaken."""
        settings = self._settings.read_checked()
        [columns] = self._sealer.seal([(store.kek.name, self.new_columns(number, settings))])
        intent = self._key_entry(actor, Outcome.INTENT, columns["kek_id"])
        taken = {"kek_pkey": KekTaken("Another console made this KEK at the same moment.")}
        with self._database.transaction(taken) as connection:
            store.add_kek(connection, columns)
            self._audit.append(connection, intent)
        return SealedRow(store.kek.name, columns, f"record of {columns['kek_id']}")

    def finish(self, actor: Actor, row: SealedRow) -> SealedRow:
        """Make an announced KEK on the token, unless it is there, and activate it; returns its new row."""
        self._sealer.check([row])
        kek_id, columns = str(row.columns["kek_id"]), dict(row.columns)
        if kek_id not in {key.label for key in self._token.all_keys()}:
            extractable = self._settings.read_checked().extractable_under_trusted
            number = int(kek_id.removeprefix("KEK-"))
            template = kek_template(number, columns["algorithm"], extractable_under_trusted=extractable)
            self._token.generate(template)
        check_value = self._token.check_values([kek_id])[kek_id]
        columns |= {**self.activated(check_value), "revision": columns["revision"] + 1}
        [sealed] = self._sealer.seal([(store.kek.name, columns)])
        with self._database.transaction() as connection:
            if not store.replace_kek(connection, sealed, row.columns["revision"]):
                raise DatabaseUnavailable("Another console finished this KEK at the same moment. Try again.")
            self._audit.append(connection, self._key_entry(actor, Outcome.DONE, kek_id))
        return SealedRow(store.kek.name, sealed, row.name)

    def new_columns(self, number: int, settings: VaultSettings) -> dict[str, Any]:
        """Return the columns of a KEK that is announced."""
        return {
            "kek_id": kek_label(number),
            "state": KeyState.PRE_ACTIVE.value,
            "algorithm": settings.wrap_algorithm,
            "capacity": settings.kek_capacity,
            "cryptoperiod_days": settings.cryptoperiod_days,
            "check_value": None,
            "token_serial": settings.token.serial,
            "created_at": self._now(),
            "activated_at": None,
            "revision": 1,
        }

    def activated(self, check_value: str) -> dict[str, Any]:
        """Return the columns that change when it becomes active."""
        return {"state": KeyState.ACTIVE.value, "check_value": check_value, "activated_at": self._now()}

    def _key_entry(self, actor: Actor, outcome: Outcome, kek_id: str) -> Any:
        return self._audit.entry(actor, action=Action.KEY_GENERATE, outcome=outcome, detail={"key": kek_id})
