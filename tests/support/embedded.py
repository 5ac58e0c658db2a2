"""A home with an embedded server, and other console processes to share, leave or lose it with, for tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

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
    assert not is_running(server), "a test left a process that uses the home"


@pytest.fixture
def console(home: Path) -> Iterator[Console]:
    with another_console(home) as console:
        yield console


@contextmanager
def another_console(home: Path, home_id: str = HOME_ID) -> Iterator[Console]:
    console = Console(home, home_id)
    try:
        yield console
    finally:
        console.kill()


@contextmanager
def owner_connection(server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    parameters = make_conninfo(**server.connection_parameters(OWNER_ROLE))
    with psycopg.connect(parameters, password=OWNER_PASSWORD.reveal_text(), autocommit=True) as connection:
        yield connection


def postmaster_of(server: EmbeddedServer) -> int:
    return int((server.data_folder / "postmaster.pid").read_text().split()[0])


def is_running(server: EmbeddedServer) -> bool:
    return knock(server.socket_folder) is not Answer.NONE


def write_as_server(server: EmbeddedServer, name: str, content: str) -> None:
    """Put a file into the data folder, owned like the others."""
    file = server.data_folder / name
    file.write_text(content)
    file.chmod(0o600)
    os.chown(file, server.data_folder.stat().st_uid, server.data_folder.stat().st_gid)
