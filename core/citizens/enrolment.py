"""Enrolling citizens: from validated values to sealed rows, stored all or none.

Making the rows (HSM, encryption, seals) and storing them (one transaction) are two steps, so that an
import can make one batch while another is stored.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.access.model import LoginSession
from core.audit.draft import DraftBatch
from core.audit.model import Action, Entry, Outcome
from core.audit.service import AuditLog
from core.citizens import names, records, store
from core.citizens.model import CitizenRecord, NewCitizen, identity_token
from core.citizens.recording import Recorder
from core.errors import AlreadyExists, DatabaseContended, DatabaseUnavailable
from core.keys.digests import Digests, NewTerms
from core.keys.model import NewDataKey
from core.keys.service import KEK_ATTEMPTS, KekChangedMeanwhile, KeyService, VerifiedKek
from core.storage.database import Database
from core.storage.lane import BEGIN, COMMIT
from core.storage.seal import RowSealer, sealed_bytes
from core.vault_token import TokenTurn, VaultToken

ENROLLED_ALREADY = {
    "directory_aadhaar_hash_key": AlreadyExists("A citizen with this Aadhaar is enrolled already.", field="aadhaar"),
    "directory_pan_hash_key": AlreadyExists("A citizen with this PAN is enrolled already.", field="pan"),
    "directory_user_id_key": AlreadyExists("A citizen with this user id is enrolled already.", field="user_id"),
    "directory_pkey": AlreadyExists("A citizen with this user id is enrolled already.", field="user_id"),
}


@dataclass(frozen=True)
class NewRows:
    """The sealed rows of one new citizen."""

    data_key: Mapping[str, Any]
    directory: Mapping[str, Any]
    vault: Mapping[str, Any]


class Enrolment:
    """Makes and stores the rows of new citizens. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        digests: Digests,
        sealer: RowSealer,
        keys: KeyService,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._token = token
        self._digests = digests
        self._sealer = sealer
        self._keys = keys
        self._audit = audit
        self._recorder = Recorder(audit)
        self._now = now
        self._following: tuple[UUID, str] | None = None  # user id and token of whoever is enrolled next

    def enrol(self, session: LoginSession, citizens: Sequence[NewCitizen]) -> list[CitizenRecord]:
        """Enrol citizens in one transaction. Raises AlreadyExists for a known Aadhaar number, PAN or user id."""
        people = [] if len(citizens) == 1 else self.people(citizens)
        for _ in range(KEK_ATTEMPTS):
            kek = self._keys.kek_with_room(session.actor, len(citizens))
            try:
                if len(citizens) == 1:
                    return [self._enrol_one(session, kek, citizens[0])]
                rows = self.new_rows(kek, people)
                entries = self.drafted(session, rows)
                _, macs = self._token.check_macs((), entries.exact)
                with self._database.transaction(ENROLLED_ALREADY, seeing=session.seeing) as connection:
                    self.store(connection, kek, rows, entries, macs)
            except (KekChangedMeanwhile, DatabaseContended):
                continue  # another console filled the KEK, or enrolled some of the same people, at the same moment
            return [records.record(row.vault) for row in rows]
        raise DatabaseUnavailable("Other consoles enrol so much that no KEK had room. Try again.")

    def people(self, citizens: Sequence[NewCitizen]) -> list[records.Person]:
        """Give citizens their ids and digests: one exchange with the HSM for all."""
        user_ids = [citizen.user_id or uuid.uuid4() for citizen in citizens]
        digests = self._digests.of_new(
            [
                NewTerms(user_id.bytes, records.terms_of(citizen), names.prefixes(citizen.name))
                for user_id, citizen in zip(user_ids, citizens, strict=True)
            ]
        )
        return [
            records.Person(citizen, user_id, identity_token(made.identity), made.terms, made.names)
            for citizen, user_id, made in zip(citizens, user_ids, digests, strict=True)
        ]

    def new_rows(self, kek: VerifiedKek, people: Sequence[records.Person]) -> list[NewRows]:
        """Make data keys, encrypt and seal: two exchanges with the HSM for all."""
        sealed = iter(self._sealer.seal(self._unsealed(kek, people)))
        return [NewRows(*rows) for rows in zip(sealed, sealed, sealed, strict=True)]

    def _unsealed(self, kek: VerifiedKek, people: Sequence[records.Person]) -> list[tuple[str, Mapping[str, Any]]]:
        """Return data key, directory and vault row of each new citizen, with their tables."""
        now = self._now()
        data_keys = self._keys.new_data_keys(kek, [person.identity_token for person in people])
        return [
            row
            for person, key in zip(people, data_keys, strict=True)
            for row in (
                self._keys.data_key_row(key.stored, now),
                *_citizen_rows(person, key, records.encrypted(person.citizen, person.identity_token, key), now),
            )
        ]

    def _enrol_one(self, session: LoginSession, kek: VerifiedKek, citizen: NewCitizen) -> CitizenRecord:
        """Enrol one citizen: what the HSM makes is asked for as early as possible, and waited for late.

        The KEK is held from before the rows are sealed, so nothing is stored that it may not guard.
        """
        with self._database.lane(ENROLLED_ALREADY, seeing=session.seeing) as lane:
            with self._token.turn() as turn:
                user_id, token = self._identity(turn, citizen)
                asked_key = self._keys.ask_for_data_key(turn, kek, token)
                following = uuid.uuid4()
                terms = NewTerms(following.bytes, records.terms_of(citizen), names.prefixes(citizen.name))
                asked_digests = self._digests.ask_for_new(turn, terms)
                draft, now = self._audit.draft(self._entry(session, token)), self._now()
                key = asked_key()
                key_row = self._keys.data_key_row(key.stored, now)
                key_macs = turn.check_macs([sealed_bytes(*key_row)], draft.exact)
                values = records.encrypted(citizen, token, key)
                made = asked_digests()
                self._following = following, identity_token(made.identity)
                person = records.Person(citizen, user_id, token, made.terms, made.names)
                citizen_rows = _citizen_rows(person, key, values, now)
                citizen_macs = turn.check_macs([sealed_bytes(*row) for row in citizen_rows], ())
                lane.send(BEGIN, self._keys.hold(kek))
                row_macs, entry_macs = key_macs()
                row_macs += citizen_macs()[0]
            new = NewRows(*self._sealer.seal([key_row, *citizen_rows], row_macs))
            self._keys.check_held(kek, lane.receive()[1])
            statements = (*store.addition(new.directory, new.vault), self._keys.addition(new.data_key))
            self._audit.send(lane, statements, self._audit.plan(draft, entry_macs))
            lane.run([COMMIT])
        return records.record(new.vault)

    def _identity(self, turn: TokenTurn, citizen: NewCitizen) -> tuple[UUID, str]:
        """Return user id and identity token; for whoever brings no user id, those made ahead. One turn at a time."""
        following, self._following = self._following, None
        if citizen.user_id is None and following is not None:
            return following
        user_id = citizen.user_id or uuid.uuid4()
        return user_id, identity_token(turn.search_macs([user_id.bytes], (), ())()[0][0])

    def _entry(self, session: LoginSession, token: str) -> Entry:
        return self._recorder.entry(session, Action.CITIZEN_ENROL, Outcome.DONE, token, citizen_revision=1)

    def drafted(self, session: LoginSession, rows: Sequence[NewRows]) -> DraftBatch:
        """Return the entries of new citizens, whose MACs may be made with others before BEGIN."""
        return self._audit.draft_batch([self._entry(session, row.vault["identity_token"]) for row in rows])

    def store(
        self,
        connection: Connection,
        kek: VerifiedKek,
        rows: Sequence[NewRows],
        entries: DraftBatch,
        macs: Sequence[bytes],
    ) -> None:
        """Store rows and entries; COMMIT must follow at once. Raises KekChangedMeanwhile."""
        store.add(connection, [row.directory for row in rows], [row.vault for row in rows])
        self._keys.store_data_keys(connection, kek, [row.data_key for row in rows])
        self._audit.append_batch(connection, entries, macs)


def _citizen_rows(
    person: records.Person, key: NewDataKey, values: Mapping[str, bytes | None], now: datetime
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return directory and vault row of a new citizen, with their tables."""
    directory = records.directory_row(person)
    vault = records.vault_row(directory, person.citizen, values, key.stored.data_key_id, now)
    return [(store.directory.name, directory), (store.vault.name, vault)]
