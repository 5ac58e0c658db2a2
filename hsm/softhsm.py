"""SoftHSM's configuration file, and where PKCS#11 modules usually lie on this machine.

Each home folder has its own configuration and token folder: Debian's system-wide one is not readable
for ordinary users, and two vaults must not see each other's tokens.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONF_VARIABLE: Final = "SOFTHSM2_CONF"
_LIBRARIES: Final = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")

# Plain name, then where distributions and vendors put the library. `{lib}` stands for each library folder.
_KNOWN: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "SoftHSM",
        ("{lib}/softhsm/libsofthsm2.so", "{lib}/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"),
    ),
    ("NSS software token", ("{lib}/libsoftokn3.so", "{lib}/nss/libsoftokn3.so")),
    ("OpenSC smart cards", ("{lib}/opensc-pkcs11.so", "{lib}/pkcs11/opensc-pkcs11.so")),
    ("Thales Luna", ("/usr/safenet/lunaclient/lib/libCryptoki2_64.so", "/usr/lunasa/lib/libCryptoki2_64.so")),
    ("Thales ProtectServer", ("/opt/safenet/protecttoolkit5/ptk/lib/libcryptoki.so",)),
    ("Entrust nShield", ("/opt/nfast/toolkits/pkcs11/libcknfast.so",)),
    ("Utimaco CryptoServer", ("/opt/utimaco/lib/libcs_pkcs11_R3.so", "{lib}/libcs_pkcs11_R3.so")),
    ("YubiHSM 2", ("{lib}/pkcs11/yubihsm_pkcs11.so", "/usr/local/lib/pkcs11/yubihsm_pkcs11.so")),
    ("Nitrokey HSM (sc-hsm-embedded)", ("{lib}/libsc-hsm-pkcs11.so", "/usr/local/lib/libsc-hsm-pkcs11.so")),
)


@dataclass(frozen=True)
class FoundModule:
    """A PKCS#11 library that is there; whether it works is for the preflight to say."""

    name: str
    path: Path


def find_modules() -> list[FoundModule]:
    """Return the modules found at known places, each library once, best known first."""
    found: dict[Path, FoundModule] = {}
    for name, patterns in _KNOWN:
        for path in _expanded(patterns):
            if path.is_file():
                found.setdefault(path.resolve(), FoundModule(name, path))
    return list(found.values())


def write_softhsm_conf(folder: Path, *, tokens: Path | None = None) -> Path:
    """Write `folder`/softhsm2.conf and return its path. Without `tokens` it gets a token folder of its own (0700)."""
    if tokens is None:
        tokens = folder / "tokens"
        tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
        tokens.chmod(0o700)
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    conf.chmod(0o600)
    return conf


def token_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the token folder that SOFTHSM2_CONF names, or None where there is no such setting."""
    conf = environment.get(CONF_VARIABLE)
    if not conf:
        return None
    try:
        lines = Path(conf).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "directories.tokendir":
            return Path(value.strip())
    return None


def is_full(folder: Path, *, needed: int = 64 * 1024) -> bool:
    """Return True if the file system of the folder has less than `needed` bytes or no file entry left."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    no_entries = state.f_files > 0 and state.f_favail == 0
    return no_entries or state.f_bavail * state.f_frsize < needed


def _expanded(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        if "{lib}" in pattern:
            yield from (Path(pattern.format(lib=library)) for library in _LIBRARIES)
        else:
            yield Path(pattern)
