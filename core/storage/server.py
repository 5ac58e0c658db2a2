"""The server behind a home's database: the embedded one, or an external one that somebody else runs."""

from collections.abc import Mapping
from typing import Final, Literal, Protocol

from core.storage.embedded import EmbeddedServer
from core.storage.external_address import ExternalAddress
from core.storage.home import Home, HomeConfig

__all__ = ["DatabaseServer", "ExternalServer", "server_of"]

ServerKind = Literal["embedded", "external"]


class DatabaseServer(Protocol):
    """What a console asks of a server, whoever runs it."""

    @property
    def kind(self) -> ServerKind: ...  # noqa: D102 (a protocol's single line)
    @property
    def program_role(self) -> str: ...  # noqa: D102
    @property
    def can_restart(self) -> bool:
        """Whether `ensure_running` can bring back a server that is gone."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the site chose and should not forget, one sentence each."""

    def join(self) -> None: ...  # noqa: D102
    def ensure_running(self) -> None: ...  # noqa: D102
    def leave(self) -> None: ...  # noqa: D102
    def destroy(self) -> None: ...  # noqa: D102
    def connection_parameters(self, role: str) -> Mapping[str, str]: ...  # noqa: D102
    def facts(self) -> dict[str, str]:
        """Return what `status` shows of it, without asking it anything."""


class ExternalServer:
    """A server that a site runs itself. The console neither starts nor stops nor removes it."""

    kind: Final = "external"
    can_restart: Final = False

    def __init__(self, address: ExternalAddress) -> None:
        self.address = address

    @property
    def program_role(self) -> str:
        """The role that the console works as."""
        return self.address.role

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the connection does not guard against."""
        return (self.address.weakness,) if self.address.weakness else ()

    def join(self) -> None:
        """Do nothing: whether it answers shows with the first connection."""

    def ensure_running(self) -> None:
        """Do nothing: whoever runs the server brings it back."""

    def leave(self) -> None:
        """Do nothing."""

    def destroy(self) -> None:
        """Do nothing: the database belongs to the site."""

    def connection_parameters(self, role: str) -> Mapping[str, str]:
        """Return libpq's keywords for a role, all but the password."""
        return self.address.parameters(role)

    def facts(self) -> dict[str, str]:
        """Return where it is and how the connection is guarded."""
        address = self.address
        return {
            "kind": self.kind,
            "host": address.host,
            "port": str(address.port),
            "database": address.database,
            "tls_mode": address.tls,
        }


def server_of(home: Home, config: HomeConfig) -> DatabaseServer:
    """Return the server that a home's facts name."""
    if config.database_url is not None:
        return ExternalServer(ExternalAddress.parse(config.database_url))
    return EmbeddedServer(home.path, home_id=config.home_id)
