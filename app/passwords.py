"""The passwords of outside servers (database, Redis, identity provider). Never kept.

From the environment, a file that it names, or a prompt.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from core.errors import DatabaseUnavailable
from core.storage.home import read_private, readable_by_others
from hsm.secret import Secret

DATABASE = "DB_PASSWORD"
PROGRAM = "DB_PROGRAM_PASSWORD"
REDIS = "REDIS_PASSWORD"
OIDC_CLIENT = "OIDC_CLIENT_SECRET"
_FILE = "_FILE"


def database_password(
    environment: Mapping[str, str], variable: str = DATABASE, *, ask: Callable[[str], Secret] | None = None
) -> Secret:
    """Return a database password. Raises DatabaseUnavailable where there is none and nobody can be asked."""
    found = given_password(environment, variable)
    if found is not None:
        return found
    if ask is not None:
        return ask("Password of the database: ")
    raise DatabaseUnavailable(
        "There is no password for the database.",
        remedy=f"Set {variable}, or {variable}{_FILE} to a file that only you can read (mode 600).",
    )


def given_password(environment: Mapping[str, str], variable: str) -> Secret | None:
    """Return the password that the environment gives, or None. Raises InvalidInput for an unreadable file."""
    if environment.get(variable):
        return Secret(environment[variable])
    named = environment.get(f"{variable}{_FILE}")
    if not named:
        return None
    file = Path(named)
    content = read_private(file, "password")
    if os.name == "posix" and readable_by_others(file):
        print(f"Warning: others may read {file}. Set its mode to 600.", file=sys.stderr)  # noqa: T201
    return Secret(content) if content else None
