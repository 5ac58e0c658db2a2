"""Fills the table of citizens by the million, for what is measured on lists: every row with its real seal.

What a list reads is the record's row alone, so nothing else is made: no directory, data keys, digests or entries,
and of the personal values one envelope that nobody can open. The owner copies the rows in; tables are not logged
and have no index meanwhile. A vault filled so is good for lists and for nothing else.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from core.citizens import store
from core.citizens.model import BASE62, TOKEN_DIGITS, TOKEN_PREFIX
from core.keys.envelope import RowEnvelopes
from core.states import states
from core.storage.seal import SEAL_COLUMN, sealed_bytes
from hsm.secret import Secret
from tests.support.vault import RealVault

BATCH = 5_000  # rows a transaction, and seals an exchange with the HSM
_DIGITS = (BASE62 * 5)[:256].encode()  # a byte to a digit; that some are a little likelier does not matter here
_COLUMNS = tuple(store.vault.columns.keys())


def fill(vault: RealVault, citizens: int) -> float:
    """Add rows to an empty vault; returns how many a second."""
    began = time.monotonic()
    inherited = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    parts = [str(name) for (name,) in vault.sql(inherited, [store.vault.name])]
    for part in parts:
        vault.sql(f"ALTER TABLE {part} SET UNLOGGED")
    vault.sql(f"ALTER TABLE {store.vault.name} DROP CONSTRAINT identity_vault_pkey")
    rows, done = _rows(citizens), 0
    with ThreadPoolExecutor(1) as pool:  # the HSM seals a batch while the one before is written out and copied in
        sealed = pool.submit(_seal, vault, list(islice(rows, BATCH)))
        while batch := sealed.result():
            sealed = pool.submit(_seal, vault, list(islice(rows, BATCH)))
            _copy(vault, batch)
            done += len(batch)
            _say(done, citizens, began)
    vault.sql("SET maintenance_work_mem = '512MB'")
    vault.sql(f"ALTER TABLE {store.vault.name} ADD PRIMARY KEY (state, identity_token)")
    vault.sql("UPDATE kek_members SET members = members + %s WHERE kek_id = 'KEK-0001'", [citizens])
    vault.sql(f"VACUUM (ANALYZE) {store.vault.name}")
    return citizens / (time.monotonic() - began)


def _rows(citizens: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)  # noqa: S311 (the same each time)
    now = datetime.now(UTC)
    codes = sorted(states())
    for number in range(citizens):
        token = TOKEN_PREFIX + os.urandom(TOKEN_DIGITS).translate(_DIGITS).decode()
        key_id = UUID(bytes=os.urandom(16), version=4)
        if number % BATCH == 0:
            envelope = RowEnvelopes(Secret(os.urandom(32)), token, key_id).seal("name_enc", b"Somebody")
        yield dict.fromkeys(_COLUMNS) | {
            "identity_token": token,
            "user_id": UUID(bytes=os.urandom(16), version=4),
            "name_enc": envelope,
            "state": chance.choice(codes),
            "district": f"District {number % 40}",
            "roles": ["citizen", "farmer"] if number % 3 else ["citizen"],
            "primary_role": "citizen",
            "verification_level": "unverified",
            "status": "active",
            "encryption_key_id": key_id,
            "revision": 1,
            "created_at": now,
            "updated_at": now,
            "is_deleted": False,
        }


def _seal(vault: RealVault, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if rows:
        macs = vault.vault.services.token.row_macs([sealed_bytes(store.vault.name, row) for row in rows])
        for row, mac in zip(rows, macs, strict=True):
            row[SEAL_COLUMN] = mac
    return rows


def _copy(vault: RealVault, rows: list[dict[str, Any]]) -> None:
    listed = ", ".join(_COLUMNS)
    with vault.owner.cursor() as cursor, cursor.copy(f"COPY {store.vault.name} ({listed}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row([row[name] for name in _COLUMNS])


def _say(done: int, citizens: int, began: float) -> None:
    if done % (BATCH * 20) == 0 or done == citizens:
        rate = done / (time.monotonic() - began)
        print(f"\rfilled {done:,} of {citizens:,}, {rate:,.0f} a second", end="", flush=True, file=sys.stderr)
    if done == citizens:
        print(file=sys.stderr)
