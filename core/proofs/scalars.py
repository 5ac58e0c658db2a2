"""Numbers modulo the order of P-256, and their one encoding."""

import secrets
from typing import Final

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5, SP 800-186 3.2.1.3
SCALAR_BYTES: Final = 32
WIDE_BYTES: Final = 48  # 128 bits more than the order: the remainder is uniform to 2^-128


def random_scalars(count: int) -> list[int]:
    """Return fresh uniform scalars, each 48 bytes of the operating system modulo the order."""
    drawn = secrets.token_bytes(WIDE_BYTES * count)
    return [
        int.from_bytes(drawn[start : start + WIDE_BYTES], "big") % ORDER for start in range(0, len(drawn), WIDE_BYTES)
    ]


def encode_scalar(value: int) -> bytes:
    """Return 32 bytes, big-endian, of a number taken modulo the order."""
    return (value % ORDER).to_bytes(SCALAR_BYTES, "big")


def decode_scalar(data: bytes) -> int:
    """Return the scalar of 32 big-endian bytes. Raises ValueError for another length or a value not below the order."""
    value = int.from_bytes(data, "big")
    if len(data) != SCALAR_BYTES or value >= ORDER:
        raise ValueError("not the encoding of a scalar")
    return value
