"""The batches of an import, made ready to be stored: checked, encrypted and sealed in threads.

The user id of a row without one follows from the file and the line, so that nobody is enrolled twice.
"""

import hmac
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import cbor2

from core.access.model import LoginSession
from core.citizens.csv_file import CitizenCsv, CsvRow
from core.citizens.enrolment import Enrolment, NewRows
from core.citizens.import_model import OTHER_STATE, ROW
from core.citizens.model import NewCitizen
from core.citizens.validation import new_citizen, today
from core.errors import InvalidFields
from core.jobs.model import Job, Rejection
from core.keys.service import KeyService, VerifiedKek
from core.settings.service import SettingsService
from core.vault_token import VaultToken

BATCH = 200
AHEAD = 3  # batches that are prepared while one is stored
TURN_SECONDS = 0.0002


@dataclass(frozen=True)
class Prepared:
    """A batch ready to be stored: `lines[i]` is where `rows[i]` came from."""

    last_line: int
    records: int
    rejections: tuple[Rejection, ...]
    lines: tuple[int, ...]
    kek: VerifiedKek | None
    rows: tuple[NewRows, ...]
    citizens: tuple[NewCitizen, ...]


class ImportBatches:
    """Prepares batches ahead of whoever stores them. Thread-safe; each import uses two threads more."""

    def __init__(
        self,
        token: VaultToken,
        enrolment: Enrolment,
        keys: KeyService,
        settings: SettingsService,
        now: Callable[[], datetime],
    ) -> None:
        self._token = token
        self._enrolment = enrolment
        self._keys = keys
        self._settings = settings
        self._now = now

    def prepared(self, session: LoginSession, job: Job, file: CitizenCsv) -> Generator[Prepared]:
        """Give the batches after the job's position in their order, prepared ahead."""
        size = min(BATCH, self._settings.read_checked().kek_capacity)
        secret = self._token.index_macs([cbor2.dumps(["czimport1", file.sha256], canonical=True)])[0]
        day, rows = today(self._now()), file.rows(job.position)
        waiting: deque[Future[Prepared]] = deque()
        with ThreadPoolExecutor(AHEAD, "import") as pool:
            try:
                while True:
                    while len(waiting) <= AHEAD and (batch := list(islice(rows, size))):
                        waiting.append(pool.submit(self._prepare, session, batch, day, secret))
                    if not waiting:
                        return
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _prepare(self, session: LoginSession, batch: Sequence[CsvRow], day: date, secret: bytes) -> Prepared:
        rejections: list[Rejection] = []
        citizens: list[NewCitizen] = []
        lines: list[int] = []
        for row in batch:
            citizen, found = checked(session, row, day)
            rejections += found
            if citizen is not None:
                citizens.append(replace(citizen, user_id=citizen.user_id or _user_id(secret, row.line)))
                lines.append(row.line)
        kek, rows = self._new_rows(session, citizens)
        parts = (tuple(rejections), tuple(lines), kek, rows, tuple(citizens))
        return Prepared(batch[-1].line, len(batch), *parts)

    def _new_rows(
        self, session: LoginSession, citizens: Sequence[NewCitizen]
    ) -> tuple[VerifiedKek | None, tuple[NewRows, ...]]:
        if not citizens:
            return None, ()
        people = self._enrolment.people(citizens)
        kek = self._keys.kek_with_room(session.actor, len(people))
        return kek, tuple(self._enrolment.new_rows(kek, people))

    def wrapped_anew(self, session: LoginSession, batch: Prepared) -> Prepared:
        """Return a batch whose KEK has no room any more, under another."""
        kek, rows = self._new_rows(session, batch.citizens)
        return replace(batch, kek=kek, rows=rows)


def checked(session: LoginSession, row: CsvRow, day: date) -> tuple[NewCitizen | None, list[Rejection]]:
    """Return the citizen of a row, or what is wrong with it."""
    if row.values is None:
        return None, [Rejection(row.line, ROW, "cells")]
    values: dict[str, Any] = {name: cell for name, cell in row.values.items() if cell.strip()}
    if "roles" in values:
        values["roles"] = [role.strip() for role in values["roles"].replace(";", ",").split(",") if role.strip()]
    try:
        citizen = new_citizen(values, day)
    except InvalidFields as error:
        return None, [Rejection(row.line, name, reason) for name, reason in error.reasons.items()]
    if not session.may_see(citizen.state):
        return None, [Rejection(row.line, "state", OTHER_STATE)]
    return citizen, []


def _user_id(secret: bytes, line: int) -> UUID:
    return UUID(bytes=hmac.digest(secret, str(line).encode(), "sha256")[:16], version=4)


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take Python's lock in short turns: whoever stores waits often and computes little.

    With Python's own 5 ms it stands behind two that prepare, each time it comes back from the database or the HSM.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
