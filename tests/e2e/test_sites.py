"""What sites choose, through the command line: their own PostgreSQL, a second console, another PKCS#11 module."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.cli import CommandLine, command_line, remove_vault
from tests.support.external import SiteDatabase, TestServer, external_server, programs
from tests.support.hsm import SOFTOKN
from tests.support.vault import ASHA, OPERATOR, PASSWORD


@dataclass(frozen=True)
class Site:
    """A vault in an external database: its first console, and what it was told once."""

    cli: CommandLine
    database: SiteDatabase
    program_password: str
    made: dict[str, object]

    def program_url(self) -> str:
        return self.database.url(f"{self.database.name}_program")


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """Give the newest PostgreSQL there is."""
    with external_server(18) as made:
        yield made


def init(cli: CommandLine, *words: str) -> tuple[int, dict[str, object], str]:
    answer = cli.run("init", "--operator", OPERATOR, "--password-file", str(cli.password_file), *words)
    return answer.code, answer.document, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def site(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Set up a vault by `init --database-url`."""
    database = server.new_database()
    folder = tmp_path_factory.mktemp("site")
    cli = command_line(folder, OPERATOR, PASSWORD, DB_PASSWORD=database.password.reveal_text())
    role = f"{database.name}_program"
    code, made, said = init(cli, "--database-url", database.url(), "--program-role", role, "--dual-control", "off")
    assert code == 0, said
    password = str(made["program_password"])
    assert made["program_role"] == role
    return Site(replace(cli, environment={"DB_PASSWORD": password}), database, password, made)


def test_the_main_job_works_with_the_password_from_the_environment(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    file.write_text(json.dumps(ASHA))
    created = site.cli.run("citizen", "create", "--file", str(file))
    assert created.code == 0, created.stdout
    token = created.document["identity_token"]
    found = site.cli.run("citizen", "search", "--phone", "-", typed=f"{ASHA['phone']}\n")
    assert [item["identity_token"] for item in found.document["items"]] == [token]
    assert site.cli.run("vault", "verify").document["valid"] is True
    assert site.cli.run("audit", "verify").document["valid"] is True


def test_status_tells_kind_version_and_tls(site: Site) -> None:
    database = site.cli.run("status").document["database"]
    assert (database["kind"], database["state"], database["tls_mode"]) == ("external", "ready", "verify-full")
    assert database["encrypted"] is True
    assert database["version"].startswith("18.")
    assert "warnings" not in database


@pytest.mark.parametrize("given", [{}, {"DB_PASSWORD": "wrong"}, {"DB_PASSWORD": "", "DB_PASSWORD_FILE": ""}])
def test_without_the_right_password_the_exit_code_is_7_in_words(site: Site, given: dict[str, str]) -> None:
    answer = replace(site.cli, environment=given).run("citizen", "search", "--state", "KA")
    assert answer.code == 7, answer.stdout
    assert "password" in answer.document["error"]["message"]
    assert "Traceback" not in answer.stdout + answer.stderr


def test_a_database_that_is_down_gives_exit_code_7_and_comes_back(site: Site, server: TestServer) -> None:
    server.stop()
    try:
        answer = site.cli.run("status")
        assert answer.code == 7, answer.stdout
    finally:
        server.start()
    assert site.cli.run("status").code == 0


def test_no_database_password_lies_in_the_home(site: Site) -> None:
    secrets = (site.program_password.encode(), site.database.password.reveal())
    for file in site.cli.home.rglob("*"):
        if file.is_file():
            assert not any(secret in file.read_bytes() for secret in secrets), file


def test_a_second_console_joins_and_both_work_at_once(site: Site, tmp_path: Path) -> None:
    second = command_line(tmp_path / "second", OPERATOR, PASSWORD, DB_PASSWORD=site.program_password)
    tokens = str(site.cli.home / "tokens")
    code, joined, said = init(second, "--database-url", site.program_url(), "--token-folder", tokens)
    assert code == 0, said
    assert joined["joined"] is True
    assert joined["log_id"] == site.made["log_id"]
    file = tmp_path / "person.json"
    file.write_text(json.dumps({**ASHA, "aadhaar": None, "pan": None}))
    running = [one.start("citizen", "create", "--file", str(file)) for one in (site.cli, second, site.cli, second)]
    answers = [process.communicate(timeout=120)[0] for process in running]
    created = {json.loads(answer)["identity_token"] for answer in answers}
    assert len(created) == 4
    listed = second.run("citizen", "search", "--state", "KA", "--limit", "50").document["items"]
    assert created <= {item["identity_token"] for item in listed}
    assert site.cli.run("audit", "verify").document["valid"] is True


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_joining_without_the_vaults_token_is_refused(site: Site, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    second = command_line(tmp_path / "second", OPERATOR, PASSWORD, DB_PASSWORD=site.program_password)
    given = ["--token-folder", str(tmp_path / folder)]
    code, document, said = init(second, "--database-url", site.program_url(), *given)
    assert code == 6, said
    assert set(document) == {"error"}
    assert not second.home.exists()


def test_the_owners_url_does_not_join(site: Site, tmp_path: Path) -> None:
    owner = site.database.password.reveal_text()
    second = command_line(tmp_path / "second", OPERATOR, PASSWORD, DB_PASSWORD=owner)
    code, document, _ = init(second, "--database-url", site.database.url())
    assert code == 4
    assert "program's role" in json.dumps(document)


def test_a_password_in_the_url_is_refused_without_repeating_it(tmp_path: Path) -> None:
    cli = command_line(tmp_path, OPERATOR, PASSWORD)
    code, _, said = init(cli, "--database-url", "postgresql://o:hunter2@localhost/d")
    assert code == 2
    assert "hunter2" not in said


def test_an_old_server_and_a_stranger_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    if programs(15) is None:
        pytest.skip("PostgreSQL 15 (package postgresql-15) is not installed")
    with external_server(15) as old:
        database = old.new_database()
        cli = command_line(tmp_path, OPERATOR, PASSWORD, DB_PASSWORD=database.password.reveal_text())
        code, document, _ = init(cli, "--database-url", database.url())
        assert code == 7
        assert "the vault needs 16 or newer" in json.dumps(document)
        code, document, _ = init(cli, "--database-url", database.url(sslrootcert=str(old.stranger)))
        assert code == 7
        assert "may be another machine" in json.dumps(document)
    assert not cli.home.exists()


def test_a_weak_tls_mode_stays_a_warning_in_status(server: TestServer, tmp_path: Path) -> None:
    database = server.new_database()
    cli = command_line(tmp_path, OPERATOR, PASSWORD, DB_PASSWORD=database.password.reveal_text())
    role = f"{database.name}_program"
    words = ("--database-url", database.plain_url(sslmode="disable"), "--program-role", role, "--dual-control", "off")
    code, made, said = init(cli, *words)
    assert code == 0, said
    assert "not encrypted" in json.dumps(made["warnings"])
    later = replace(cli, environment={"DB_PASSWORD": str(made["program_password"])})
    shown = later.run("status").document["database"]
    assert "sslmode=disable" in shown["warnings"][0]
    assert shown["encrypted"] is False


def test_of_two_set_ups_at_once_in_one_database_one_wins(server: TestServer, tmp_path: Path) -> None:
    database = server.new_database()
    given = {"DB_PASSWORD": database.password.reveal_text()}
    lines = [command_line(tmp_path / name, OPERATOR, PASSWORD, **given) for name in ("one", "two")]
    words = ("init", "--database-url", database.url(), "--program-role", f"{database.name}_program")
    running = [cli.start(*words, "--password-file", str(cli.password_file), "--dual-control", "off") for cli in lines]
    said = [process.communicate(timeout=120)[0] for process in running]
    codes = [process.returncode for process in running]
    assert codes.count(0) == 1, said
    winner = lines[codes.index(0)]
    password = json.loads(said[codes.index(0)])["program_password"]
    assert not lines[1 - codes.index(0)].home.exists()
    checked = replace(winner, environment={"DB_PASSWORD": password}).run("vault", "verify")
    assert checked.document["valid"] is True


@pytest.mark.skipif(not SOFTOKN.is_file(), reason="NSS softokn (package libnss3) is not installed")
def test_init_with_nss_softokn_works_end_to_end_and_says_its_fallbacks(tmp_path: Path) -> None:
    cli = command_line(tmp_path, OPERATOR, PASSWORD)
    try:
        code, made, said = init(cli, "--module", str(SOFTOKN), "--dual-control", "off", "--token-label", "O'Neil")
        assert code == 0, said
        assert (made["wrap_algorithm"], made["log_key"]) == ("AES-256-KW", "P-256")
        assert "losing the token loses every record" in json.dumps(made["fallbacks"])
        file = tmp_path / "person.json"
        file.write_text(json.dumps(ASHA))
        token = cli.run("citizen", "create", "--file", str(file)).document["identity_token"]
        found = cli.run("citizen", "search", "--aadhaar", "-", typed=f"{ASHA['aadhaar']}\n")
        assert [item["identity_token"] for item in found.document["items"]] == [token]
        shown = cli.run("citizen", "profile", token, "--purpose", "support", "--field", "name")
        assert shown.document["fields"] == {"name": ASHA["name"]}
        assert cli.run("vault", "verify").document["valid"] is True
        assert cli.run("audit", "verify").document["valid"] is True
        assert cli.run("status").document["hsm"]["state"] == "ready"
    finally:
        remove_vault(cli.home)


def test_an_invited_operator_joins_a_vault_on_a_sites_database(site: Site) -> None:
    invited = site.cli.run("operator", "invite", "vikram.shetty", "--role", "registrar")
    assert invited.code == 0, invited.stdout
    own = site.cli.home.parent / "vikram"
    own.write_text("another four unrelated words\n")
    own.chmod(0o600)
    words = ("operator", "join", "--code", "-", "--operator", "vikram.shetty", "--password-file", str(own))
    joined = site.cli.run(*words, typed=f"{invited.document['code']}\n")
    assert joined.code == 0, joined.stdout
    vikram = replace(site.cli, operator="vikram.shetty", password_file=own)
    assert vikram.run("citizen", "search", "--state", "KA").code == 0
    assert site.cli.run("operator", "disable", "vikram.shetty").code == 0
    assert vikram.run("citizen", "search", "--state", "KA").error == "CZ-REF-002"
    assert site.cli.run("vault", "verify").code == 0
