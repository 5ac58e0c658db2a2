"""The parent's end of the pipe to one HSM worker process: start, send, receive, end.

Every wait is bounded, for writing too: a stopped worker with a full pipe must not hang the console.
What the messages mean is the client's business.
"""

import mmap
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from hsm import wire

WORKER_COMMAND: Final = (sys.executable, "-m", "hsm.worker")
TAKEN_VARIABLE: Final = "HSM_WORKER_TAKEN_FD"
_WITHHELD: Final = ("DB_PASSWORD", "DB_PROGRAM_PASSWORD", "REDIS_PASSWORD")
_WITHHELD_PREFIX: Final = "CITIZEN_ZERO_"
_READ_SIZE: Final = 65536
_FAREWELL: Final = 1.0
_DYING: Final = 0.2


class DeadlinePassed(Exception):
    """The worker did not take a request or answer it in time."""


class WorkerEnded(Exception):
    """The worker process is gone. `untouched`: it had not begun with any request that waits for its answer."""

    def __init__(self, *, untouched: bool) -> None:
        super().__init__("the worker process ended")
        self.untouched = untouched


class WorkerProcess:
    """One worker process, its two pipes, and one shared byte in which it counts the requests it took."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        shared = os.memfd_create("hsm-worker-requests-taken")
        os.ftruncate(shared, mmap.PAGESIZE)
        self._taken = mmap.mmap(shared, mmap.PAGESIZE)
        try:
            self._process = self._spawn(command, environment, shared)
        finally:
            os.close(shared)
        if self._process.stdin is None or self._process.stdout is None:  # pragma: no cover - PIPE was asked for
            raise OSError("the worker has no pipe")
        self._requests = self._process.stdin.fileno()
        self._replies = self._process.stdout.fileno()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._replies, False)
        self._readable = select.poll()
        self._readable.register(self._replies, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._requests, select.POLLOUT)
        self._kept = b""
        self._taken_before = 0

    @staticmethod
    def _spawn(command: Sequence[str], environment: Mapping[str, str], shared: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Nothing that a module prints belongs on an operator's terminal, and a worker that lives
            # on for a moment must not hold somebody's pipe open.
            stderr=subprocess.DEVNULL,
            env=worker_environment(os.environ, {**environment, TAKEN_VARIABLE: str(shared)}),
            pass_fds=(shared,),
            bufsize=0,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs (a stopped one does)."""
        return self._process.poll() is None

    def send(self, frame: bytes, until: float, *, more: bool = False) -> None:
        """Write a whole frame; `until` is a time of `time.monotonic`, `more`: earlier ones are not answered yet."""
        if not more:
            self._taken_before = self._taken[0]
        view = memoryview(frame)
        while view:
            try:
                view = view[os.write(self._requests, view) :]
            except BlockingIOError:
                self._wait(self._writable, until)
            except BrokenPipeError as error:
                raise WorkerEnded(untouched=self._untouched()) from error

    def receive(self, until: float) -> bytes:
        """Return the body of the next frame."""
        length = wire.body_length(self._read(wire.HEADER, until))
        return self._read(length, until)

    def how_it_ended(self) -> str:
        """Say how a worker that ended by itself did so, for the details of an error."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_DYING)
            return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return "closed its pipe"

    def end(self) -> None:
        """Close the pipe, so that the worker logs out and ends; kill it if it does not within a second."""
        self._close(self._process.stdin)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL)
        self.kill()

    def kill(self) -> None:
        """End the process at once, stopped or hanging as it may be."""
        self._process.kill()
        self._process.wait()
        self._close(self._process.stdin)
        self._close(self._process.stdout)

    def _read(self, count: int, until: float) -> bytes:
        data = self._kept
        while len(data) < count:
            try:
                piece = os.read(self._replies, _READ_SIZE)
            except BlockingIOError:
                self._wait(self._readable, until)
                continue
            if not piece:
                raise WorkerEnded(untouched=self._untouched())
            data = data + piece if data else piece
        self._kept = data[count:]
        return data[:count]

    def _untouched(self) -> bool:
        return self._taken[0] == self._taken_before

    @staticmethod
    def _wait(ready: select.poll, until: float) -> None:
        remaining = until - time.monotonic()
        if remaining <= 0 or not ready.poll(remaining * 1000):
            raise DeadlinePassed

    @staticmethod
    def _close(stream: object) -> None:
        with suppress(OSError):
            stream.close()  # type: ignore[attr-defined]


def worker_environment(parent: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the worker's environment: the parent's without the console's passwords, plus what is given.

    Python looks for modules only where this package lies, never in the current folder.
    """
    kept = {
        name: value for name, value in parent.items() if name not in _WITHHELD and not name.startswith(_WITHHELD_PREFIX)
    }
    kept.update(given)
    root = str(Path(__file__).resolve().parent.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH", ""))))
    kept["PYTHONSAFEPATH"] = "1"
    return kept
