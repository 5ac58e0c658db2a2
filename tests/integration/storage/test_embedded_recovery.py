"""How the embedded server comes back: after kills of any process, among misleading remains, from a broken set-up."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from core.errors import DatabaseUnavailable, DatabaseVersion
from core.storage.embedded import EmbeddedServer
from tests.support.embedded import (
    OWNER_PASSWORD,
    PROGRAM_PASSWORD,
    Console,
    another_console,
    console,
    home,
    is_running,
    owner_connection,
    postmaster_of,
    server,
    write_as_server,
)

__all__ = ["console", "home", "server"]


# --- the server is killed -----------------------------------------------------------------------------------------


def test_a_killed_server_comes_back_with_what_was_committed(server: EmbeddedServer) -> None:
    server.join()
    with owner_connection(server) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        os.kill(postmaster_of(server), signal.SIGKILL)
        with suppress(psycopg.Error):
            connection.execute("INSERT INTO kept VALUES (2)")
    server.ensure_running()
    with owner_connection(server) as connection:
        row = connection.execute("SELECT count(*) FROM kept WHERE x = 1").fetchone()
        assert row is not None
        assert row[0] >= 1
    server.leave()


def test_backends_that_outlive_a_killed_server_are_ended(server: EmbeddedServer) -> None:
    """One that computes notices nothing, and holds the memory that keeps a new server from starting."""
    server.join()
    failures: list[psycopg.Error] = []

    def compute() -> None:
        try:
            with owner_connection(server) as connection:
                connection.execute("SELECT count(*) FROM generate_series(1, 1000000000) a")
        except psycopg.Error as error:
            failures.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    time.sleep(0.5)
    os.kill(postmaster_of(server), signal.SIGKILL)
    server.ensure_running()
    with owner_connection(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    thread.join(timeout=10)
    assert failures
    server.leave()


def test_several_processes_bring_a_killed_server_back_once(server: EmbeddedServer, console: Console) -> None:
    server.join()
    console.do("join")
    os.kill(postmaster_of(server), signal.SIGKILL)
    console.tell("ensure")
    server.ensure_running()
    back = postmaster_of(server)
    console.wait_until_done()
    assert postmaster_of(server) == back
    console.do("leave")
    assert is_running(server)
    server.leave()


def test_a_crashed_backend_is_waited_for(server: EmbeddedServer) -> None:
    server.join()
    with owner_connection(server) as connection, suppress(psycopg.Error):
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        connection.execute("SELECT 1")
    deadline = time.monotonic() + 20
    while True:  # the server may still say "ready" just before it notices the crash
        server.ensure_running()
        with suppress(psycopg.OperationalError), owner_connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            break
        assert time.monotonic() < deadline
    server.leave()


def test_a_server_whose_socket_was_cleared_away_is_started_anew(server: EmbeddedServer) -> None:
    server.join()
    (server.socket_folder / ".s.PGSQL.5432").unlink()
    server.ensure_running()
    assert is_running(server)
    server.leave()


def test_bringing_the_server_back_is_for_those_who_joined(server: EmbeddedServer) -> None:
    with pytest.raises(DatabaseUnavailable):
        server.ensure_running()


# --- misleading remains -------------------------------------------------------------------------------------------


def test_a_program_that_got_the_number_of_a_dead_server_is_left_alone(server: EmbeddedServer) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        for pid in (stranger.pid, os.getpid(), 1):
            note = f"{pid}\n{server.data_folder}\n1700000000\n5432\n{server.socket_folder}\n\n\nready\n"
            write_as_server(server, "postmaster.pid", note)
            lock = server.socket_folder / ".s.PGSQL.5432.lock"
            lock.write_text(note)
            server.join()
            assert postmaster_of(server) != pid
            assert stranger.poll() is None
            server.leave()
            assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "x", "-1\n", "99999999999999999999\n", "12\n/elsewhere\n"])
def test_a_spoilt_note_of_a_dead_server_is_overcome_or_told(server: EmbeddedServer, content: str) -> None:
    write_as_server(server, "postmaster.pid", content)
    server.join()
    assert is_running(server)
    server.leave()


def test_a_zombie_is_no_server(server: EmbeddedServer) -> None:
    """Where process 1 does not collect the dead, the number of a dead server stays taken."""
    zombie = subprocess.Popen(["/bin/true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    note = f"{zombie.pid}\n{server.data_folder}\n1700000000\n5432\n{server.socket_folder}\n\n\nready\n"
    write_as_server(server, "postmaster.pid", note)
    server.join()
    assert is_running(server)
    server.leave()
    zombie.wait()


def test_the_database_of_another_postgresql_is_refused(server: EmbeddedServer) -> None:
    version = server.data_folder / "PG_VERSION"
    kept = version.read_text()
    try:
        version.write_text("15\n")
        with pytest.raises(DatabaseVersion, match="PostgreSQL 15"):
            server.join()
    finally:
        version.write_text(kept)


def test_a_home_without_database_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="no embedded database"):
        EmbeddedServer(tmp_path, home_id="empty-home").join()


# --- set-up and removal -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [0.05, 0.3])
def test_a_killed_set_up_leaves_nothing_in_the_way(tmp_path: Path, delay: float) -> None:
    home_id = f"killed-{os.getpid()}-{int(delay * 1000)}"
    server = EmbeddedServer(tmp_path / "home", home_id=home_id)
    try:
        with another_console(tmp_path / "home", home_id) as console:
            console.tell("create")
            while not server.data_folder.with_name("data.new").exists():
                time.sleep(0.01)
            time.sleep(delay)
            console.kill()
        assert not server.is_created
        server.create(OWNER_PASSWORD, PROGRAM_PASSWORD)
        server.join()
        with owner_connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.destroy()
    assert not server.base_folder.exists()


def test_a_failed_set_up_leaves_no_database(tmp_path: Path) -> None:
    """Here the log cannot be written: somebody laid a link in its place."""
    server = EmbeddedServer(tmp_path / "home", home_id=f"failed-{os.getpid()}")
    server.log_file.parent.mkdir(parents=True)
    server.log_file.symlink_to(tmp_path / "target")
    try:
        with pytest.raises(DatabaseUnavailable, match="log file"):
            server.create(OWNER_PASSWORD, PROGRAM_PASSWORD)
        assert not server.is_created
        assert not server.data_folder.with_name("data.new").exists()
        assert not (tmp_path / "target").exists()
    finally:
        server.destroy()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "home", home_id=f"broken-{os.getpid()}")
    try:
        server.create(OWNER_PASSWORD, PROGRAM_PASSWORD)
        (server.data_folder / "global" / "pg_control").unlink()
        with pytest.raises(DatabaseUnavailable) as caught:
            server.join()
        assert "pg_control" in caught.value.details["log"]
        assert not server.is_joined
    finally:
        server.destroy()


def test_a_database_in_use_is_not_destroyed(server: EmbeddedServer, console: Console) -> None:
    console.do("join")
    server.join()
    with pytest.raises(DatabaseUnavailable, match="Another process uses"):
        server.destroy()
    assert server.is_joined, "who could not destroy it still uses it"
    console.do("leave")
    assert is_running(server)
    server.leave()
