"""Begins what takes time while the rest of the program is still being imported.

The HSM worker is a process and the database server a wait: both run on while this process imports
SQLAlchemy. Keep this module's imports light: half of a command's time is won here.
"""

import threading
from dataclasses import dataclass, field

from core.errors import CitizenZeroError
from core.storage.embedded import EmbeddedServer
from core.storage.home import Home, HomeConfig
from hsm.client import HsmClient


@dataclass
class Starting:
    """A worker that opens its module, and a server that starts: `server_joined` waits for the latter."""

    home: Home
    config: HomeConfig
    client: HsmClient
    server: EmbeddedServer
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


def begin(home: Home) -> Starting:
    """Read the home's facts and begin. Raises NoVaultHere or InvalidInput."""
    config = home.config()
    client = HsmClient(config.module, home.environment(config.module, config.token_label))
    return Starting(home, config, client, EmbeddedServer(home.path, home_id=config.home_id))
