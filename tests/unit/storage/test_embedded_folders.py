"""Where the embedded server listens and which folders it trusts."""

import os
from pathlib import Path

import pytest

from core.errors import DatabaseUnavailable
from core.storage.embedded import EmbeddedServer
from core.storage.embedded_account import ServerAccount, prepare_private_folder, socket_folder_for
from core.storage.embedded_settings import command_line_settings

OWN_ACCOUNT = ServerAccount(None, os.geteuid(), os.getegid(), separate=False)


def test_a_short_path_keeps_the_socket_in_the_home(tmp_path: Path) -> None:
    assert socket_folder_for(Path("/home/asha/vault/database"), "abc") == Path("/home/asha/vault/database/socket")


@pytest.mark.parametrize("home", ["/home/" + "long" * 30, "/home/" + "पहचान" * 8, "/home/a,b"])
def test_a_path_that_no_socket_can_have_is_left_for_the_runtime_folder(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert socket_folder_for(Path(home), "abc") == tmp_path / "citizen-zero-abc"


def test_without_a_runtime_folder_the_socket_goes_to_the_temporary_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", "/tmp")  # noqa: S108 -- a path is chosen here, nothing is made
    folder = socket_folder_for(Path("/" + "x" * 120), "abc")
    assert folder == Path(f"/tmp/citizen-zero-{os.geteuid()}-abc")  # noqa: S108


def test_no_place_for_a_socket_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", "/" + "x" * 120)
    with pytest.raises(DatabaseUnavailable, match="107 bytes"):
        socket_folder_for(Path("/" + "x" * 120), "abc")


def test_two_homes_never_share_a_socket_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert socket_folder_for(Path("/" + "x" * 120), "a") != socket_folder_for(Path("/" + "x" * 120), "b")


def test_a_private_folder_is_made_private(tmp_path: Path) -> None:
    prepare_private_folder(tmp_path / "socket", OWN_ACCOUNT)
    assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o700


def test_a_loosened_private_folder_is_tightened(tmp_path: Path) -> None:
    (tmp_path / "socket").mkdir(mode=0o755)
    prepare_private_folder(tmp_path / "socket", OWN_ACCOUNT)
    assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "socket").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatabaseUnavailable, match="link"):
        prepare_private_folder(tmp_path / "socket", OWN_ACCOUNT)
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "socket").mkdir(mode=0o700)
    stranger = ServerAccount(None, os.geteuid() + 1, os.getegid(), separate=False)
    with pytest.raises(DatabaseUnavailable, match="somebody else"):
        prepare_private_folder(tmp_path / "socket", stranger)


def test_a_file_in_the_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "socket").touch()
    with pytest.raises(DatabaseUnavailable):
        prepare_private_folder(tmp_path / "socket", OWN_ACCOUNT)


@pytest.mark.parametrize("home_id", ["", "..", "a/b", "../up", "a b", "é", "x" * 41, "-" * 3, "a\0b"])
def test_a_home_id_cannot_lead_elsewhere(home_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="home id"):
        EmbeddedServer(tmp_path, home_id=home_id)


def test_making_the_object_touches_nothing(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "home", home_id="untouched")
    assert not server.is_created
    assert not server.is_joined
    server.leave()
    server.destroy()
    assert not (tmp_path / "home").exists()


def test_the_servers_command_line_keeps_a_quoted_socket_folder_as_one(tmp_path: Path) -> None:
    arguments = command_line_settings(Path('/home/o"neil, asha/socket'), "name")
    assert 'unix_socket_directories="/home/o""neil, asha/socket"' in arguments


def test_the_server_listens_on_no_network_and_logs_no_statement() -> None:
    arguments = command_line_settings(Path("/s"), "name")
    for setting in ("listen_addresses=", "log_statement=none", "log_min_error_statement=panic", "log_min_messages=log"):
        assert setting in arguments
    for setting in ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "jit=off"):
        assert setting in arguments
