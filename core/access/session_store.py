"""Login sessions in PostgreSQL, the default store. Not sealed: `login_sessions.py` says what an edited row can do."""

from typing import Any

from sqlalchemy import Column, DateTime, Integer, Table, Text, text

from core.access.login_sessions import LAPSE_SECONDS, Device, LoginRecord, Seen, Standing
from core.access.model import LoginSession, Role
from core.audit.model import Origin
from core.storage.database import Database
from core.storage.schema import metadata

login_session = Table(
    "login_session",
    metadata,
    Column("login_session", Text, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("ended_by", Text),
)

_NOT_LAPSED = f"last_seen_at > statement_timestamp() - interval '{LAPSE_SECONDS} seconds'"
_OPEN = f"ended_by IS NULL AND ends_at > statement_timestamp() AND {_NOT_LAPSED}"
# What lapsed a while ago (its process was killed) goes with the next sign-in: the table stays small.
_ADD = text("""
WITH gone AS (DELETE FROM login_session WHERE last_seen_at < statement_timestamp() - interval '1 day')
INSERT INTO login_session
    (login_session, operator, role, kind, host, system, process, started_at, last_seen_at, ends_at)
VALUES (:login_session, :operator, :role, :kind, :host, :system, :process,
    statement_timestamp(), statement_timestamp(), statement_timestamp() + interval '1 second' * :seconds)
""")
_USE = text(f"UPDATE login_session SET last_seen_at = statement_timestamp() WHERE login_session = :id AND {_OPEN}")  # noqa: S608
_LOOK = text(f"SELECT {_OPEN} AS open, ended_by FROM login_session WHERE login_session = :id")  # noqa: S608
_END = text(f"UPDATE login_session SET ended_by = :by WHERE login_session = :id AND {_OPEN}")  # noqa: S608
_REMOVE = text("DELETE FROM login_session WHERE login_session = :id")
_ALL = text(f"SELECT * FROM login_session WHERE {_OPEN} ORDER BY last_seen_at DESC, login_session")  # noqa: S608


class DatabaseSessions:
    """The store; each step is one statement and a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: LoginSession, device: Device, seconds: int) -> None:
        """Store a new session."""
        values = {
            "login_session": session.actor.login_session,
            "operator": session.operator,
            "role": session.role.value,
            "kind": session.actor.origin.value,
            "host": device.host,
            "system": device.system,
            "process": device.process,
            "seconds": seconds,
        }
        with self._database.autocommit() as connection:
            connection.execute(_ADD, values)

    def look(self, login_session: str, *, used: bool) -> Seen:
        """Return a session's standing; a row that is gone counts as lapsed."""
        with self._database.autocommit() as connection:
            if used and connection.execute(_USE, {"id": login_session}).rowcount == 1:
                return Seen(Standing.OPEN)
            row = connection.execute(_LOOK, {"id": login_session}).first()
        if row is None:
            return Seen(Standing.LAPSED)
        if row.ended_by is not None:
            return Seen(Standing.ENDED, row.ended_by)
        return Seen(Standing.OPEN if row.open else Standing.LAPSED)

    def end(self, login_session: str, by: str) -> bool:
        """Sign a session out."""
        with self._database.autocommit() as connection:
            return connection.execute(_END, {"id": login_session, "by": by}).rowcount == 1

    def remove(self, login_session: str) -> None:
        """Forget a session."""
        with self._database.autocommit() as connection:
            connection.execute(_REMOVE, {"id": login_session})

    def open_ones(self) -> list[LoginRecord]:
        """Return the open sessions, last active first."""
        with self._database.autocommit() as connection:
            return [_record(row) for row in connection.execute(_ALL)]


def _record(row: Any) -> LoginRecord:
    return LoginRecord(
        row.login_session,
        row.operator,
        Role(row.role),
        Origin(row.kind),
        Device(row.host, row.system, row.process),
        row.started_at,
        row.last_seen_at,
        row.ends_at,
    )
