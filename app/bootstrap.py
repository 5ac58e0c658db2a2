"""The composition root: the one place where services are constructed and joined."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from app.passwords import OIDC_CLIENT, REDIS, given_password
from app.start import Starting
from core.access.factors import AskSecondFactor
from core.access.invitations import Invitations
from core.access.limits.service import RateLimits
from core.access.login_sessions import LoginSessions, SessionStore
from core.access.model import LoginSession
from core.access.operators import OperatorService
from core.access.pins import TokenPin
from core.access.provider import ProviderIdentity
from core.access.readiness import DualControlReadiness
from core.access.reauthentication import Reauthentication
from core.access.register import OperatorRegister
from core.access.second_factors import SecondFactors
from core.access.session_store import DatabaseSessions
from core.access.sign_in import SignIn
from core.access.tries import SignInTries
from core.access.voice import OperatorVoices
from core.approvals.cases import Cases
from core.approvals.service import ApprovalService
from core.audit.activity import ActivityBins
from core.audit.governance import GovernanceLog
from core.audit.model import Origin
from core.audit.service import AuditLog
from core.citizens.enrolment import Enrolment
from core.citizens.importing import CitizenImport
from core.citizens.indexing import NameIndexing
from core.citizens.model import tokens_in
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
from core.monitor.dual_control import DualControlFacts, DualControlStanding
from core.monitor.health import Health
from core.monitor.log_reader import LogReader
from core.monitor.vault_check import VaultCheck
from core.policies.service import SettingPolicy
from core.proofs.batches import CredentialBatches
from core.proofs.issuing import CredentialIssuer
from core.proofs.reissue import CredentialReissue
from core.proofs.service import ProofService
from core.proofs.sweep import ProofSweep
from core.proofs.upkeep import CredentialUpkeep
from core.settings.limits import Limited, LimitSettings
from core.settings.service import SettingsService
from core.setup.join import VaultJoin
from core.setup.model import SetupPlan
from core.setup.service import VaultSetup
from core.storage.database import Database, DatabaseAddress
from core.storage.home import Home, HomeConfig
from core.storage.migrate import SCHEMA_VERSION, Schema
from core.storage.seal import RowSealer
from core.storage.server import DatabaseServer
from core.vault_token import VaultToken
from hsm.client import HsmClient
from hsm.secret import Secret

if TYPE_CHECKING:
    from core.access.oidc import OidcConfig
    from core.access.oidc_flow import IdentityProvider


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """Every service of one vault, joined to one database and one HSM worker."""

    database: Database
    client: HsmClient
    token: VaultToken
    sealer: RowSealer
    audit: AuditLog
    settings: SettingsService
    register: OperatorRegister
    operators: OperatorService
    invitations: Invitations
    approvals: ApprovalService
    policies: SettingPolicy
    dual_control: DualControlStanding
    sign_in: SignIn
    sessions: LoginSessions
    factors: SecondFactors
    limits: RateLimits
    reauthentication: Reauthentication
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
    upkeep: CredentialUpkeep

    def forget(self) -> None:
        """Wipe the data keys that are held in clear; ask the HSM again about whatever was found right."""
        self.keys.empty_cache()
        self.sealer.forget()
        self.audit.forget()


def build_services(
    database: Database,
    client: HsmClient,
    now: Callable[[], datetime] = utc_now,
    schema: Schema | None = None,
    site: HomeConfig | None = None,
    limits: LimitSettings | None = None,
    *,
    issue_at_once: bool = True,
) -> Services:
    """Construct all services. Nothing is opened, read or written. A new vault needs no `schema`: it is up to date.

    `site` is what the home says of its identity provider and its store of login sessions. `limits` stand in
    place of the vault's own: for a demo, which lives a week in seconds. `issue_at_once` can be off, so that
    credentials wait for the first proof or the job: for measuring and testing what else happens.
    """
    token = VaultToken(client)
    sealer = RowSealer(token.row_macs)
    audit = AuditLog(database, token, now)
    governance = GovernanceLog(database, audit)
    settings = SettingsService(database, sealer, governance, now)
    register = OperatorRegister(database, sealer, governance, audit, now)
    readiness = DualControlReadiness(settings, register)
    pins = TokenPin(database, token, sealer, settings, governance, audit)
    tries = SignInTries(database)
    voices = OperatorVoices(register, tries)
    sessions = LoginSessions(_session_store(database, site), readiness, audit)
    cases = Cases(database, sealer, register, settings, governance, audit, now)
    approvals = ApprovalService(database, sealer, register, voices, settings, cases, audit, now)
    operators = OperatorService(
        database, sealer, register, voices, pins, settings, approvals, audit, now, observers=(sessions,)
    )
    invitations = Invitations(
        database, token, sealer, register, voices, pins, settings, approvals, governance, audit, now
    )
    policies = SettingPolicy(database, sealer, settings, register, approvals, audit, now)
    oidc = _oidc(site)
    sign_in = SignIn(
        database, sealer, settings, pins, register, tries, sessions, audit, now, schema,
        provider_required=oidc is not None and oidc.required,
    )  # fmt: skip
    factors = SecondFactors(database, sealer, tries, voices, approvals, audit, now)
    keys = KeyService(database, token, sealer, settings, audit, now)
    jobs = JobService(database, sealer, audit, now)
    enrolment = Enrolment(database, token, Digests(token), sealer, keys, audit, now)
    rates = RateLimits(database, lambda: limits or settings.read_checked().limits)
    issuer = CredentialIssuer(database, token, sealer, audit)
    opening = CitizenOpening(database, token, sealer, keys, audit, now)
    batches = CredentialBatches(database, token, sealer, opening, issuer, audit, now)
    reissue = CredentialReissue(database, opening, batches, jobs, audit)
    upkeep = CredentialUpkeep(batches, reissue, at_once=issue_at_once)
    citizens = CitizenService(database, token, sealer, keys, enrolment, rates, audit, now, observers=(upkeep,))

    def take_proof(session: LoginSession, identity_token: str) -> None:
        rates.take(session, Limited.PROOF, *tokens_in(identity_token))

    proofs = ProofService(database, token, sealer, opening, issuer, audit, now, take_proof)
    imports = CitizenImport(database, token, enrolment, keys, settings, jobs, rates, audit, now)
    indexing = NameIndexing(database, citizens, jobs, audit)
    sweep = CitizenSweep(database, token, sealer, keys, audit)
    check = VaultCheck(
        sealer, settings, register, factors, approvals, keys, jobs, sweep, ProofSweep(database, sealer), audit
    )
    log, activity = LogReader(audit), ActivityService(ActivityBins(database))
    return Services(
        database,
        client,
        token,
        sealer,
        audit,
        settings,
        register,
        operators,
        invitations,
        approvals,
        policies,
        DualControlStanding(settings, register, approvals),
        sign_in,
        sessions,
        factors,
        rates,
        Reauthentication(voices, rates, audit, now),
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
        upkeep,
    )


def _session_store(database: Database, site: HomeConfig | None) -> SessionStore:
    if site is None or site.redis_url is None:
        return DatabaseSessions(database)
    from core.access.session_redis import RedisSessions  # noqa: PLC0415 (only where a home names a Redis)

    return RedisSessions(site.redis_url, lambda: given_password(os.environ, REDIS), site.token_serial)


def _oidc(site: HomeConfig | None) -> "OidcConfig | None":
    if site is None or site.oidc is None:
        return None
    from core.access.oidc import read_config  # noqa: PLC0415 (only where a home names a provider)

    return read_config(site.oidc)


def identity_provider(site: HomeConfig) -> "IdentityProvider | None":
    """Return the identity provider that the home names, None where it names none. Raises InvalidInput."""
    from core.access.oidc_flow import IdentityProvider  # noqa: PLC0415 (only where a provider is in use)

    config = _oidc(site)
    secret = partial(given_password, os.environ, OIDC_CLIENT)
    return None if config is None else IdentityProvider(config, client_secret=secret)


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

    def dual_control(self) -> DualControlFacts | None:
        """Return how dual control stands; None where the schema is too old, or nobody can tell. Seals not checked."""
        try:
            return self.services.dual_control.facts() if self.schema.version() == SCHEMA_VERSION else None
        except CitizenZeroError:
            return None  # the health of the database says what is wrong

    def watch(self) -> ChangeWatch:
        """Return what notices others' changes, from now on."""
        return ChangeWatch(self.services.audit)

    def sign_in(
        self,
        operator: str,
        password: Secret,
        origin: Origin,
        *,
        ask: AskSecondFactor | None = None,
        provider: ProviderIdentity | None = None,
    ) -> LoginSession:
        """Open the vault for an operator; `ask` is asked for a second factor where there is one."""
        return self.services.sign_in.enter(operator, password, origin, ask=ask, provider=provider)

    def lock(self, session: LoginSession) -> None:
        """Close the vault: no data key, no PIN and no worker stay. What follows from enrolments is done before."""
        try:
            self.services.upkeep.finish()
        finally:
            self.services.forget()
            self.services.reauthentication.forget(session)
            self.services.sign_in.lock(session)

    def close(self) -> None:
        """Write what waits, then give everything back; the last user of the server stops it."""
        self.services.upkeep.finish()
        with suppress(CitizenZeroError):
            self.services.sign_in.leave()
        self.services.forget()
        self.services.client.close()
        self.services.database.close()
        self.server.leave()


def open_vault(
    starting: Starting,
    now: Callable[[], datetime] = utc_now,
    limits: LimitSettings | None = None,
    *,
    issue_at_once: bool = True,
) -> Vault:
    """Join a begun start to a vault. Raises DatabaseUnavailable when the server does not come up."""
    server, home = starting.server, starting.home
    try:
        starting.server_joined()
        address = DatabaseAddress(server.connection_parameters(server.program_role), starting.program_password())
        database = Database(address, recover=server.ensure_running if server.can_restart else None)
        schema = Schema(database, address_of(server), server.program_role)
        schema.check_not_newer()
        services = build_services(
            database, starting.client, now, schema, starting.config, limits, issue_at_once=issue_at_once
        )
    except CitizenZeroError:
        starting.client.close()
        server.leave()
        raise
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
