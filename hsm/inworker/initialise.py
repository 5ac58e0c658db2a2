"""C_InitToken through ctypes, which python-pkcs11 does not offer.

It goes through the path of the module that the worker has already initialised, so the library is
loaded once and pkcs11-spy sees this call like every other. Structures follow PKCS#11 2.40 on Unix (natural alignment).
"""

import ctypes
from ctypes import POINTER, Structure, byref, c_char, c_ubyte, c_ulong, c_void_p
from pathlib import Path
from typing import Any, ClassVar, Final

from hsm import errors

_CKF_TOKEN_INITIALIZED: Final = 0x400
_LABEL: Final = 32
_CKR: Final = {
    0x05: "CKR_GENERAL_ERROR",
    0x06: "CKR_FUNCTION_FAILED",
    0x30: "CKR_DEVICE_ERROR",
    0x31: "CKR_DEVICE_MEMORY",
    0xA0: "CKR_PIN_INCORRECT",
    0xA1: "CKR_PIN_INVALID",
    0xA2: "CKR_PIN_LEN_RANGE",
    0xA4: "CKR_PIN_LOCKED",
    0xB6: "CKR_SESSION_EXISTS",
    0xE2: "CKR_TOKEN_WRITE_PROTECTED",
}
_PIN_CODES: Final = (0xA0, 0xA1, 0xA2, 0xA4)


class _Version(Structure):
    _fields_: ClassVar[Any] = [("major", c_ubyte), ("minor", c_ubyte)]


class _TokenInfo(Structure):
    """CK_TOKEN_INFO."""

    _fields_: ClassVar[Any] = [
        ("label", c_char * _LABEL),
        ("manufacturer_id", c_char * 32),
        ("model", c_char * 16),
        ("serial_number", c_char * 16),
        ("flags", c_ulong),
        ("counts_and_sizes", c_ulong * 10),
        ("hardware_version", _Version),
        ("firmware_version", _Version),
        ("utc_time", c_char * 16),
    ]


# Positions in CK_FUNCTION_LIST, after its version.
_GET_SLOT_LIST, _GET_TOKEN_INFO, _INIT_TOKEN = 4, 6, 9
_FUNCTIONS: Final = 68


class _FunctionList(Structure):
    _fields_: ClassVar[Any] = [("version", _Version), ("functions", c_void_p * _FUNCTIONS)]


def initialise_free_slot(module: Path, label: str, so_pin: bytes) -> None:
    """Initialise the token of the first slot that holds an uninitialised one.

    Raises AlreadyOnToken if a token with the label exists, TokenMissing if no slot is free.
    """
    name = label.encode()
    if not name or len(name) > _LABEL:
        raise errors.MechanismFailed(f"A token label has 1 to {_LABEL} bytes.")
    functions = _load(module)
    slot = _free_slot(functions, name)
    pin = ctypes.create_string_buffer(so_pin, len(so_pin))
    padded = ctypes.create_string_buffer(name.ljust(_LABEL), _LABEL)
    kinds: list[Any] = [c_ulong, c_void_p, c_ulong, c_void_p]
    _call(functions, _INIT_TOKEN, "initialise the token", kinds, slot, pin, len(so_pin), padded)


def _load(module: Path) -> Any:
    listed = POINTER(_FunctionList)()
    try:
        get_list = ctypes.CDLL(str(module)).C_GetFunctionList
    except (OSError, AttributeError) as error:
        raise errors.ModuleInvalid(f"The file {module} is no PKCS#11 module.", {"Module": str(module)}) from error
    get_list.restype = c_ulong
    if get_list(byref(listed)) != 0:
        raise errors.ModuleInvalid(f"The PKCS#11 module {module} does not start.", {"Module": str(module)})
    return listed.contents.functions


def _free_slot(functions: Any, label: bytes) -> int:
    count = c_ulong(0)
    kinds: list[Any] = [c_ubyte, c_void_p, c_void_p]
    _call(functions, _GET_SLOT_LIST, "list the slots", kinds, 1, None, byref(count))
    slots = (c_ulong * count.value)()
    _call(functions, _GET_SLOT_LIST, "list the slots", kinds, 1, slots, byref(count))
    free: int | None = None
    for slot in slots[: count.value]:
        info = _TokenInfo()
        _call(functions, _GET_TOKEN_INFO, "describe a token", [c_ulong, c_void_p], slot, byref(info))
        if not info.flags & _CKF_TOKEN_INITIALIZED:
            free = slot if free is None else free
        elif bytes(info.label).rstrip(b"\0 ") == label:
            raise errors.AlreadyOnToken(f"The module already has a token named {label.decode()}.")
    if free is None:
        raise errors.TokenMissing("The module has no slot with an uninitialised token.")
    return free


def _call(functions: Any, position: int, doing: str, kinds: list[Any], *arguments: Any) -> None:
    function = ctypes.CFUNCTYPE(c_ulong, *kinds)(functions[position])
    code = function(*arguments)
    if code == 0:
        return
    details = {"Doing": doing, "PKCS#11": _CKR.get(code, f"CKR 0x{code:08X}")}
    if code in _PIN_CODES:
        raise errors.PinRefused("The token does not accept this security officer PIN.", details)
    raise errors.MechanismFailed(f"The module refused to {doing}.", details)
