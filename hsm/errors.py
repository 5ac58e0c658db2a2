"""What can go wrong between the console and the HSM, each with one plain sentence for people.

The worker raises these, the pipe carries them by name, the client raises them again. `core`
translates them once into its own error tree. Nothing here knows PKCS#11 numbers: the CKR name stands
in `details`, for the folded part of a dialog.
"""

from collections.abc import Mapping
from typing import Final


class HsmError(Exception):
    """A failure of the HSM. `message` is one sentence, `details` facts for the folded part.

    Usual details: Doing, Waited, Module, Serial, PKCS#11 (the CKR name). Never a PIN, never a key.
    """

    def __init__(self, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, str] = dict(details or {})


class ModuleMissing(HsmError):
    """The PKCS#11 module's file is not there."""


class ModuleInvalid(HsmError):
    """The file is there, but it is no PKCS#11 library, or it does not start."""


class TokenMissing(HsmError):
    """No slot holds a token with the serial that the vault is bound to."""


class OtherToken(HsmError):
    """A token with the right label but another serial, or the right serial but other keys."""


class PinRefused(HsmError):
    """The token refused the PIN: wrong, locked, expired, or none set. It is not tried again."""


class TokenFull(HsmError):
    """The token, or the file system that a software token lives on, has no room left."""


class ObjectGone(HsmError):
    """A key that should be on the token is not there."""


class NotAnswering(HsmError):
    """The deadline passed and the worker was ended, or the worker ended in the middle of a call."""


class NotLoggedIn(HsmError):
    """The call needs a logged-in token, and none is."""


class UnwrapFailed(HsmError):
    """A wrapped value does not open: damaged, moved to other associated data, or under another key."""


class MechanismFailed(HsmError):
    """The token refused an operation for any other reason."""


class AlreadyOnToken(MechanismFailed):
    """A key or token with this label exists already, and labels must be unique."""


BY_NAME: Final[Mapping[str, type[HsmError]]] = {
    kind.__name__: kind
    for kind in (
        HsmError,
        ModuleMissing,
        ModuleInvalid,
        TokenMissing,
        OtherToken,
        PinRefused,
        TokenFull,
        ObjectGone,
        NotAnswering,
        NotLoggedIn,
        UnwrapFailed,
        MechanismFailed,
        AlreadyOnToken,
    )
}
