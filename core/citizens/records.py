"""Between a citizen and the stored columns: building rows, opening fields, joining changes.

Pure functions: they neither read nor write the database, and make no digest themselves.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import cbor2

from core.citizens.model import (
    ATTRIBUTES,
    ATTRIBUTES_COLUMN,
    COLUMN_OF,
    CitizenFilter,
    CitizenRecord,
    CitizenRole,
    CitizenStatus,
    Field,
    NewCitizen,
    VerificationLevel,
    age_on,
    checked_roles,
)
from core.citizens.validation import REQUIRED, check_values
from core.errors import IntegrityFailure, InvalidFields, InvalidInput
from core.keys.digests import SHORT_BYTES, Term
from core.keys.envelope import RowEnvelopes
from core.keys.model import NewDataKey
from hsm.secret import Secret

DIGEST_COLUMN: Mapping[Term, str] = {
    Term.AADHAAR: "aadhaar_hash",
    Term.PAN: "pan_hash",
    Term.PHONE: "phone_digest",
    Term.EMAIL: "email_digest",
}
_CLEAR = ("state", "district")


class Person(NamedTuple):
    """A citizen on the way in: values, ids and digests."""

    citizen: NewCitizen
    user_id: UUID
    identity_token: str
    digests: Mapping[Term, bytes]
    name_digests: Sequence[bytes]


def terms_of(citizen: NewCitizen) -> dict[Term, str]:
    """Return what the citizen will be found by."""
    values = {
        Term.AADHAAR: citizen.aadhaar,
        Term.PAN: citizen.pan,
        Term.PHONE: citizen.phone,
        Term.EMAIL: citizen.email,
    }
    return {term: value for term, value in values.items() if value is not None}


def stored_digest(term: Term, digest: bytes) -> object:
    """Return a digest as its column keeps it: 64 hex digits for Aadhaar and PAN, 16 bytes for the others."""
    return digest.hex() if term in {Term.AADHAAR, Term.PAN} else digest[:SHORT_BYTES]


def directory_row(person: Person) -> dict[str, Any]:
    """Return the directory columns of a new citizen."""
    digests = {
        column: stored_digest(term, person.digests[term]) if term in person.digests else None
        for term, column in DIGEST_COLUMN.items()
    }
    return {
        "identity_token": person.identity_token,
        "user_id": person.user_id,
        "state": person.citizen.state,
        **digests,
        "name_digests": list(person.name_digests),
        "revision": 1,
    }


def encrypted(citizen: NewCitizen, identity_token: str, key: NewDataKey) -> dict[str, bytes | None]:
    """Return the columns of a new citizen's personal values, encrypted under the new data key."""
    envelopes = RowEnvelopes(key.value, identity_token, key.stored.data_key_id)
    attributes = cbor2.dumps(dict(citizen.attributes), canonical=True) if citizen.attributes else None
    return {
        **{column: _sealed(envelopes, column, _plain(citizen, field)) for field, column in COLUMN_OF.items()},
        ATTRIBUTES_COLUMN: _sealed(envelopes, ATTRIBUTES_COLUMN, attributes),
    }


def vault_row(
    directory: Mapping[str, Any],
    citizen: NewCitizen,
    values: Mapping[str, bytes | None],
    data_key_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Return the vault columns of a new citizen beside the directory's, with the personal values that are encrypted."""
    roles, primary = checked_roles(citizen.roles, citizen.primary_role)
    return {
        "identity_token": directory["identity_token"],
        "user_id": directory["user_id"],
        **values,
        "aadhaar_hash": directory["aadhaar_hash"],
        "pan_hash": directory["pan_hash"],
        "state": citizen.state,
        "district": citizen.district,
        "roles": [role.value for role in roles],
        "primary_role": primary.value,
        "verification_level": VerificationLevel.UNVERIFIED.value,
        "last_verified": None,
        "status": CitizenStatus.ACTIVE.value,
        "encryption_key_id": data_key_id,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
        "is_deleted": False,
    }


def record(columns: Mapping[str, Any]) -> CitizenRecord:
    """Return a citizen's metadata from the columns of a checked row."""
    held = tuple(field for field, column in COLUMN_OF.items() if columns[column] is not None)
    if columns[COLUMN_OF[Field.BIRTH_DATE]] is not None:
        held += (Field.AGE,)
    if columns[ATTRIBUTES_COLUMN] is not None:
        held += ATTRIBUTES
    try:
        return CitizenRecord(
            identity_token=columns["identity_token"],
            user_id=columns["user_id"],
            state=columns["state"],
            district=columns["district"] or "",
            roles=tuple(CitizenRole(role) for role in columns["roles"]),
            primary_role=CitizenRole(columns["primary_role"]),
            verification_level=VerificationLevel(columns["verification_level"]),
            last_verified=columns["last_verified"],
            status=CitizenStatus(columns["status"]),
            encryption_key_id=columns["encryption_key_id"],
            aadhaar_hash=columns["aadhaar_hash"],
            pan_hash=columns["pan_hash"],
            fields_held=held,
            revision=columns["revision"],
            created_at=columns["created_at"],
            updated_at=columns["updated_at"],
            is_deleted=columns["is_deleted"],
        )
    except ValueError:
        raise IntegrityFailure("A stored record has a value that the console does not know.") from None


def open_fields(data_key: Secret, columns: Mapping[str, Any], asked: Sequence[Field], day: date) -> dict[Field, Any]:
    """Decrypt the asked fields of a checked row, and no others. Absent ones are None."""
    values: dict[Field, Any] = {}
    attributes: Mapping[str, Any] | None = None
    envelopes = _envelopes(data_key, columns)
    for field in asked:
        if field in ATTRIBUTES:
            if attributes is None:
                attributes = _open_attributes(envelopes, columns)
            values[field] = attributes.get(field.value)
        elif field is Field.AGE:
            born = _open_text(envelopes, columns, COLUMN_OF[Field.BIRTH_DATE])
            values[field] = None if born is None else age_on(day, date.fromisoformat(born))
        else:
            values[field] = _open_text(envelopes, columns, COLUMN_OF[field])
    return values


def _open_attributes(envelopes: RowEnvelopes, columns: Mapping[str, Any]) -> dict[str, Any]:
    plaintext = _open(envelopes, columns, ATTRIBUTES_COLUMN)
    return {} if plaintext is None else dict(cbor2.loads(plaintext))


def fits(citizen: CitizenRecord, wanted: CitizenFilter) -> bool:
    """Tell whether a citizen passes a filter."""
    return (
        wanted.state in {None, citizen.state}
        and (wanted.within is None or citizen.state in wanted.within)
        and (wanted.district is None or wanted.district.lower() == citizen.district.lower())
        and (wanted.role is None or wanted.role in citizen.roles)
        and wanted.level in {None, citizen.verification_level}
        and wanted.status in {None, citizen.status}
    )


# --- changes ---------------------------------------------------------------------------------------


def checked_change(changes: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return validated changes. Raises InvalidFields with every problem, InvalidInput if there is none to make."""
    if not changes:
        raise InvalidInput("There is nothing to change.")
    checked, problems = check_values(changes, day)
    for key in ("user_id", "roles", "primary_role"):
        if key in changes:
            problems[key] = (
                "A user id never changes." if key == "user_id" else "Roles are set by a command of their own."
            )
    for key in REQUIRED:
        if key in changes and checked.get(key) is None:
            problems.setdefault(key, "It must be there.")
    if problems:
        raise InvalidFields(problems)
    return checked


def changed_terms(change: Mapping[str, Any]) -> dict[Term, str]:
    """Return the new search terms among the changes."""
    return {term: change[term.value] for term in Term if change.get(term.value) is not None}


def changed_columns(
    data_key: Secret,
    columns: Mapping[str, Any],
    change: Mapping[str, Any],
    digests: Mapping[Term, bytes],
    now: datetime,
) -> dict[str, Any]:
    """Return the vault columns with the changes in them; untouched envelopes stay as they are."""
    envelopes = _envelopes(data_key, columns)
    if change.get("gstin") is not None and CitizenRole.BUSINESS.value not in columns["roles"]:
        raise InvalidFields({"gstin": "Only a citizen with the role business has a GSTIN."})
    new = {**columns, "updated_at": now}
    for field, column in COLUMN_OF.items():
        if field.value in change:
            new[column] = _sealed(envelopes, column, _encoded(change[field.value]))
    if any(field.value in change for field in ATTRIBUTES):
        joined = _open_attributes(envelopes, columns)
        joined |= {field.value: change[field.value] for field in ATTRIBUTES if field.value in change}
        kept = {name: value for name, value in joined.items() if value is not None}
        new[ATTRIBUTES_COLUMN] = _sealed(
            envelopes, ATTRIBUTES_COLUMN, cbor2.dumps(kept, canonical=True) if kept else None
        )
    new |= {name: change[name] for name in _CLEAR if name in change}
    new |= {
        DIGEST_COLUMN[term]: stored_digest(term, digests[term]) if term in digests else None
        for term in (Term.AADHAAR, Term.PAN)
        if term.value in change
    }
    return new


def name_to_index(
    data_key: Secret, directory: Mapping[str, Any], columns: Mapping[str, Any], change: Mapping[str, Any]
) -> str | None:
    """Return the name whose prefixes must be stored: a changed one, or one that never was indexed."""
    if "name" in change:
        return str(change["name"])
    if directory["name_digests"] is not None:
        return None
    return _open_text(_envelopes(data_key, columns), columns, COLUMN_OF[Field.NAME])


def changed_directory(
    old: Mapping[str, Any], vault: Mapping[str, Any], digests: Mapping[Term, bytes], change: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the directory columns that belong to the changed vault columns."""
    new = {**old, "state": vault["state"]}
    for term, column in DIGEST_COLUMN.items():
        if term.value in change:
            new[column] = stored_digest(term, digests[term]) if term in digests else None
    return new


def _plain(citizen: NewCitizen, field: Field) -> bytes | None:
    return _encoded(getattr(citizen, field.value))


def _encoded(value: object) -> bytes | None:
    match value:
        case None:
            return None
        case date():
            return value.isoformat().encode()
        case _:
            return str(value).encode()


def _envelopes(data_key: Secret, columns: Mapping[str, Any]) -> RowEnvelopes:
    return RowEnvelopes(data_key, columns["identity_token"], columns["encryption_key_id"])


def _sealed(envelopes: RowEnvelopes, column: str, plaintext: bytes | None) -> bytes | None:
    return None if plaintext is None else envelopes.seal(column, plaintext)


def _open(envelopes: RowEnvelopes, columns: Mapping[str, Any], column: str) -> bytes | None:
    return None if columns[column] is None else envelopes.open(column, bytes(columns[column]))


def _open_text(envelopes: RowEnvelopes, columns: Mapping[str, Any], column: str) -> str | None:
    plaintext = _open(envelopes, columns, column)
    return None if plaintext is None else plaintext.decode()
