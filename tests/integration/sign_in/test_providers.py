"""Sign-in at two identity providers that others wrote: PyPI `oidc-provider-mock`, npm `oidc-provider`."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import identity_provider, open_vault
from app.start import begin
from core.access.model import Role
from core.access.oidc import OidcConfig
from core.access.oidc_flow import IdentityProvider
from core.access.provider import ProviderIdentity
from core.access.second_operator import Asked
from core.audit.model import EntryFilter, Origin
from core.errors import InvalidInput, ProviderRefused, ProviderUnavailable, Refused, SecondFactorNeeded, SignInRefused
from hsm.secret import Secret
from tests.support.cli import CommandLine
from tests.support.operators import add_operator, add_totp
from tests.support.providers import CLIENT, Account, Browser, mock_provider, node_provider
from tests.support.vault import OPERATOR, PASSWORD, RealVault

pytestmark = pytest.mark.slow
ACCOUNTS = [
    Account(OPERATOR, ["vault-admins"]),
    Account("ravi.auditor", ["vault-admins", "vault-auditors"]),
    Account("bounded.admin", ["vault-auditors"]),
    Account("unknown.here", ["vault-admins"]),
    Account("no.role", ["canteen"]),
]


@pytest.fixture(scope="module", params=["oidc-provider-mock", "oidc-provider (Node.js)"])
def issuer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a provider."""
    if request.param == "oidc-provider-mock":
        with mock_provider(ACCOUNTS) as address, pytest.MonkeyPatch.context() as patch:
            patch.setenv("OIDC_CLIENT_SECRET", "it takes confidential clients only, and any secret")
            yield address
    else:
        with node_provider(tmp_path_factory.mktemp("node"), ACCOUNTS) as address:
            yield address


@pytest.fixture
def site(real: RealVault, issuer: str) -> Iterator[RealVault]:
    """Name the provider in the home's configuration."""
    before = real.home.config_file.read_text()
    lines = ["[oidc]", f'issuer = "{issuer}"', f'client_id = "{CLIENT}"', 'scopes = ["openid", "profile"]']
    roles = ["[oidc.roles]", '"vault-admins" = "super_admin"', '"vault-auditors" = "auditor"']
    real.home.config_file.write_text("\n".join([before, *lines, *roles]))
    yield real
    real.home.config_file.write_text(before)


def identify(site: RealVault, browser: Browser) -> ProviderIdentity:
    provider = identity_provider(site.home.config())
    assert provider is not None
    return provider.identify(browser)


@pytest.mark.parametrize(
    ("name", "stored", "role"),
    [
        (OPERATOR, None, Role.SUPER_ADMIN),
        ("ravi.auditor", Role.AUDITOR, Role.AUDITOR),
        ("bounded.admin", Role.SUPER_ADMIN, Role.AUDITOR),
    ],
)
def test_the_provider_names_the_operator_and_bounds_the_role(
    site: RealVault, name: str, stored: Role | None, role: Role
) -> None:
    if stored is not None and not site.sql("SELECT 1 FROM operator WHERE name = %s", [name]):
        add_operator(site, name, stored)
    identity = identify(site, Browser(name))
    assert identity.operator == name
    vault = open_vault(begin(site.home))
    try:
        session = vault.sign_in(name, Secret(PASSWORD), Origin.CONSOLE, provider=identity)
        assert session.role is role
        if role is Role.AUDITOR:
            with pytest.raises(Refused):
                vault.services.keys.ledger(session)
        [entry] = site.vault.services.audit.search(EntryFilter(action="operator:sign_in", outcome="done"), 1)
        assert entry.detail == {"provider": True}
    finally:
        vault.close()


def test_the_provider_never_stands_in_for_password_or_factor(site: RealVault) -> None:
    identity = identify(site, Browser(OPERATOR))
    vault = open_vault(begin(site.home))
    try:
        with pytest.raises(SignInRefused):
            vault.sign_in(OPERATOR, Secret("wrong"), Origin.CLI, provider=identity)
        with pytest.raises(ProviderRefused, match="another operator"):
            vault.sign_in("ravi.auditor", Secret(PASSWORD), Origin.CLI, provider=identity)
        _, confirmed = add_totp(site, site.session)
        with pytest.raises(SecondFactorNeeded):
            vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI, provider=identity)
        assert not vault.services.token.open
    finally:
        vault.close()
    site.vault.services.factors.remove(site.session, confirmed.factor.factor_id, Asked(Secret(PASSWORD)))


def test_whom_the_vault_does_not_know_is_refused_like_a_wrong_password(site: RealVault) -> None:
    identity = identify(site, Browser("unknown.here"))
    vault = open_vault(begin(site.home))
    try:
        with pytest.raises(SignInRefused, match="Operator or password is wrong"):
            vault.sign_in("unknown.here", Secret(PASSWORD), Origin.CLI, provider=identity)
    finally:
        vault.close()


def test_who_has_no_role_at_the_provider_is_refused(site: RealVault) -> None:
    with pytest.raises(ProviderRefused, match="no role"):
        identify(site, Browser("no.role"))


def test_an_answer_to_another_question_is_refused(site: RealVault) -> None:
    first: list[str] = []

    def keep(address: str) -> str:
        first.append(address.split("?")[1])
        return address

    identify(site, Browser(OPERATOR, on_the_way=keep))
    old = Browser(OPERATOR, on_the_way=lambda address: f"{address.split('?')[0]}?{first[0]}")
    with pytest.raises(ProviderRefused, match="did not ask for"):
        identify(site, old)


def test_a_code_is_not_taken_for_another_questions_secrets(site: RealVault) -> None:
    """Whoever steals a code has another state right, but neither verifier (PKCE) nor nonce."""
    stolen: list[str] = []

    def keep(address: str) -> str:
        stolen.append(re.search(r"code=([^&]+)", address)[1])  # type: ignore[index]
        return address.replace(stolen[0], "spent")

    with pytest.raises(ProviderRefused):
        identify(site, Browser(OPERATOR, on_the_way=keep))
    swap = Browser(OPERATOR, on_the_way=lambda address: re.sub(r"code=[^&]+", f"code={stolen[0]}", address))
    with pytest.raises(ProviderRefused):
        identify(site, swap)


def test_another_issuers_name_is_refused_by_its_description(site: RealVault, issuer: str) -> None:
    other = issuer.replace("127.0.0.1", "LOCALHOST").replace("localhost", "127.0.0.1").lower()
    config = OidcConfig(other if other != issuer else f"{issuer}/", CLIENT)
    with pytest.raises((ProviderRefused, ProviderUnavailable)):
        IdentityProvider(config, browser_seconds=1).identify(Browser(OPERATOR))


def test_stopping_in_the_browser_or_in_the_console_is_said(site: RealVault, issuer: str) -> None:
    provider = identity_provider(site.home.config())
    assert provider is not None
    cancel = threading.Event()
    with pytest.raises(ProviderUnavailable, match="stopped"):
        provider.identify(lambda _: cancel.set(), cancel)
    if "localhost" in issuer:  # the other's page has no such button
        with pytest.raises(ProviderRefused):
            provider.identify(Browser(OPERATOR, deny=True))


# --- the command line ----------------------------------------------------------------------------------


@pytest.fixture
def line(site: RealVault, tmp_path: Path) -> CommandLine:
    """Give a command line that names no operator: the provider does."""
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    return CommandLine(site.home.path, "", password)


def _with_browser(line: CommandLine, *words: str) -> tuple[int, str]:
    """Run a command; a browser opens the address that it prints."""
    process = line.start(*words)
    assert process.stderr is not None
    printed = ""
    while "http" not in printed and (read := process.stderr.readline()):
        printed = read
    if "http" in printed:
        Browser(OPERATOR)(printed[printed.index("http") :].strip())
    stdout, _ = process.communicate(timeout=60)
    return process.returncode, stdout


def test_a_command_signs_in_at_the_provider_and_prints_one_document(line: CommandLine) -> None:
    code, stdout = _with_browser(line, "operator", "list", "--oidc")
    assert code == 0, stdout
    assert OPERATOR in {item["name"] for item in json.loads(stdout)["items"]}


def test_where_the_provider_is_required_nobody_signs_in_without_it(line: CommandLine, site: RealVault) -> None:
    file = site.home.config_file
    file.write_text(file.read_text().replace("[oidc]", "[oidc]\nrequired = true"))
    assert _with_browser(line, "operator", "list")[0] == 0
    vault = open_vault(begin(site.home))
    try:
        with pytest.raises(ProviderRefused, match="lets nobody in"):
            vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    finally:
        vault.close()


def test_without_a_provider_the_option_is_refused(real: RealVault, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    answer = CommandLine(real.home.path, OPERATOR, password).run("operator", "list", "--oidc")
    assert (answer.code, answer.error) == (2, InvalidInput.code)


@pytest.mark.parametrize(
    "wrong", ['oidc = "x"', "[oidc]", '[oidc]\nissuer = "http://id.example"\nclient_id = "c"', "redis_url = 6379"]
)  # fmt: skip
def test_a_home_whose_words_about_them_cannot_be_is_said_and_leaves_no_worker(real: RealVault, wrong: str) -> None:
    file = real.home.config_file
    before = file.read_text()
    file.write_text(f"{before}{wrong}\n")
    try:
        with pytest.raises(InvalidInput):
            open_vault(begin(real.home))
    finally:
        file.write_text(before)
