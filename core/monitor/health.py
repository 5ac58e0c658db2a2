"""How the parts are that the vault rests on: HSM, database, log. Asks, and changes nothing."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.audit.service import AuditLog
from core.errors import CitizenZeroError, HsmOtherToken, HsmTokenMissing
from core.storage.database import Database
from core.storage.home import Home, HomeConfig
from core.storage.server import DatabaseServer
from core.vault_token import VaultToken, hsm_errors_in_words
from hsm.client import HsmClient


class PartState(StrEnum):
    """How a part is."""

    READY = "ready"
    MISSING = "missing"


@dataclass(frozen=True)
class PartHealth:
    """One part: its state, facts by name, and the error that keeps it from working.

    `warnings` stand as long as what they warn of: a site's weaker choice, one sentence each.
    """

    part: str
    state: PartState
    facts: dict[str, str | int | bool] = field(default_factory=dict)
    error: CitizenZeroError | None = None
    warnings: tuple[str, ...] = ()


class ProbedServices(Protocol):
    """What is probed."""

    @property
    def database(self) -> Database: ...  # noqa: D102 (a protocol's single line)
    @property
    def client(self) -> HsmClient: ...  # noqa: D102
    @property
    def token(self) -> VaultToken: ...  # noqa: D102
    @property
    def audit(self) -> AuditLog: ...  # noqa: D102


def hsm_health(config: HomeConfig, client: HsmClient, *, unlocked: bool = False) -> PartHealth:
    """Look for the token of a home by its serial: needs no database."""
    facts: dict[str, str | int | bool] = {
        "module": str(config.module),
        "token_label": config.token_label,
        "token_serial": config.token_serial,
        "unlocked": unlocked,
    }
    try:
        with hsm_errors_in_words():
            module = client.module_facts(serial=config.token_serial)
        facts |= {"library": module.description, "library_version": module.version}
        serials = {slot.serial for slot in module.slots}
        if config.token_serial not in serials:
            labels = {slot.label for slot in module.slots}
            missing = HsmOtherToken if config.token_label in labels else HsmTokenMissing
            raise missing(f"No slot holds the token with serial {config.token_serial}.")
    except CitizenZeroError as error:
        return PartHealth("hsm", PartState.MISSING, facts, error)
    return PartHealth("hsm", PartState.READY, facts)


class Health:
    """Probes the parts of one vault, locked or not."""

    def __init__(self, home: Home, config: HomeConfig, services: ProbedServices, server: DatabaseServer) -> None:
        self._home = home
        self._config = config
        self._services = services
        self._server = server

    def parts(self) -> list[PartHealth]:
        """Return HSM, database and log."""
        return [self.hsm(), self.database(), self.log()]

    def hsm(self) -> PartHealth:
        """Look for the vault's token by its serial."""
        return hsm_health(self._config, self._services.client, unlocked=self._services.token.open)

    def database(self) -> PartHealth:
        """Ask the server for its version."""
        facts: dict[str, str | int | bool] = {
            **self._server.facts(),
            **{f"connect_{name}": value for name, value in self._services.database.address.parameters.items()},
        }
        try:
            answer = self._services.database.answers()
        except CitizenZeroError as error:
            return PartHealth("database", PartState.MISSING, facts, error, self._server.warnings)
        facts |= {"version": answer.version, "encrypted": answer.encrypted}
        return PartHealth("database", PartState.READY, facts, None, self._server.warnings)

    def log(self) -> PartHealth:
        """Count the log's entries."""
        try:
            return PartHealth("log", PartState.READY, {"entries": self._services.audit.size()})
        except CitizenZeroError as error:
            return PartHealth("log", PartState.MISSING, {}, error)
