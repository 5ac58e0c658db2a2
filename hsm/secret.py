"""Values that must never be printed: passwords, PINs and keys in memory.

It stands in the lowest package so that the HSM client and everything above it share one type.
"""

from typing import final


@final
class Secret:
    """Bytes that never appear in `repr`, logs or tracebacks.

    `reveal()` is the only way to the value, so that every use can be found. `wipe()` overwrites the
    one buffer that this object holds; copies made from it are beyond Python's reach.
    """

    __slots__ = ("_buffer",)

    def __init__(self, value: bytes | str) -> None:
        self._buffer = bytearray(value.encode() if isinstance(value, str) else value)

    def reveal(self) -> bytes:
        """Return the value as bytes."""
        return bytes(self._buffer)

    def reveal_text(self) -> str:
        """Return the value decoded as UTF-8."""
        return self._buffer.decode()

    def wipe(self) -> None:
        """Overwrite the buffer with zeros and empty it."""
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer.clear()

    def __bool__(self) -> bool:
        return bool(self._buffer)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
