"""A vault in a database that a site runs: set up, joined by a second console, and refused where it must be."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import Vault, open_vault, vault_join, vault_setup
from app.start import begin
from core.access.model import LoginSession
from core.audit.model import Origin
from core.citizens.model import CitizenFilter
from core.citizens.validation import new_citizen
from core.errors import (
    AlreadyExists,
    CitizenZeroError,
    DatabaseUnavailable,
    HsmOtherToken,
    HsmTokenMissing,
    InvalidInput,
    Refused,
    SignInRefused,
)
from core.monitor.changes import ChangeWatch
from core.setup.model import ExternalDatabase, JoinPlan, SetupPlan, SetupResult, SetupStep, StepResult
from core.storage.home import Home
from hsm import softhsm, token_setup
from hsm.secret import Secret
from tests.support.external import SiteDatabase, TestServer, external_server
from tests.support.hsm import PIN, SO_PIN, SOFTHSM, SOFTOKN
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI, TODAY, in_threads


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """Give a server of the oldest version that is accepted."""
    with external_server(16) as made:
        yield made


def plan_for(database: SiteDatabase, external: ExternalDatabase | None = None, module: Path = SOFTHSM) -> SetupPlan:
    usual = ExternalDatabase(database.address(), database.password, f"{database.name}_program")
    return SetupPlan(OPERATOR, Secret(PASSWORD), module, dual_control=False, database=external or usual)


def set_up(folder: Path, plan: SetupPlan) -> tuple[Home, SetupResult]:
    home = Home(folder)
    return home, vault_setup(home, Origin.CLI).run(plan)


class Console:
    """One console on a vault: its home, opened and signed in."""

    def __init__(self, home: Home, password: Secret) -> None:
        self.vault: Vault = open_vault(begin(home, ask_password=lambda _: password))
        self.session: LoginSession = self.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)

    def enrol(self, values: dict[str, object]) -> str:
        return self.vault.services.citizens.enrol(self.session, new_citizen(values, TODAY)).identity_token

    def close(self) -> None:
        self.vault.lock(self.session)
        self.vault.close()


@pytest.fixture(scope="module")
def database(server: TestServer) -> SiteDatabase:
    """Give a site's database."""
    return server.new_database()


@pytest.fixture(scope="module")
def made(database: SiteDatabase, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, SetupResult]:
    """Give a home whose vault is in that database."""
    return set_up(tmp_path_factory.mktemp("external") / "home", plan_for(database))


@pytest.fixture(scope="module")
def password(made: tuple[Home, SetupResult]) -> Secret:
    """Return the program's password, which set-up showed once."""
    shown = made[1].program_password
    assert shown is not None
    return shown


@pytest.fixture(scope="module")
def console(made: tuple[Home, SetupResult], password: Secret) -> Iterator[Console]:
    """Give the first console."""
    one = Console(made[0], password)
    yield one
    one.close()


def join_plan(database: SiteDatabase, password: Secret, tokens: Path | None, **changed: object) -> JoinPlan:
    address = database.address(f"{database.name}_program")
    plan = JoinPlan(OPERATOR, Secret(PASSWORD), SOFTHSM, address, password, tokens)
    return replace(plan, **changed)  # type: ignore[arg-type]


def test_the_main_job_works_on_an_external_database(console: Console) -> None:
    token = console.enrol(ASHA)
    citizens = console.vault.services.citizens
    assert [one.identity_token for one in citizens.find(console.session, "phone", ASHA["phone"], CitizenFilter())]
    assert citizens.show(console.session, token).state == "KA"
    assert console.vault.services.check.verify(console.session).whole


def test_no_password_stands_in_the_home(
    made: tuple[Home, SetupResult], database: SiteDatabase, password: Secret
) -> None:
    secrets = (password.reveal(), database.password.reveal())
    files = [file for file in made[0].path.rglob("*") if file.is_file()]
    assert files
    assert not any(secret in file.read_bytes() for file in files for secret in secrets)
    assert not made[0].password_file.exists()
    url = made[0].config().database_url
    assert url is not None
    assert url.startswith(f"postgresql://{database.name}_program@localhost:{database.server.port}/{database.name}?")


def test_the_programs_role_may_write_the_log_and_never_change_it(
    console: Console, database: SiteDatabase, password: Secret
) -> None:
    import psycopg

    parameters = database.address(f"{database.name}_program").parameters()
    with psycopg.connect(**parameters, password=password.reveal_text()) as connection:  # type: ignore[arg-type]
        for statement in (
            b"UPDATE audit_entry SET operator = 'x'",
            b"DELETE FROM audit_entry",
            b"TRUNCATE audit_entry",
            b"CREATE TABLE more (x int)",
            b"CREATE ROLE more",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_the_health_of_an_external_database_says_where_it_is_and_how_it_is_guarded(console: Console) -> None:
    health = console.vault.health.database()
    facts = health.facts
    assert (facts["kind"], facts["tls_mode"], facts["encrypted"]) == ("external", "verify-full", True)
    assert str(facts["version"]).startswith("16.")
    assert health.warnings == ()


def test_a_weaker_tls_mode_is_a_standing_warning(server: TestServer, tmp_path: Path) -> None:
    from core.storage.external_address import ExternalAddress

    database = server.new_database()
    external = ExternalDatabase(ExternalAddress.parse(database.plain_url(sslmode="disable")), database.password)
    home, result = set_up(tmp_path / "home", plan_for(database, replace(external, program_role="weak")))
    assert "not encrypted" in result.warnings[0]
    assert result.program_password is not None
    one = Console(home, result.program_password)
    try:
        health = one.vault.health.database()
        assert "sslmode=disable" in health.warnings[0]
        assert health.facts["encrypted"] is False
    finally:
        one.close()


def test_a_second_console_joins_with_the_same_token_and_both_see_each_other(
    made: tuple[Home, SetupResult], console: Console, database: SiteDatabase, password: Secret, tmp_path: Path
) -> None:
    home = Home(tmp_path / "second")
    joined = vault_join(home, Origin.CLI).run(join_plan(database, password, made[0].path / "tokens"))
    assert (joined.token_serial, joined.log_id) == (made[1].token_serial, made[1].log_id)
    second = Console(home, password)
    try:
        person = {**RAVI, "aadhaar": None, "pan": None}
        raised = in_threads(
            4, lambda number: (console if number % 2 else second).enrol({**person, "name": "Ravi Pillai"})
        )
        assert raised == []
        found = second.vault.services.citizens.find(console.session, "phone", RAVI["phone"], CitizenFilter())
        assert len(found) == 4
        assert second.vault.services.check.verify(second.session).whole
        assert console.vault.services.audit.verify().first_bad is None
    finally:
        second.close()
    assert (made[0].path / "tokens").is_dir(), "the shared token stays when a console goes"


def test_a_window_is_told_what_another_console_did_and_not_what_it_did_itself(
    made: tuple[Home, SetupResult], console: Console, password: Secret
) -> None:
    watch = ChangeWatch(console.vault.services.audit)
    assert watch.look().changes == ()
    own = console.enrol({**ASHA, "aadhaar": None, "pan": None})
    other = Console(made[0], password)
    try:
        theirs = other.enrol({**RAVI, "aadhaar": None, "pan": None})
    finally:
        other.close()
    growth = watch.look()
    others = growth.by_others(console.session.actor.login_session)
    assert [change.index for change in growth.changes] == list(range(growth.size - len(growth.changes), growth.size))
    assert {change.identity_token for change in growth.changes} >= {own, theirs}
    assert {change.identity_token for change in others if change.identity_token} == {theirs}
    assert "citizen:enrol" in {change.action for change in others}
    assert watch.look().changes == ()


def test_a_vault_is_joined_only_with_its_own_token(
    made: tuple[Home, SetupResult], console: Console, database: SiteDatabase, password: Secret, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    conf = softhsm.write_softhsm_conf(other)
    token_setup.create_token(
        SOFTHSM, {softhsm.CONF_VARIABLE: str(conf)}, label=made[1].token_label, so_pin=Secret(SO_PIN),
        pin=Secret(PIN), backup_public_key=None,
    )  # fmt: skip
    before = console.vault.services.audit.size()
    home = Home(tmp_path / "joined")
    with pytest.raises(HsmOtherToken) as caught:
        vault_join(home, Origin.CLI).run(join_plan(database, password, other / "tokens"))
    assert "not joined" in caught.value.meaning
    (tmp_path / "empty").mkdir()
    with pytest.raises(HsmTokenMissing):
        vault_join(home, Origin.CLI).run(join_plan(database, password, tmp_path / "empty"))
    assert not home.path.exists()
    assert console.vault.services.audit.size() == before


def test_a_token_with_our_serial_but_other_keys_does_not_join(server: TestServer, tmp_path: Path) -> None:
    if not SOFTOKN.is_file():
        pytest.skip("NSS softokn (package libnss3), whose tokens share one serial, is not installed")
    homes, results, databases = [], [], []
    for name in ("one", "two"):
        databases.append(server.new_database())
        home, result = set_up(tmp_path / name, plan_for(databases[-1], module=SOFTOKN))
        homes.append(home)
        results.append(result)
    assert results[0].token_serial == results[1].token_serial
    shown = results[0].program_password
    assert shown is not None
    plan = join_plan(databases[0], shown, homes[1].path / "nss", module=SOFTOKN)
    with pytest.raises(CitizenZeroError) as caught:  # the other token's PIN differs as well
        vault_join(Home(tmp_path / "joined"), Origin.CLI).run(plan)
    assert caught.value.exit_code == 6
    right = replace(plan, token_folder=homes[0].path / "nss")
    assert vault_join(Home(tmp_path / "joined"), Origin.CLI).run(right).log_id == results[0].log_id


def test_joining_needs_an_operator_of_the_vault(
    made: tuple[Home, SetupResult], database: SiteDatabase, password: Secret, tmp_path: Path
) -> None:
    plan = join_plan(database, password, made[0].path / "tokens", operator_password=Secret("not the password at all"))
    with pytest.raises(SignInRefused):
        vault_join(Home(tmp_path / "joined"), Origin.CLI).run(plan)
    assert not (tmp_path / "joined").exists()


def test_a_console_joins_with_the_programs_role_only(
    made: tuple[Home, SetupResult], database: SiteDatabase, tmp_path: Path
) -> None:
    plan = replace(
        join_plan(database, database.password, made[0].path / "tokens"), address=database.address(database.owner)
    )
    with pytest.raises(Refused, match="program's role only"):
        vault_join(Home(tmp_path / "joined"), Origin.CLI).run(plan)


def test_an_empty_database_is_not_joined(server: TestServer, tmp_path: Path) -> None:
    empty = server.new_database()
    plan = replace(join_plan(empty, empty.password, None), address=empty.address())
    with pytest.raises(InvalidInput, match="no vault to join"):
        vault_join(Home(tmp_path / "joined"), Origin.CLI).run(plan)


def test_a_database_that_holds_a_vault_takes_no_second_one(
    made: tuple[Home, SetupResult], database: SiteDatabase, tmp_path: Path
) -> None:
    with pytest.raises(AlreadyExists, match="holds a vault already"):
        set_up(tmp_path / "home", plan_for(database))
    assert not (tmp_path / "home").exists()


def test_another_programs_tables_are_left_alone(server: TestServer, tmp_path: Path) -> None:
    theirs = server.new_database()
    theirs.sql("CREATE TABLE invoices (id int)")
    with pytest.raises(AlreadyExists, match="another program's tables: invoices"):
        set_up(tmp_path / "home", plan_for(theirs))
    assert theirs.sql("SELECT count(*) FROM invoices") == [(0,)]
    assert not (tmp_path / "home").exists()


def test_an_owner_who_may_not_make_roles_names_one_that_is_there(server: TestServer, tmp_path: Path) -> None:
    database = server.new_database(may_create_roles=False)
    with pytest.raises(DatabaseUnavailable, match="may not create one"):
        set_up(tmp_path / "home", plan_for(database))
    role = f"{database.name} program; DROP"  # whatever a site calls it
    given = server.new_role(role)
    external = ExternalDatabase(database.address(), database.password, role)
    with pytest.raises(DatabaseUnavailable, match="its password is needed"):
        set_up(tmp_path / "home", plan_for(database, external))
    home, result = set_up(tmp_path / "home", plan_for(database, replace(external, program_password=given)))
    assert result.program_password is None, "a password that the site gave is not shown"
    one = Console(home, given)
    assert one.enrol(ASHA)
    one.close()


@pytest.mark.parametrize("more", ["SUPERUSER", "CREATEROLE", "BYPASSRLS"])
def test_a_program_role_that_may_rewrite_the_log_is_refused(server: TestServer, tmp_path: Path, more: str) -> None:
    database = server.new_database()
    role = f"{database.name}_{more.lower()}"
    external = ExternalDatabase(database.address(), database.password, role, server.new_role(role, more))
    with pytest.raises(DatabaseUnavailable, match="could rewrite the log"):
        set_up(tmp_path / "home", plan_for(database, external))


def test_the_owner_is_not_the_programs_role(server: TestServer, tmp_path: Path) -> None:
    database = server.new_database()
    external = ExternalDatabase(database.address(), database.password, database.owner, database.password)
    with pytest.raises(DatabaseUnavailable, match="does not own the tables"):
        set_up(tmp_path / "home", plan_for(database, external))


@pytest.mark.parametrize("step", [SetupStep.TOKEN, SetupStep.DATABASE, SetupStep.OPERATOR])
def test_a_failed_set_up_leaves_the_sites_database_as_it_was(
    server: TestServer, tmp_path: Path, step: SetupStep
) -> None:
    database = server.new_database()

    def fail(result: StepResult) -> None:
        if result.step is step:
            raise CitizenZeroError("stopped by the test")

    plan = plan_for(database)
    with pytest.raises(CitizenZeroError, match="stopped by the test"):
        vault_setup(Home(tmp_path / "home"), Origin.CLI).run(plan, fail)
    assert database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert database.sql("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == [(0,)]
    assert database.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{database.name}_program'") == [(0,)]
    home, _ = set_up(tmp_path / "home", plan)
    assert home.holds_vault


def test_what_a_killed_set_up_left_in_the_database_is_removed_by_the_next(server: TestServer, tmp_path: Path) -> None:
    from core.storage.database import DatabaseAddress
    from core.storage.migrate import upgrade

    database = server.new_database()
    role = f"{database.name}_program"
    given = server.new_role(role)
    upgrade(DatabaseAddress(database.address().parameters(), database.password), role)
    external = ExternalDatabase(database.address(), database.password, role, given)
    home, _ = set_up(tmp_path / "home", plan_for(database, external))
    assert home.holds_vault


def test_of_two_set_ups_at_once_one_wins_and_the_other_leaves_it_whole(server: TestServer, tmp_path: Path) -> None:
    database = server.new_database()
    role = f"{database.name}_program"
    external = ExternalDatabase(database.address(), database.password, role, server.new_role(role))
    ready = threading.Barrier(2)

    def run(number: int) -> None:
        def meet(result: StepResult) -> None:
            if result.step is SetupStep.KEYS:
                ready.wait(timeout=30)

        vault_setup(Home(tmp_path / str(number)), Origin.CLI).run(plan_for(database, external), meet)

    raised = in_threads(2, run)
    homes = [Home(tmp_path / str(number)) for number in range(2) if (tmp_path / str(number)).exists()]
    assert len(raised) == 1
    assert isinstance(raised[0], CitizenZeroError)
    assert len(homes) == 1
    assert external.program_password is not None
    one = Console(homes[0], external.program_password)
    assert one.vault.services.check.verify(one.session).whole
    one.close()


def test_without_its_password_the_vault_says_which_variable_is_missing(
    made: tuple[Home, SetupResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DB_PASSWORD", "DB_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DatabaseUnavailable, match="no password") as caught:
        open_vault(begin(made[0]))
    assert "DB_PASSWORD_FILE" in caught.value.remedy


def test_the_password_comes_from_a_file_that_the_environment_names(
    made: tuple[Home, SetupResult], password: Secret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_bytes(password.reveal() + b"\n")
    file.chmod(0o600)
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    monkeypatch.setenv("DB_PASSWORD_FILE", str(file))
    vault = open_vault(begin(made[0]))
    vault.close()


def test_a_wrong_password_is_said_in_words(made: tuple[Home, SetupResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DB_PASSWORD", "wrong")
    with pytest.raises(DatabaseUnavailable, match="refused the password"):
        open_vault(begin(made[0]))


def test_a_server_that_stops_and_comes_back_is_found_again(server: TestServer, console: Console) -> None:
    before = console.vault.services.audit.size()
    server.stop()
    try:
        with pytest.raises(DatabaseUnavailable):
            console.vault.services.audit.size()
        assert console.vault.health.database().error is not None
    finally:
        server.start()
    assert console.vault.services.audit.size() == before
