"""Reading the vault's settings, and writing them once at set-up.

They are read before the token is open (its binding stands in them), and their seals are checked as
soon as it is: `check_seals` is part of every sign-in.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.errors import IntegrityFailure
from core.settings import store
from core.settings.model import VaultSettings
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from hsm.model import TokenBinding


class SettingsService:
    """The settings of one vault."""

    def __init__(self, database: Database, sealer: RowSealer, now: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now

    def store_first(self, connection: Connection, settings: VaultSettings) -> None:
        """Write all settings of a new vault, sealed."""
        now = self._now()
        rows = [store.new_row(name, value, now) for name, value in asdict(settings).items()]
        store.add(connection, list(self._sealer.seal([(store.setting.name, row) for row in rows])))

    def read(self) -> VaultSettings:
        """Return the settings, their seals not yet checked."""
        return _settings(self.rows())

    @staticmethod
    def of(rows: list[SealedRow]) -> VaultSettings:
        """Return the settings of rows that the caller checks. Raises IntegrityFailure for unreadable ones."""
        return _settings(rows)

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return store.read(connection)

    def read_checked(self) -> VaultSettings:
        """Return the settings. Raises IntegrityFailure if one was changed outside the console."""
        rows = self.rows()
        self._sealer.check(rows)
        return _settings(rows)


def _settings(rows: list[SealedRow]) -> VaultSettings:
    try:
        values: dict[str, Any] = {row.columns["name"]: json.loads(row.columns["value"]) for row in rows}
        values["token"] = TokenBinding(**values["token"])
        return VaultSettings(**values)
    except (KeyError, TypeError, ValueError):
        raise IntegrityFailure("The vault's settings are incomplete or unreadable.") from None
