"""Dual control as scripts meet it: the words, the JSON and the exit codes of the contract."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Answer, CommandLine, command_line, remove_vault
from tests.support.operators import SECOND, password_of
from tests.support.vault import ASHA, OPERATOR, PASSWORD


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Give a vault made by `init`, as it comes: dual control on."""
    made = command_line(tmp_path_factory.mktemp("e2e"), OPERATOR, PASSWORD)
    assert made.run("init", "--operator", OPERATOR).document["dual_control"] == "on"
    yield made
    remove_vault(made.home)


def _as(cli: CommandLine, name: str) -> CommandLine:
    file = cli.home.parent / f"password of {name}"
    file.write_text(password_of(name) + "\n")
    file.chmod(0o600)
    return replace(cli, operator=name, password_file=file)


@pytest.fixture(scope="module")
def second(cli: CommandLine, person: Path) -> CommandLine:
    """Have a second super admin invited and joined; before that no citizen is served."""
    waiting = cli.run("status").document["dual_control"]
    assert waiting == {"state": "waiting", "operators": 1, "super_admins": 1, "approvals_waiting": 0}
    for words in (["citizen", "create", "--file", str(person)], ["citizen", "search", "--state", "KA"]):
        refused = cli.run(*words)
        assert (refused.code, refused.error) == (4, "CZ-REF-022"), refused.stdout
    invited = cli.run("operator", "invite", SECOND, "--role", "super_admin")
    assert set(invited.document) >= {"code", "expires"}
    joining = _as(cli, SECOND)
    wrong = cli.run("operator", "join", "--code", "A" * 32, "--operator", SECOND)
    assert (wrong.code, wrong.error) == (4, "CZ-REF-023")
    joins = ("operator", "join", "--code", "-", "--operator", SECOND, "--password-file", str(joining.password_file))
    joined = cli.run(*joins, typed=f"{invited.document['code']}\n")
    assert joined.code == 0, joined.stdout
    assert joined.document["role"] == "super_admin"
    assert cli.run(*joins, typed=f"{invited.document['code']}\n").error == "CZ-REF-023"
    return joining


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file that describes Asha."""
    file = tmp_path_factory.mktemp("in") / "asha.json"
    file.write_text(json.dumps(ASHA))
    return file


def _filed(answer: Answer) -> str:
    assert answer.code == 4, answer.stdout
    assert list(answer.document) == ["approval"]
    assert set(answer.document["approval"]) == {"id", "operation", "expires"}
    return str(answer.document["approval"]["id"])


def test_once_the_second_has_joined_citizens_are_served(cli: CommandLine, second: CommandLine, person: Path) -> None:
    assert second.run("citizen", "create", "--file", str(person)).code == 0
    assert cli.run("status").document["dual_control"]["state"] == "on"


def test_a_command_under_dual_control_files_a_request_and_runs_once_approved(
    cli: CommandLine, second: CommandLine
) -> None:
    words = ["setting", "set", "idle_seconds", "240", "--reason", "a busy hall"]
    request = _filed(cli.run(*words))
    shown = second.run("approval", "show", request).document
    assert (shown["requester"], shown["status"], shown["reason"]) == (OPERATOR, "waiting", "a busy hall")
    assert shown["parameters"] == {"setting": "idle_seconds", "from": "600 s", "to": "240 s"}
    assert request in [item["id"] for item in second.run("approval", "list").document["items"]]
    assert cli.run("status").document["dual_control"]["approvals_waiting"] == 1
    approved = [*words, "--approval", request]
    assert cli.run(*approved).error == "CZ-REF-021"
    assert cli.run("approval", "approve", request).code == 4
    assert second.run("approval", "approve", request).document["status"] == "approved"
    assert second.run(*approved).code == 4, "only who asked may go on"
    done = cli.run(*approved)
    assert done.code == 0, done.stdout
    assert done.document["difference"] == "Time without input until the console locks: 10 min → 4 min"
    replayed = cli.run(*approved)
    assert (replayed.code, replayed.error) == (4, "CZ-REF-021")
    [line] = cli.run("setting", "history", "idle_seconds").document["items"]
    assert (line["changed_by"], line["approved_by"]) == (OPERATOR, SECOND)


def test_a_rejected_request_never_runs(cli: CommandLine, second: CommandLine) -> None:
    words = ["operator", "invite", "meera.joshi", "--role", "auditor"]
    request = _filed(cli.run(*words))
    assert second.run("approval", "reject", request).code == 2, "a rejection has a reason"
    rejected = second.run("approval", "reject", request, "--reason", "not yet").document
    assert rejected["status"] == "rejected"
    assert cli.run(*words, "--approval", request).code == 4


def test_a_third_operator_is_added_and_disabled_by_two(cli: CommandLine, second: CommandLine) -> None:
    def by_two(*words: str) -> dict[str, Any]:
        request = _filed(cli.run(*words))
        assert second.run("approval", "approve", request).code == 0
        answer = cli.run(*words, "--approval", request)
        assert answer.code == 0, answer.stdout
        return answer.document

    code = by_two("operator", "invite", "kavya.nair", "--role", "registrar")["code"]
    third = _as(cli, "kavya.nair")
    assert third.run("operator", "join", "--code", code, "--operator", "kavya.nair").code == 0
    assert third.run("citizen", "search", "--state", "KA").code == 0
    assert third.run("operator", "list").code == 4
    by_two("operator", "role", "kavya.nair", "--role", "auditor")
    assert third.run("citizen", "search", "--state", "KA").code == 4
    assert third.run("audit", "verify").code == 0
    by_two("operator", "disable", "kavya.nair")
    assert third.run("audit", "verify").error == "CZ-REF-002"
    states = {item["name"]: item["state"] for item in cli.run("operator", "list").document["items"]}
    assert states == {OPERATOR: "active", SECOND: "active", "kavya.nair": "disabled"}
    assert cli.run("vault", "verify").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["approval", "show", "not-a-uuid"], 2),
        (["approval", "show", "00000000-0000-4000-8000-000000000000"], 3),
        (["approval", "approve", "00000000-0000-4000-8000-000000000000"], 3),
        (["operator", "disable", "nobody.at.all"], 3),
        (["operator", "disable", OPERATOR], 4),
        (["operator", "disable", SECOND], 4),
        (["operator", "role", SECOND, "--role", "auditor"], 4),
        (["operator", "invite", "x", "--role", "king"], 2),
        (["operator", "invite", "a/b", "--role", "auditor"], 2),
        (["operator", "invite", SECOND.upper(), "--role", "auditor"], 2),
        (["setting", "set", "idle_seconds", "1"], 2),
        (["setting", "set", "no_such_thing", "1"], 2),
        (["setting", "history", "no_such_thing"], 2),
        (["setting", "set", "kek_capacity", "9", "--approval", "x"], 2),
    ],
)
def test_what_cannot_be_has_its_exit_code(cli: CommandLine, second: CommandLine, words: list[str], code: int) -> None:
    answer = cli.run(*words)
    assert answer.code == code, answer.stdout
    assert answer.error


@pytest.mark.slow
def test_a_console_killed_while_it_disables_somebody_leaves_a_vault_that_opens(tmp_path: Path) -> None:
    cli = command_line(tmp_path / "killed", OPERATOR, PASSWORD)
    assert cli.run("init", "--operator", OPERATOR, "--dual-control", "off").code == 0
    try:
        for number, seconds in enumerate((0.5, 0.8, 1.1, 1.4)):
            name = f"leaving.{number}"
            leaving = _as(cli, name)
            code = cli.run("operator", "invite", name, "--role", "auditor").document["code"]
            assert leaving.run("operator", "join", "--code", code, "--operator", name).code == 0
            process = cli.start("operator", "disable", name)
            time.sleep(seconds)
            process.kill()
            process.communicate()
            assert cli.run("audit", "verify").code == 0, "whatever was reached, the others get in"
            states = {item["name"]: item["state"] for item in cli.run("operator", "list").document["items"]}
            signed_in = leaving.run("audit", "verify").code == 0
            assert signed_in == (states[name] == "active")
        assert cli.run("vault", "verify").code == 0
    finally:
        remove_vault(cli.home)
