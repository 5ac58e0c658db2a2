"""The program's role: made with a password that no statement and no log shows, and checked for what it may not do."""

from typing import TYPE_CHECKING, Any

from core.errors import DatabaseUnavailable
from hsm.secret import Secret

if TYPE_CHECKING:
    from psycopg import Connection


def create_program_role(connection: "Connection[Any]", role: str, password: Secret) -> None:
    """Make the role that may sign in and nothing else. The server gets a SCRAM verifier, never the password."""
    from psycopg import sql  # noqa: PLC0415 (psycopg takes 50 ms that only a set-up should pay)

    verifier = connection.pgconn.encrypt_password(password.reveal(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(verifier)
        )
    )


def require_least_privilege(connection: "Connection[Any]") -> None:
    """Raise DatabaseUnavailable if the role that is signed in could change the log or the schema."""
    row = connection.execute(
        "SELECT has_table_privilege('public.audit_entry', 'UPDATE'), "
        "has_table_privilege('public.audit_entry', 'DELETE'), "
        "has_table_privilege('public.audit_entry', 'TRUNCATE'), "
        "has_schema_privilege('public', 'CREATE')"
    ).fetchone()
    if row is None or any(row):
        raise DatabaseUnavailable(
            "The program's role may do more than work with the vault: it could rewrite the log or the schema.",
            remedy="Take from it what other roles or default privileges give, then try again.",
        )
