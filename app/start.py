"""Begins what takes time while the rest of the program is still being imported.

The HSM worker is a process and the database server a wait: both run on while this process imports
SQLAlchemy. Keep this module's imports light: half of a command's time is won here.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from app.passwords import database_password
from core.errors import CitizenZeroError
from core.storage.home import Home, HomeConfig
from core.storage.server import DatabaseServer, server_of
from hsm.client import HsmClient
from hsm.secret import Secret


@dataclass
class Starting:
    """A worker that opens its module, and a server that starts: `server_joined` waits for the latter."""

    home: Home
    config: HomeConfig
    client: HsmClient
    server: DatabaseServer
    program_password: Callable[[], Secret]
    _thread: threading.Thread = field(init=False)
    _failure: CitizenZeroError | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin both."""
        self._thread = threading.Thread(target=self._join, name="join-server")
        self._thread.start()
        self.client.start()

    def server_joined(self) -> None:
        """Wait until the database server runs. Raises DatabaseUnavailable if it does not."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _join(self) -> None:
        try:
            self.server.join()
        except CitizenZeroError as error:
            self._failure = error


def client_of(home: Home, config: HomeConfig) -> HsmClient:
    """Return what reaches a home's HSM, not yet started."""
    return HsmClient(config.module, home.environment(config.module, config.token_label, config.token_folder))


def begin(home: Home, *, ask_password: Callable[[str], Secret] | None = None) -> Starting:
    """Read the home's facts and begin. Raises NoVaultHere or InvalidInput.

    `ask_password` asks a person for the password of an external database that the environment does not give.
    """
    config = home.config()
    client = client_of(home, config)
    external = config.database_url is not None
    password = partial(database_password, os.environ, ask=ask_password) if external else home.program_password
    return Starting(home, config, client, server_of(home, config), password)
