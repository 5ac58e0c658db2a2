"""`proof …` as scripts call it: made in one process, verified in another that has no vault."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.storage.home import Home
from tests.support.cli import ROOT, Answer, CommandLine
from tests.support.hsm import SOFTHSM
from tests.support.vault import ASHA, PASSWORD, destroyed

REQUEST = {
    "claims": [
        {"attribute": "age", "operator": ">=", "value": 18},
        {"attribute": "income_annual", "operator": "<=", "value": 200_000},
        {"attribute": "state", "operator": "==", "value": "KA"},
    ]
}
AUDIENCE = "https://pension.example"


class Desk:
    """A vault with one citizen, and a verifier's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        password = self.file("password", PASSWORD)
        password.chmod(0o600)
        self.line = CommandLine(folder / "home", "anjali.raghavan", password)
        self.claims = self.file("claims.json", json.dumps(REQUEST))
        self.key, self.proof = folder / "authority.pem", folder / "proof.json"
        self.nonce = os.urandom(32).hex()
        self.token = ""

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def verify(self, *more: str, proof: Path | None = None) -> Answer:
        """Verify without home, operator and password."""
        words = {"authority": str(self.key), "claims": str(self.claims), "audience": AUDIENCE, "nonce": self.nonce}
        kept = {name: value for name, value in words.items() if f"--{name}" not in more}
        options = [word for name, value in kept.items() for word in (f"--{name}", value)]
        nobody = CommandLine(Path("/nonexistent"), "", Path("/nonexistent"))
        return nobody.run("proof", "verify", str(proof or self.proof), *options, *more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    with destroyed(Home(made.line.home)):
        started = made.line.run(
            "init", "--operator", "anjali.raghavan", "--dual-control", "off", "--module", str(SOFTHSM)
        )
        assert started.code == 0, started.stderr
        values = made.file("asha.json", json.dumps(ASHA))
        token = made.line.run("citizen", "create", "--file", str(values)).document["identity_token"]
        made.token = token
        assert made.line.run("proof", "authority", "--output", str(made.key)).code == 0
        proven = made.line.run(
            "proof", "prove", token, "--claims", str(made.claims), "--audience", AUDIENCE, "--nonce", made.nonce,
            "--output", str(made.proof),
        )  # fmt: skip
        assert proven.code == 0, proven.stdout
        assert proven.document == json.loads(made.proof.read_text())
        yield made


def test_a_proof_response_has_the_specified_members(desk: Desk) -> None:
    document = json.loads(desk.proof.read_text())
    assert set(document) == {"identity_token", "results", "all_satisfied", "proof_hash", "timestamp", "proof"}
    assert [row["result"] for row in document["results"]] == [True, False, True]
    assert document["all_satisfied"] is False
    assert desk.proof.stat().st_mode & 0o77 == 0


def test_who_has_the_authoritys_key_verifies_without_a_vault(desk: Desk) -> None:
    answer = desk.verify()
    assert answer.code == 0
    assert answer.document["valid"] is True
    assert answer.document["reason"] is None
    assert [row["result"] for row in answer.document["results"]] == [True, False, True]


def test_the_verifiers_own_program_says_the_same_and_loads_no_database(desk: Desk) -> None:
    words = [str(desk.proof), "--authority", str(desk.key), "--claims", str(desk.claims), "--audience", AUDIENCE]
    code = (
        "import sys, core.proofs.verify as v; code = v.main(sys.argv[1:]); "
        "print([m for m in sys.modules if m.split('.')[0] in {'sqlalchemy', 'psycopg', 'pkcs11', 'hsm'}"
        " or m in {'core.proofs.prover', 'core.proofs.prove_relation', 'core.proofs.service'}], file=sys.stderr); "
        "sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *words, "--nonce", desk.nonce],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == desk.verify().document
    assert ran.stderr.strip() == "[]"


def changed(desk: Desk, **members: Any) -> Path:
    document = json.loads(desk.proof.read_text())
    document |= members
    path = desk.folder / "changed.json"
    path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
    return path


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"all_satisfied": True}, "response_differs"),
        ({"identity_token": "idt_" + "0" * 22}, "response_differs"),
        ({"results": []}, "response_differs"),
        ({"proof": None}, "no_proof"),
        ({"proof": "AAAA"}, "malformed"),
    ],
)
def test_a_changed_response_is_refused_with_exit_code_5(desk: Desk, members: dict[str, Any], reason: str) -> None:
    answer = desk.verify(proof=changed(desk, **members))
    assert (answer.code, answer.document["valid"], answer.document["reason"]) == (5, False, reason)
    assert answer.document["results"] == []


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("nonce", "00" * 32, "nonce"),
        ("audience", "somebody else", "audience"),
        ("at", "2020-01-01T00:00:00Z", "credential_not_yet_valid"),
        ("at", "2099-01-01T00:00:00Z", "credential_expired"),
    ],
)
def test_what_was_not_asked_is_refused(desk: Desk, option: str, value: str, reason: str) -> None:
    answer = desk.verify(f"--{option}", value)
    assert (answer.code, answer.document["reason"]) == (5, reason)


def test_other_claims_than_asked_are_refused(desk: Desk) -> None:
    other = desk.file("other.json", json.dumps({"claims": REQUEST["claims"][:2]}))
    answer = desk.verify("--claims", str(other))
    assert (answer.code, answer.document["reason"]) == (5, "claims")


def test_a_second_use_is_refused(desk: Desk) -> None:
    seen = str(desk.folder / "seen")
    assert desk.verify("--seen", seen).code == 0
    again = desk.verify("--seen", seen)
    assert (again.code, again.document["reason"]) == (5, "replayed")


@pytest.mark.parametrize(
    ("option", "value"), [("nonce", "12"), ("authority", "/nonexistent"), ("claims", "/nonexistent"), ("at", "noon")]
)
def test_a_question_that_makes_no_sense_is_bad_usage(desk: Desk, option: str, value: str) -> None:
    answer = desk.verify(f"--{option}", value)
    assert answer.code == 2
    assert answer.error == "CZ-INP-001"


@pytest.mark.parametrize(
    "request_text",
    ['{"claims": []}', "{", '{"claims": [{"attribute": "age", "operator": ">=", "value": true}]}',
     '{"claims": [{"attribute": "state", "operator": ">", "value": "KA"}]}'],
)  # fmt: skip
def test_a_senseless_request_is_bad_usage(desk: Desk, request_text: str) -> None:
    asked = desk.file("senseless.json", request_text)
    answer = desk.line.run(
        "proof", "prove", desk.token, "--claims", str(asked), "--audience", AUDIENCE, "--nonce", desk.nonce
    )
    assert answer.code == 2


def test_a_question_beyond_the_budget_is_refused(desk: Desk) -> None:
    exact = {"claims": [{"attribute": "income_annual", "operator": "==", "value": 250_000}]}
    asked = desk.file("exact.json", json.dumps(exact))
    words = (desk.token, "--claims", str(asked), "--audience", AUDIENCE)
    refused = desk.line.run("proof", "prove", *words, "--nonce", desk.nonce)
    assert (refused.code, refused.error) == (4, "CZ-REF-040")
    forecast = desk.line.run("proof", "forecast", *words)
    assert forecast.code == 0
    assert forecast.document["allowed"] is False


def test_history_and_the_job_answer(desk: Desk) -> None:
    past = desk.line.run("proof", "history", desk.token).document["items"]
    assert past[0]["audience"] == AUDIENCE
    assert past[0]["attributes"] == ["birth_date", "income_annual", "state"]
    issued = desk.line.run("proof", "issue")
    assert (issued.code, issued.document["state"]) == (0, "finished")
