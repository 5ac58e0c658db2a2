"""Every error that the HSM can give, provoked for real on both modules, with the sentence that people read."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hsm import errors, software_token, templates, token_setup
from hsm.client import HsmClient
from hsm.model import GCM, TokenBinding, WrapItem
from hsm.secret import Secret
from hsm.templates import KeyKind, KeyTemplate
from tests.support.hsm import PIN, PKCS11_SPY, SO_PIN, SOFTHSM, SOFTOKN, TOKEN_LABEL, environment, make_token, on

CKR_ALONE = ("CKR_", "0x")


def refused(client: HsmClient, binding: TokenBinding, pin: str = PIN) -> errors.HsmError:
    with pytest.raises(errors.HsmError) as caught:
        client.login(binding, Secret(pin))
    assert not client.logged_in
    assert not any(part in caught.value.message for part in CKR_ALONE)
    return caught.value


def new_token(folder: Path, module: Path) -> TokenBinding:
    given = software_token.prepare(module, folder, TOKEN_LABEL)
    facts = token_setup.create_token(
        module, given, label=TOKEN_LABEL, so_pin=Secret(SO_PIN), pin=Secret(PIN), backup_public_key=None
    )
    return TokenBinding(facts.label, facts.serial)


@on(SOFTHSM)
def test_a_missing_module_is_named(folder: Path, binding: TokenBinding) -> None:
    module = folder / "gone.so"
    with HsmClient(module, environment(folder)) as client:
        error = refused(client, binding)
    assert isinstance(error, errors.ModuleMissing)
    assert error.message == f"The PKCS#11 module {module} is not there."
    assert error.details["Serial"] == binding.serial


@on(SOFTHSM)
@pytest.mark.parametrize("content", [b"", b"not a library", None], ids=["empty", "text", "another library"])
def test_a_file_that_is_no_module_is_named(folder: Path, binding: TokenBinding, content: bytes | None) -> None:
    module = folder / "other.so"
    if content is None:
        shutil.copy("/lib/x86_64-linux-gnu/libz.so.1", module)
    else:
        module.write_bytes(content)
    with HsmClient(module, environment(folder)) as client:
        error = refused(client, binding)
    assert isinstance(error, errors.ModuleInvalid)
    assert error.message == f"The file {module} is no PKCS#11 module."


@on(SOFTHSM)
def test_the_module_can_come_back(folder: Path, binding: TokenBinding) -> None:
    module = folder / "module.so"
    with HsmClient(module, environment(folder)) as client:
        assert isinstance(refused(client, binding), errors.ModuleMissing)
        module.symlink_to(SOFTHSM)
        client.login(binding, Secret(PIN))
        assert client.mac(templates.INDEX_LABEL, [b"x"])


def test_a_missing_token_folder_means_a_missing_token(
    folder: Path, module: Path, binding: TokenBinding, client: HsmClient
) -> None:
    client.close()
    shutil.rmtree(folder / {SOFTHSM: "tokens", SOFTOKN: "nss"}[module])
    with HsmClient(module, environment(folder, module)) as stranger:
        error = refused(stranger, binding)
    assert isinstance(error, errors.TokenMissing)


@on(SOFTHSM)
def test_a_token_that_is_not_connected_is_named(folder: Path, client: HsmClient) -> None:
    error = refused(client, TokenBinding("CZ-VAULT-09", "0123456789abcdef"))
    assert isinstance(error, errors.TokenMissing)
    assert error.message == "The token CZ-VAULT-09 is not connected."
    assert error.details["Serial"] == "0123456789abcdef"


@on(SOFTHSM)
def test_a_token_of_the_same_name_is_not_taken_for_ours(
    tmp_path: Path, client: HsmClient, binding: TokenBinding
) -> None:
    other = new_token(tmp_path / "other", SOFTHSM)
    assert other.label == binding.label
    with HsmClient(SOFTHSM, environment(tmp_path / "other")) as stranger:
        error = refused(stranger, binding)
    assert isinstance(error, errors.OtherToken)
    assert "another one than this vault was made with" in error.message
    assert (error.details["Serial"], error.details["Found"]) == (binding.serial, other.serial)


def test_a_token_with_our_serial_but_another_key_is_not_ours(client: HsmClient, binding: TokenBinding) -> None:
    client.destroy(templates.SEAL_LABEL)
    client.generate(KeyTemplate(templates.SEAL_LABEL, KeyKind.HMAC))
    error = refused(client, binding)
    assert isinstance(error, errors.OtherToken)
    assert error.message == "The token holds another key cz-seal than the one that this vault was made with."


def test_a_token_that_lacks_a_key_of_the_vault_is_refused(client: HsmClient, binding: TokenBinding) -> None:
    client.destroy(templates.ENTRY_LABEL)
    error = refused(client, binding)
    assert isinstance(error, errors.ObjectGone)
    assert error.message == "The key cz-entry is not on the token."


@pytest.mark.parametrize("pin", ["975310", "", "१२३४५६", "1" * 300, "13579\0"])
def test_a_wrong_pin_is_refused(client: HsmClient, binding: TokenBinding, pin: str) -> None:
    error = refused(client, binding, pin)
    assert isinstance(error, errors.PinRefused | errors.NotLoggedIn)
    assert "PIN" in error.message or not pin
    assert pin not in str(error.details) or not pin


def test_a_pin_that_is_no_text_is_refused(client: HsmClient, binding: TokenBinding) -> None:
    with pytest.raises(errors.PinRefused, match="The token refused the PIN"):
        client.login(binding, Secret(b"\xff\xfe"))


def test_a_refused_log_in_ends_an_earlier_one(client: HsmClient, binding: TokenBinding) -> None:
    refused(client, binding, "000000")
    with pytest.raises(errors.NotLoggedIn, match="not logged in"):
        client.mac(templates.INDEX_LABEL, [b"x"])
    client.login(binding, Secret(PIN))
    assert client.mac(templates.INDEX_LABEL, [b"x"])


def test_without_a_log_in_nothing_is_asked(folder: Path, module: Path, client: HsmClient) -> None:
    with HsmClient(module, environment(folder, module)) as stranger:
        for call in (stranger.token_facts, stranger.find, lambda: stranger.random(1)):
            with pytest.raises(errors.NotLoggedIn):
                call()
        with pytest.raises(errors.NotLoggedIn):
            stranger.absent_in_fresh_process("KEK-0001")
        assert stranger.worker_pid is None


@on(SOFTHSM)
def test_a_wrong_pin_costs_exactly_one_attempt(folder: Path, client: HsmClient, binding: TokenBinding) -> None:
    log = folder / "spy.log"
    with spying(folder, log) as spied:
        refused(spied, binding, "000000")
        for _ in range(3):
            with pytest.raises(errors.NotLoggedIn):
                spied.mac(templates.INDEX_LABEL, [b"x"])
        assert attempts(log) == 1


@on(SOFTHSM)
def test_a_pin_changed_elsewhere_is_tried_once_and_then_forgotten(
    folder: Path, client: HsmClient, binding: TokenBinding
) -> None:
    log = folder / "spy.log"
    with spying(folder, log) as spied:
        spied.login(binding, Secret(PIN))
        client.change_pin(Secret("8642086420"))
        os.kill(spied.worker_pid or 0, 9)
        with pytest.raises(errors.PinRefused):
            spied.mac(templates.INDEX_LABEL, [b"x"])
        assert not spied.logged_in
        for _ in range(3):
            with pytest.raises(errors.NotLoggedIn):
                spied.mac(templates.INDEX_LABEL, [b"x"])
        assert attempts(log) == 2


def test_a_fresh_process_that_is_refused_ends_the_log_in(
    folder: Path, module: Path, client: HsmClient, binding: TokenBinding
) -> None:
    with HsmClient(module, environment(folder, module)) as other:
        other.login(binding, Secret(PIN))
        other.change_pin(Secret("8642086420"))
    with pytest.raises(errors.PinRefused):
        client.absent_in_fresh_process("KEK-0001")
    assert not client.logged_in


def test_after_a_change_the_new_pin_restores_the_log_in(client: HsmClient, binding: TokenBinding) -> None:
    client.change_pin(Secret("8642086420"))
    os.kill(client.worker_pid or 0, 9)
    assert client.mac(templates.INDEX_LABEL, [b"x"])
    assert isinstance(refused(client, binding), errors.PinRefused)


def test_a_missing_key_is_named(client: HsmClient, algorithm: str) -> None:
    calls = (
        lambda: client.mac("cz-none", [b"x"]),
        lambda: client.sign("cz-none", [b"x"]),
        lambda: client.wrap("cz-none", algorithm, [WrapItem(b"v")]),
        lambda: client.public_key("cz-none"),
        lambda: client.key_check_value(["cz-none"]),
        lambda: client.destroy("cz-none"),
    )
    for call in calls:
        with pytest.raises(errors.ObjectGone, match="The key cz-none is not on the token"):
            call()


@on(SOFTHSM)
def test_details_say_what_was_done_where(client: HsmClient, binding: TokenBinding) -> None:
    with pytest.raises(errors.UnwrapFailed) as caught:
        client.unwrap("KEK-0001", GCM, [WrapItem(bytes(60), b"")])
    assert caught.value.details == {
        "Doing": "unwrap with KEK-0001",
        "Module": str(SOFTHSM),
        "Token": TOKEN_LABEL,
        "Serial": binding.serial,
        "Value": "1 of 1",
        "PKCS#11": "CKR_GENERAL_ERROR",
    }


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 512 KiB with room for a token and little else."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mount.returncode != 0:
        pytest.skip("a full disk needs the right to mount a small tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_a_full_token(tiny_disk: Path) -> None:
    client, _, _ = make_token(tiny_disk)
    with client:
        before = {key.label for key in client.find()}
        filler = tiny_disk / "filler"
        with pytest.raises(OSError, match="No space left"):
            fill(filler)
        for attempt in (
            lambda: client.generate(KeyTemplate("KEK-0002", KeyKind.KEK_GCM)),
            lambda: client.generate(KeyTemplate("cz-more", KeyKind.P256)),
            lambda: client.put_data_object("anchor", bytes(64)),
        ):
            with pytest.raises(errors.TokenFull, match="no room left"):
                attempt()
        assert client.mac(templates.INDEX_LABEL, [b"x"])
        filler.unlink()
        client.generate(KeyTemplate("KEK-0002", KeyKind.KEK_GCM))
        assert {key.label for key in client.find()} - before == {"KEK-0002"}
        client.put_data_object("anchor", bytes(64))
        assert client.get_data_object("anchor") == bytes(64)


def fill(file: Path) -> None:
    """Write until the file system has no byte left."""
    with file.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(1024))


def spying(folder: Path, log: Path) -> HsmClient:
    if not PKCS11_SPY.exists():
        pytest.skip("pkcs11-spy.so (package opensc) is not installed")
    spy = {"PKCS11SPY": str(SOFTHSM), "PKCS11SPY_OUTPUT": str(log)}
    return HsmClient(PKCS11_SPY, {**environment(folder), **spy})


def attempts(log: Path) -> int:
    return log.read_text(errors="replace").count(": C_Login\n")
