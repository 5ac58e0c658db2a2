"""The private language of the worker pipe: frozen dataclasses as length-prefixed CBOR arrays.

A message is `[class name, field, field, …]`, nested dataclasses are arrays of their fields. Decoding
checks every type, so a damaged worker cannot hand anything but the expected shapes to the console.
There is no pickle here, and nothing in a message can name code to run.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import cbor2

MAX_FRAME: Final = 64 * 1024 * 1024
HEADER: Final = 4

_OPTIONAL: Final = (Union, UnionType)  # only "something or None" stands in messages
_Step = Callable[[Any], Any]


class WireError(ValueError):
    """The bytes are no message of this language."""


def pack(message: object) -> bytes:
    """Return the whole frame of a message: 4 bytes of length (big-endian), then CBOR."""
    kind: Any = type(message)
    body = cbor2.dumps([kind.__name__, *_packer(kind)(message)], canonical=True)
    if len(body) > MAX_FRAME:
        raise WireError("the message is too long for the worker pipe: use smaller batches")
    return len(body).to_bytes(HEADER, "big") + body


def unpack(body: bytes, kinds: Mapping[str, type]) -> Any:
    """Return the message in a frame's body; only the given kinds are accepted."""
    try:
        parts = cbor2.loads(body)
    except (ValueError, cbor2.CBORDecodeError) as error:
        raise WireError("not CBOR") from error
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], str) or parts[0] not in kinds:
        raise WireError("not a known message")
    return _unpacker(kinds[parts[0]])(parts[1:])


def body_length(header: bytes) -> int:
    """Return the length of the body that a frame's header announces."""
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME:
        raise WireError("the frame is too long")
    return length


@cache
def _packer(kind: type) -> Callable[[object], list[Any]]:
    steps = [(field.name, _pack_step(field.type)) for field in dataclasses.fields(kind)]

    def pack_fields(message: object) -> list[Any]:
        return [getattr(message, name) if step is None else step(getattr(message, name)) for name, step in steps]

    return pack_fields


def _pack_step(hint: Any) -> _Step | None:
    """Return how to turn a field into plain CBOR data; None where it is plain already."""
    if dataclasses.is_dataclass(hint):
        return _packer(hint)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        inner = _pack_step(get_args(hint)[0])
        return None if inner is None else lambda items: [inner(item) for item in items]
    if get_origin(hint) is Mapping:
        return dict
    if get_origin(hint) in _OPTIONAL:
        return _pack_optional(_pack_step(get_args(hint)[0]))
    return None


def _pack_optional(inner: _Step | None) -> _Step | None:
    return None if inner is None else lambda part: None if part is None else inner(part)


@cache
def _unpacker(kind: type) -> Callable[[Any], Any]:
    steps = [_unpack_step(field.type) for field in dataclasses.fields(kind)]

    def unpack_fields(parts: Any) -> Any:
        if not isinstance(parts, list) or len(parts) != len(steps):
            raise WireError(f"{kind.__name__} has another number of fields")
        return kind(*[step(part) for step, part in zip(steps, parts, strict=True)])

    return unpack_fields


def _unpack_step(hint: Any) -> _Step:
    if dataclasses.is_dataclass(hint):
        return _unpacker(hint)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _unpack_items(_unpack_step(arguments[0]))
    if origin is Mapping:
        return _unpack_mapping(_unpack_step(arguments[0]), _unpack_step(arguments[1]))
    if origin is Literal:
        return _unpack_choice(arguments)
    if origin in _OPTIONAL:
        inner = _unpack_step(arguments[0])
        return lambda part: None if part is None else inner(part)
    return _unpack_scalar(hint)


def _unpack_scalar(hint: Any) -> _Step:
    if isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        return _unpack_enum(hint)
    if hint in {str, bytes, bool, int, float}:
        return _unpack_plain(hint)
    raise TypeError(f"no wire form for {hint!r}")


def _unpack_plain(hint: type) -> _Step:
    def check(part: Any) -> Any:
        if type(part) is not hint:
            raise WireError(f"expected {hint.__name__}")
        return part

    return check


def _unpack_items(inner: _Step) -> _Step:
    def items(part: Any) -> tuple[Any, ...]:
        if not isinstance(part, list):
            raise WireError("expected an array")
        return tuple([inner(item) for item in part])

    return items


def _unpack_mapping(key_step: _Step, value_step: _Step) -> _Step:
    def mapping(part: Any) -> dict[Any, Any]:
        if not isinstance(part, dict):
            raise WireError("expected a map")
        return {key_step(key): value_step(value) for key, value in part.items()}

    return mapping


def _unpack_choice(choices: tuple[Any, ...]) -> _Step:
    def choice(part: Any) -> Any:
        if part not in choices:
            raise WireError("not one of the choices")
        return part

    return choice


def _unpack_enum(kind: type[str]) -> _Step:
    def member(part: Any) -> Any:
        try:
            return kind(part)
        except ValueError as error:
            raise WireError("not one of the choices") from error

    return member
