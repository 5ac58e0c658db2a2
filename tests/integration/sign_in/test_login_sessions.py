"""Login sessions in both stores: listed, ended from elsewhere, too long, lapsed; and what an edited row can do."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.bootstrap import Vault, open_vault
from app.start import begin
from core.access import login_sessions
from core.access.model import LoginSession, Role
from core.audit.model import EntryFilter, Origin
from core.errors import CitizenZeroError, LoginSessionEnded, NotFound, SessionStoreUnavailable, VaultLocked
from hsm.secret import Secret
from tests.support.cli import CommandLine
from tests.support.operators import add_operator
from tests.support.redis import PASSWORD as REDIS_PASSWORD
from tests.support.redis import RunningRedis, redis_server
from tests.support.vault import OPERATOR, PASSWORD, RealVault

pytestmark = pytest.mark.slow
WITHIN_SECONDS = login_sessions.LOOK_SECONDS + 3


@dataclass
class Site:
    """A vault whose login sessions stand in one of the stores."""

    real: RealVault
    redis: RunningRedis | None
    opened: list[Vault] = field(default_factory=list)

    def open(self) -> Vault:
        """Open the vault as another process does."""
        self.opened.append(open_vault(begin(self.real.home)))
        return self.opened[-1]

    def enter(self, name: str = OPERATOR, origin: Origin = Origin.CONSOLE) -> tuple[Vault, LoginSession]:
        vault = self.open()
        return vault, vault.sign_in(name, Secret(PASSWORD), origin)

    def close(self) -> None:
        for vault in self.opened:
            vault.close()

    def lapse(self, session: LoginSession) -> None:
        """Let half an hour pass."""
        login_session = session.actor.login_session
        if self.redis is None:
            self.real.sql(
                "UPDATE login_session SET last_seen_at = last_seen_at - interval '30 min' WHERE login_session = %s",
                [login_session],
            )
        else:
            for key in self.redis.client.scan_iter(f"*{login_session}"):
                self.redis.client.pexpire(key, 1)
            time.sleep(0.01)


@pytest.fixture(scope="module", params=["postgresql", "redis"])
def store(
    request: pytest.FixtureRequest, real: RealVault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningRedis | None]:
    """Name the store in the home's configuration, as a person does."""
    if request.param == "postgresql":
        yield None
        return
    before = real.home.config_file.read_text()
    with redis_server(tmp_path_factory.mktemp("redis")) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDIS_PASSWORD", REDIS_PASSWORD)
        real.home.config_file.write_text(f'{before}redis_url = "{server.url}"\n')
        yield server
        real.home.config_file.write_text(before)


@pytest.fixture
def site(real: RealVault, store: RunningRedis | None) -> Iterator[Site]:
    """Give the vault; what was opened is closed."""
    it = Site(real, store)
    yield it
    it.close()


def until_ended(call: Callable[[], object]) -> CitizenZeroError:
    """Call until it is refused, but not for long."""
    end = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < end:
        try:
            call()
        except CitizenZeroError as error:
            return error
        time.sleep(0.1)
    raise AssertionError("the call is still answered")


def test_a_session_is_listed_with_device_and_activity_while_it_lasts(site: Site) -> None:
    vault, session = site.enter()
    found = [item for item in vault.services.sessions.listing(session) if item.mine]
    [mine] = found
    assert (mine.operator, mine.role, mine.kind) == (OPERATOR, Role.SUPER_ADMIN, Origin.CONSOLE)
    assert (mine.device.host, mine.device.process) == (socket.gethostname()[:80], os.getpid())
    assert mine.device.system.startswith("Linux")
    assert 28_790 < (mine.ends_at - mine.started_at).total_seconds() <= 28_800
    other, second = site.enter()
    assert mine.login_session in {item.login_session for item in other.services.sessions.listing(second)}
    vault.lock(session)
    assert mine.login_session not in {item.login_session for item in other.services.sessions.listing(second)}


def test_using_a_session_is_activity_and_watching_it_is_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    vault, session = site.enter()

    def last_seen() -> float:
        [mine] = [item for item in vault.services.sessions._store.open_ones() if item.login_session == session_id]
        return mine.last_seen_at.timestamp()

    session_id = session.actor.login_session
    before = last_seen()
    time.sleep(1.2)
    assert vault.services.sessions.why_ended(session) is None
    assert last_seen() == pytest.approx(before, abs=1.01 if site.redis else 0.001)  # Redis counts whole seconds
    time.sleep(1.2)
    vault.services.operators.operators(session)
    assert last_seen() > before + 1


def test_a_session_signed_out_elsewhere_ends_within_seconds_and_says_by_whom(site: Site) -> None:
    vault, session = site.enter()
    other, second = site.enter()
    other.services.sessions.sign_out(second, session.actor.login_session)
    error = until_ended(lambda: vault.services.operators.operators(session))
    assert isinstance(error, LoginSessionEnded)
    assert error.message == f"{OPERATOR} signed this login session out."
    assert error.exit_code == 4
    other.services.operators.operators(second)
    entries = other.services.audit.search(EntryFilter(action="operator:sign_out"), 5)
    assert entries[0].detail["login_session"] == session.actor.login_session


def test_every_use_case_is_refused_once_the_session_is_over(site: Site) -> None:
    vault, session = site.enter()
    other, second = site.enter()
    other.services.sessions.sign_out(second, session.actor.login_session)
    until_ended(lambda: vault.services.operators.operators(session))
    services = vault.services
    for call in (
        lambda: services.keys.ledger(session),
        lambda: services.check.verify(session),
        lambda: services.log.search(session, EntryFilter(), 1),
        lambda: services.citizens.show(session, "idt_" + "A" * 22),
        lambda: services.factors.begin_totp(session),
        lambda: services.sessions.listing(session),
        lambda: services.sessions.sign_out(session, second.actor.login_session),
    ):
        with pytest.raises(LoginSessionEnded):
            call()


def test_the_window_learns_of_the_end_without_using_the_session(site: Site) -> None:
    vault, session = site.enter()
    other, second = site.enter()
    assert vault.services.sessions.why_ended(session) is None
    other.services.sessions.sign_out(second, session.actor.login_session)
    why = vault.services.sessions.why_ended(session)
    assert why is not None
    assert "signed this login session out" in why.message


def test_a_session_unused_for_half_an_hour_is_over(site: Site) -> None:
    vault, session = site.enter()
    site.lapse(session)
    error = until_ended(lambda: vault.services.operators.operators(session))
    assert isinstance(error, LoginSessionEnded)
    assert "30 minutes" in error.message


def test_a_session_has_a_full_length_whoever_uses_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    vault, session = site.enter()
    clock = login_sessions.waking_clock
    monkeypatch.setattr(login_sessions, "waking_clock", lambda: clock() + 28_801)
    with pytest.raises(LoginSessionEnded, match="full length"):
        vault.services.operators.operators(session)
    monkeypatch.undo()
    with pytest.raises(LoginSessionEnded):  # a clock that is put back opens nothing
        vault.services.operators.operators(session)


def test_a_locked_session_is_refused_as_locked(site: Site) -> None:
    vault, session = site.enter()
    vault.lock(session)
    with pytest.raises(VaultLocked):
        vault.services.operators.operators(session)


def test_operators_see_and_end_their_own_sessions_and_super_admins_all(site: Site) -> None:
    name = f"auditor.{os.getpid()}.{site.redis is None}"
    add_operator(site.real, name, Role.AUDITOR)
    vault, session = site.enter(name)
    admin, admins = site.enter()
    assert {item.operator for item in vault.services.sessions.listing(session)} == {name}
    with pytest.raises(NotFound):
        vault.services.sessions.sign_out(session, admins.actor.login_session)
    assert name in {item.operator for item in admin.services.sessions.listing(admins)}
    _, second = site.enter(name)
    vault.services.sessions.sign_out(session, second.actor.login_session)
    with admin.services.database.transaction() as connection:
        admin.services.sessions.operator_changed(connection, name, OPERATOR)
    assert isinstance(until_ended(session.still_open), LoginSessionEnded)


@pytest.mark.parametrize("login_session", ["", "0" * 16, "' OR 1=1", "*", "x" * 10_000])
def test_an_unknown_session_is_not_found(site: Site, login_session: str) -> None:
    vault, session = site.enter()
    with pytest.raises(NotFound):
        vault.services.sessions.sign_out(session, login_session)


def test_what_was_signed_out_is_signed_out_once(site: Site) -> None:
    vault, session = site.enter()
    _, other = site.enter()
    vault.services.sessions.sign_out(session, other.actor.login_session)
    with pytest.raises(NotFound):
        vault.services.sessions.sign_out(session, other.actor.login_session)


def test_the_check_costs_no_more_than_a_look_at_a_clock(site: Site) -> None:
    _, session = site.enter()
    since = time.perf_counter()
    for _ in range(10_000):
        session.still_open()
    assert (time.perf_counter() - since) / 10_000 < 20e-6


# --- what differs between the stores -----------------------------------------------------------------


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_rows_edited_in_sql_give_nobody_a_right(real: RealVault, site: Site) -> None:
    name = f"edited.{os.getpid()}"
    add_operator(real, name, Role.AUDITOR)
    vault, session = site.enter(name)
    with real.changed("login_session", "UPDATE login_session SET operator = %s, role = 'super_admin'", [OPERATOR]):
        assert {item.operator for item in vault.services.sessions.listing(replace(session))} <= {name}
        with pytest.raises(CitizenZeroError, match="does not allow"):
            vault.services.keys.ledger(session)
    with real.changed("login_session", "DELETE FROM login_session"):
        assert isinstance(until_ended(session.still_open), LoginSessionEnded)


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_a_redis_that_is_gone_is_said_and_nothing_goes_on(real: RealVault, site: Site) -> None:
    assert site.redis is not None
    vault, session = site.enter()
    os.kill(site.redis.process.pid, signal.SIGSTOP)
    try:
        error = until_ended(lambda: vault.services.operators.operators(session))
        with pytest.raises(SessionStoreUnavailable):
            site.open().sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    finally:
        os.kill(site.redis.process.pid, signal.SIGCONT)
    assert isinstance(error, SessionStoreUnavailable)
    assert error.exit_code == 7
    vault.services.operators.operators(session)  # and is taken up again


@pytest.mark.parametrize("store", ["redis"], indirect=True)
@pytest.mark.parametrize("forged", ["", "{}", "[]", "no json", '{"role": "king"}', '{"operator": "x", "role": 7}'])
def test_what_else_stands_in_redis_is_no_session(site: Site, forged: str) -> None:
    assert site.redis is not None
    vault, session = site.enter()
    [key] = site.redis.client.scan_iter(f"*{session.actor.login_session}")
    site.redis.client.set(key, forged)
    assert all(not item.mine for item in vault.services.sessions._store.open_ones())
    assert isinstance(until_ended(session.still_open), LoginSessionEnded)


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_a_key_in_redis_lives_for_30_minutes_from_the_last_use(site: Site) -> None:
    assert site.redis is not None
    _, session = site.enter()
    [key] = site.redis.client.scan_iter(f"*{session.actor.login_session}")
    assert 1_790 < site.redis.client.ttl(key) <= 1_800
    site.redis.client.expire(key, 100)
    time.sleep(login_sessions.LOOK_SECONDS)
    session.still_open()
    assert site.redis.client.ttl(key) > 1_790


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://127.0.0.1:1/0",
        "redis://:secret@127.0.0.1:1/0",
        "redis://127.0.0.1:x",
        "redis://127.0.0.1:1/0",
    ],
)
def test_a_redis_that_cannot_be_reached_lets_nobody_in(real: RealVault, url: str) -> None:
    before = real.home.config_file.read_text()
    others = [line for line in before.splitlines() if not line.startswith("redis_url")]
    real.home.config_file.write_text("\n".join([*others, f'redis_url = "{url}"']))
    try:
        vault = open_vault(begin(real.home))
        try:
            with pytest.raises(CitizenZeroError) as caught:
                vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
            assert caught.value.exit_code in {2, 7}
            assert not vault.services.token.open
        finally:
            vault.services.client.close()
            vault.services.database.close()
            vault.server.leave()
    finally:
        real.home.config_file.write_text(before)


def test_commands_list_and_end_sessions(site: Site, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    line = CommandLine(site.real.home.path, OPERATOR, password)
    _, session = site.enter()
    listed = line.run("operator", "sessions").document["items"]
    assert session.actor.login_session in {item["login_session"] for item in listed}
    assert [item["kind"] for item in listed if item["mine"]] == ["cli"]
    answer = line.run("operator", "sign-out", session.actor.login_session)
    assert answer.document == {"signed_out": session.actor.login_session, "operator": OPERATOR}
    assert line.run("operator", "sign-out", session.actor.login_session).code == 3
    left = line.run("operator", "sessions").document["items"]
    assert [item["kind"] for item in left if item["mine"]] == ["cli"]
    counts = [sum(item["kind"] == "cli" for item in items) for items in (listed, left)]
    assert counts[0] == counts[1]  # what ended is gone: a command stands there while it runs
    assert isinstance(until_ended(session.still_open), LoginSessionEnded)
