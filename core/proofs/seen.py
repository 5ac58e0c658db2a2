"""Single use for a verifier without a database: a file of the contexts' hashes that were accepted."""

import fcntl
import os
from pathlib import Path

from core.errors import InvalidInput


class SeenFile:
    """Remembers accepted proofs in a file, one hash a line; safe between processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def use_once(self, context_hash: bytes) -> bool:
        """Tell whether the hash is new, and remember it before answering. Raises InvalidInput where it cannot."""
        line = context_hash.hex()
        try:
            with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                text = file.read()
                if line in text.split():
                    return False
                file.write(("" if text.endswith("\n") or not text else "\n") + line + "\n")
                file.flush()
                os.fsync(file.fileno())
                return True
        except (OSError, ValueError):
            raise InvalidInput("The file of used proofs cannot be read and written.", field="seen") from None
