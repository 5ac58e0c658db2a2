"""Issuing credentials: commitments to a citizen's numbers, signed once by the authority's key in the HSM.

A credential belongs to one revision of the record and to one data key; after any change of the record the
old one is removed with its openings, and the next is issued at once (`upkeep.py`), when it is needed, or by
the job (`docs/adr/0024`). Openings stand encrypted under the citizen's data key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from core.access.model import LoginSession
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens.model import Field
from core.citizens.opening import OpenCitizen
from core.errors import ChangedMeanwhile, IntegrityFailure
from core.proofs import store
from core.proofs.attributes import BY_NAME, NotOnGrid
from core.proofs.credential import LIFETIME, assemble, parse, payload_of, to_be_signed
from core.proofs.group import p256_for_commitments
from core.proofs.prover import Holding
from core.proofs.scalars import encode_scalar, random_scalars
from core.proofs.strict_cbor import decode, encode
from core.proofs.witness import Opening
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken

FIELDS: Final = (
    Field.BIRTH_DATE, Field.INCOME_ANNUAL, Field.BPL_STATUS, Field.LAND_HOLDING, Field.GENDER, Field.MARITAL_STATUS,
    Field.DEPENDENTS_COUNT,
)  # fmt: skip
RENEWED_BEFORE: Final = timedelta(days=1)  # of its end: who is handed a proof may check it some days later
OPENINGS_COLUMN: Final = "openings_enc"


@dataclass(frozen=True)
class StoredCredential:
    """A citizen's credential row, its seal checked; None if there is none."""

    row: SealedRow | None

    @property
    def revision(self) -> int:
        """Return the row's revision, 0 if there is none."""
        return 0 if self.row is None else int(self.row.columns["revision"])


@dataclass(frozen=True)
class Wanted:
    """Somebody who needs a credential, and the row that it takes the place of."""

    citizen: OpenCitizen
    stored: StoredCredential


@dataclass(frozen=True)
class _Committed:
    """A credential before its signature: what is signed, and the columns of its row."""

    payload: bytes
    commitments: Mapping[int, bytes]
    openings: Mapping[int, Opening] = field(repr=False)
    columns: Mapping[str, Any] = field(repr=False)


class CredentialIssuer:
    """Issues credentials and opens them for the prover. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._audit = audit

    def holding(
        self, session: LoginSession, citizen: OpenCitizen, stored: StoredCredential, authority: bytes, now: datetime
    ) -> Holding:
        """Return the citizen's credential with its openings; a new one where the stored one is not current."""
        if stored.row is not None and is_current(stored.row.columns, citizen, now):
            holding = self._opened(citizen, stored.row.columns)
            if holding.authority == authority:
                return holding
        [issued] = self.issue(session, [Wanted(citizen, stored)], authority, now)
        return issued

    def issue(self, session: LoginSession, wanted: Sequence[Wanted], authority: bytes, now: datetime) -> list[Holding]:
        """Commit, sign, store with entries: three exchanges with the HSM and one transaction for all of them.

        Raises ChangedMeanwhile if another process issued one of them, or changed one of the records: none is stored.
        """
        made = [
            self._committed(one, authority, now, index)
            for one, index in zip(wanted, self._indexes(len(wanted)), strict=True)
        ]
        signatures = self._token.authority_signatures([to_be_signed(one.payload, authority) for one in made])
        encoded = [assemble(one.payload, authority, signature) for one, signature in zip(made, signatures, strict=True)]
        rows = [{**one.columns, "credential": content} for one, content in zip(made, encoded, strict=True)]
        self._store(session, rows, [list(one.commitments) for one in made])
        return [
            Holding(content, authority, one.columns["identity_token"], one.commitments, one.openings)
            for one, content in zip(made, encoded, strict=True)
        ]

    def _indexes(self, count: int) -> list[int]:
        with self._database.transaction() as connection:
            return store.next_status_indexes(connection, count)

    @staticmethod
    def _committed(wanted: Wanted, authority: bytes, now: datetime, status_index: int) -> "_Committed":
        citizen, issued = wanted.citizen, now.replace(microsecond=0)
        openings = fresh_openings(numbers_of(citizen))
        commitments = dict(zip(openings, p256_for_commitments().commit(openings.values()), strict=True))
        seconds = int(issued.timestamp())
        payload = payload_of(authority, citizen.identity_token, seconds, seconds + LIFETIME, commitments, status_index)
        columns = {
            "identity_token": citizen.identity_token,
            "citizen_revision": citizen.revision,
            "data_key_id": citizen.data_key_id,
            OPENINGS_COLUMN: citizen.seal(OPENINGS_COLUMN, encode_openings(openings)),
            "status_index": status_index,
            "issued_at": issued,
            "expires_at": issued + timedelta(seconds=LIFETIME),
            "revision": wanted.stored.revision + 1,
        }
        return _Committed(payload, commitments, openings, columns)

    def _store(
        self, session: LoginSession, columns: Sequence[Mapping[str, Any]], attributes: Sequence[list[int]]
    ) -> None:
        rows = self._sealer.seal([(store.credential.name, one) for one in columns])
        entries = [
            self._audit.entry(
                session.actor,
                action=Action.PROOF_ISSUE,
                outcome=Outcome.DONE,
                identity_token=row["identity_token"],
                detail={"attributes": ids, "status_index": row["status_index"]},
            )
            for row, ids in zip(rows, attributes, strict=True)
        ]
        quicker = ChangedMeanwhile("Another process issued this citizen's credential at the same moment.")
        conflicts = {"eligibility_credential_pkey": quicker}
        with self._database.transaction(conflicts, seeing=session.seeing) as connection:
            if not store.hold_records(connection, {row["identity_token"]: row["citizen_revision"] for row in rows}):
                raise ChangedMeanwhile("Somebody changed this citizen at the same moment.")
            if not store.put_all(connection, store.credential, rows):
                raise quicker
            self._audit.append(connection, *entries)

    @staticmethod
    def _opened(citizen: OpenCitizen, columns: Mapping[str, Any]) -> Holding:
        encoded = bytes(columns["credential"])
        made = parse(encoded)
        if made.identity_token != citizen.identity_token:
            raise IntegrityFailure("The stored credential is another citizen's.")
        openings = decode_openings(citizen.open(OPENINGS_COLUMN, bytes(columns[OPENINGS_COLUMN])))
        return Holding(encoded, made.authority, made.identity_token, made.commitments, openings)


def is_current(columns: Mapping[str, Any], citizen: OpenCitizen, now: datetime) -> bool:
    """Tell whether a stored credential is that of the record as it is, and lives long enough to be handed out."""
    return (
        columns["citizen_revision"] == citizen.revision
        and columns["data_key_id"] == citizen.data_key_id
        and bool(columns["expires_at"] > now + RENEWED_BEFORE)
    )


def numbers_of(citizen: OpenCitizen) -> dict[int, int]:
    """Return the numbers of the attributes that the record holds, each within its range.

    What has no number in the schema (a birth before 1900) is left out: claims on it are then request errors.
    """
    values: dict[str, Any] = {field.value: value for field, value in citizen.values(FIELDS).items()}
    values["state"] = citizen.state
    found: dict[int, int] = {}
    for name, value in values.items():
        if value is None:
            continue
        try:
            found[BY_NAME[name].id] = BY_NAME[name].number(_typed(name, value))
        except NotOnGrid:
            continue
    return dict(sorted(found.items()))


def fresh_openings(numbers: Mapping[int, int]) -> dict[int, Opening]:
    """Return each number with a fresh blinding."""
    blindings = random_scalars(len(numbers))
    return {key: (number, blinding) for (key, number), blinding in zip(numbers.items(), blindings, strict=True)}


def encode_openings(openings: Mapping[int, Opening]) -> bytes:
    """Return the stored form of openings, in clear."""
    return encode({key: [number, encode_scalar(blinding)] for key, (number, blinding) in openings.items()})


def decode_openings(data: bytes) -> dict[int, Opening]:
    """Return the openings of their stored form."""
    return {key: (number, int.from_bytes(blinding, "big")) for key, (number, blinding) in decode(data).items()}


def _typed(name: str, value: object) -> object:
    """Return a stored value as the schema takes it: amounts stand as decimal text, a day as text."""
    spec = BY_NAME[name]
    if isinstance(value, str) and spec.codes is None and name != Field.BIRTH_DATE.value:
        return Decimal(value)
    return value
