"""C_InitToken, which python-pkcs11 does not offer."""

import ctypes
from ctypes import Structure, byref, c_char, c_ubyte, c_ulong, c_void_p
from pathlib import Path
from typing import Any, ClassVar, Final

from hsm import errors
from hsm.inworker.function_list import Function, Version, call, load

_CKF_TOKEN_INITIALIZED: Final = 0x400
_LABEL: Final = 32


class _TokenInfo(Structure):
    """CK_TOKEN_INFO."""

    _fields_: ClassVar[Any] = [
        ("label", c_char * _LABEL),
        ("manufacturer_id", c_char * 32),
        ("model", c_char * 16),
        ("serial_number", c_char * 16),
        ("flags", c_ulong),
        ("counts_and_sizes", c_ulong * 10),
        ("hardware_version", Version),
        ("firmware_version", Version),
        ("utc_time", c_char * 16),
    ]


def initialise_free_slot(module: Path, label: str, so_pin: bytes) -> None:
    """Initialise the token of the first slot that holds an uninitialised one.

    Raises AlreadyOnToken if a token with the label exists, TokenMissing if no slot is free.
    """
    name = label.encode()
    if not name or len(name) > _LABEL:
        raise errors.MechanismFailed(f"A token label has 1 to {_LABEL} bytes.")
    functions = load(module)
    slot = _free_slot(functions, name)
    pin = ctypes.create_string_buffer(so_pin, len(so_pin))
    padded = ctypes.create_string_buffer(name.ljust(_LABEL), _LABEL)
    kinds: list[Any] = [c_ulong, c_void_p, c_ulong, c_void_p]
    call(functions, Function.INIT_TOKEN, "initialise the token", kinds, slot, pin, len(so_pin), padded)


def _free_slot(functions: Any, label: bytes) -> int:
    count = c_ulong(0)
    kinds: list[Any] = [c_ubyte, c_void_p, c_void_p]
    call(functions, Function.GET_SLOT_LIST, "list the slots", kinds, 1, None, byref(count))
    slots = (c_ulong * count.value)()
    call(functions, Function.GET_SLOT_LIST, "list the slots", kinds, 1, slots, byref(count))
    free: int | None = None
    for slot in slots[: count.value]:
        info = _TokenInfo()
        call(functions, Function.GET_TOKEN_INFO, "describe a token", [c_ulong, c_void_p], slot, byref(info))
        if not info.flags & _CKF_TOKEN_INITIALIZED:
            free = slot if free is None else free
        elif bytes(info.label).rstrip(b"\0 ") == label:
            raise errors.AlreadyOnToken(f"The module already has a token named {label.decode()}.")
    if free is None:
        raise errors.TokenMissing("The module has no slot with an uninitialised token.")
    return free
