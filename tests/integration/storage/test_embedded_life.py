"""How the embedded server lives: joined by several processes, stopped by the last, back after every kind of kill."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.errors import DatabaseUnavailable, DatabaseVersion
from core.storage.embedded import OWNER_ROLE, EmbeddedServer
from core.storage.embedded_postmaster import Answer, knock
from hsm.secret import Secret

OWNER_PASSWORD = Secret("the owner's password")
PROGRAM_PASSWORD = Secret("the program's password")
HOME_ID = f"life-{os.getpid()}"

CONSOLE = """
import sys
from pathlib import Path
from core.storage.embedded import EmbeddedServer
from hsm.secret import Secret
server = EmbeddedServer(Path(sys.argv[1]), home_id=sys.argv[2])
for line in sys.stdin:
    match line.strip():
        case "join": server.join()
        case "leave": server.leave()
        case "ensure": server.ensure_running()
        case "create": server.create(Secret("one"), Secret("two"))
    print("done", flush=True)
"""


class Console:
    """Another process that uses the home: each line it is told is one step."""

    def __init__(self, home: Path, home_id: str = HOME_ID) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CONSOLE, str(home), home_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, step: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(step + "\n")
        self._process.stdin.flush()

    def wait_until_done(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "done\n"

    def do(self, step: str) -> None:
        self.tell(step)
        self.wait_until_done()

    def kill(self) -> str:
        """End it with SIGKILL; return what was left in its output, which ends when nobody holds the pipe any more."""
        self._process.kill()
        output, _ = self._process.communicate(timeout=10)
        return output


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a home with a database, made once: the tests leave it stopped but whole."""
    home = tmp_path_factory.mktemp("life") / "home"
    server = EmbeddedServer(home, home_id=HOME_ID)
    server.create(OWNER_PASSWORD, PROGRAM_PASSWORD)
    yield home
    server.destroy()


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(home, home_id=HOME_ID)
    yield server
    server.join()
    server.leave()
    assert not _runs(server), "a test left a process that uses the home"


@pytest.fixture
def console(home: Path) -> Iterator[Console]:
    with _console(home) as console:
        yield console


@contextmanager
def _console(home: Path, home_id: str = HOME_ID) -> Iterator[Console]:
    console = Console(home, home_id)
    try:
        yield console
    finally:
        console.kill()


@contextmanager
def _connection(server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    parameters = make_conninfo(**server.connection_parameters(OWNER_ROLE))
    with psycopg.connect(parameters, password=OWNER_PASSWORD.reveal_text(), autocommit=True) as connection:
        yield connection


def _postmaster(server: EmbeddedServer) -> int:
    return int((server.data_folder / "postmaster.pid").read_text().split()[0])


def _runs(server: EmbeddedServer) -> bool:
    return knock(server.socket_folder) is not Answer.NONE


def _write_as_server(server: EmbeddedServer, name: str, content: str) -> None:
    """Put a file into the data folder, owned like the others."""
    file = server.data_folder / name
    file.write_text(content)
    file.chmod(0o600)
    os.chown(file, server.data_folder.stat().st_uid, server.data_folder.stat().st_gid)


# --- together -----------------------------------------------------------------------------------------------------


def test_the_first_to_join_starts_the_server_and_the_last_to_leave_stops_it(server: EmbeddedServer) -> None:
    assert server.is_created
    assert not _runs(server)
    server.join()
    assert _runs(server)
    server.leave()
    assert not _runs(server)
    assert not (server.data_folder / "postmaster.pid").exists(), "it was shut down in order"


def test_a_second_process_joins_and_the_server_outlives_the_first(server: EmbeddedServer, console: Console) -> None:
    console.do("join")
    started = _postmaster(server)
    server.join()
    console.do("leave")
    assert _postmaster(server) == started
    with _connection(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.leave()
    assert not _runs(server)


def test_two_users_in_one_process_are_counted_apart(server: EmbeddedServer, home: Path) -> None:
    other = EmbeddedServer(home, home_id=HOME_ID)
    server.join()
    other.join()
    server.leave()
    assert _runs(server)
    other.leave()
    assert not _runs(server)


def test_joining_and_leaving_twice_is_doing_it_once(server: EmbeddedServer) -> None:
    server.join()
    server.join()
    server.leave()
    assert not _runs(server)
    server.leave()


def test_many_who_join_at_once_share_one_server(server: EmbeddedServer, home: Path) -> None:
    consoles = [Console(home) for _ in range(4)]
    try:
        for console in consoles:
            console.tell("join")
        for console in consoles:
            console.wait_until_done()
        assert server.log_file.read_text().rpartition("shut down\n")[2].count("starting PostgreSQL") == 1
        for console in consoles:
            console.tell("leave")
        for console in consoles:
            console.wait_until_done()
        assert not _runs(server)
    finally:
        for console in consoles:
            console.kill()


def test_coming_and_going_at_once_never_leaves_a_user_without_server(server: EmbeddedServer, home: Path) -> None:
    def come_and_go(_: int) -> None:
        mine = EmbeddedServer(home, home_id=HOME_ID)
        for _ in range(5):
            mine.join()
            assert knock(mine.socket_folder) is Answer.READY
            mine.leave()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(come_and_go, range(3)))
    assert not _runs(server)


# --- the console is killed ----------------------------------------------------------------------------------------


def test_the_orphan_of_a_killed_console_is_adopted_and_stopped(server: EmbeddedServer, console: Console) -> None:
    console.do("join")
    orphan = _postmaster(server)
    assert console.kill() == "", "the server holds none of the console's pipes"
    assert _runs(server)
    server.join()
    assert _postmaster(server) == orphan
    server.leave()
    assert not _runs(server)


def test_the_servers_processes_are_not_in_the_terminals_session(server: EmbeddedServer) -> None:
    """Else Ctrl+C in the terminal would end the database under the console."""
    server.join()
    assert os.getsid(_postmaster(server)) != os.getsid(0)
    server.leave()


def test_a_console_killed_while_it_stops_the_server_does_no_harm(server: EmbeddedServer, home: Path) -> None:
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
        with _console(home) as console:
            console.do("join")
            console.tell("leave")
            time.sleep(delay)
            console.kill()
        server.join()
        with _connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.leave()


def test_a_console_killed_while_it_starts_the_server_does_no_harm(server: EmbeddedServer, home: Path) -> None:
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
        with _console(home) as console:
            console.tell("join")
            time.sleep(delay)
            console.kill()
        server.join()
        with _connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.leave()


# --- the server is killed -----------------------------------------------------------------------------------------


def test_a_killed_server_comes_back_with_what_was_committed(server: EmbeddedServer) -> None:
    server.join()
    with _connection(server) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        os.kill(_postmaster(server), signal.SIGKILL)
        with suppress(psycopg.Error):
            connection.execute("INSERT INTO kept VALUES (2)")
    server.ensure_running()
    with _connection(server) as connection:
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
            with _connection(server) as connection:
                connection.execute("SELECT count(*) FROM generate_series(1, 1000000000) a")
        except psycopg.Error as error:
            failures.append(error)

    thread = threading.Thread(target=compute)
    thread.start()
    time.sleep(0.5)
    os.kill(_postmaster(server), signal.SIGKILL)
    server.ensure_running()
    with _connection(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    thread.join(timeout=10)
    assert failures
    server.leave()


def test_several_processes_bring_a_killed_server_back_once(server: EmbeddedServer, console: Console) -> None:
    server.join()
    console.do("join")
    os.kill(_postmaster(server), signal.SIGKILL)
    console.tell("ensure")
    server.ensure_running()
    back = _postmaster(server)
    console.wait_until_done()
    assert _postmaster(server) == back
    console.do("leave")
    assert _runs(server)
    server.leave()


def test_a_crashed_backend_is_waited_for(server: EmbeddedServer) -> None:
    server.join()
    with _connection(server) as connection, suppress(psycopg.Error):
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        connection.execute("SELECT 1")
    server.ensure_running()
    with _connection(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.leave()


def test_a_server_whose_socket_was_cleared_away_is_started_anew(server: EmbeddedServer) -> None:
    server.join()
    (server.socket_folder / ".s.PGSQL.5432").unlink()
    server.ensure_running()
    assert _runs(server)
    server.leave()


def test_bringing_the_server_back_is_for_those_who_joined(server: EmbeddedServer) -> None:
    with pytest.raises(DatabaseUnavailable):
        server.ensure_running()


# --- misleading remains -------------------------------------------------------------------------------------------


def test_a_program_that_got_the_number_of_a_dead_server_is_left_alone(server: EmbeddedServer) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        for pid in (stranger.pid, os.getpid(), 1):
            note = f"{pid}\n{server.data_folder}\n1700000000\n5432\n{server.socket_folder}\n\n\nready\n"
            _write_as_server(server, "postmaster.pid", note)
            lock = server.socket_folder / ".s.PGSQL.5432.lock"
            lock.write_text(note)
            server.join()
            assert _postmaster(server) != pid
            assert stranger.poll() is None
            server.leave()
            assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "x", "-1\n", "99999999999999999999\n", "12\n/elsewhere\n"])
def test_a_spoilt_note_of_a_dead_server_is_overcome_or_told(server: EmbeddedServer, content: str) -> None:
    _write_as_server(server, "postmaster.pid", content)
    server.join()
    assert _runs(server)
    server.leave()


def test_a_zombie_is_no_server(server: EmbeddedServer) -> None:
    """Where process 1 does not collect the dead, the number of a dead server stays taken."""
    zombie = subprocess.Popen(["/bin/true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    note = f"{zombie.pid}\n{server.data_folder}\n1700000000\n5432\n{server.socket_folder}\n\n\nready\n"
    _write_as_server(server, "postmaster.pid", note)
    server.join()
    assert _runs(server)
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
        with _console(tmp_path / "home", home_id) as console:
            console.tell("create")
            while not server.data_folder.with_name("data.new").exists():
                time.sleep(0.01)
            time.sleep(delay)
            console.kill()
        assert not server.is_created
        server.create(OWNER_PASSWORD, PROGRAM_PASSWORD)
        server.join()
        with _connection(server) as connection:
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
    assert _runs(server)
    server.leave()
