"""Writing what is handed out: a proof, a key."""

from pathlib import Path

from core.errors import InvalidInput
from core.storage.home import write_private


def hand_out(path: Path, content: bytes) -> None:
    """Write a file that nobody else on this machine may read. Raises InvalidInput."""
    try:
        write_private(path, content)
    except OSError as error:
        raise InvalidInput(f"The file cannot be written: {error.strerror}.", field="output") from None
