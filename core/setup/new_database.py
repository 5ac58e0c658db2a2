"""The database of a new vault: the embedded server's, or one that a site runs.

Each is checked before anything is made, made in one step, and undone as far as it was made.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import psycopg
from psycopg import sql

from core.errors import DatabaseUnavailable
from core.setup.model import ExternalDatabase
from core.storage import site
from core.storage.database import DatabaseAddress
from core.storage.direct import direct_connection
from core.storage.embedded import OWNER_ROLE, PROGRAM_ROLE, EmbeddedServer
from core.storage.home import Home, write_private
from core.storage.migrate import upgrade
from core.storage.program_role import create_program_role, require_least_privilege
from core.storage.server import DatabaseServer, ExternalServer
from hsm.secret import Secret

_RANDOM_BYTES = 32
_SET_UP_LOCK = int.from_bytes(b"cz-setup")  # PostgreSQL numbers its advisory locks, 64 bits


class NewDatabase(Protocol):
    """What set-up asks of the database to be."""

    @property
    def server(self) -> DatabaseServer: ...  # noqa: D102 (a protocol's single line)
    @property
    def url(self) -> str | None:
        """The address for the home's facts; None for the embedded server."""

    @property
    def owner_password(self) -> Secret: ...  # noqa: D102
    @property
    def shown_once(self) -> Secret | None:
        """A password that was made and is kept nowhere, to be shown to whoever sets up."""

    def check(self) -> None:
        """Raise unless the database can be made here. Changes nothing."""

    def create(self) -> DatabaseAddress:
        """Make roles and tables and return the program's address."""

    def leave(self) -> None:
        """Use it no more, once the set-up is done."""

    def undo(self) -> None:
        """Remove what `create` made, also after a half-done one."""


class NewEmbedded:
    """A database in the home, by the server that the console brings. Both passwords are random."""

    url: None = None
    shown_once: None = None

    def __init__(self, home: Home, home_id: str) -> None:
        self._home = home
        self.server = EmbeddedServer(home.path, home_id=home_id)
        self.owner_password = _random_password()

    def check(self) -> None:
        """Do nothing: the programs are looked for when they are needed, a moment later."""

    def create(self) -> DatabaseAddress:
        """Make cluster, roles and tables, and start the server."""
        server, password = self.server, _random_password()
        server.create(self.owner_password, password)
        write_private(self._home.password_file, password.reveal())
        server.join()
        upgrade(DatabaseAddress(server.connection_parameters(OWNER_ROLE), self.owner_password), PROGRAM_ROLE)
        return DatabaseAddress(server.connection_parameters(PROGRAM_ROLE), password)

    def leave(self) -> None:
        """Stop the server."""
        self.server.leave()

    def undo(self) -> None:
        """Stop the server and remove its files."""
        self.server.leave()
        self.server.destroy()


class NewExternal:
    """Tables in a database that a site runs. The owner's password is the site's, the program's may be random."""

    def __init__(self, plan: ExternalDatabase) -> None:
        self._role = plan.program_role or PROGRAM_ROLE
        self._owner = DatabaseAddress(plan.address.parameters(), plan.owner_password)
        self._given = plan.program_password
        self._program_password = plan.program_password or _random_password()
        self._made_role = self._made_tables = False
        self._guard = ExitStack()
        program = plan.address.as_role(self._role)
        self.url = program.url()
        self.server = ExternalServer(program)
        self.owner_password = plan.owner_password

    @property
    def shown_once(self) -> Secret | None:
        """The program's password, if it was made here."""
        return self._program_password if self._given is None else None

    def check(self) -> None:
        """Look at the server, and raise with all that keeps the vault from moving in."""
        seen = site.look(self._owner, self._role)
        site.require(seen, site.findings(seen, self._role, password_given=self._given is not None))

    def create(self) -> DatabaseAddress:
        """Make the program's role unless it is there, the tables, and see that the role may no more than it must."""
        self._guard.enter_context(_only_set_up(self._owner))
        self.check()  # again: another set-up may have been quicker
        seen = site.look(self._owner, self._role)
        if seen.holds is site.Holds.UNFINISHED:
            self._drop_tables()
        if seen.program is None:
            self._run("The role of the program could not be made.", self._make_role)
        upgrade(self._owner, self._role)
        self._made_tables = True
        program = DatabaseAddress(self.server.connection_parameters(self._role), self._program_password)
        with direct_connection(program, "The role of the program cannot be used.") as connection:
            require_least_privilege(connection)
        return program

    def leave(self) -> None:
        """Let others set up in this database, which they then find taken."""
        self._guard.close()

    def undo(self) -> None:
        """Remove the tables, which this set-up made in an empty database, and the role if it made that."""
        with self._guard:
            if self._made_tables:
                self._drop_tables()
            if self._made_role:
                self._run("The role of the program could not be removed.", self._drop_role)

    def _make_role(self, connection: psycopg.Connection) -> None:
        create_program_role(connection, self._role, self._program_password)
        self._made_role = True
        named = [sql.Identifier(self._owner.parameters["dbname"]), sql.Identifier(self._role)]
        allowed = connection.execute("SELECT has_database_privilege(%s, current_database(), 'CONNECT')", [self._role])
        if allowed.fetchone() == (False,):
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*named))

    def _drop_role(self, connection: psycopg.Connection) -> None:
        named = [sql.Identifier(self._owner.parameters["dbname"]), sql.Identifier(self._role)]
        connection.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(named[1]))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(*named))
        connection.execute(sql.SQL("DROP ROLE {}").format(named[1]))

    def _drop_tables(self) -> None:
        self._run("The tables of the unfinished vault could not be removed.", _drop_all_tables)

    def _run(self, failed: str, work: Callable[[psycopg.Connection], None]) -> None:
        with direct_connection(self._owner, failed) as connection:
            work(connection)


@contextmanager
def _only_set_up(owner: DatabaseAddress) -> Iterator[None]:
    """Keep every other set-up out of the database: it would take the tables for those of a killed one."""
    with direct_connection(owner, "The set-up could not be guarded against another one.") as connection:
        connection.autocommit = True
        if connection.execute("SELECT pg_try_advisory_lock(%s)", [_SET_UP_LOCK]).fetchone() != (True,):
            raise DatabaseUnavailable("Another set-up is under way in this database.", remedy="Wait until it is done.")
        yield


def _drop_all_tables(connection: psycopg.Connection) -> None:
    """Drop what the vault put into the schema, which held no table before a set-up began."""
    connection.execute("DROP FUNCTION IF EXISTS public.take_limits, public.count_uses")
    connection.execute("DROP SEQUENCE IF EXISTS public.eligibility_status_index")
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (name,) in rows:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS public.{} CASCADE").format(sql.Identifier(name)))


def _random_password() -> Secret:
    return Secret(secrets.token_urlsafe(_RANDOM_BYTES))
