"""The home folder of one vault: what lies where, and the few facts that stand in `config.toml`.

A folder is a vault's home once `config.toml` is in it: set-up writes that file last. No secret stands
there; the one secret in clear is the embedded server's program password, in a 0600 file of its own.
"""

import json
import os
import shutil
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import AlreadyExists, InvalidInput, NoVaultHere
from hsm import software_token
from hsm.secret import Secret

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


@dataclass(frozen=True)
class HomeConfig:
    """What a process must know before it can reach the HSM and the database.

    `database_url` is an external server's, for the program's role and without a password; None means the
    embedded one. `token_folder` is a software token's where it lies outside the home, shared with another.
    `redis_url` names the store of login sessions where it is not the database, `oidc` is the identity provider's
    table as it stands. A person writes these two; set-up does not.
    """

    home_id: str
    module: Path
    token_label: str
    token_serial: str
    demo: bool = False
    database_url: str | None = None
    token_folder: Path | None = None
    redis_url: str | None = None
    oidc: Mapping[str, Any] | None = None


class Home:
    """One vault's folder."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path))  # noqa: PTH100 (keeps links: the person's own name for the place)

    @property
    def config_file(self) -> Path:
        """Return where the facts stand."""
        return self.path / "config.toml"

    @property
    def password_file(self) -> Path:
        """Return where the program role's password stands: the embedded server's only."""
        return self.path / "database-program.password"

    @property
    def log_folder(self) -> Path:
        """Return where this program's own logs go."""
        return self.path / "log"

    @property
    def holds_vault(self) -> bool:
        """Tell whether set-up has finished here."""
        return self.config_file.is_file()

    @property
    def _unfinished_mark(self) -> Path:
        return self.path / "setup-unfinished"

    def config(self) -> HomeConfig:
        """Read the facts. Raises NoVaultHere, or InvalidInput for a damaged file."""
        if not self.holds_vault:
            raise NoVaultHere(f"There is no vault in {self.path}.")
        try:
            values = tomllib.loads(self.config_file.read_text(encoding="utf-8"))
            folder = values.get("token_folder")
            return HomeConfig(
                home_id=values["home_id"],
                module=Path(values["module"]),
                token_label=values["token_label"],
                token_serial=values["token_serial"],
                demo=bool(values.get("demo", False)),
                database_url=values.get("database_url"),
                token_folder=None if folder is None else Path(folder),
                redis_url=_text(values.get("redis_url")),
                oidc=None if "oidc" not in values else dict(values["oidc"]),
            )
        except (OSError, KeyError, TypeError, ValueError):
            raise InvalidInput(
                f"The file {self.config_file} cannot be read or is damaged.",
                remedy="Put back the file as set-up wrote it; the vault itself is not touched.",
            ) from None

    def environment(self, module: Path, token_label: str, token_folder: Path | None = None) -> dict[str, str]:
        """Return what the HSM worker needs in its environment: where a software module's token lies."""
        return software_token.environment(module, self.path, token_label, tokens=token_folder)

    def unfinished(self) -> str | None:
        """Return the home id that a set-up which was killed here had taken; None where there was none."""
        try:
            return self._unfinished_mark.read_text(encoding="ascii").strip() or None
        except (OSError, ValueError):
            return None

    def begin(self, home_id: str) -> None:
        """Make the folder for a new vault. What an interrupted set-up left is removed; anything else is refused."""
        if self.holds_vault:
            raise AlreadyExists(f"There is a vault in {self.path} already.", remedy="Choose another home folder.")
        if self._unfinished_mark.exists():
            self.remove()
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise AlreadyExists(
                f"The folder {self.path} holds other files.", remedy="Choose an empty or a new folder as home."
            )
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.path.chmod(PRIVATE_FOLDER)
            write_private(self._unfinished_mark, home_id.encode())
            self.log_folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        except OSError as error:
            raise InvalidInput(f"The folder {self.path} cannot be made: {error.strerror}.") from None

    def finish(self, config: HomeConfig) -> None:
        """Write the facts: from now on the folder is a vault's home."""
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}"
            for name, value in (
                ("home_id", config.home_id),
                ("module", str(config.module)),
                ("token_label", config.token_label),
                ("token_serial", config.token_serial),
                ("demo", config.demo),
                ("database_url", config.database_url),
                ("token_folder", None if config.token_folder is None else str(config.token_folder)),
            )
            if value is not None
        ]
        write_private(self.config_file, "\n".join(lines).encode() + b"\n")
        self._unfinished_mark.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder and all that is in it: an unfinished set-up, or a throw-away vault."""
        shutil.rmtree(self.path, ignore_errors=True)

    def program_password(self) -> Secret:
        """Read the program role's password of the embedded server."""
        return Secret(read_private(self.password_file, "database password"))


def _text(value: object) -> str | None:
    """Return a value that is text or not there. Raises TypeError for another one."""
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_private(path: Path, called: str) -> bytes:
    """Read a secret's file, without the line end. Raises InvalidInput, never with the content."""
    try:
        return path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise InvalidInput(f"The file with the {called} cannot be read: {error.strerror}.") from None


def readable_by_others(path: Path) -> bool:
    """Tell whether group or others may read a file."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
