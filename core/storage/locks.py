"""Locks between processes that die with their holder: `flock` on a file.

The lock belongs to the open file, not to the process: two `FileLock` objects in one process exclude each
other like two processes do. This module decides nothing about what a lock protects.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DatabaseUnavailable

_POLL_SECONDS = 0.005


class FileLock:
    """One `flock`, shared or exclusive. Not for use by two threads at once: give each its own object."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock, shared or exclusive."""
        return self._descriptor is not None

    def fileno(self) -> int:
        """Return the descriptor of the held lock: a child process that inherits it holds the lock as well."""
        if self._descriptor is None:
            raise ValueError("the lock is not held")
        return self._descriptor

    def acquire(self, *, shared: bool, timeout: float) -> bool:
        """Take the lock, or return False after `timeout` seconds (0: try once).

        A lock that is held already is first given up: the kernel does not turn one kind into the other in one step.
        Raises `DatabaseUnavailable` when the file cannot be opened or locked.
        """
        self.release()
        operation = fcntl.LOCK_NB | (fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._descriptor = self._try(operation)
            except OSError as error:
                raise DatabaseUnavailable(
                    f"The lock file {self._path} cannot be used: {error.strerror}.",
                    remedy="See that its folder is there, belongs to you and is on a local disk, then try again.",
                ) from error
            if self._descriptor is not None:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the lock up; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self, operation: int) -> int | None:
        """Return the locked descriptor, or None when somebody else holds the lock."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, operation)
            # The file may have been removed with its folder while this process waited: then it locks nothing.
            if os.fstat(descriptor).st_nlink > 0:
                return descriptor
        except BlockingIOError:
            pass
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None


@contextmanager
def exclusive(path: Path, *, timeout: float, busy: str) -> Iterator[FileLock]:
    """Hold the exclusive lock on `path` for a `with` block, or raise `DatabaseUnavailable(busy)` after `timeout`."""
    lock = FileLock(path)
    if not lock.acquire(shared=False, timeout=timeout):
        raise DatabaseUnavailable(busy, remedy="Wait for the other process to finish, or end it, then try again.")
    try:
        yield lock
    finally:
        lock.release()
