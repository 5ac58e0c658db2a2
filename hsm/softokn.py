"""NSS softokn as a PKCS#11 module: the folder of its one token, and the parameters that it starts with.

It takes its parameters in `C_Initialize` (later versions also from NSS_LIB_PARAMS), it names its token by
them, its security officer has no PIN until the user has one and never afterwards, and every token of
it has the same serial, all zeros: only key check values tell two of them apart.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PARAMETERS_VARIABLE: Final = "NSS_LIB_PARAMS"
_CONFIGDIR: Final = re.compile(r"configdir='sql:((?:[^'\\]|\\.)*)'")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE: Final = re.compile(r"(['\\])")


def is_softokn(module: Path) -> bool:
    """Tell NSS's library by its file name: what it must be started with is known before it can be asked."""
    return module.resolve().name.startswith("libsoftokn3")


def make_folder(folder: Path) -> None:
    """Make the folder (0700) in which softokn keeps key4.db and cert9.db."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def parameters(folder: Path, label: str) -> str:
    """Return the parameters for a token of this label in this folder.

    Source: NSS, "PKCS #11 Module Specs"; values stand in quotes, in which a backslash escapes.
    """
    return (
        f"configdir='sql:{_quoted(str(folder))}' certPrefix='' keyPrefix='' secmod='secmod.db' flags='' "
        f"dbTokenDescription='{_quoted(label)}'"
    )


def token_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder that NSS_LIB_PARAMS names, or None where there is no such setting."""
    found = _CONFIGDIR.search(environment.get(PARAMETERS_VARIABLE, ""))
    return None if found is None else Path(_ESCAPED.sub(r"\1", found[1]))


def _quoted(value: str) -> str:
    return _TO_ESCAPE.sub(r"\\\1", value)
