"""Brings the schema to this program's version, as the database's owner.

Ordinary starts only compare one number and never import Alembic. A schema newer than the program is
refused: an older program must not write into it.
"""

from pathlib import Path

from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from core.errors import DatabaseVersion
from core.storage.database import Database, DatabaseAddress, translate

SCHEMA_VERSION = "0004"


def check_schema(database: Database) -> None:
    """Raise DatabaseVersion unless the schema is this program's."""
    with database.transaction() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if found == SCHEMA_VERSION:
        return
    newer = found > SCHEMA_VERSION
    raise DatabaseVersion(
        f"The database has schema {found}, this program works with {SCHEMA_VERSION}.",
        remedy="Start a newer version of the console." if newer else "Unlock the console as a super admin to upgrade.",
    )


def upgrade(owner: DatabaseAddress, program_role: str) -> None:
    """Run the migrations that are missing, in one transaction."""
    from alembic import command  # noqa: PLC0415 (0.2 s to import, and needed once per version)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(owner.url(), hide_parameters=True, connect_args={"options": "-c search_path=public"})
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            config.attributes["program_role"] = sql.Identifier(program_role).as_string()  # a site names it as it likes
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise translate(error, {}) from error.orig
    finally:
        engine.dispose()
