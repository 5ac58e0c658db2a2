"""Reading the vault's settings, and writing them once at set-up.

They are read before the token is open (its binding stands in them), and their seals are checked as
soon as it is: `check_seals` is part of every sign-in. Changing one is a use case of `core/policies`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.audit.governance import GovernanceLog
from core.errors import IntegrityFailure, InvalidInput
from core.settings import store
from core.settings.model import VaultSettings
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow


class SettingsService:
    """The settings of one vault."""

    def __init__(
        self, database: Database, sealer: RowSealer, governance: GovernanceLog, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._governance = governance
        self._now = now

    def store_first(self, connection: Connection, settings: VaultSettings) -> None:
        """Write all settings of a new vault, sealed."""
        now = self._now()
        rows = [store.new_row(name, value, now) for name, value in settings.rows().items()]
        store.add(connection, list(self._sealer.seal([(store.setting.name, row) for row in rows])))

    def read(self) -> VaultSettings:
        """Return the settings, their seals not yet checked."""
        return _settings(self.rows())

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.read(connection)

    def read_checked(self) -> VaultSettings:
        """Return the settings. Raises IntegrityFailure if one was changed outside the console."""
        rows = self.rows()
        self._sealer.check(rows)
        return _settings(rows)

    def current_rows(self) -> list[SealedRow]:
        """Return the rows after checking seals and log. Raises IntegrityFailure also for an old row put back."""
        with self._database.snapshot() as connection:
            rows, newest = store.read(connection), self._governance.settings(connection)
        self._sealer.check(rows)
        self._governance.check(rows, newest)
        self._governance.check_present(rows, newest)
        return rows

    def read_current(self) -> VaultSettings:
        """Return the settings after checking seals and log: for whatever dual control rests on."""
        return _settings(self.current_rows())

    def changes(self, name: str | None = None) -> list[SealedRow]:
        """Return the rows of the history, newest first, not yet checked."""
        with self._database.transaction() as connection:
            return store.changes(connection, name)

    def store_change(self, connection: Connection, old: SealedRow | None, row: Mapping[str, Any],
                     change: Mapping[str, Any]) -> bool:  # fmt: skip
        """Store a setting's sealed new row with its sealed history; False where somebody else was quicker.

        A vault of an older console has no row yet for a newer setting: its default was in force.
        """
        if old is None:
            store.add(connection, [row])
        elif not store.replace(connection, old, row):
            return False
        store.add_change(connection, change)
        return True


def _settings(rows: list[SealedRow]) -> VaultSettings:
    try:
        return VaultSettings.from_rows({row.columns["name"]: json.loads(row.columns["value"]) for row in rows})
    except (KeyError, TypeError, ValueError, InvalidInput):
        raise IntegrityFailure("The vault's settings are incomplete or unreadable.") from None
