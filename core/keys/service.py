"""KEKs with bounded membership, and the data keys that they wrap.

A new KEK takes two transactions, because what the HSM did cannot be rolled back: the intent (a
pre-active row and its entry), the key on the token, the outcome. A KEK left pre-active by a crash is
finished by the next process that needs one. Rotation, backup and erasure are not here.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from core.access.model import LoginSession, Permission, require
from core.audit.model import Actor
from core.audit.service import AuditLog
from core.errors import DatabaseUnavailable, HsmOtherToken, IntegrityFailure
from core.keys import store
from core.keys.cache import DataKeyCache
from core.keys.making import KekMaking, KekTaken
from core.keys.model import Kek, KeyState, NewDataKey, WrappedDataKey, wrap_aad
from core.settings.model import VaultSettings
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.exchange import Beside, send
from core.storage.seal import RowSealer, SealedRow
from core.storage.statement import Result, Statement
from core.vault_token import TokenTurn, VaultToken
from hsm.model import GeneratedDataKey, KeyFacts, WrapItem
from hsm.secret import Secret

KEK_ATTEMPTS = 5
ABANDONED_AFTER = timedelta(seconds=60)


class KekChangedMeanwhile(Exception):
    """The KEK that data keys were wrapped under is full or no longer active: wrap again under another."""


class VerifiedKek(NamedTuple):
    """A KEK whose seal and key check value were found right, and the row as it was then."""

    kek_id: str
    algorithm: str
    capacity: int
    row: SealedRow


class KeyService:
    """The keys of one vault. Thread-safe."""

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
        self._kek_making = KekMaking(database, token, sealer, settings, audit, now)
        self._now = now
        self._cache = DataKeyCache(time.monotonic)
        self._verified: dict[str, SealedRow] = {}  # KEKs' rows whose key is the right one
        self._last: VerifiedKek | None = None
        self._making = threading.Lock()

    # --- for enrolment ---------------------------------------------------------------------------

    def kek_with_room(self, actor: Actor, count: int = 1) -> VerifiedKek:
        """Return an active KEK with room for `count` more citizens, making one where there is none.

        The one that was last found is given without asking: `store_data_keys` finds out whether it still has room.
        """
        kek = self._last
        if kek is not None and count <= kek.capacity:
            return kek
        with self._making:  # threads of this process that find no room make one KEK, not one each
            self._last = self._find_or_make_kek(actor, count)
            return self._last

    def _find_or_make_kek(self, actor: Actor, count: int) -> VerifiedKek:
        for _ in range(KEK_ATTEMPTS):
            with self._database.transaction() as connection:
                rows = store.keks(connection)
            for row, members in rows:
                if store.is_active(row) and members + count <= row.columns["capacity"]:
                    return self._verify(row)
            for row, _members in rows:
                abandoned = row.columns["created_at"] < self._now() - ABANDONED_AFTER
                if row.columns["state"] == KeyState.PRE_ACTIVE.value and abandoned:
                    return self._verify(self._kek_making.finish(actor, row))
            try:
                announced = self._kek_making.announce(actor, len(rows) + 1)
                return self._verify(self._kek_making.finish(actor, announced))
            except KekTaken:
                continue  # another console made it at the same moment
        raise DatabaseUnavailable("Other consoles make so many KEKs that none could be made here. Try again.")

    def new_data_keys(self, kek: VerifiedKek, identity_tokens: Sequence[str]) -> list[NewDataKey]:
        """Make one data key for each new citizen, wrapped in the token under the KEK."""
        ids = [uuid.uuid4() for _ in identity_tokens]
        aads = [wrap_aad(token, key_id, kek.kek_id) for token, key_id in zip(identity_tokens, ids, strict=True)]
        made = self._token.generate_data_keys(kek.kek_id, kek.algorithm, aads)
        return [
            _new_data_key(kek, token, key_id, key)
            for key, key_id, token in zip(made, ids, identity_tokens, strict=True)
        ]

    def ask_for_data_key(self, turn: TokenTurn, kek: VerifiedKek, identity_token: str) -> Callable[[], NewDataKey]:
        """Ask for the data key of one new citizen; returns what waits for it."""
        key_id = uuid.uuid4()
        made = turn.generate_data_keys(kek.kek_id, kek.algorithm, [wrap_aad(identity_token, key_id, kek.kek_id)])
        return lambda: _new_data_key(kek, identity_token, key_id, made()[0])

    def data_key_row(self, key: WrappedDataKey, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """Return table and columns of a new data key, ready to be sealed."""
        return store.data_key.name, {
            "data_key_id": key.data_key_id,
            "identity_token": key.identity_token,
            "kek_id": key.kek_id,
            "algorithm": key.algorithm,
            "wrapped": key.wrapped,
            "created_at": now,
            "revision": 1,
        }

    def store_data_keys(self, connection: Connection, kek: VerifiedKek, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store sealed data keys while holding their KEK. Raises KekChangedMeanwhile."""
        [held] = send(connection, [store.hold_for_wrapping(kek.kek_id, len(rows), kek.capacity)])
        self.check_held(kek, held)
        store.add_data_keys(connection, rows)

    def hold(self, kek: VerifiedKek) -> Statement:
        """Return the statement that holds a KEK until COMMIT for one new data key; its result goes to `check_held`."""
        return store.hold_for_wrapping(kek.kek_id, 1, kek.capacity)

    def check_held(self, kek: VerifiedKek, held: Result) -> None:
        """Raise KekChangedMeanwhile unless the KEK is the one that was verified and had room."""
        if [dict(kek.row.columns)] != held.rows:
            self._last = None
            raise KekChangedMeanwhile

    def addition(self, row: Mapping[str, Any]) -> Statement:
        """Return the statement that stores one sealed data key, behind `hold`."""
        return store.addition(row)

    # --- for reading -----------------------------------------------------------------------------

    def beside(self, token: str) -> tuple[Beside, Beside]:
        """Return how a query joins the data key and the KEK of the citizen in its column `token`, for `joined`."""
        return store.beside(token)

    def joined(self, columns: Sequence[dict[str, Any] | None]) -> list[SealedRow]:
        """Return the rows of a citizen's data key and of its KEK, to be checked by the caller."""
        return store.joined(columns)

    def open_data_key(self, row: SealedRow) -> Secret:
        """Return a citizen's data key in clear, from its checked row. Raises IntegrityFailure."""
        key_id, wrapped = row.columns["data_key_id"], bytes(row.columns["wrapped"])
        held = self._cache.get(key_id, wrapped)
        if held is not None:
            return held
        kek_id, algorithm, item = _wrapped(row)
        secret = Secret(self._token.unwrap(kek_id, algorithm, [item])[0])
        self._cache.put(key_id, wrapped, secret)
        return secret

    def open_data_keys(self, rows: Sequence[SealedRow]) -> list[Secret]:
        """Return data keys in clear, from their checked rows: one HSM call a KEK. They go past the cache.

        Work that goes through all citizens would push out of it whom operators are looking at. The caller wipes them.
        """
        wraps: dict[tuple[str, str], list[tuple[int, WrapItem]]] = {}
        for at, row in enumerate(rows):
            kek_id, algorithm, item = _wrapped(row)
            wraps.setdefault((kek_id, algorithm), []).append((at, item))
        found: dict[int, Secret] = {}
        for (kek_id, algorithm), items in wraps.items():
            values = self._token.unwrap(kek_id, algorithm, [item for _, item in items])
            found |= {at: Secret(value) for (at, _), value in zip(items, values, strict=True)}
        return [found[at] for at in range(len(rows))]

    def empty_cache(self) -> None:
        """Wipe all data keys held in clear: on lock."""
        self._cache.empty()
        self._verified.clear()
        self._last = None

    def forget_old(self) -> None:
        """Wipe data keys whose 300 seconds are over."""
        self._cache.forget_old()

    # --- the ledger ------------------------------------------------------------------------------

    def ledger(self, session: LoginSession) -> list[Kek]:
        """Return all KEKs with state, members, age and due date. Raises IntegrityFailure."""
        require(session, Permission.KEY_LIST)
        with self._database.transaction() as connection:
            rows = store.keks(connection)
        self._sealer.check([row for row, _ in rows])
        return [_kek(row.columns, members) for row, members in rows]

    def on_token(self, session: LoginSession) -> list[KeyFacts]:
        """Return the facts of every key on the token: how it is protected, never its value."""
        require(session, Permission.KEY_LIST)
        return sorted(self._token.all_keys(), key=lambda key: (key.label, key.key_class))

    def citizen_total(self) -> int:
        """Return the number of citizens that have a data key."""
        with self._database.transaction() as connection:
            return store.member_total(connection)

    def rows(self) -> list[SealedRow]:
        """Return the sealed rows of KEKs and backup keys, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return [row for row, _ in store.keks(connection)] + store.key_backups(connection)

    def miscounted(self) -> list[str]:
        """Return the KEKs whose stored number of members is not what a count gives."""
        with self._database.transaction() as connection:
            counted = store.counted_members(connection)
            return [
                str(row.columns["kek_id"])
                for row, members in store.keks(connection)
                if counted.get(row.columns["kek_id"], 0) != members
            ]

    # --- at set-up -------------------------------------------------------------------------------

    def store_first_kek(self, connection: Connection, settings: VaultSettings, check_value: str) -> None:
        """Write the row of KEK-0001, which set-up has made on the token."""
        columns = {**self._kek_making.new_columns(1, settings), **self._kek_making.activated(check_value)}
        store.add_kek(connection, self._sealer.seal([(store.kek.name, columns)])[0])

    def store_backup_key(self, connection: Connection, label: str, public_key: bytes, private_sealed: bytes) -> None:
        """Write the record of the backup key; its private half is sealed under the recovery secret."""
        columns = {
            "label": label,
            "public_key": public_key,
            "private_sealed": private_sealed,
            "created_at": self._now(),
            "revision": 1,
        }
        store.add_key_backup(connection, self._sealer.seal([(store.key_backup.name, columns)])[0])

    # --- checking a KEK ---------------------------------------------------------------------------

    def _verify(self, row: SealedRow) -> VerifiedKek:
        """Check seal and key check value once per content; later uses of the same content cost no HSM call."""
        kek_id = str(row.columns["kek_id"])
        known = self._verified.get(kek_id)
        if known is None or known.columns != row.columns:
            self._sealer.check([row])
            if self._token.check_values([kek_id])[kek_id] != row.columns["check_value"]:
                raise HsmOtherToken(f"The token holds another key under the label {kek_id} than the vault's.")
            self._verified[kek_id] = row
        columns = row.columns
        return VerifiedKek(kek_id, columns["algorithm"], columns["capacity"], row)


def _wrapped(row: SealedRow) -> tuple[str, str, WrapItem]:
    """Return KEK, algorithm and what is to be unwrapped of a data key's row."""
    columns = row.columns
    aad = wrap_aad(columns["identity_token"], columns["data_key_id"], columns["kek_id"])
    return columns["kek_id"], columns["algorithm"], WrapItem(bytes(columns["wrapped"]), aad)


def _new_data_key(kek: VerifiedKek, identity_token: str, key_id: uuid.UUID, made: GeneratedDataKey) -> NewDataKey:
    stored = WrappedDataKey(key_id, identity_token, kek.kek_id, kek.algorithm, made.wrapped)
    return NewDataKey(Secret(made.value), stored)


def _kek(columns: Mapping[str, Any], members: int) -> Kek:
    try:
        return Kek(
            columns["kek_id"],
            KeyState(columns["state"]),
            columns["algorithm"],
            columns["capacity"],
            members,
            columns["cryptoperiod_days"],
            columns["check_value"],
            columns["token_serial"],
            columns["created_at"],
            columns["activated_at"],
        )
    except ValueError:
        raise IntegrityFailure("A stored KEK has a state that the console does not know.") from None
