"""The address of an external database: what it may say, what it means for TLS, and that no password stands in it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.storage.external_address import ExternalAddress

URL = "postgresql://vault_owner@db.example:6432/identity"
NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30)


# Hypothesis builds its table of characters on first use, which a busy machine takes a second for.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, NAMES.filter(lambda name: "/" not in name))
def test_an_address_is_read_back_as_it_was_written(role: str, database: str) -> None:
    address = ExternalAddress("db.example", 6432, database, role, (("sslmode", "require"),))
    assert ExternalAddress.parse(address.url()) == address


@pytest.mark.parametrize(
    "url",
    [URL, f"{URL}?sslmode=disable", "postgresql://o@[::1]:5432/d", "postgresql://o@/d?host=/run/postgresql&port=5433"],
)
def test_every_form_is_read_back(url: str) -> None:
    address = ExternalAddress.parse(url)
    assert ExternalAddress.parse(address.url()) == address


@pytest.mark.parametrize("host", ["db.example", "localhost", "127.0.0.1", "[::1]"])
def test_tls_is_verified_over_tcp_to_this_machine_too(host: str) -> None:
    address = ExternalAddress.parse(f"postgresql://o@{host}/d")
    assert address.parameters()["sslmode"] == "verify-full"
    assert address.weakness is None


def test_a_local_socket_needs_no_tls_and_is_no_weakness() -> None:
    address = ExternalAddress.parse("postgresql://o@/d?host=/run/postgresql")
    assert address.tls == "local"
    assert "sslmode" not in address.parameters()
    assert address.weakness is None


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_a_weaker_mode_is_named_with_what_it_means(mode: str) -> None:
    address = ExternalAddress.parse(f"{URL}?sslmode={mode}")
    assert address.parameters()["sslmode"] == mode
    assert address.weakness is not None
    assert f"sslmode={mode}" in address.weakness


def test_the_password_itself_is_never_sent_whatever_the_server_asks_for() -> None:
    assert ExternalAddress.parse(URL).parameters()["require_auth"] == "scram-sha-256"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://o:hunter2@h/d",
        "postgresql://o@h/d?password=hunter2",
        "postgresql://o:hunter2@h:notaport/d",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ExternalAddress.parse(url)
    assert "hunter2" not in f"{caught.value.message} {caught.value.remedy}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://o@h/d",
        "postgresql://h/d",
        "postgresql://o@h",
        "postgresql://o@h/",
        "postgresql://o@h/d/e",
        "postgresql://o@/d",
        "postgresql://o@h1,h2/d",
        "postgresql://o@h:99999/d",
        "postgresql://o@h/d?sslmode=yes",
        "postgresql://o@h/d?options=-cfsync=off",
        "postgresql://o@h/d?service=x",
        "postgresql://o@h/d?sslmode",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        ExternalAddress.parse(url)


def test_a_certificates_path_outlives_the_folder_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = ExternalAddress.parse(f"{URL}?sslrootcert=ca.pem")
    assert address.parameters()["sslrootcert"] == str(tmp_path / "ca.pem")
    assert ExternalAddress.parse(f"{URL}?sslrootcert=system").parameters()["sslrootcert"] == "system"
