"""Brings the schema to this program's version, as the database's owner.

Ordinary starts only compare one number and never import Alembic. A schema newer than the program is
refused: an older program must not write into it. An older one is brought up to date by the next super
admin who signs in, because only they can open the seal around the owner's password
(`core/access/sign_in.py`).
"""

from collections.abc import Callable
from pathlib import Path

from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from core.errors import DatabaseVersion
from core.storage.database import Database, DatabaseAddress, translate
from hsm.secret import Secret

SCHEMA_VERSION = "0012"
_UPGRADE_LOCK = 0x637A_7570  # two consoles that upgrade at once: the second waits and finds nothing to do


def schema_version(database: Database) -> str:
    """Return the version that a database has."""
    with database.transaction() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def check_schema(database: Database) -> None:
    """Raise DatabaseVersion unless the schema is this program's: for whoever cannot upgrade it."""
    found = schema_version(database)
    if found != SCHEMA_VERSION:
        newer = found > SCHEMA_VERSION
        raise DatabaseVersion(
            f"The database has schema {found}, this program works with {SCHEMA_VERSION}.",
            remedy="Start a newer version of the console." if newer else "Let a super admin unlock a newer console.",
        )


class Schema:
    """The schema of one vault. `address_of` gives the address of a role with its password."""

    def __init__(
        self, database: Database, address_of: Callable[[str, Secret], DatabaseAddress], program_role: str
    ) -> None:
        self._database = database
        self._address_of = address_of
        self._program_role = program_role

    def version(self) -> str:
        """Return the version that the database has."""
        return schema_version(self._database)

    def check_not_newer(self) -> None:
        """Raise DatabaseVersion for a schema that this program does not know."""
        found = self.version()
        if found > SCHEMA_VERSION:
            raise DatabaseVersion(
                f"The database has schema {found}, this program works with {SCHEMA_VERSION}.",
                remedy="Start a newer version of the console.",
            )

    def upgrade(self, owner_password: Secret) -> None:
        """Run the migrations that are missing, all or none."""
        upgrade(self._address_of(self._owner(), owner_password), self._program_role)

    def _owner(self) -> str:
        """Return the role that owns the tables: a site names it as it likes."""
        owner = text("SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'setting'")
        with self._database.transaction() as connection:
            return str(connection.execute(owner).scalar_one())


def upgrade(owner: DatabaseAddress, program_role: str, version: str = SCHEMA_VERSION) -> None:
    """Run the migrations that are missing up to a version, in one transaction."""
    from alembic import command  # noqa: PLC0415 (0.2 s to import, and needed once per version)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(owner.url(), hide_parameters=True, connect_args={"options": "-c search_path=public"})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
            config.attributes["connection"] = connection
            config.attributes["program_role"] = sql.Identifier(program_role).as_string()  # a site names it as it likes
            command.upgrade(config, version)
    except DBAPIError as error:
        raise translate(error, {}) from error.orig
    finally:
        engine.dispose()
