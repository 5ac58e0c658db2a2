"""Issuing credentials: commitments to a citizen's numbers, signed once by the authority's key in the HSM.

A credential belongs to one revision of the record and to one data key; after any change of the record the
old one is removed with its openings, and the next is issued when it is needed or by the job
(`docs/adr/0024`). Openings stand encrypted under the citizen's data key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from core.storage.statement import Statement
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

    def changed(self, identity_token: str) -> Sequence[Statement]:
        """Remove the credential and its openings together with a change of the record (`CitizenObserver`)."""
        return [store.removal(identity_token)]

    def holding(
        self, session: LoginSession, citizen: OpenCitizen, stored: StoredCredential, authority: bytes, now: datetime
    ) -> Holding:
        """Return the citizen's credential with its openings; a new one where the stored one is not current."""
        if stored.row is not None and is_current(stored.row.columns, citizen, now):
            holding = self._opened(citizen, stored.row.columns)
            if holding.authority == authority:
                return holding
        return self.issue(session, citizen, stored, authority, now)

    def issue(
        self, session: LoginSession, citizen: OpenCitizen, stored: StoredCredential, authority: bytes, now: datetime
    ) -> Holding:
        """Commit, sign, store with its entry. Raises ChangedMeanwhile if another process was quicker."""
        openings = fresh_openings(numbers_of(citizen))
        points = p256_for_commitments().commit(openings.values())
        commitments = dict(zip(openings, points, strict=True))
        with self._database.transaction() as connection:
            status_index = store.next_status_index(connection)
        issued = now.replace(microsecond=0)
        seconds = int(issued.timestamp())
        payload = payload_of(authority, citizen.identity_token, seconds, seconds + LIFETIME, commitments, status_index)
        [signature] = self._token.authority_signatures([to_be_signed(payload, authority)])
        encoded = assemble(payload, authority, signature)
        columns = {
            "identity_token": citizen.identity_token,
            "citizen_revision": citizen.revision,
            "data_key_id": citizen.data_key_id,
            "credential": encoded,
            OPENINGS_COLUMN: citizen.seal(OPENINGS_COLUMN, encode_openings(openings)),
            "status_index": status_index,
            "issued_at": issued,
            "expires_at": issued + timedelta(seconds=LIFETIME),
            "revision": stored.revision + 1,
        }
        self._store(session, columns, list(commitments))
        return Holding(encoded, authority, citizen.identity_token, commitments, openings)

    def _store(self, session: LoginSession, columns: Mapping[str, Any], attributes: list[int]) -> None:
        [row] = self._sealer.seal([(store.credential.name, columns)])
        entry = self._audit.entry(
            session.actor,
            action=Action.PROOF_ISSUE,
            outcome=Outcome.DONE,
            identity_token=columns["identity_token"],
            detail={"attributes": attributes, "status_index": columns["status_index"]},
        )
        quicker = ChangedMeanwhile("Another process issued this citizen's credential at the same moment.")
        with self._database.transaction({"eligibility_credential_pkey": quicker}) as connection:
            if not store.put(connection, store.credential, row):
                raise quicker
            self._audit.append(connection, entry)

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
