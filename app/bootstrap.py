"""The composition root: the one place where services are constructed and joined."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from app.start import Starting
from core.access.model import LoginSession
from core.access.service import AccessService
from core.audit.activity import ActivityBins
from core.audit.model import Origin
from core.audit.service import AuditLog
from core.citizens.enrolment import Enrolment
from core.citizens.importing import CitizenImport
from core.citizens.indexing import NameIndexing
from core.citizens.opening import CitizenOpening
from core.citizens.service import CitizenService
from core.citizens.sweep import CitizenSweep
from core.errors import CitizenZeroError
from core.jobs.model import Job
from core.jobs.service import JobService
from core.keys.digests import Digests
from core.keys.service import KeyService
from core.monitor.activity import ActivityService
from core.monitor.changes import ChangeWatch
from core.monitor.health import Health
from core.monitor.log_reader import LogReader
from core.monitor.vault_check import VaultCheck
from core.proofs.issuing import CredentialIssuer
from core.proofs.reissue import CredentialReissue
from core.proofs.service import ProofService
from core.proofs.sweep import ProofSweep
from core.settings.service import SettingsService
from core.setup.join import VaultJoin
from core.setup.model import SetupPlan
from core.setup.service import VaultSetup
from core.storage.database import Database, DatabaseAddress
from core.storage.home import Home
from core.storage.migrate import SCHEMA_VERSION, Schema
from core.storage.seal import RowSealer
from core.storage.server import DatabaseServer
from core.vault_token import VaultToken
from hsm.client import HsmClient
from hsm.secret import Secret


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """Every service of one vault, joined to one database and one HSM worker."""

    database: Database
    client: HsmClient
    token: VaultToken
    audit: AuditLog
    settings: SettingsService
    access: AccessService
    keys: KeyService
    citizens: CitizenService
    jobs: JobService
    imports: CitizenImport
    indexing: NameIndexing
    check: VaultCheck
    log: LogReader
    activity: ActivityService
    proofs: ProofService
    reissue: CredentialReissue


def build_services(
    database: Database, client: HsmClient, now: Callable[[], datetime] = utc_now, schema: Schema | None = None
) -> Services:
    """Construct all services. Nothing is opened, read or written. A new vault needs no `schema`: it is up to date."""
    token = VaultToken(client)
    sealer = RowSealer(token.row_macs)
    audit = AuditLog(database, token, now)
    settings = SettingsService(database, sealer, now)
    access = AccessService(database, token, sealer, settings, audit, now, schema)
    keys = KeyService(database, token, sealer, settings, audit, now)
    jobs = JobService(database, sealer, audit, now)
    enrolment = Enrolment(database, token, Digests(token), sealer, keys, audit, now)
    issuer = CredentialIssuer(database, token, sealer, audit)
    citizens = CitizenService(database, token, sealer, keys, enrolment, audit, now, observers=(issuer,))
    opening = CitizenOpening(database, token, sealer, keys, audit, now)
    proofs = ProofService(database, token, sealer, opening, issuer, audit, now)
    reissue = CredentialReissue(database, sealer, opening, issuer, jobs, audit, token, now)
    imports = CitizenImport(database, token, enrolment, keys, settings, jobs, audit, now)
    indexing = NameIndexing(database, citizens, jobs, audit)
    sweep = CitizenSweep(database, token, sealer, keys, audit)
    check = VaultCheck(sealer, settings, access, keys, jobs, sweep, ProofSweep(database, sealer), audit)
    log, activity = LogReader(audit), ActivityService(ActivityBins(database))
    return Services(
        database,
        client,
        token,
        audit,
        settings,
        access,
        keys,
        citizens,
        jobs,
        imports,
        indexing,
        check,
        log,
        activity,
        proofs,
        reissue,
    )


@dataclass(frozen=True)
class Vault:
    """An existing vault, reached but locked until somebody signs in."""

    home: Home
    services: Services
    server: DatabaseServer
    health: Health
    schema: Schema
    now: Callable[[], datetime]

    def jobs(self) -> list[Job]:
        """Return the jobs last started; none where the schema is too old for them, or nobody can tell."""
        try:
            return self.services.jobs.recent() if self.schema.version() == SCHEMA_VERSION else []
        except CitizenZeroError:
            return []  # the health of the database says what is wrong

    def watch(self) -> ChangeWatch:
        """Return what notices others' changes, from now on."""
        return ChangeWatch(self.services.audit)

    def sign_in(self, operator: str, password: Secret, origin: Origin) -> LoginSession:
        """Open the vault for an operator."""
        return self.services.access.sign_in(operator, password, origin)

    def lock(self, session: LoginSession) -> None:
        """Close the vault: no data key, no PIN and no worker stay."""
        self.services.keys.empty_cache()
        self.services.access.lock(session)

    def close(self) -> None:
        """Write what waits, then give everything back; the last user of the server stops it."""
        with suppress(CitizenZeroError):
            self.services.access.leave()
        self.services.keys.empty_cache()
        self.services.client.close()
        self.services.database.close()
        self.server.leave()


def open_vault(starting: Starting, now: Callable[[], datetime] = utc_now) -> Vault:
    """Join a begun start to a vault. Raises DatabaseUnavailable when the server does not come up."""
    server, home = starting.server, starting.home
    try:
        starting.server_joined()
        address = DatabaseAddress(server.connection_parameters(server.program_role), starting.program_password())
        database = Database(address, recover=server.ensure_running if server.can_restart else None)
        schema = Schema(database, address_of(server), server.program_role)
        schema.check_not_newer()
    except CitizenZeroError:
        starting.client.close()
        server.leave()
        raise
    services = build_services(database, starting.client, now, schema)
    return Vault(home, services, server, Health(home, starting.config, services, server), schema, now)


def address_of(server: DatabaseServer) -> Callable[[str, Secret], DatabaseAddress]:
    """Return how a role connects, given its password."""
    return lambda role, password: DatabaseAddress(server.connection_parameters(role), password)


def vault_join(home: Home, origin: Origin, now: Callable[[], datetime] = utc_now) -> VaultJoin:
    """Return what joins a home to a vault that is there."""

    def open_services(database: Database, client: HsmClient) -> Services:
        return build_services(database, client, now)

    return VaultJoin(home, open_services, origin)


def vault_setup(home: Home, origin: Origin, now: Callable[[], datetime] = utc_now) -> VaultSetup:
    """Return the set-up of a new vault in a home folder."""

    def make_client(plan: SetupPlan) -> HsmClient:
        return HsmClient(plan.module, home.environment(plan.module, plan.token_label))

    def open_services(database: Database, client: HsmClient) -> Services:
        return build_services(database, client, now)

    return VaultSetup(home, make_client, open_services, origin)
