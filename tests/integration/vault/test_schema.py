"""The migrations make what the stores declare, and the program's role may do no more than it needs."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine

from core.storage.schema import metadata
from tests.support.vault import RealVault


def test_the_migrations_make_what_the_stores_declare(real: RealVault) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = create_engine(real.vault.services.database.address.url())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert [row for row in differences if "index" not in str(row[0])] == []


def _ours(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    return not (kind == "table" and (name or "").startswith(("identity_vault_", "alembic")))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET operator = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DROP TABLE setting",
        "DELETE FROM audit_bin",
        "CREATE TABLE own (a int)",
        "DELETE FROM identity_vault",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "CREATE ROLE other",
        "COPY setting TO PROGRAM 'cat'",
        "UPDATE approval SET verdict = 'approve'",
        "DELETE FROM approval",
        "DELETE FROM approval_request",
        "UPDATE setting_change SET reason = NULL",
        "DELETE FROM setting_change",
        "DELETE FROM setting",
        "DELETE FROM operator",
        "DELETE FROM operator_invitation",
    ],
)
def test_the_programs_role_may_not(real: RealVault, statement: str) -> None:
    address = real.vault.services.database.address
    with (
        psycopg.connect(make_conninfo(**address.parameters, password=address.password.reveal_text())) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
