"""What the embedded server promises about access: who may connect, do what, and what stays out of its log."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine, text

from core.errors import AlreadyExists
from core.storage.embedded import DATABASE, OWNER_ROLE, PROGRAM_ROLE
from hsm.secret import Secret
from tests.support.postgres import EmptyDatabase, ThrowAwayServer, empty_database, postgres_server, throw_away_server

__all__ = ["empty_database", "postgres_server"]

SECRET_VALUE = "9999-4105-7058"  # an Aadhaar number that a statement carries


@pytest.fixture(scope="module")
def server(postgres_server: ThrowAwayServer) -> ThrowAwayServer:
    return postgres_server


@pytest.fixture
def owner(empty_database: EmptyDatabase) -> Iterator[psycopg.Connection]:
    with empty_database.connect(OWNER_ROLE, autocommit=True) as connection:
        yield connection


@pytest.fixture
def program(empty_database: EmptyDatabase) -> Iterator[psycopg.Connection]:
    with empty_database.connect(PROGRAM_ROLE, autocommit=True) as connection:
        yield connection


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("role", [OWNER_ROLE, PROGRAM_ROLE])
@pytest.mark.parametrize("password", ["wrong", "", None])
def test_a_wrong_password_is_refused_also_on_this_machine(
    server: ThrowAwayServer, role: str, password: str | None
) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(make_conninfo(**server.embedded.connection_parameters(role)), password=password)


def test_the_password_of_one_role_does_not_open_the_other(server: ThrowAwayServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            make_conninfo(**server.embedded.connection_parameters(OWNER_ROLE)),
            password=server.program_password.reveal_text(),
        )


def test_every_rule_of_access_asks_for_scram(owner: psycopg.Connection) -> None:
    assert owner.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall() == [("scram-sha-256",)]
    verifiers = owner.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
    assert len(verifiers) == 2
    assert all(verifier.startswith("SCRAM-SHA-256$") for (verifier,) in verifiers)


def test_the_server_has_no_network_port(server: ThrowAwayServer, owner: psycopg.Connection) -> None:
    assert _setting(owner, "listen_addresses") == ""
    noted = (server.embedded.data_folder / "postmaster.pid").read_text().split("\n")
    assert noted[5].strip() == "", "the address that the server listens on"


def test_what_is_stored_is_checked_and_safe_on_disk(owner: psycopg.Connection) -> None:
    for name, value in {
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "idle_in_transaction_session_timeout": "2s",
    }.items():
        assert _setting(owner, name) == value, name


def test_text_is_ordered_alike_on_every_machine(owner: psycopg.Connection) -> None:
    row = owner.execute("SELECT datlocprovider, datlocale, lower('ÄÖ') FROM pg_database WHERE datname = 'postgres'")
    assert row.fetchone() == ("b", "C.UTF-8", "äö")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (x int)",
        "CREATE SCHEMA s",
        "CREATE TEMPORARY TABLE t (x int)",
        "CREATE DATABASE d",
        "CREATE ROLE r",
        "ALTER ROLE citizen_zero_owner PASSWORD 'x'",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET ROLE citizen_zero_owner",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_programs_role_may_do_nothing_but_connect(program: psycopg.Connection, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)):
        program.execute(statement)


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_the_programs_role_reaches_no_other_database(server: ThrowAwayServer, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        EmptyDatabase(server, database).connect(PROGRAM_ROLE)


def test_the_url_for_sqlalchemy_connects(empty_database: EmptyDatabase) -> None:
    password = empty_database.password(PROGRAM_ROLE).reveal_text()
    engine = create_engine(empty_database.url(PROGRAM_ROLE), connect_args={"password": password})
    try:
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == PROGRAM_ROLE
    finally:
        engine.dispose()


def test_a_value_in_a_statement_never_reaches_the_servers_log(
    server: ThrowAwayServer, owner: psycopg.Connection
) -> None:
    owner.execute("CREATE TABLE t (number text PRIMARY KEY CHECK (length(number) < 20), amount int)")
    owner.execute("ALTER SYSTEM SET log_statement = 'all'")
    owner.execute("ALTER SYSTEM SET log_min_messages = 'debug1'")
    owner.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")
    owner.execute("INSERT INTO t VALUES (%s, 1)", (SECRET_VALUE,))
    for statement in (
        "INSERT INTO t VALUES (%s, 1)",  # the detail of a violated constraint quotes the row
        "INSERT INTO t VALUES ('x', %s::int)",  # so does the message itself of a failed cast
        "SELECT %s::date",
        "INSERT INTO t VALUES (%s || repeat('x', 20), 1)",
    ):
        with pytest.raises(psycopg.Error):
            owner.execute(statement, (SECRET_VALUE,))
    with pytest.raises(psycopg.errors.SyntaxError):
        owner.execute(f"SELEKT '{SECRET_VALUE}'")
    owner.execute("ALTER SYSTEM RESET ALL")
    log = server.embedded.log_file.read_text()
    assert "ready to accept connections" in log
    assert SECRET_VALUE not in log
    assert "SELEKT" not in log


def test_a_transaction_left_open_is_ended(empty_database: EmptyDatabase) -> None:
    with empty_database.connect() as connection:
        connection.execute("SET idle_in_transaction_session_timeout = '50ms'")
        time.sleep(0.3)
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            connection.execute("SELECT 1")


def test_folders_and_files_are_private(server: ThrowAwayServer) -> None:
    embedded = server.embedded
    for folder in (embedded.data_folder, embedded.socket_folder, embedded.log_file.parent):
        assert folder.stat().st_mode & 0o777 == 0o700, folder
    assert embedded.base_folder.stat().st_mode & 0o027 == 0, "others may not look in, the group may not write"
    assert embedded.log_file.stat().st_mode & 0o777 == 0o600
    assert (embedded.socket_folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server an account of its own")
def test_for_root_the_server_is_another_account_that_cannot_touch_its_locks_and_programs(
    server: ThrowAwayServer,
) -> None:
    embedded = server.embedded
    pid = (embedded.data_folder / "postmaster.pid").read_text().split()[0]
    account = Path("/proc", pid).stat().st_uid
    assert account != 0
    assert embedded.data_folder.stat().st_uid == account
    for path in (embedded.base_folder, embedded.log_file, embedded.base_folder / "users.lock"):
        assert path.stat().st_uid == 0, path
    for path in embedded.binaries_folder.parents:
        assert path.stat().st_uid == 0, path
    status = Path("/proc", pid, "status").read_text()
    assert "Groups:\t \n" in status, "no group of root's is handed down"


def test_no_password_is_written_to_disk_or_shown_in_the_process_list(server: ThrowAwayServer) -> None:
    passwords = (server.owner_password.reveal(), server.program_password.reveal())
    for file in server.embedded.base_folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(password in content for password in passwords), file
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown = process.read_bytes()
        except OSError:
            continue
        assert not any(password in shown for password in passwords)


def test_a_home_gets_one_database(server: ThrowAwayServer) -> None:
    with pytest.raises(AlreadyExists):
        server.embedded.create(Secret("one"), Secret("two"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("with space, comma and 'quotes\"", id="quotes"),
        pytest.param("पहचान ü %41 #x?", id="non-ascii"),
        pytest.param("long-" * 40, id="longer than a socket path"),
    ],
)
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    with throw_away_server(tmp_path / name) as server:
        socket_folder = server.embedded.socket_folder
        assert EmptyDatabase(server, DATABASE).url(PROGRAM_ROLE)
        engine = create_engine(
            server.embedded.connection_url(OWNER_ROLE),
            connect_args={"password": server.owner_password.reveal_text()},
        )
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
        assert socket_folder.exists()
    assert not socket_folder.exists()
    assert not server.embedded.base_folder.exists()
