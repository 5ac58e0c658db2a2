"""A real PostgreSQL for tests: one throw-away server for each xdist worker, an empty database for each test.

Import the fixtures where they are used: `from tests.support.postgres import empty_database, postgres_server`. The
server is the embedded one, so the roles, their rights and the settings are those of a real home.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from core.storage.embedded import DATABASE, OWNER_ROLE, PROGRAM_ROLE, EmbeddedServer
from hsm.secret import Secret

__all__ = ["EmptyDatabase", "ThrowAwayServer", "empty_database", "postgres_server", "throw_away_server"]


@dataclass(frozen=True)
class EmptyDatabase:
    """A database as `EmbeddedServer.create` leaves it: the program's role may connect and nothing else."""

    server: "ThrowAwayServer"
    name: str

    def url(self, role: str) -> str:
        """Return SQLAlchemy's URL for a role, without its password."""
        return self.server.embedded.connection_url(role, database=self.name)

    def password(self, role: str) -> Secret:
        """Return the password of the owner's or the program's role."""
        return self.server.owner_password if role == OWNER_ROLE else self.server.program_password

    def connect(self, role: str = OWNER_ROLE, *, autocommit: bool = False) -> psycopg.Connection:
        """Open a connection; the caller closes it (`with`)."""
        return psycopg.connect(
            make_conninfo(**self.server.embedded.connection_parameters(role, database=self.name)),
            password=self.password(role).reveal_text(),
            autocommit=autocommit,
        )


@dataclass(frozen=True)
class ThrowAwayServer:
    """A joined embedded server with its two passwords. Leave its own database alone: it is the template."""

    embedded: EmbeddedServer
    owner_password: Secret
    program_password: Secret

    def new_database(self, *, template: str = DATABASE) -> EmptyDatabase:
        """Make a database in some 60 ms: a copy of `template`, to which nobody may be connected."""
        name = f"test_{secrets.token_hex(6)}"
        with self._administration() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(PROGRAM_ROLE))
            )
        return EmptyDatabase(self, name)

    def drop_database(self, database: EmptyDatabase) -> None:
        """Remove a database; connections to it that are still open are cut off."""
        with self._administration() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def _administration(self) -> psycopg.Connection:
        return EmptyDatabase(self, "postgres").connect(autocommit=True)


@contextmanager
def throw_away_server(home: Path) -> Iterator[ThrowAwayServer]:
    """Make a server for `home`, join it, and remove all of it afterwards."""
    embedded = EmbeddedServer(home, home_id=f"test-{secrets.token_hex(8)}")
    server = ThrowAwayServer(embedded, Secret(secrets.token_urlsafe(24)), Secret(secrets.token_urlsafe(24)))
    try:
        embedded.create(server.owner_password, server.program_password)
        embedded.join()
        yield server
    finally:
        embedded.destroy()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowAwayServer]:
    """One server for the whole run of an xdist worker."""
    with throw_away_server(tmp_path_factory.mktemp("postgres-home")) as server:
        yield server


@pytest.fixture
def empty_database(postgres_server: ThrowAwayServer) -> Iterator[EmptyDatabase]:
    """Give the test an empty database of its own."""
    database = postgres_server.new_database()
    yield database
    postgres_server.drop_database(database)
