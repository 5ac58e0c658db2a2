"""Looking for tokens in spite of other processes that write them: a look that fails is repeated, for a moment.

SoftHSM 2.6.1 rewrites a token's file at each log-in. A process that starts the module at that very moment reads half
a file: it has no such token then, or one without a PIN, cannot describe it, or does not start, and stays so until it
starts the module anew.
A PIN that the token has judged is not given to it again.
"""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hsm import errors

_Found = TypeVar("_Found")
# Together a third of a second: so long a token that is really missing takes to be told as that.
PAUSES: Final = (0.01, 0.03, 0.06, 0.09, 0.15)


def looked(look: Callable[[], _Found], start_anew: Callable[[], Any]) -> _Found:
    """Return what `look` returns; where it fails by what may pass, start the module anew and look again.

    Raises what the last look raised. Neither may be called while somebody is logged in: starting anew logs out.
    """
    for pause in PAUSES:
        try:
            return look()
        except errors.HsmError as error:
            if not may_pass(error):
                raise
        time.sleep(pause)
        start_anew()
    return look()


def may_pass(error: errors.HsmError) -> bool:
    """Tell whether a failure may be another process's writing: no token, none that has a PIN, a module without words.

    A PIN that the token has looked at and refused is never among them, nor a log-in that failed in another way.
    """
    code = error.details.get("PKCS#11", "")
    if error.details.get("Doing") == "log in":
        return code == "CKR_USER_PIN_NOT_INITIALIZED"
    silent = isinstance(error, errors.MechanismFailed | errors.ModuleInvalid) and bool(code)
    return silent or isinstance(error, errors.TokenMissing)
