"""The program's settings: read once from defaults, the environment and the command line, then frozen.

What belongs to one vault stands in its home's `config.toml` and in its sealed settings, not here. No
secret stands here: passwords come from a file, a prompt or the window.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.default_home import default_home
from core.storage.home import Home


@dataclass(frozen=True)
class Settings:
    """How this process was started."""

    home: Path
    home_named: bool = False
    operator: str | None = None
    password_file: Path | None = None
    json: bool = False
    verbose: bool = False
    totp: str | None = None
    oidc: bool = False

    @property
    def home_folder(self) -> Home:
        """Return the home with its files."""
        return Home(self.home)


def read_settings(
    environment: Mapping[str, str],
    *,
    home: str | None = None,
    operator: str | None = None,
    password_file: str | None = None,
    json: bool = False,
    verbose: bool = False,
    totp: str | None = None,
    oidc: bool = False,
) -> Settings:
    """Return the settings; what the command line names comes before the environment."""
    file = password_file or environment.get("CITIZEN_ZERO_PASSWORD_FILE")
    return Settings(
        home=Path(home or environment.get("CITIZEN_ZERO_HOME") or default_home()),
        home_named=home is not None,
        operator=operator or environment.get("CITIZEN_ZERO_OPERATOR") or None,
        password_file=Path(file) if file else None,
        json=json,
        verbose=verbose,
        totp=totp or environment.get("CITIZEN_ZERO_TOTP") or None,
        oidc=oidc,
    )
