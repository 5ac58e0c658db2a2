"""Opening one citizen's record for a subject above: checked, recorded, then the values that are asked for.

The order is that of a profile read: rows and log of one snapshot, seals and revisions, the caller's intent
committed, and only then the data key. Permission and purpose are the caller's to check.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.model import LoginSession
from core.audit.model import Entry
from core.audit.service import AuditLog
from core.citizens import records, store, validation
from core.citizens.integrity import CitizenIntegrity, CitizenRows
from core.citizens.model import Field
from core.citizens.reading import CitizenReading
from core.keys.envelope import RowEnvelopes
from core.keys.service import KeyService
from core.storage.database import Database
from core.storage.seal import RowSealer
from core.vault_token import VaultToken
from hsm.secret import Secret


@dataclass(frozen=True)
class OpenCitizen:
    """A record whose data key is at hand, for as long as it is open. `intent` is the index of the entry."""

    identity_token: str
    state: str
    revision: int
    data_key_id: UUID
    intent: int
    _data_key: Secret = field(repr=False)
    _columns: Mapping[str, Any] = field(repr=False)
    _now: datetime = field(repr=False)

    def values(self, fields: Sequence[Field]) -> dict[Field, Any]:
        """Decrypt the asked fields and no others."""
        return records.open_fields(self._data_key, self._columns, fields, validation.today(self._now))

    def seal(self, column: str, plaintext: bytes) -> bytes:
        """Encrypt a value of another subject's column for this citizen."""
        return self._envelopes().seal(column, plaintext)

    def open(self, column: str, envelope: bytes) -> bytes:
        """Decrypt such a value. Raises IntegrityFailure."""
        return self._envelopes().open(column, envelope)

    def _envelopes(self) -> RowEnvelopes:
        return RowEnvelopes(self._data_key, self.identity_token, self.data_key_id)


class CitizenOpening:
    """Opens records of citizens. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        keys: KeyService,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._keys = keys
        self._reading = CitizenReading(database, token, CitizenIntegrity(token, sealer, keys, audit), keys, audit)
        self._now = now

    @contextmanager
    def opened(self, session: LoginSession, identity_token: str, intent: Entry) -> Iterator[OpenCitizen]:
        """Give one citizen's record, open, once the intent is committed. Raises NotFound, IntegrityFailure."""
        rows, index, data_key = self._reading.opened(session, identity_token, intent)
        try:
            yield self._open(rows, index, data_key)
        finally:
            data_key.wipe()

    @contextmanager
    def all_opened(
        self, session: LoginSession, identity_tokens: Sequence[str], intent_of: Callable[[str], Entry]
    ) -> Iterator[list[OpenCitizen]]:
        """Give the records of some citizens, open, once their intents are committed in one transaction.

        Whoever is not there is left out. Raises IntegrityFailure for the first who is not whole.
        """
        found = self._reading.all_intended(session, identity_tokens, intent_of)
        data_keys = self._keys.open_data_keys([rows.data_key for rows, _ in found])
        try:
            yield [self._open(rows, index, key) for (rows, index), key in zip(found, data_keys, strict=True)]
        finally:
            for data_key in data_keys:
                data_key.wipe()

    def _open(self, rows: CitizenRows, index: int, data_key: Secret) -> OpenCitizen:
        columns = rows.vault_columns
        return OpenCitizen(
            rows.identity_token,
            columns["state"],
            columns["revision"],
            columns["encryption_key_id"],
            index,
            data_key,
            columns,
            self._now(),
        )

    def revisions_of(self, session: LoginSession, identity_tokens: Sequence[str]) -> dict[str, int]:
        """Return the revisions of some citizens by identity token; whoever is not there is left out."""
        with self._database.transaction(seeing=session.seeing) as connection:
            rows = store.directory_rows(connection, identity_tokens)
        return {token: int(row.columns["revision"]) for token, row in rows.items()}

    def revisions_after(self, session: LoginSession, identity_token: str, limit: int) -> dict[str, int]:
        """Return the next citizens' revisions by identity token, in their order: for work that goes through all."""
        with self._database.transaction(seeing=session.seeing) as connection:
            rows = store.directory_after(connection, identity_token, limit)
        return {row.columns["identity_token"]: row.columns["revision"] for row in rows}
