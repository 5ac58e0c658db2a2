"""The peer: SQLAlchemy-Utils' StringEncryptedType (AES-GCM) on the same server, as an application would use it.

It does less: one key for everybody in the program's memory, no HSM, no seal, no audit entry, no identity
token, no uniqueness by keyed digest and no search.
"""

import secrets
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy_utils.types.encrypted.encrypted_type import AesGcmEngine, StringEncryptedType

from core.citizens.model import NewCitizen
from core.storage.database import DatabaseAddress

_KEY = secrets.token_hex(32)
TABLE = """
    CREATE TABLE peer_citizen (id serial PRIMARY KEY, state text, district text, name text, phone text, email text,
                               address text, birth_date text, aadhaar text, pan text);
    GRANT ALL ON peer_citizen, peer_citizen_id_seq TO citizen_zero_program
"""


class _Base(DeclarativeBase):
    pass


def _encrypted() -> Any:
    return mapped_column(StringEncryptedType(key=_KEY, engine=AesGcmEngine))


class PeerCitizen(_Base):
    """A citizen as the peer keeps one: each personal field in a type that encrypts."""

    __tablename__ = "peer_citizen"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    district: Mapped[str]
    name: Mapped[str | None] = _encrypted()
    phone: Mapped[str | None] = _encrypted()
    email: Mapped[str | None] = _encrypted()
    address: Mapped[str | None] = _encrypted()
    birth_date: Mapped[str | None] = _encrypted()
    aadhaar: Mapped[str | None] = _encrypted()
    pan: Mapped[str | None] = _encrypted()


class Peer:
    """Inserts and reads citizens the peer's way."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._engine = create_engine(address.url())
        self._ids: list[int] = []

    def enrol(self, citizen: NewCitizen) -> None:
        """Insert one citizen and commit."""
        born = None if citizen.birth_date is None else citizen.birth_date.isoformat()
        with Session(self._engine) as session:
            row = PeerCitizen(
                state=citizen.state, district=citizen.district, name=citizen.name, phone=citizen.phone,
                email=citizen.email, address=citizen.address, birth_date=born, aadhaar=citizen.aadhaar,
                pan=citizen.pan,
            )  # fmt: skip
            session.add(row)
            session.commit()
            self._ids.append(row.id)

    def read(self, number: int) -> object:
        """Read one citizen, every field decrypted."""
        with Session(self._engine) as session:
            wanted = self._ids[number % len(self._ids)]
            return session.scalars(select(PeerCitizen).where(PeerCitizen.id == wanted)).one().name

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()
