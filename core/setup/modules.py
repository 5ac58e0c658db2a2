"""Which PKCS#11 module a new vault takes when none is named: SoftHSM, where it is installed."""

from pathlib import Path

from core.errors import HsmModuleMissing
from hsm.softhsm import FoundModule, find_modules

__all__ = ["FoundModule", "default_module", "find_modules"]


def default_module() -> Path:
    """Return SoftHSM's library. Raises HsmModuleMissing where it is not installed."""
    for module in find_modules():
        if module.name == "SoftHSM":
            return module.path
    raise HsmModuleMissing(
        "SoftHSM is not installed, and no other module was named.",
        remedy="Install the package softhsm2, or name the PKCS#11 library of your HSM.",
    )
