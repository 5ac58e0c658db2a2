"""Reaching a server that a site runs: real certificates, real refusals, and the sentence for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CitizenZeroError, DatabaseUnavailable, DatabaseVersion
from core.storage import site
from core.storage.database import Database, DatabaseAddress
from core.storage.external_address import ExternalAddress
from core.storage.site import DatabaseSite, Holds
from hsm.secret import Secret
from tests.support.external import SiteDatabase, TestServer, external_server, programs

ROLE = "citizen_zero_program"


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """Give a server of the oldest version that is accepted."""
    with external_server(16) as made:
        yield made


@pytest.fixture(scope="module")
def database(server: TestServer) -> SiteDatabase:
    """Give a site's empty database."""
    return server.new_database()


def look(url: str, password: Secret) -> DatabaseSite:
    return site.look(DatabaseAddress(ExternalAddress.parse(url).parameters(), password), ROLE)


def refused(url: str, password: Secret) -> CitizenZeroError:
    with pytest.raises(DatabaseUnavailable) as caught:
        look(url, password)
    assert caught.value.exit_code == 7
    assert password.reveal_text() not in f"{caught.value.message} {caught.value.remedy} {caught.value.details}"
    return caught.value


def test_a_verified_server_is_looked_at(database: SiteDatabase) -> None:
    seen = look(database.url(), database.password)
    assert (seen.holds, seen.encoding, seen.encrypted) == (Holds.NOTHING, "UTF8", True)
    assert seen.may_create_tables
    assert seen.may_create_roles
    assert seen.durable


def test_a_certificate_of_another_authority_is_refused(database: SiteDatabase) -> None:
    error = refused(database.url(sslrootcert=str(database.server.stranger)), database.password)
    assert "not from the authority that was named" in error.message
    assert "Do not switch the check off" in error.remedy


def test_a_certificate_for_another_host_is_refused(database: SiteDatabase) -> None:
    assert "another host" in refused(database.url(host="127.0.0.1"), database.password).message


def test_without_an_authority_nothing_is_trusted(database: SiteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    url = f"postgresql://{database.owner}@localhost:{database.server.port}/{database.name}"
    error = refused(url, database.password)
    assert "no certificate to check" in error.message
    assert "sslrootcert" in error.remedy


def test_a_server_without_tls_is_refused_unless_the_url_says_so(database: SiteDatabase) -> None:
    plain = database.plain_url(sslrootcert=str(database.server.authority))
    assert "offers no TLS" in refused(plain, database.password).message
    assert look(database.plain_url(sslmode="disable"), database.password).encrypted is False


def test_a_wrong_password_is_said_so(database: SiteDatabase) -> None:
    assert "refused the password" in refused(database.url(), Secret("wrong password")).message


def test_an_unknown_database_or_host_is_said_so(database: SiteDatabase) -> None:
    elsewhere = database.url().replace(f"/{database.name}?", "/nowhere?")
    assert "no database of this name" in refused(elsewhere, database.password).message
    assert "not known" in refused(database.url(host="nosuch.invalid"), database.password).message


def test_a_server_that_is_down_does_not_answer(database: SiteDatabase) -> None:
    url = database.url().replace(f":{database.server.port}/", ":1/")
    assert refused(url, database.password).message == "The database does not answer."


def test_a_password_is_not_given_to_a_server_that_asks_for_it_in_clear(server: TestServer) -> None:
    database = server.new_database()
    rules = server.folder / "data" / "pg_hba.conf"
    usual = rules.read_text()
    rules.write_text(f"hostnossl all {database.owner} 127.0.0.1/32 password\n{usual}")
    with server.connect() as connection:
        connection.execute("SELECT pg_reload_conf()")
    try:
        error = refused(database.plain_url(sslmode="disable"), database.password)
        assert "a way that the console does not trust" in error.message
    finally:
        rules.write_text(usual)
        with server.connect() as connection:
            connection.execute("SELECT pg_reload_conf()")


def test_a_database_in_another_encoding_is_refused(server: TestServer) -> None:
    database = server.new_database(encoding="LATIN1")
    seen = look(database.url(), database.password)
    wrong = [row.why for row in site.findings(seen, ROLE, password_given=False) if not row.fine]
    assert wrong == ["The database's encoding is LATIN1; names in all scripts need UTF8."]


def test_a_server_that_may_lose_what_it_confirmed_is_refused() -> None:
    with external_server(16, synchronous_commit="off") as careless:
        database = careless.new_database()
        seen = look(database.url(), database.password)
    assert not seen.durable


def test_an_older_server_is_refused_over_its_own_verified_tls() -> None:
    if programs(15) is None:
        pytest.skip("PostgreSQL 15 (package postgresql-15) is not installed")
    with external_server(15) as old:
        database = old.new_database()
        seen = look(database.url(), database.password)
        assert seen.encrypted
        assert seen.version.startswith("15.")
        with pytest.raises(DatabaseVersion, match="the vault needs 16 or newer"):
            site.require(seen, site.findings(seen, ROLE, password_given=False))
        stranger = refused(database.url(sslrootcert=str(old.stranger)), database.password)
        assert "not from the authority" in stranger.message


def test_views_and_sequences_of_another_program_count_as_content_and_extensions_do_not(server: TestServer) -> None:
    database = server.new_database()
    database.sql("CREATE SEQUENCE numbers")
    assert look(database.url(), database.password).holds is Holds.OTHER
    database.sql("DROP SEQUENCE numbers")
    database.sql("CREATE SCHEMA elsewhere CREATE TABLE theirs (x int)")
    assert look(database.url(), database.password).holds is Holds.NOTHING


def test_a_connection_knows_whether_it_is_encrypted(database: SiteDatabase) -> None:
    for url, encrypted in ((database.url(), True), (database.plain_url(sslmode="disable"), False)):
        address = ExternalAddress.parse(url)
        made = Database(DatabaseAddress(address.parameters(), database.password))
        answer = made.answers()
        made.close()
        assert answer.encrypted is encrypted
        assert answer.version.startswith("16.")


def test_a_socket_needs_no_certificate(server: TestServer, database: SiteDatabase) -> None:
    url = f"postgresql://{database.owner}@/{database.name}?host={server.folder}&port={server.plain_port}"
    assert look(url, database.password).holds is Holds.NOTHING
    assert Path(ExternalAddress.parse(url).host) == server.folder
