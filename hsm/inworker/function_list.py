"""The module's own function list through ctypes: for the few calls that python-pkcs11 does not offer.

It goes through the path of the module that python-pkcs11 opens, so the library is loaded once and
pkcs11-spy sees these calls like every other. Structures follow PKCS#11 2.40 on Unix (natural alignment).
"""

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_ubyte, c_ulong, c_void_p
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar, Final

from hsm import errors

_FUNCTIONS: Final = 68
_CKR: Final = {
    0x05: "CKR_GENERAL_ERROR",
    0x06: "CKR_FUNCTION_FAILED",
    0x07: "CKR_ARGUMENTS_BAD",
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


class Function(IntEnum):
    """Positions in CK_FUNCTION_LIST, after its version."""

    INITIALIZE = 0
    FINALIZE = 1
    GET_SLOT_LIST = 4
    GET_TOKEN_INFO = 6
    INIT_TOKEN = 9


class Version(Structure):
    """CK_VERSION."""

    _fields_: ClassVar[Any] = [("major", c_ubyte), ("minor", c_ubyte)]


class InitializeArguments(Structure):
    """CK_C_INITIALIZE_ARGS as NSS has it: its parameters where the standard has pReserved, and one pointer more."""

    _fields_: ClassVar[Any] = [
        ("mutex_functions", c_void_p * 4),
        ("flags", c_ulong),
        ("parameters", c_char_p),
        ("reserved", c_void_p),
    ]


class _FunctionList(Structure):
    _fields_: ClassVar[Any] = [("version", Version), ("functions", c_void_p * _FUNCTIONS)]


def load(module: Path) -> Any:
    """Return the module's functions by position; raises ModuleInvalid."""
    listed = POINTER(_FunctionList)()
    try:
        get_list = ctypes.CDLL(str(module)).C_GetFunctionList
    except (OSError, AttributeError) as error:
        raise errors.ModuleInvalid(f"The file {module} is no PKCS#11 module.", {"Module": str(module)}) from error
    get_list.restype = c_ulong
    if get_list(ctypes.byref(listed)) != 0:
        raise errors.ModuleInvalid(f"The PKCS#11 module {module} does not start.", {"Module": str(module)})
    return listed.contents.functions


def call(functions: Any, function: Function, doing: str, kinds: list[Any], *arguments: Any) -> None:
    """Call one function; raises PinRefused, or MechanismFailed with the CKR name."""
    code = ctypes.CFUNCTYPE(c_ulong, *kinds)(functions[function])(*arguments)
    if code == 0:
        return
    details = {"Doing": doing, "PKCS#11": _CKR.get(code, f"CKR 0x{code:08X}")}
    if code in _PIN_CODES:
        raise errors.PinRefused("The token does not accept this security officer PIN.", details)
    raise errors.MechanismFailed(f"The module refused to {doing}.", details)
