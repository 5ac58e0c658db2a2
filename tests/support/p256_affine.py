"""P-256 in plain Python (affine, slow, variable time) and hash_to_curve: a second opinion for tests.

Hash to curve: RFC 9380, P256_XMD:SHA-256_SSWU_RO_ (sections 5.2, 5.3.1, 6.6.2, 8.2).
"""

import hashlib
from typing import Final

P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
A: Final = P - 3
B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
Z: Final = P - 10
Point = tuple[int, int] | None  # None is the identity


def decode(encoded: bytes) -> Point:
    """Return the point of a compressed encoding, unchecked but for the square root."""
    x = int.from_bytes(encoded[1:], "big")
    y = pow(_curve(x), (P + 1) // 4, P)
    assert y * y % P == _curve(x)
    return x, y if y % 2 == encoded[0] % 2 else P - y


def encode(point: Point) -> bytes:
    """Return the compressed encoding."""
    assert point is not None
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def add(one: Point, other: Point) -> Point:
    """Return the sum."""
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % P == 0:
            return None
        slope = (3 * one[0] ** 2 + A) * pow(2 * one[1], -1, P) % P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P) % P
    x = (slope**2 - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(scalar: int, point: Point) -> Point:
    """Return scalar * point by doubling and adding."""
    result: Point = None
    for bit in f"{scalar:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def hash_to_curve(message: bytes, tag: bytes) -> Point:
    """Return the point of RFC 9380's random-oracle suite."""
    uniform = _expand(message, tag, 96)
    first, second = (int.from_bytes(uniform[start : start + 48], "big") % P for start in (0, 48))
    return add(map_to_curve(first), map_to_curve(second))


def map_to_curve(u: int) -> Point:
    """Return the point of the simplified SWU map (section 6.6.2); the cofactor is 1."""
    tv1 = (Z * Z * pow(u, 4, P) + Z * u * u) % P
    x1 = (-B * pow(A, -1, P) * (1 + pow(tv1, -1, P)) if tv1 else B * pow(Z * A, -1, P)) % P
    x2 = Z * u * u * x1 % P
    x = x1 if _is_square(_curve(x1)) else x2
    y = pow(_curve(x), (P + 1) // 4, P)
    return x, y if y % 2 == u % 2 else P - y


def _curve(x: int) -> int:
    return (x**3 + A * x + B) % P


def _is_square(value: int) -> bool:
    return pow(value, (P - 1) // 2, P) in {0, 1}


def _expand(message: bytes, tag: bytes, length: int) -> bytes:
    """expand_message_xmd with SHA-256."""
    suffix = tag + bytes([len(tag)])
    first = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + suffix).digest()
    block = hashlib.sha256(first + b"\1" + suffix).digest()
    out = block
    for counter in range(2, -(-length // 32) + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = hashlib.sha256(mixed + bytes([counter]) + suffix).digest()
        out += block
    return out[:length]
