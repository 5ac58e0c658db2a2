"""The HSM worker: a child process with one thread, the only one that loads the PKCS#11 module.

It reads requests from standard input, answers on standard output, and ends when standard input ends.
The module may hang or crash: the parent (`hsm/client.py`) watches the time and ends this process.
It keeps nothing on disk, dumps no core, and prints nothing: what a module prints goes to standard
error and cannot disturb the pipe.
"""

import ctypes
import gc
import mmap
import os
import resource
import select
import signal
import sys
import time
from typing import Final

from hsm import errors, requests, wire
from hsm.inworker.token_session import TokenSession
from hsm.worker_process import TAKEN_VARIABLE

_PR_SET_DUMPABLE: Final = 4
_AWAKE_SECONDS: Final = 0.002


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    _harden()
    source, sink = _private_pipe()
    taken = _requests_taken()
    gc.freeze()
    session = TokenSession()
    coming = select.poll()
    coming.register(source, select.POLLIN)
    while (body := _read_frame(source)) is not None:
        taken[0] = (taken[0] + 1) % 256
        _write_all(sink, _answer(session, body))
        _stay_awake(coming)
    session.end()


def _stay_awake(coming: select.poll) -> None:
    """Look for the next request a moment long: an operation makes several, and being woken costs more than looking."""
    until = time.monotonic() + _AWAKE_SECONDS
    while not coming.poll(0) and time.monotonic() < until:
        os.sched_yield()  # whoever else wants this processor has it


def _harden() -> None:
    """No core dumps and no debugger of the same user: this process holds the PIN. Ctrl+C is the parent's."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _private_pipe() -> tuple[int, int]:
    """Move the pipe away from descriptors 0 and 1, which a module's library may read or print on."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return source, sink


def _requests_taken() -> mmap.mmap:
    """Return the byte shared with the parent in which requests are counted before they are begun.

    If this process is killed, the parent can tell whether the last request was under way.
    """
    shared = int(os.environ.pop(TAKEN_VARIABLE))
    taken = mmap.mmap(shared, mmap.PAGESIZE)
    os.close(shared)
    return taken


def _answer(session: TokenSession, body: bytes) -> bytes:
    """Return the reply's frame; an error is a reply too."""
    try:
        return wire.pack(session.answer(wire.unpack(body, requests.REQUESTS)))
    except errors.HsmError as error:
        # After these the PKCS#11 session is not what the parent thinks it is: it starts a new worker.
        lost = isinstance(error, errors.NotAnswering | errors.NotLoggedIn)
        return wire.pack(requests.Failed(type(error).__name__, error.message, error.details, ends_worker=lost))
    except Exception as error:  # noqa: BLE001 - the outermost border of this process
        # The type only: the text of an unforeseen error might carry a value.
        details = {"Fault": type(error).__name__}
        return wire.pack(requests.Failed("MechanismFailed", "The HSM worker met a fault.", details, ends_worker=True))


def _read_frame(source: int) -> bytes | None:
    header = _read_exactly(source, wire.HEADER)
    return None if header is None else _read_exactly(source, wire.body_length(header))


def _read_exactly(source: int, count: int) -> bytes | None:
    """Return `count` bytes, or None at the end of the pipe."""
    data = os.read(source, count)
    if len(data) == count:
        return data
    pieces = [data]
    missing = count - len(data)
    while missing:
        piece = os.read(source, missing)
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _write_all(sink: int, frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(sink, view) :]


if __name__ == "__main__":
    status = 1
    try:
        main()
        status = 0
    finally:
        # No interpreter shutdown: it costs time and may wait for threads that the module started.
        os._exit(status)
