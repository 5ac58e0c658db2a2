"""Runs the set-up of a vault, step by step, and undoes everything when one fails.

The home folder becomes a vault's home only with the last step. What a step made before a failure is
removed: token folder, database, home. On a module that is not the home's own SoftHSM the token stays
initialised, because only its security officer can empty it: the error says so.
"""

import os
import secrets
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from core.access.records import OperatorSecrets
from core.access.register import OperatorRegister
from core.access.sign_in import SignIn
from core.audit.model import Action, Actor, Entry, Origin, Outcome
from core.audit.service import AuditLog
from core.errors import CitizenZeroError, HsmUnavailable
from core.keys.service import KeyService
from core.settings.model import VaultSettings
from core.settings.service import SettingsService
from core.setup.model import Progress, SetupPlan, SetupResult, SetupStep, StepResult, check_plan
from core.setup.new_database import NewDatabase, NewEmbedded, NewExternal
from core.storage.database import Database
from core.storage.embedded import EmbeddedServer
from core.storage.home import Home, HomeConfig
from core.vault_token import hsm_errors_in_words
from hsm import software_token
from hsm.client import HsmClient
from hsm.model import PreflightReport, TokenBinding, TokenFacts
from hsm.preflight import run_preflight
from hsm.secret import Secret
from hsm.templates import BACKUP_LABEL, kek_label, vault_key_templates
from hsm.token_setup import create_token

_NONCE_BYTES = 12
BACKUP_KEY_BITS = 3072


class VaultServices(Protocol):
    """The services of an open vault that set-up needs, as the composition root makes them."""

    @property
    def database(self) -> Database: ...  # noqa: D102 (a protocol's single line)
    @property
    def audit(self) -> AuditLog: ...  # noqa: D102
    @property
    def settings(self) -> SettingsService: ...  # noqa: D102
    @property
    def sign_in(self) -> SignIn: ...  # noqa: D102
    @property
    def register(self) -> OperatorRegister: ...  # noqa: D102
    @property
    def keys(self) -> KeyService: ...  # noqa: D102


@dataclass(frozen=True)
class _Made:
    """Secrets and facts that later steps need."""

    pin: Secret
    so_pin: Secret
    owner_password: Secret
    recovery_secret: Secret
    backup_public: bytes
    backup_private_sealed: bytes


class VaultSetup:
    """Sets up one vault. `open_services` is the composition root's function."""

    def __init__(
        self,
        home: Home,
        make_client: Callable[[SetupPlan], HsmClient],
        open_services: Callable[[Database, HsmClient], VaultServices],
        origin: Origin,
    ) -> None:
        self._home = home
        self._make_client = make_client
        self._open_services = open_services
        self._origin = origin
        self._home_id = uuid.uuid4().hex[:16]
        self._foreign_token_made = False

    def run(self, plan: SetupPlan, progress: Progress = lambda _: None) -> SetupResult:
        """Set up the vault. Raises what went wrong, after undoing what was made."""
        check_plan(plan)
        steps: list[StepResult] = []

        def done(step: SetupStep, fact: str, since: float) -> None:
            steps.append(StepResult(step, fact, time.monotonic() - since))
            progress(steps[-1])

        started = time.monotonic()
        database = self._database_of(plan)
        database.check()  # before anything is made: a hardware token cannot be undone
        self._remove_killed_set_up()
        self._home.begin(self._home_id)
        client = self._make_client(plan)
        try:
            done(SetupStep.HOME, str(self._home.path), started)
            result = self._make(plan, client, database, done)
        except BaseException as error:  # noqa: BLE001 (also a Ctrl+C must leave nothing half done; it goes on below)
            with suppress(CitizenZeroError, OSError):
                self._undo(client, database)
            raise _said_undone(error, token_stays=self._foreign_token_made) from error.__cause__
        return replace(result, steps=tuple(steps))

    def _make(
        self,
        plan: SetupPlan,
        client: HsmClient,
        database: NewDatabase,
        done: Callable[[SetupStep, str, float], None],
    ) -> SetupResult:
        since = time.monotonic()
        made = _make_secrets(plan, database.owner_password)
        facts = self._create_token(plan, client, made)
        binding = TokenBinding(facts.label, facts.serial, {})
        done(SetupStep.TOKEN, f"{facts.label}, serial {facts.serial}", since)

        since = time.monotonic()
        with hsm_errors_in_words():
            client.login(binding, made.pin)
            report = run_preflight(client)
        if not report.can_run_vault:
            raise HsmUnavailable("This module cannot do what the vault needs.", remedy="Choose another module.")
        done(SetupStep.PREFLIGHT, f"{len(report.rows)} mechanisms tried; data keys by {report.wrap_algorithm}", since)

        since = time.monotonic()
        binding = self._create_keys(client, binding, report)
        done(SetupStep.KEYS, f"{len(binding.check_values)} made in the token", since)

        since = time.monotonic()
        services = self._open_services(Database(database.create()), client)
        done(SetupStep.DATABASE, f"PostgreSQL {services.database.answers().version}, {database.server.kind}", since)

        since = time.monotonic()
        settings = VaultSettings(
            log_id=uuid.uuid4().hex,
            token=TokenBinding(
                binding.label,
                binding.serial,
                {label: value for label, value in binding.check_values.items() if label != kek_label(1)},
            ),
            dual_control=plan.dual_control,
            wrap_algorithm=report.wrap_algorithm,
            extractable_under_trusted=report.enforces_trusted,
            kek_capacity=plan.kek_capacity,
            limits=plan.limits,
        )
        self._store_first_rows(services, plan, settings, made, binding.check_values[kek_label(1)])
        done(SetupStep.OPERATOR, plan.operator, since)

        since = time.monotonic()
        self._home.finish(HomeConfig(self._home_id, plan.module, facts.label, facts.serial, plan.demo, database.url))
        self._check(services, plan)
        client.close()
        services.database.close()
        database.leave()
        done(SetupStep.CHECK, "the operator can open the vault", since)
        return SetupResult(
            self._home.path, settings.log_id, plan.operator, facts.label, facts.serial, report.wrap_algorithm,
            report.log_key, report.enforces_trusted, plan.dual_control, dict(binding.check_values), report.fallbacks,
            database.server.warnings, database.server.program_role, database.shown_once,
        )  # fmt: skip

    def _create_token(self, plan: SetupPlan, client: HsmClient, made: _Made) -> TokenFacts:
        software_token.prepare(plan.module, self._home.path, plan.token_label)
        backs_up = software_token.keeps_backup_key(plan.module)
        with hsm_errors_in_words():
            facts = create_token(
                plan.module,
                client.environment,
                label=plan.token_label,
                so_pin=made.so_pin,
                pin=made.pin,
                backup_public_key=made.backup_public if backs_up else None,
            )
        # Removing the home removes its own software token, but no other.
        self._foreign_token_made = not software_token.holds_token(plan.module, self._home.path)
        return facts

    @staticmethod
    def _create_keys(client: HsmClient, binding: TokenBinding, report: PreflightReport) -> TokenBinding:
        templates = vault_key_templates(report)
        labels = [template.label for template in templates]
        with hsm_errors_in_words():
            client.generate_many(templates)
            return replace(binding, check_values=client.key_check_value(labels))

    def _store_first_rows(
        self, services: VaultServices, plan: SetupPlan, settings: VaultSettings, made: _Made, kek_value: str
    ) -> None:
        actor = Actor(plan.operator, self._origin, uuid.uuid4().hex[:16])
        # Without the trusted rule no key ever leaves, so there is nothing that a recovery secret could open.
        backs_up = settings.extractable_under_trusted
        secrets_for = OperatorSecrets(made.pin, made.owner_password, made.recovery_secret if backs_up else None)
        with services.database.transaction() as connection:
            services.settings.store_first(connection, settings)
            operator_added = services.register.store_first(connection, actor, plan.password, secrets_for)
            services.keys.store_first_kek(connection, settings, kek_value)
            if backs_up:
                services.keys.store_backup_key(connection, BACKUP_LABEL, made.backup_public, made.backup_private_sealed)
            services.audit.append(connection, *_first_entries(services.audit, actor, settings), operator_added)

    def _check(self, services: VaultServices, plan: SetupPlan) -> None:
        """Open the vault as the operator will, from the stored records alone."""
        services.sign_in.leave()
        session = services.sign_in.enter(plan.operator, plan.password, self._origin)
        services.sign_in.lock(session)

    def _remove_killed_set_up(self) -> None:
        """Remove the database that a killed set-up left; as root it lies outside the home."""
        left = self._home.unfinished()
        if left is not None and not self._home.holds_vault:
            EmbeddedServer(self._home.path, home_id=left).destroy()

    def _database_of(self, plan: SetupPlan) -> NewDatabase:
        return NewExternal(plan.database) if plan.database else NewEmbedded(self._home, self._home_id)

    def _undo(self, client: HsmClient, database: NewDatabase) -> None:
        client.close()
        try:
            database.undo()
        finally:
            self._home.remove()


def _first_entries(audit: AuditLog, actor: Actor, settings: VaultSettings) -> list[Entry]:
    set_up = {"dual_control": settings.dual_control, "token_serial": settings.token.serial}
    backup = [BACKUP_LABEL] if settings.extractable_under_trusted else []
    keys = [*settings.token.check_values, kek_label(1), *backup]
    return [
        audit.entry(actor, action=Action.VAULT_SET_UP, outcome=Outcome.DONE, detail=set_up),
        *(audit.entry(actor, action=Action.KEY_GENERATE, outcome=Outcome.DONE, detail={"key": key}) for key in keys),
    ]


def _make_secrets(plan: SetupPlan, owner_password: Secret) -> _Made:
    """Make what set-up needs once. The backup key's private half leaves here only sealed."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (only at set-up)
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    backup = rsa.generate_private_key(public_exponent=65_537, key_size=BACKUP_KEY_BITS)
    private = backup.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = backup.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    recovery, nonce = Secret(os.urandom(32)), os.urandom(_NONCE_BYTES)
    return _Made(
        pin=plan.pin or Secret(secrets.token_urlsafe(24)),
        so_pin=plan.so_pin or Secret(secrets.token_urlsafe(24)),
        owner_password=owner_password,
        recovery_secret=recovery,
        backup_public=public,
        backup_private_sealed=nonce + AESGCM(recovery.reveal()).encrypt(nonce, private, public),
    )


def _said_undone(error: BaseException, *, token_stays: bool) -> BaseException:
    """Say what an undone set-up leaves: nothing, but for a token that is not the home's own."""
    if isinstance(error, CitizenZeroError):
        error.meaning = "The set-up was undone as a whole: no vault was made."
        if token_stays:
            error.meaning += " The token stays initialised; its security officer can empty it."
    return error
