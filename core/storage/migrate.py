"""Brings the schema to this program's version, as the database's owner.

Ordinary starts only compare one number and never import Alembic. A schema newer than the program is
refused: an older program must not write into it. An older one is brought up to date by the next super
admin who signs in, because only they can open the seal around the owner's password
(`core/access/service.py`).
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, text

from core.errors import DatabaseVersion
from core.storage.database import Database, DatabaseAddress
from hsm.secret import Secret

SCHEMA_VERSION = "0003"
_UPGRADE_LOCK = 0x637A_7570  # two consoles that upgrade at once: the second waits and finds nothing to do


class Schema:
    """The schema of one vault. `owner_address` makes the owner's address from the owner's password."""

    def __init__(
        self, database: Database, owner_address: Callable[[Secret], DatabaseAddress], program_role: str
    ) -> None:
        self._database = database
        self._owner_address = owner_address
        self._program_role = program_role

    def version(self) -> str:
        """Return the version that the database has."""
        with self._database.transaction() as connection:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

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
        upgrade(self._owner_address(owner_password), self._program_role)


def upgrade(owner: DatabaseAddress, program_role: str, version: str = SCHEMA_VERSION) -> None:
    """Run the migrations that are missing up to a version, in one transaction."""
    from alembic import command  # noqa: PLC0415 (0.2 s to import, and needed once per version)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(owner.url(), hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
            config.attributes["connection"] = connection
            config.attributes["program_role"] = program_role
            command.upgrade(config, version)
    finally:
        engine.dispose()
