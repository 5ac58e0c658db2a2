"""Joining a vault that is there already: another console on the same database and the same token.

The token is the right one if it opens as it does for any sign-in: the serial and every key check value that
the vault was made with, and then the seals of what was relied on. Nothing is made but the home's own facts.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.access.sign_in import SignIn
from core.audit.model import Action, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import CitizenZeroError, InvalidInput, Refused
from core.settings.service import SettingsService
from core.setup.model import JoinPlan
from core.storage import site
from core.storage.database import Database, DatabaseAddress
from core.storage.home import Home, HomeConfig
from core.storage.migrate import check_schema
from core.storage.server import ExternalServer
from hsm import software_token
from hsm.client import HsmClient


class JoinServices(Protocol):
    """The services of an open vault that joining needs."""

    @property
    def audit(self) -> AuditLog: ...  # noqa: D102 (a protocol's single line)
    @property
    def settings(self) -> SettingsService: ...  # noqa: D102
    @property
    def sign_in(self) -> SignIn: ...  # noqa: D102


@dataclass(frozen=True)
class JoinResult:
    """What was joined."""

    home: Path
    log_id: str
    operator: str
    token_label: str
    token_serial: str
    warnings: tuple[str, ...]


class VaultJoin:
    """Makes a home for a vault that is there. `open_services` is the composition root's function."""

    def __init__(
        self, home: Home, open_services: Callable[[Database, HsmClient], JoinServices], origin: Origin
    ) -> None:
        self._home = home
        self._open_services = open_services
        self._origin = origin

    def run(self, plan: JoinPlan) -> JoinResult:
        """Join the vault as one of its operators. Raises what went wrong; the home then is as it was.

        Raises HsmTokenMissing or HsmOtherToken unless the token is the vault's.
        """
        _require_program_role(plan)
        home_id = uuid.uuid4().hex[:16]
        self._home.begin(home_id)
        database = Database(DatabaseAddress(plan.address.parameters(), plan.password))
        try:
            return self._join(plan, database, home_id)
        except BaseException as error:
            with suppress(OSError):
                self._home.remove()
            if isinstance(error, CitizenZeroError):
                error.meaning = "The vault was not joined; it is as it was."
            raise
        finally:
            database.close()

    def _join(self, plan: JoinPlan, database: Database, home_id: str) -> JoinResult:
        check_schema(database)
        unopened = HsmClient(plan.module, {})  # the settings say which token, before any is opened
        settings = self._open_services(database, unopened).settings.read()
        token = settings.token
        given = software_token.prepare(plan.module, self._home.path, token.label, tokens=plan.token_folder)
        with HsmClient(plan.module, given) as client:
            services = self._open_services(database, client)
            session = services.sign_in.enter(
                plan.operator, plan.operator_password, self._origin, ask=plan.second_factor
            )
            services.settings.read_checked()
            entry = services.audit.entry(session.actor, action=Action.VAULT_JOIN, outcome=Outcome.DONE)
            services.audit.record(entry)
            server = ExternalServer(plan.address)
            self._home.finish(
                HomeConfig(
                    home_id=home_id,
                    module=plan.module,
                    token_label=token.label,
                    token_serial=token.serial,
                    database_url=plan.address.url(),
                    token_folder=plan.token_folder,
                )
            )
            services.sign_in.lock(session)
        return JoinResult(
            self._home.path, settings.log_id, plan.operator, token.label, token.serial, server.warnings
        )  # fmt: skip


def _require_program_role(plan: JoinPlan) -> None:
    """Raise unless the URL names the program's role: a console has no use for the owner's password."""
    address = DatabaseAddress(plan.address.parameters(), plan.password)
    seen = site.look(address, plan.address.role)
    if seen.holds is not site.Holds.VAULT:
        raise InvalidInput("The database holds no vault to join.", field="database_url")
    if seen.may_create_tables or seen.table_owner == seen.role:
        raise Refused(
            "The database holds a vault already, and a console joins it with the program's role only.",
            meaning="Nothing was changed.",
            remedy="Name the program's role in the database URL, and give its password as DB_PASSWORD.",
        )
