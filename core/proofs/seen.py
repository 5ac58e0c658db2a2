"""Single use for a verifier without a database: a file of the contexts' hashes that were accepted."""

import fcntl
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO, Final

from core.errors import InvalidInput

_LINE: Final = re.compile(rb"[0-9a-f]{0,64}\n?")  # a crash may have cut one off
_LONGEST: Final = 65


class SeenFile:
    """Remembers accepted proofs in a file, one hash a line; safe between processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def use_once(self, context_hash: bytes) -> bool:
        """Tell whether the hash is new, and remember it before answering.

        Raises InvalidInput where it cannot, and for a file that holds anything else: nothing is written to that.
        """
        try:
            # Not to wait for the other end of what is no file at all.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise InvalidInput("The file of used proofs is no ordinary file.", field="seen")
                fcntl.flock(file, fcntl.LOCK_EX)
                return _remembered(file, context_hash.hex().encode())
        except OSError:
            raise InvalidInput("The file of used proofs cannot be read and written.", field="seen") from None


def _remembered(file: BinaryIO, wanted: bytes) -> bool:
    """Add a line unless it is there; tell whether it was added."""
    line = b"\n"
    while following := file.readline(_LONGEST):
        if _LINE.fullmatch(following) is None:
            raise InvalidInput("The file of used proofs holds something else.", field="seen")
        line = following
        if line.rstrip(b"\n") == wanted:
            return False
    file.write((b"" if line.endswith(b"\n") else b"\n") + wanted + b"\n")
    file.flush()
    os.fsync(file.fileno())
    return True
