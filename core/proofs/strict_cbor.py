"""CBOR in its one deterministic form (RFC 8949 4.2.1), of the few types that proofs are made of.

Decoding hostile bytes by a general library would interpret whatever tags they name; this reads integers,
byte and text strings, arrays, maps with sorted unique keys, truth values and tag 18, and refuses all else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2

MAX_DEPTH: Final = 6
COSE_SIGN1_TAG: Final = 18
_SIMPLE: Final = {20: False, 21: True}
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_DIRECT: Final = 24


class NotDeterministic(ValueError):
    """The bytes are not the deterministic encoding of anything that is expected."""


@dataclass(frozen=True)
class Sign1:
    """What stands under tag 18."""

    content: Any


def encode(value: Any) -> bytes:
    """Return the deterministic encoding."""
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> Any:
    """Return the one item that the bytes encode. Raises NotDeterministic."""
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise NotDeterministic("something follows")
    return value


def decode_map(data: bytes, kinds: Mapping[int, type]) -> dict[int, Any]:
    """Return a map with just these keys and values of just these types. Raises NotDeterministic, TypeError."""
    value = decode(data)
    if not isinstance(value, dict) or list(value) != list(kinds):
        raise TypeError("not a map with these keys")
    if any(type(value[key]) is not kind for key, kind in kinds.items()):
        raise TypeError("a value of another type")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise NotDeterministic("nested too deeply")
    major, argument, at = _head(data, at)
    match major:
        case 0:
            return argument, at
        case 1:
            return -1 - argument, at
        case 2 | 3:
            return _string(data, at, argument, text=major == 3)  # noqa: PLR2004 (RFC 8949 3.1: major type 3 is text)
        case 4:
            items = []
            for _ in range(argument):
                item, at = _item(data, at, depth + 1)
                items.append(item)
            return items, at
        case 5:
            return _map(data, at, argument, depth)
        case 6 if argument == COSE_SIGN1_TAG:
            content, at = _item(data, at, depth + 1)
            return Sign1(content), at
        case 7 if argument in _SIMPLE:
            return _SIMPLE[argument], at
    raise NotDeterministic("a type that is not expected")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return major type, argument in its shortest form, and where the content begins."""
    if at >= len(data):
        raise NotDeterministic("truncated")
    major, low = data[at] >> 5, data[at] & 0x1F
    if low < _DIRECT:
        return major, low, at + 1
    size = _ARGUMENT_BYTES.get(low)
    if size is None or major == 7 or at + 1 + size > len(data):  # noqa: PLR2004 (floats and other simple values)
        raise NotDeterministic("an indefinite length, a float, or truncated")
    argument = int.from_bytes(data[at + 1 : at + 1 + size], "big")
    if argument < _DIRECT or (size > 1 and argument >> 4 * size == 0):
        raise NotDeterministic("not the shortest form")
    return major, argument, at + 1 + size


def _string(data: bytes, at: int, length: int, *, text: bool) -> tuple[bytes | str, int]:
    piece = data[at : at + length]
    if len(piece) != length:
        raise NotDeterministic("truncated")
    try:
        return piece.decode() if text else piece, at + length
    except UnicodeDecodeError:
        raise NotDeterministic("not UTF-8") from None


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[Any, Any], int]:
    found: dict[Any, Any] = {}
    last = b""
    for _ in range(count):
        key, after = _item(data, at, depth + 1)
        encoded = data[at:after]
        if encoded <= last or type(key) not in {int, str}:
            raise NotDeterministic("keys are not sorted and unique")
        last = encoded
        found[key], at = _item(data, after, depth + 1)
    return found, at
