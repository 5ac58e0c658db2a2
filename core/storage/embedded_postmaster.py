"""Starts, finds, asks and stops the one PostgreSQL server of a data folder.

The caller serialises starts and stops with a lock; this module only tells what runs from what is left over. It trusts
neither `postmaster.pid` (a killed server leaves it behind, and its number may be another program's by now) nor a
number alone: before a signal is sent, the process must have our program, data folder and account on it.
"""

import hashlib
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from core.errors import DatabaseUnavailable
from core.storage.embedded_account import PORT, ServerAccount, prepare_private_folder
from core.storage.embedded_settings import command_line_settings
from core.storage.postgres_binaries import PostgresBinaries

START_SECONDS: Final = 120.0  # recovery after a crash reads the write-ahead log first
STOP_SECONDS: Final = 60.0
ORPHAN_SECONDS: Final = 0.5
_POLL_SECONDS = 0.005
_PING_SECONDS = 2.0
_LOG_LIMIT = 1_000_000
_LOG_TAIL = 2_000
_PID_FILE_LINES = 8
_PROTOCOL_3_0 = 196608
_CANNOT_CONNECT_NOW = b"C57P03\0"


class Answer(Enum):
    """What a server says to somebody who knocks at its socket."""

    NONE = "nobody there"
    BUSY = "starting, recovering or shutting down"
    READY = "ready"


@dataclass(frozen=True)
class RunningServer:
    """What `postmaster.pid` tells. `pid` is None when the server runs where its process cannot be seen."""

    pid: int | None
    socket_folder: Path
    status: str


class Postmaster:
    """The server of one data folder. Paths are absolute; nothing is kept between calls, all is read from the system."""

    def __init__(self, binaries: PostgresBinaries, account: ServerAccount, data_folder: Path, log_file: Path) -> None:
        self._binaries = binaries
        self._account = account
        self._data_folder = data_folder
        self._log_file = log_file
        # Names the backends in the process list, so that those of a killed server are known for what they are.
        self._cluster_name = "citizen-zero-" + hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:16]

    def bring_up(self, socket_folder: Path) -> Path:
        """Start the server, or adopt the one that runs, and return its socket folder once it takes connections.

        `socket_folder` is used for a start only. Raises `DatabaseUnavailable`.
        """
        deadline = time.monotonic() + START_SECONDS
        launched: int | None = None
        while time.monotonic() < deadline:
            running = self.find()
            if running is not None:
                if running.status == "ready" and knock(running.socket_folder) is Answer.READY:
                    return running.socket_folder
                if running.status == "ready" and not _socket_file(running.socket_folder).exists():
                    self.stop()  # its socket was cleared away: nobody can reach it any more
            elif launched is None:
                self._clear_remains(socket_folder)
                launched = self._launch(socket_folder)
            elif not _is_alive(launched):
                raise self._failure("The embedded database server did not start.")
            time.sleep(_POLL_SECONDS)
        raise self._failure(f"The embedded database server was not ready after {START_SECONDS:.0f} seconds.")

    def find(self) -> RunningServer | None:
        """Return the server that runs on the data folder, ready or not, or None."""
        noted = self._read_pid_file()
        if noted is None:
            return None
        if noted.pid is None:  # empty or spoilt: just being written, or by a full disk
            starting = next((pid for pid in _process_numbers() if self._is_our_postmaster(pid)), None)
            return RunningServer(starting, noted.socket_folder, noted.status) if starting else None
        if self._is_our_postmaster(noted.pid):
            return noted
        # A server in another container shares the folder, but not the process numbers: only its socket tells.
        if noted.status == "ready" and knock(noted.socket_folder) is not Answer.NONE:
            return RunningServer(None, noted.socket_folder, noted.status)
        return None

    def stop(self) -> None:
        """End the server: its clients are cut off, open transactions roll back. Returns when it is gone."""
        running = self.find()
        if running is None or running.pid is None:
            return
        _send(running.pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
        if not _wait_until_gone([running.pid], STOP_SECONDS):
            raise self._failure(f"The embedded database server did not stop within {STOP_SECONDS:.0f} seconds.")

    def _launch(self, socket_folder: Path) -> int:
        """Start `postgres` as nobody's child, so that it outlives the console and leaves it no zombie."""
        prepare_private_folder(socket_folder, self._account)
        postgres = [
            *(self._binaries.program("postgres"), "-D", str(self._data_folder)),
            *command_line_settings(socket_folder, self._cluster_name),
        ]
        log = self._open_log()
        try:
            shell = self._account.start(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *postgres], folder=self._data_folder, error_output=log
            )
        finally:
            os.close(log)
        output, _ = shell.communicate()
        return int(output)

    def _open_log(self) -> int:
        """Open the log file, 0600; a big one is put aside first. The server gets it open and needs no right to it."""
        try:
            if self._log_file.exists() and self._log_file.stat().st_size > _LOG_LIMIT:
                self._log_file.replace(self._log_file.with_suffix(".old.log"))
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            return os.open(self._log_file, flags, 0o600)
        except OSError as error:
            raise DatabaseUnavailable(
                f"The log file of the embedded database cannot be written: {error}.",
                remedy=f"See that {self._log_file.parent} belongs to you and that the disk has room.",
            ) from error

    def _clear_remains(self, socket_folder: Path) -> None:
        """After a killed server: end what is left of it, and remove the notes that would stop the next one."""
        if self._read_pid_file() is None:
            return
        orphans = list(self._orphaned_backends())
        if not _wait_until_gone(orphans, ORPHAN_SECONDS):  # they notice by themselves, most at once
            for pid in self._orphaned_backends():
                _send(pid, signal.SIGKILL)  # PostgreSQL itself asks for this; recovery makes good what they held
            _wait_until_gone(orphans, ORPHAN_SECONDS)
        for left in (self._data_folder / "postmaster.pid", socket_folder / f"{_socket_file(socket_folder).name}.lock"):
            left.unlink(missing_ok=True)

    def _read_pid_file(self) -> RunningServer | None:
        """Return what the file says, without a number when it says none, or None when there is no file."""
        try:
            lines = (self._data_folder / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
        fields = [line.strip(" ") for line in lines.split("\n")]
        fields += [""] * (_PID_FILE_LINES - len(fields))
        return RunningServer(int(fields[0]) if fields[0].isdigit() else None, Path(fields[4]), fields[7])

    def _is_our_postmaster(self, pid: int) -> bool:
        arguments = self._arguments_of(pid)
        return (
            len(arguments) > 2  # noqa: PLR2004 -- program, -D, folder
            and Path(os.fsdecode(arguments[0])).name == "postgres"
            and arguments[1:3] == [b"-D", os.fsencode(self._data_folder)]
        )

    def _orphaned_backends(self) -> Iterator[int]:
        """Find the processes that a server of this data folder named; call it only when that server is gone."""
        title = f"postgres: {self._cluster_name}: ".encode()
        return (pid for pid in _process_numbers() if self._arguments_of(pid)[0].startswith(title))

    def _arguments_of(self, pid: int) -> list[bytes]:
        """Return the command line of a live process of the server's account, else `[b""]`.

        The command line alone, because root in a container may not see another account's program or folder.
        """
        process = Path("/proc", str(pid))
        try:
            if process.stat().st_uid != self._account.uid or not _is_alive(pid):
                return [b""]
            return (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return [b""]

    def _failure(self, message: str) -> DatabaseUnavailable:
        try:
            tail = self._log_file.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
        except OSError:
            tail = ""
        return DatabaseUnavailable(
            message,
            remedy=f"Look at the end of {self._log_file}; free disk space or memory if it asks for it, then try again.",
            details={"log": tail},
        )


def knock(socket_folder: Path) -> Answer:
    """Ask the server at a socket folder whether it takes connections, without signing in."""
    parameters = b"user\0citizen_zero_program\0database\0citizen_zero\0\0"
    message = struct.pack("!ii", len(parameters) + 8, _PROTOCOL_3_0) + parameters
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PING_SECONDS)
        try:
            connection.connect(str(_socket_file(socket_folder)))
        except OSError:
            return Answer.NONE
        try:
            connection.sendall(message)
            reply = connection.recv(1024)
        except OSError:
            return Answer.BUSY
    if reply.startswith(b"R"):
        return Answer.READY
    return Answer.BUSY if not reply or _CANNOT_CONNECT_NOW in reply else Answer.READY


def _socket_file(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def _process_numbers() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie, whose parent does not look after it, does not."""
    try:
        status = Path("/proc", str(pid), "stat").read_bytes()
    except OSError:
        return False
    return status.rpartition(b")")[2].split()[0] not in {b"Z", b"X"}


def _wait_until_gone(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(_is_alive(pid) for pid in pids):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise DatabaseUnavailable(
            "The embedded database server belongs to another account, so it cannot be stopped from here.",
            remedy="Start the console as the account that started the server.",
        ) from error
