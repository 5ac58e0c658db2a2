"""After lock and exit nothing secret or personal is left: in home, temp, environment, process arguments or a core."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.access.records import OWNER_PURPOSE, PIN_PURPOSE
from core.audit.model import Origin
from core.storage.home import Home
from core.storage.seal import SealedRow
from hsm.secret import Secret
from tests.support.cli import ROOT, CommandLine, command_line, remove_vault
from tests.support.operators import Authenticator
from tests.support.traces import (
    core_limits,
    family_of,
    found_in_files,
    found_in_processes,
    servers_of,
    writings,
)
from tests.support.vault import ASHA, OPERATOR, PASSWORD, connect_as_owner, opened

PERSONAL = ("name", "phone", "email", "address", "aadhaar", "pan")


@dataclass(frozen=True)
class Used:
    """A vault that was used by commands, what it must not have left, and where to look."""

    line: CommandLine
    temp: Path
    data: Path
    token: str
    canaries: dict[str, bytes]
    seen: list[str]

    @property
    def places(self) -> list[Path]:
        return [self.line.home, self.temp, self.data]


def watched(line: CommandLine, canaries: dict[str, bytes], *words: str, typed: str = "") -> tuple[str, list[str]]:
    """Run a command and look at its processes all the while; returns its output and what was seen."""
    process = line.start(*words)
    assert process.stdin is not None
    seen: set[str] = set()
    if typed:
        process.stdin.write(typed)
    process.stdin.close()
    process.stdin = None
    while process.poll() is None:
        family = family_of(process.pid)
        seen |= set(found_in_processes(family, canaries))
        seen |= {f"core limit {limit}" for limit in core_limits(family[1:]).values() if limit != "0 0"}
        time.sleep(0.01)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stdout + stderr
    return stdout, sorted(seen)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    """Set a vault up, enrol, read, add a second factor and search, all by commands."""
    folder, temp = tmp_path_factory.mktemp("commands"), tmp_path_factory.mktemp("temp")
    line = command_line(folder, OPERATOR, PASSWORD, TMPDIR=str(temp), XDG_RUNTIME_DIR=str(temp))
    known = {"password": PASSWORD.encode(), **{name: str(ASHA[name]).encode() for name in PERSONAL}}
    seen = watched(line, known, "init", "--operator", OPERATOR, "--dual-control", "off")[1]
    person = folder / "person.json"
    person.write_text(json.dumps(ASHA))
    stdout, more = watched(line, known, "citizen", "create", "--file", str(person))
    seen += more
    person.unlink()
    token = str(json.loads(stdout)["identity_token"])
    for words, typed in (
        (("citizen", "profile", token, "--purpose", "support"), ""),
        (("citizen", "search", "--aadhaar", "-"), f"{ASHA['aadhaar']}\n"),
        (("citizen", "search", "--name-prefix", "-"), "asha\n"),
        (("vault", "verify"), ""),
    ):
        seen += watched(line, known, *words, typed=typed)[1]
    new = json.loads(watched(line, known, "operator", "factor", "add", "totp")[0])
    authenticator = Authenticator(new["uri"])
    words_of_it = ("operator", "factor", "confirm", new["factor"], "--code", authenticator.fresh())
    confirmed = json.loads(watched(line, known, *words_of_it)[0])
    line.run("operator", "factor", "remove", new["factor"], "--totp", confirmed["recovery_codes"][1])
    known |= {"TOTP secret": authenticator.secret.encode(), "recovery code": confirmed["recovery_codes"][0].encode()}
    known |= _keys(line.home)
    status = line.run("status").document
    yield Used(line, temp, Path(status["database"]["data_folder"]), token, known, seen)
    remove_vault(line.home)


def _keys(home: Path) -> dict[str, bytes]:
    """Return PIN, owner's password and Asha's data key, as only the vault itself can."""
    vault = open_vault(begin(Home(home)))
    try:
        vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        with connect_as_owner(vault) as owner, owner.cursor() as cursor:
            cursor.execute("SELECT * FROM data_key")
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        data_key = vault.services.keys.open_data_key(SealedRow("data_key", rows[0], "data key"))
        return {
            "PIN": opened(vault, "pin_sealed", PIN_PURPOSE).reveal(),
            "owner's password": opened(vault, "owner_password_sealed", OWNER_PURPOSE).reveal(),
            "data key": data_key.reveal(),
        }
    finally:
        vault.close()


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """A search that finds nothing anywhere would prove nothing."""
    values = {"password": PASSWORD.encode(), "data key": os.urandom(32)}
    for name, value in values.items():
        for form, data in writings(value).items():
            file = tmp_path / "one"
            file.write_bytes(os.urandom(70_001) + data + os.urandom(9))
            assert any(name in hit for hit in found_in_files([tmp_path], values)), form
    file.write_bytes(b"nothing")
    assert found_in_files([tmp_path], values) == []
    environment = {**os.environ, "LEFT": PASSWORD}
    with subprocess.Popen(["sleep", "30"], env=environment) as process:
        time.sleep(0.2)
        assert found_in_processes([process.pid], values) == [f"password (as it is) in environ of {process.pid}"]
        process.kill()


def test_commands_leave_nothing_on_disk(used: Used) -> None:
    assert found_in_files(used.places, used.canaries) == []


def test_commands_show_nothing_in_environment_or_arguments_and_may_not_dump_core(used: Used) -> None:
    assert used.seen == []


def test_the_servers_processes_hold_nothing_in_environment_or_arguments(used: Used) -> None:
    vault = open_vault(begin(Home(used.line.home)))
    try:
        pids = servers_of(used.data)
        assert len(pids) > 3
        assert found_in_processes(pids, used.canaries) == []
    finally:
        vault.close()


def test_the_programs_own_password_of_the_database_stands_in_its_one_file(used: Used) -> None:
    home = Home(used.line.home)
    canaries = {"program's password": home.program_password().reveal()}
    assert home.password_file.stat().st_mode & 0o777 == 0o600
    assert found_in_files(used.places, canaries, except_for=[home.password_file]) == []


def test_a_window_leaves_nothing_after_lock_and_after_exit(used: Used) -> None:
    environment = {**os.environ, **used.line.environment, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    words = [str(used.line.home), OPERATOR, str(used.line.password_file), used.token]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.window_process", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in ("revealed", "locked"):
            assert process.stdout.readline().strip() == word
            pids = [*family_of(process.pid), *servers_of(used.data)]
            assert found_in_processes(pids, used.canaries) == [], word
            assert set(core_limits(pids).values()) == {"0 0"}
            assert found_in_files(used.places, used.canaries) == [], word
            process.stdin.write("\n")
            process.stdin.flush()
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
    assert found_in_files(used.places, used.canaries) == []
