"""How the embedded server lives: joined by several processes, stopped by the last, outliving a killed console."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.storage.embedded import EmbeddedServer
from core.storage.embedded_postmaster import Answer, knock
from tests.support.embedded import (
    HOME_ID,
    Console,
    another_console,
    console,
    home,
    is_running,
    owner_connection,
    postmaster_of,
    server,
)

__all__ = ["console", "home", "server"]


# --- together -----------------------------------------------------------------------------------------------------


def test_the_first_to_join_starts_the_server_and_the_last_to_leave_stops_it(server: EmbeddedServer) -> None:
    assert server.is_created
    assert not is_running(server)
    server.join()
    assert is_running(server)
    server.leave()
    assert not is_running(server)
    assert not (server.data_folder / "postmaster.pid").exists(), "it was shut down in order"


def test_a_second_process_joins_and_the_server_outlives_the_first(server: EmbeddedServer, console: Console) -> None:
    console.do("join")
    started = postmaster_of(server)
    server.join()
    console.do("leave")
    assert postmaster_of(server) == started
    with owner_connection(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.leave()
    assert not is_running(server)


def test_two_users_in_one_process_are_counted_apart(server: EmbeddedServer, home: Path) -> None:
    other = EmbeddedServer(home, home_id=HOME_ID)
    server.join()
    other.join()
    server.leave()
    assert is_running(server)
    other.leave()
    assert not is_running(server)


def test_joining_and_leaving_twice_is_doing_it_once(server: EmbeddedServer) -> None:
    server.join()
    server.join()
    server.leave()
    assert not is_running(server)
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
        assert not is_running(server)
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
    assert not is_running(server)


# --- the console is killed ----------------------------------------------------------------------------------------


def test_the_orphan_of_a_killed_console_is_adopted_and_stopped(server: EmbeddedServer, console: Console) -> None:
    console.do("join")
    orphan = postmaster_of(server)
    assert console.kill() == "", "the server holds none of the console's pipes"
    assert is_running(server)
    server.join()
    assert postmaster_of(server) == orphan
    server.leave()
    assert not is_running(server)


def test_the_servers_processes_are_not_in_the_terminals_session(server: EmbeddedServer) -> None:
    """Else Ctrl+C in the terminal would end the database under the console."""
    server.join()
    assert os.getsid(postmaster_of(server)) != os.getsid(0)
    server.leave()


def test_a_console_killed_while_it_stops_the_server_does_no_harm(server: EmbeddedServer, home: Path) -> None:
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
        with another_console(home) as console:
            console.do("join")
            console.tell("leave")
            time.sleep(delay)
            console.kill()
        server.join()
        with owner_connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.leave()


def test_a_console_killed_while_it_starts_the_server_does_no_harm(server: EmbeddedServer, home: Path) -> None:
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
        with another_console(home) as console:
            console.tell("join")
            time.sleep(delay)
            console.kill()
        server.join()
        with owner_connection(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.leave()
