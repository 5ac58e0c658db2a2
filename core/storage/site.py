"""What an external database is like before the console moves in, and whether it may.

Looked at once as the role that the URL names, then judged by pure rules: every finding is a sentence. Nothing
is changed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg.rows import dict_row

from core.errors import AlreadyExists, CitizenZeroError, DatabaseUnavailable, DatabaseVersion
from core.storage.database import DatabaseAddress
from core.storage.direct import direct_connection

OLDEST = 16
_PER_MAJOR = 10_000
_MARKS = ("alembic_version", "setting", "audit_head")

_LOOK = """
SELECT current_setting('server_version_num')::int AS number,
       split_part(current_setting('server_version'), ' ', 1) AS version,
       (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS encoding,
       has_schema_privilege(current_user, 'public', 'CREATE') AS may_create_tables,
       (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS may_create_roles,
       current_setting('fsync')::bool AND current_setting('full_page_writes')::bool
           AND current_setting('synchronous_commit') <> 'off' AS durable,
       pg_is_in_recovery() AS read_only,
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
             AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
             AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
             ORDER BY relname) AS tables,
       (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('public.setting')) AS table_owner
"""
_ROLE = """
SELECT rolsuper OR rolcreaterole OR rolbypassrls AS powerful, rolcanlogin AS may_sign_in,
       pg_has_role(oid, current_user, 'MEMBER') AS is_owner
FROM pg_roles WHERE rolname = %s
"""


class Holds(StrEnum):
    """What stands in a database already."""

    NOTHING = "nothing"
    UNFINISHED = "unfinished"  # tables that a killed set-up left, without a vault in them
    VAULT = "vault"
    OTHER = "other"


@dataclass(frozen=True)
class ProgramRole:
    """A role that is there already: `powerful` and `is_owner` would let the program rewrite the log."""

    powerful: bool
    may_sign_in: bool
    is_owner: bool


@dataclass(frozen=True)
class DatabaseSite:
    """An external database as its role sees it. `encrypted`: the connection is, as this side sees it."""

    role: str
    version: str
    number: int
    encoding: str
    may_create_tables: bool
    may_create_roles: bool
    durable: bool
    read_only: bool
    encrypted: bool
    tables: tuple[str, ...]
    holds: Holds
    table_owner: str | None
    program: ProgramRole | None


@dataclass(frozen=True)
class SiteFinding:
    """One thing that was looked at; `fine` or not, and why, in a sentence."""

    name: str
    fine: bool
    why: str


def look(address: DatabaseAddress, program_role: str) -> DatabaseSite:
    """Look at a database as the role of the address. Raises DatabaseUnavailable when there is no way in."""
    with direct_connection(address, "The database refused to be looked at.") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        facts: dict[str, Any] = cursor.execute(_LOOK).fetchone() or {}
        role = cursor.execute(_ROLE, [program_role]).fetchone()
        holds = _holds(facts["tables"])
        if holds is Holds.VAULT and facts["may_create_tables"]:
            settled = cursor.execute("SELECT EXISTS (SELECT FROM public.setting) AS any").fetchone()
            holds = Holds.VAULT if settled is None or settled["any"] else Holds.UNFINISHED
        encrypted = bool(connection.pgconn.ssl_in_use)
    return _site(address.parameters["user"], facts, holds, role, encrypted=encrypted)


def _site(
    user: str, facts: Mapping[str, Any], holds: Holds, role: Mapping[str, Any] | None, *, encrypted: bool
) -> DatabaseSite:
    return DatabaseSite(
        role=user,
        version=facts["version"],
        number=facts["number"],
        encoding=facts["encoding"],
        may_create_tables=facts["may_create_tables"],
        may_create_roles=facts["may_create_roles"],
        durable=facts["durable"],
        read_only=facts["read_only"],
        encrypted=encrypted,
        tables=tuple(facts["tables"]),
        holds=holds,
        table_owner=facts["table_owner"],
        program=None if role is None else ProgramRole(**role),
    )


def _holds(tables: list[str]) -> Holds:
    if not tables:
        return Holds.NOTHING
    return Holds.VAULT if set(_MARKS) <= set(tables) else Holds.OTHER


def findings(site: DatabaseSite, program_role: str, *, password_given: bool) -> list[SiteFinding]:
    """Judge a database for a new vault: every point, in the order in which people see them."""
    return [
        SiteFinding("Version", *_version(site)),
        SiteFinding("Writable", *_writable(site)),
        SiteFinding("Encoding", *_encoding(site)),
        SiteFinding("Durability", *_durability(site)),
        SiteFinding("Content", *_content(site)),
        SiteFinding("Tables", *_tables(site)),
        SiteFinding("Program's role", *_program(site, program_role, password_given=password_given)),
    ]


def require(site: DatabaseSite, judged: list[SiteFinding]) -> None:
    """Raise an error with every finding that is not fine."""
    wrong = [finding for finding in judged if not finding.fine]
    if not wrong:
        return
    first = wrong[0]
    kind: type[CitizenZeroError] = DatabaseVersion if first.name == "Version" else DatabaseUnavailable
    if first.name == "Content":
        raise AlreadyExists(first.why, remedy="Name an empty database.")
    raise kind(
        " ".join(finding.why for finding in wrong),
        meaning="Nothing was made: neither a token nor a table.",
        remedy="Ask whoever runs the server, then try again.",
        details={"Server": f"PostgreSQL {site.version}", "Role": site.role},
    )


def _version(site: DatabaseSite) -> tuple[bool, str]:
    if site.number // _PER_MAJOR < OLDEST:
        return False, f"The server is PostgreSQL {site.version}; the vault needs {OLDEST} or newer."
    return True, f"PostgreSQL {site.version}"


def _writable(site: DatabaseSite) -> tuple[bool, str]:
    if site.read_only:
        return False, "The server is a standby, which takes no changes."
    return True, "It takes changes."


def _encoding(site: DatabaseSite) -> tuple[bool, str]:
    if site.encoding != "UTF8":
        return False, f"The database's encoding is {site.encoding}; names in all scripts need UTF8."
    return True, "UTF8"


def _durability(site: DatabaseSite) -> tuple[bool, str]:
    if not site.durable:
        why = "The server may lose what it has confirmed (fsync, full_page_writes or synchronous_commit is off)."
        return False, why
    return True, "What it confirms is on disk."


def _content(site: DatabaseSite) -> tuple[bool, str]:
    match site.holds:
        case Holds.NOTHING:
            return True, "It is empty."
        case Holds.UNFINISHED:
            return True, "It holds what an interrupted set-up left; that is removed."
        case Holds.VAULT:
            return False, "The database holds a vault already."
        case Holds.OTHER:
            few = ", ".join(site.tables[:3]) + (", …" if len(site.tables) > 3 else "")  # noqa: PLR2004 (enough to know it)
            return False, f"The database holds another program's tables: {few}."


def _tables(site: DatabaseSite) -> tuple[bool, str]:
    if not site.may_create_tables:
        return False, f"The role {site.role} may not create tables in the schema public."
    return True, f"The role {site.role} may create tables."


def _program(site: DatabaseSite, role: str, *, password_given: bool) -> tuple[bool, str]:
    if role == site.role:
        return (
            False,
            "The program needs a role of its own, which does not own the tables: else it could rewrite the log.",
        )
    if site.program is None:
        if site.may_create_roles:
            return True, f"The role {role} will be made."
        return False, (
            f"There is no role {role}, and {site.role} may not create one. "
            "Let somebody make it, and name it with --program-role."
        )
    if site.program.powerful or site.program.is_owner:
        return False, f"The role {role} may do more than work with the vault: it could rewrite the log."
    if not site.program.may_sign_in:
        return False, f"The role {role} may not sign in."
    if not password_given:
        return False, f"The role {role} exists already; its password is needed (DB_PROGRAM_PASSWORD)."
    return True, f"The role {role} is there."
