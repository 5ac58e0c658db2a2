"""Transactions on PostgreSQL, and the one place where database errors become words.

A lost connection is mended before a transaction starts, never inside one: what a transaction did
either is committed or never happened. Parameters of a failed statement are never shown: they stay
out of logs and messages (`hide_parameters`).
"""

import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from core.errors import CitizenZeroError, DatabaseContended, DatabaseUnavailable
from core.storage import lane
from core.storage.connection_words import NO_ANSWER, connection_failure
from core.storage.lane import Lane
from core.storage.row_security import let_lane_see, let_see
from core.storage.statement import StatementFailed
from hsm.secret import Secret

CONNECT_SECONDS = 5
RESTED_SECONDS = 60.0
LANES = 4
CONTENDED = {"40001", "40P01"}  # serialization failure, deadlock
RECOVERIES = 3  # a server may still say "ready" just before it notices that one of its processes crashed
# PostgreSQL ends a writer that holds the log's lock and does nothing (for example waits for an HSM).
SESSION_OPTIONS = (
    "-c search_path=public -c timezone=UTC -c idle_in_transaction_session_timeout=2000 -c lock_timeout=4000"
)

_Connected = TypeVar("_Connected")
DatabaseError: TypeAlias = DBAPIError | psycopg.Error | StatementFailed
DATABASE_ERRORS = (DBAPIError, psycopg.Error, StatementFailed)


@dataclass(frozen=True)
class DatabaseAddress:
    """Where the database is and as whom to connect: libpq's keywords, and the password apart."""

    parameters: Mapping[str, str]
    password: Secret

    def url(self) -> URL:
        """Return the SQLAlchemy address with the password in it: never log it."""
        rest = {name: value for name, value in self.parameters.items() if name not in {"user", "dbname"}}
        return URL.create(
            "postgresql+psycopg",
            username=self.parameters["user"],
            password=self.password.reveal_text(),
            database=self.parameters["dbname"],
            query=rest,
        )


@dataclass(frozen=True)
class ServerAnswer:
    """A server's version, and whether the connection to it is encrypted as this side sees it."""

    version: str
    encrypted: bool


class Database:
    """A small pool of connections. Thread-safe; each transaction uses one connection.

    `recover` is called when no connection can be made (the embedded server restarts itself).
    """

    def __init__(self, address: DatabaseAddress, recover: Callable[[], None] | None = None) -> None:
        self._recover = recover
        self.address = address
        self._engine = create_engine(
            address.url(),
            hide_parameters=True,
            pool_size=4,
            max_overflow=4,
            connect_args={"options": SESSION_OPTIONS, "connect_timeout": CONNECT_SECONDS},
        )
        event.listen(self._engine, "checkout", _check_alive)
        self._lanes: list[tuple[float, Lane]] = []  # the one used last stands last, with the time of its return
        self._closed = False

    @contextmanager
    def transaction(
        self, conflicts: Mapping[str, CitizenZeroError] | None = None, *, seeing: str | None = None
    ) -> Iterator[Connection]:
        """Give a connection inside a transaction: committed at the end, rolled back on any error.

        `conflicts` maps the name of a constraint to the error that its violation means; `seeing` says which citizens
        are there (`row_security.py`): needed by whatever reads or writes citizens, and by nothing else.
        Raises DatabaseUnavailable when the server does not answer.
        """
        connection = self._connect()
        try:
            with connection:
                if seeing is not None:
                    let_see(connection, seeing)
                with connection.begin():
                    yield connection
        except DATABASE_ERRORS as error:
            raise translate(error, conflicts or {}) from driver_error(error)

    @contextmanager
    def lane(
        self, conflicts: Mapping[str, CitizenZeroError] | None = None, *, seeing: str | None = None
    ) -> Iterator[Lane]:
        """Give a connection for a path where every exchange counts; what it began and did not commit is undone.

        `conflicts`, `seeing` and what is raised: as `transaction`.
        """
        used = self._lane()
        try:
            if seeing is not None:
                let_lane_see(used, seeing)
            yield used
        except DATABASE_ERRORS as error:
            raise translate(error, conflicts or {}) from driver_error(error)
        finally:
            self._give_back(used)

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Give a connection on which each statement is a transaction of its own: one exchange, COMMIT included."""
        connection = self._connect()
        try:
            with connection:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")
        except DATABASE_ERRORS as error:
            raise translate(error, {}) from driver_error(error)

    @contextmanager
    def snapshot(self, seeing: str | None = None) -> Iterator[Connection]:
        """Give a connection whose reads all see one moment (REPEATABLE READ): for rows that must agree."""
        connection = self._connect()
        try:
            with connection:
                if seeing is not None:
                    let_see(connection, seeing)
                with connection.execution_options(isolation_level="REPEATABLE READ").begin():
                    yield connection
        except DATABASE_ERRORS as error:
            raise translate(error, {}) from driver_error(error)

    @contextmanager
    def advisory_lock(self, key: int) -> Iterator[bool]:
        """Try to take a lock between processes (64 bits) on a connection of its own, and tell whether it is held.

        It dies with its connection: whoever relies on it compares a revision as well.
        """
        connection = self._connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            try:
                held = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one())
            except DBAPIError as error:
                raise translate(error, {}) from error.orig
            yield held
        finally:
            with suppress(DBAPIError):  # a lost connection has given the lock up already
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.close()

    def answers(self) -> ServerAnswer:
        """Return the server's version and how this connection is encrypted, for the health probe."""
        with self.transaction() as connection:
            version = str(connection.execute(text("SHOW server_version")).scalar_one()).split(" ")[0]
            driver = connection.connection.driver_connection
            encrypted = isinstance(driver, psycopg.Connection) and bool(driver.pgconn.ssl_in_use)
        return ServerAnswer(version, encrypted)

    def close(self) -> None:
        """Give back all connections."""
        self._closed = True
        while self._lanes:
            self._lanes.pop()[1].close()
        self._engine.dispose()

    def _lane(self) -> Lane:
        """Return a lane that rests, or a new one. One that rested long may have been forgotten on the way."""
        while self._lanes:
            returned, resting = self._lanes.pop()
            if time.monotonic() - returned < RESTED_SECONDS and resting.usable():
                return resting
            resting.close()
        return Lane(self._connected(self._open_lane))

    def _give_back(self, used: Lane) -> None:
        if not self._closed and used.usable() and len(self._lanes) < LANES:
            self._lanes.append((time.monotonic(), used))
        else:
            used.close()

    def _open_lane(self) -> psycopg.Connection[Any]:
        address = self.address
        conninfo = make_conninfo(
            **address.parameters,
            password=address.password.reveal_text(),
            options=f"{SESSION_OPTIONS} {lane.OPTIONS}",
            connect_timeout=CONNECT_SECONDS,
        )
        return psycopg.connect(conninfo, autocommit=True)

    def _connect(self) -> Connection:
        return self._connected(self._engine.connect)

    def _connected(self, connect: Callable[[], _Connected]) -> _Connected:
        """Connect; where the server can be brought back, do so, and again if it fell over once more meanwhile."""
        attempts = 1 if self._recover is None else 1 + RECOVERIES
        while True:
            attempts -= 1
            try:
                return connect()
            except (DBAPIError, psycopg.Error) as error:
                if self._recover is None or attempts == 0:
                    raise translate(error, {}) from driver_error(error)
            self._recover()


def _check_alive(driver: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Have a connection that the server has ended replaced before it is used.

    Such a connection has something to read while nothing was asked: that costs a microsecond to see, a
    question to the server a tenth of a millisecond. After a long rest, when a network in between may have
    forgotten the connection, it is asked nevertheless.
    """
    now = time.monotonic()
    rested = now - record.info.get("used", now)
    record.info["used"] = now
    if driver.closed:
        raise DisconnectionError
    try:
        if rested < RESTED_SECONDS and not _readable(driver.fileno()):
            return
        with driver.cursor() as cursor:
            cursor.execute("")
        driver.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def driver_error(error: Exception) -> psycopg.Error | None:
    """Return what the driver said, whether or not SQLAlchemy stands in between."""
    if isinstance(error, StatementFailed):
        return error.cause
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause if isinstance(cause, psycopg.Error) else None


def connection_lost(error: DatabaseError) -> bool:
    """Tell whether the server went away, rather than refused a statement."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    lost = isinstance(driver_error(error), psycopg.OperationalError | psycopg.InterfaceError)
    return lost and (sqlstate(error) or "57P")[:2] in {"08", "57"}


def sqlstate(error: DatabaseError) -> str | None:
    """Return PostgreSQL's five-character error code, None when the server said nothing."""
    cause = driver_error(error)
    return None if cause is None else cause.sqlstate


def translate(error: DatabaseError, conflicts: Mapping[str, CitizenZeroError]) -> CitizenZeroError:
    """Turn a database exception into the error tree, without the statement's values."""
    cause = driver_error(error)
    if cause is not None:
        known = conflicts.get(cause.diag.constraint_name or "")
        if known is not None:
            return known
    state = sqlstate(error)
    details = {"PostgreSQL": f"{type(cause or error).__name__} ({state or 'no answer'})"}
    if state is None and isinstance(cause, psycopg.OperationalError):
        return connection_failure(str(cause))
    if connection_lost(error):
        return DatabaseUnavailable(NO_ANSWER, details=details)
    if state in CONTENDED:
        return DatabaseContended("Two writers waited for each other.", details=details)
    sentences = {
        "28P01": "The database refused the program's password.",
        "42501": "The database does not allow the program what it needs.",
        "53100": "The database has no room left on its disk.",
        "55P03": "The database is held up by another program.",
        "25P03": "The database ended a transaction that waited too long.",
    }
    return DatabaseUnavailable(
        sentences.get(state or "", "The database refused a statement."),
        details=details,
        meaning="Nothing was changed: the transaction was undone as a whole.",
    )
