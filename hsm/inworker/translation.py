"""PKCS#11 errors into the errors of `hsm/errors.py`, once, by what was being done.

A bare CKR_GENERAL_ERROR can mean anything, so the meaning comes from the operation: the same code
is a damaged value in an unwrap and a full disk in a key generation.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pkcs11

from hsm import errors, softhsm, softokn

STALE_HANDLE: Final = (
    pkcs11.exceptions.ObjectHandleInvalid,
    pkcs11.exceptions.KeyHandleInvalid,
    pkcs11.exceptions.WrappingKeyHandleInvalid,
    pkcs11.exceptions.UnwrappingKeyHandleInvalid,
)
DAMAGED_VALUE: Final = (
    pkcs11.exceptions.GeneralError,  # SoftHSM's only word for a wrong tag or a wrong RFC 3394 check
    pkcs11.exceptions.FunctionFailed,
    pkcs11.exceptions.EncryptedDataInvalid,
    pkcs11.exceptions.EncryptedDataLenRange,
    pkcs11.exceptions.WrappedKeyInvalid,
    pkcs11.exceptions.WrappedKeyLenRange,
    pkcs11.exceptions.DataInvalid,
    pkcs11.exceptions.DataLenRange,
)
_NO_ROOM: Final = (pkcs11.exceptions.DeviceMemory,)
_MAYBE_NO_ROOM: Final = (
    pkcs11.exceptions.DeviceError,
    pkcs11.exceptions.GeneralError,
    pkcs11.exceptions.FunctionFailed,
    pkcs11.exceptions.HostMemory,
    pkcs11.exceptions.ObjectHandleInvalid,  # SoftHSM's handle of an object that it could not store
)
_OUT_OF_REACH: Final = (
    pkcs11.exceptions.DeviceRemoved,
    pkcs11.exceptions.TokenNotPresent,
    pkcs11.exceptions.TokenNotRecognised,
    pkcs11.exceptions.SlotIDInvalid,
    pkcs11.exceptions.SessionHandleInvalid,
    pkcs11.exceptions.SessionClosed,
    pkcs11.exceptions.OperationActive,  # the session's state is not what this program left
)
_PIN_WORDS: Final = {
    pkcs11.exceptions.PinIncorrect: "The token refused the PIN.",
    pkcs11.exceptions.PinLocked: "The token has locked the PIN after too many wrong attempts.",
    pkcs11.exceptions.PinExpired: "The token's PIN has expired.",
    pkcs11.exceptions.PinInvalid: "The token does not accept this PIN.",
    pkcs11.exceptions.PinLenRange: "The token does not accept a PIN of this length.",
    pkcs11.exceptions.PinTooWeak: "The token finds this PIN too weak.",
    pkcs11.exceptions.UserPinNotInitialized: "The token has no user PIN yet.",
}


def ckr_name(error: pkcs11.exceptions.PKCS11Error) -> str:
    """Return the standard's name of an error, as in CKR_PIN_INCORRECT."""
    name = type(error).__name__
    if name == "PKCS11Error":  # a vendor's own code: the library puts the number in the text
        return str(error)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return f"CKR_{words.upper()}"


def translate(error: pkcs11.exceptions.PKCS11Error, doing: str, *, creating: bool = False) -> errors.HsmError:
    """Return what an error means while `doing` something; `creating` when it writes to the token."""
    details = {"Doing": doing, "PKCS#11": ckr_name(error)}
    if type(error) in _PIN_WORDS:
        return errors.PinRefused(_PIN_WORDS[type(error)], details)
    if isinstance(error, _OUT_OF_REACH):
        return errors.NotAnswering("The HSM does not answer: its token is out of reach.", details)
    if isinstance(error, pkcs11.exceptions.UserNotLoggedIn):
        return errors.NotLoggedIn("The token has ended the log-in.", details)
    if isinstance(error, _NO_ROOM) or (creating and isinstance(error, _MAYBE_NO_ROOM) and _disk_is_full()):
        return errors.TokenFull("The token has no room left.", details)
    if isinstance(error, STALE_HANDLE):
        return errors.ObjectGone("A key has vanished from the token.", details)
    return errors.MechanismFailed(f"The token refused to {doing}.", details)


@contextmanager
def translated(doing: str, *, creating: bool = False) -> Iterator[None]:
    """Turn every PKCS#11 error inside into an HsmError."""
    try:
        yield
    except pkcs11.exceptions.PKCS11Error as error:
        raise translate(error, doing, creating=creating) from error


def _disk_is_full() -> bool:
    folders = (softhsm.token_folder(os.environ), softokn.token_folder(os.environ))
    return any(softhsm.is_full(folder) for folder in folders if folder is not None)
