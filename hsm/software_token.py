"""Software modules, whose token is a folder: which they are, and how each is told where its folder lies.

Every home folder has a token folder of its own, so two vaults never see each other's tokens. A hardware
module is told nothing; its variables are the site's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hsm import softhsm, softokn

SOFTOKN_FOLDER: Final = "nss"
_SOFTHSM_CONF: Final = "softhsm2.conf"


def environment(module: Path, folder: Path, label: str, *, tokens: Path | None = None) -> dict[str, str]:
    """Return what a worker's environment needs to find the token in `folder`; SoftHSM's does no harm to others.

    `tokens` is NSS's folder where it lies elsewhere; SoftHSM's stands in the configuration that `prepare` wrote.
    """
    if softokn.is_softokn(module):
        return {softokn.PARAMETERS_VARIABLE: softokn.parameters(tokens or folder / SOFTOKN_FOLDER, label)}
    return {softhsm.CONF_VARIABLE: str(folder / _SOFTHSM_CONF)}


def prepare(module: Path, folder: Path, label: str, *, tokens: Path | None = None) -> dict[str, str]:
    """Make a token folder inside `folder`, or use `tokens` as it is, and return the worker's environment."""
    if not softokn.is_softokn(module):
        softhsm.write_softhsm_conf(folder, tokens=tokens)
    elif tokens is None:
        softokn.make_folder(folder / SOFTOKN_FOLDER)
    return environment(module, folder, label, tokens=tokens)


def token_folder(module: Path, given: Mapping[str, str]) -> Path | None:
    """Return the token folder that the module was told of, or None for hardware."""
    return softokn.token_folder(given) if softokn.is_softokn(module) else softhsm.token_folder(given)


def keeps_backup_key(module: Path) -> bool:
    """Tell whether a trusted backup key makes sense: NSS takes the attribute without enforcing the rule."""
    return not softokn.is_softokn(module)


def holds_token(module: Path, folder: Path) -> bool:
    """Tell whether a token lies inside `folder`, so that removing the folder removes it."""
    tokens = token_folder(module, environment(module, folder, ""))
    return tokens is not None and tokens.is_dir() and any(tokens.iterdir())
