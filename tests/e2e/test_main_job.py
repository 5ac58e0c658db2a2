"""The main job through the command line, as scripts do it, and what it leaves on disk."""

import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.support.cli import Answer, CommandLine, command_line, remove_vault
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI

NOBODY = "idt_" + "0" * 22


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Give a vault made by `init`."""
    made = command_line(tmp_path_factory.mktemp("e2e"), OPERATOR, PASSWORD)
    answer = made.run(
        "init", "--operator", OPERATOR, "--dual-control", "off", "--password-file", str(made.password_file)
    )
    assert answer.code == 0, answer.stdout
    assert {"token_serial", "log_id", "operator"} <= set(answer.document)
    yield made
    remove_vault(made.home)


def _create(cli: CommandLine, folder: Path, person: dict[str, object]) -> Answer:
    file = folder / "person.json"
    file.write_text(json.dumps(person))
    answer = cli.run("citizen", "create", "--file", str(file))
    file.unlink()
    return answer


@pytest.fixture(scope="module")
def token(cli: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Enrol Asha from a JSON file."""
    answer = _create(cli, tmp_path_factory.mktemp("in"), ASHA)
    assert answer.code == 0, answer.stdout
    return str(answer.document["identity_token"])


def test_a_citizen_from_a_file_is_found_by_phone_aadhaar_and_pan(cli: CommandLine, token: str) -> None:
    for option in ("phone", "aadhaar", "pan", "email"):
        answer = cli.run("citizen", "search", f"--{option}", "-", typed=f"{ASHA[option]}\n")
        assert [item["identity_token"] for item in answer.document["items"]] == [token], option
        assert ASHA["name"] not in answer.stdout


def test_one_field_is_revealed_for_a_purpose(cli: CommandLine, token: str) -> None:
    answer = cli.run("citizen", "profile", token, "--purpose", "support", "--field", "phone")
    assert answer.document["fields"] == {"phone": ASHA["phone"]}
    shown = cli.run("citizen", "show", token)
    assert shown.document["identity_token"] == token
    assert not any(str(ASHA[name]) in shown.stdout for name in ("name", "phone", "email", "aadhaar", "pan"))


def test_changes_roles_and_level_work_from_the_command_line(cli: CommandLine, tmp_path: Path) -> None:
    made = _create(cli, tmp_path, {**RAVI, "aadhaar": None, "pan": None}).document["identity_token"]
    file = tmp_path / "change.json"
    file.write_text('{"district": "Thrissur", "email": null}')
    assert cli.run("citizen", "update", made, "--file", str(file)).document["district"] == "Thrissur"
    roles = cli.run("citizen", "roles", made, "--set", "citizen,business,guardian", "--primary", "business")
    assert roles.document["primary_role"] == "business"
    level = cli.run("citizen", "verify-level", made, "--level", "document_verified")
    assert (level.document["verification_level"], level.document["revision"]) == ("document_verified", 4)
    listed = cli.run("citizen", "search", "--state", "KL", "--role", "business", "--limit", "1")
    assert [item["identity_token"] for item in listed.document["items"]] == [made]
    assert listed.document["next"] is None
    first = cli.run("citizen", "search", "--limit", "1").document
    second = cli.run("citizen", "search", "--limit", "1", "--after", first["next"]).document
    assert first["items"][0]["identity_token"] != second["items"][0]["identity_token"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["citizen", "show", NOBODY], 3),
        (["citizen", "profile", NOBODY, "--purpose", "support"], 3),
        (["citizen", "show", "idt_x"], 3),
        (["citizen", "profile", "TOKEN", "--purpose", "curiosity"], 2),
        (["citizen", "profile", "TOKEN", "--purpose", "legal_obligation"], 2),
        (["citizen", "profile", "TOKEN", "--purpose", "support", "--field", "colour"], 2),
        (["citizen", "search", "--phone", "12"], 2),
        (["citizen", "search", "--aadhaar", "234567890123"], 2),
        (["citizen", "search", "--phone", "9886041277", "--pan", "ABCPK1234F"], 2),
        (["citizen", "search", "--after", "not-a-cursor"], 2),
        (["citizen", "search", "--state", "XX"], 2),
        (["citizen", "roles", "TOKEN", "--set", "king"], 2),
        (["citizen", "create", "--file", "/does/not/exist"], 2),
        (["citizen", "fly"], 2),
        (["nonsense"], 2),
        (["init", "--operator", "someone"], 2),
    ],
)
def test_a_refused_command_says_one_error_and_its_exit_code(
    cli: CommandLine, token: str, words: list[str], code: int
) -> None:
    answer = cli.run(*[token if word == "TOKEN" else word for word in words])
    assert answer.code == code, answer.stdout
    assert set(answer.document) == {"error"}
    assert set(answer.document["error"]) >= {"code", "message"}
    assert "Traceback" not in answer.stdout + answer.stderr


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"name": 1}', '{"name": "A B", "name": "C"}', '{"name": NaN}', "\xff\xfe", '{"a":' * 5_000],
)
def test_a_file_that_is_no_citizen_is_refused_with_one_error(cli: CommandLine, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content.encode("latin-1"))
    answer = cli.run("citizen", "create", "--file", str(file))
    assert (answer.code, set(answer.document)) == (2, {"error"})


def test_a_wrong_password_and_an_unknown_operator_get_the_same_answer(cli: CommandLine, tmp_path: Path) -> None:
    wrong = command_line(tmp_path, OPERATOR, "not the password at all")
    first = CommandLine(cli.home, OPERATOR, wrong.password_file).run("citizen", "show", NOBODY)
    second = CommandLine(cli.home, "nobody.here", cli.password_file).run("citizen", "show", NOBODY)
    assert (first.code, first.document) == (second.code, second.document)
    assert (first.code, first.error) == (4, "CZ-REF-002")


def test_without_a_vault_the_error_says_what_to_do(tmp_path: Path) -> None:
    answer = command_line(tmp_path, OPERATOR, PASSWORD).run("citizen", "show", NOBODY)
    assert (answer.code, answer.error) == (2, "CZ-INP-004")


def test_status_tells_parts_and_data_folder(cli: CommandLine) -> None:
    answer = cli.run("status")
    assert answer.code == 0
    assert {part: answer.document[part]["state"] for part in ("hsm", "database", "log")} == dict.fromkeys(
        ("hsm", "database", "log"), "ready"
    )
    assert Path(answer.document["database"]["data_folder"], "PG_VERSION").exists()


def test_a_token_that_is_gone_is_said_with_exit_code_6(cli: CommandLine, token: str) -> None:
    tokens = cli.home / "tokens"
    away = cli.home / "tokens-away"
    tokens.rename(away)
    tokens.mkdir(mode=0o700)
    try:
        answer = cli.run("citizen", "show", token)
        assert (answer.code, answer.error) == (6, "CZ-HSM-004")
        assert cli.run("status").code == 6
    finally:
        tokens.rmdir()
        away.rename(tokens)
    assert cli.run("citizen", "show", token).code == 0


def test_vault_and_log_are_whole_afterwards(cli: CommandLine, token: str) -> None:
    assert cli.run("vault", "verify").document["valid"] is True
    assert cli.run("vault", "verify", "--sample", "1").document["citizens"] == 1
    assert cli.run("audit", "verify").document["valid"] is True
    keys = {(item["label"], item["key_class"]): item for item in cli.run("key", "status").document["items"]}
    assert all(item["sensitive"] for (_, kind), item in keys.items() if kind in {"secret", "private"})


# --- what lies on disk -----------------------------------------------------------------------------

CANARIES = [
    "Asha Devi", "Kulkarni", "+919886041277", "9886041277", "asha.kulkarni", "Temple Road", "234567890124",
    "2345 6789 0124", "ABCPK1234F", "Ravi Shankar", "+919447012345", "9447012345", "XYZPP9876K", "Marine Drive",
    PASSWORD,
]  # fmt: skip


def _forms(value: str) -> dict[str, bytes]:
    """Return a value in every encoding in which it could lie about, and its plain hashes."""
    raw = value.encode()
    # base64 of a value inside a longer text depends on where it begins: take all three alignments.
    aligned = {
        f"base64+{shift}": base64.b64encode(b"\x00" * shift + raw)[(shift * 8 + 5) // 6 : -4 or None]
        for shift in range(3)
    }
    forms = {
        "utf-8": raw, "utf-16": value.encode("utf-16-le"), "utf-16-be": value.encode("utf-16-be"),
        "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(), **aligned,
    }  # fmt: skip
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw)
        forms |= {
            name: digest.digest(), f"{name} hex": digest.hexdigest().encode(),
            f"{name} base64": base64.b64encode(digest.digest())[:20],
        }  # fmt: skip
    return {name: form for name, form in forms.items() if len(form) >= 6}


def test_nothing_personal_lies_on_disk_in_any_encoding(cli: CommandLine, token: str, tmp_path: Path) -> None:
    _create(cli, tmp_path, {**RAVI, "phone": "+919447012345"})
    cli.run("citizen", "profile", token, "--purpose", "support")
    cli.run("citizen", "search", "--phone", "-", typed="9886041277\n")
    _create(cli, tmp_path, ASHA)  # refused: there already; the database must not log the values
    status = cli.run("status").document["database"]
    dump = _dump(cli, status)
    folders = [cli.home, Path(status["data_folder"]), Path(status["log_file"]).parent]
    contents = {"dump": dump}
    for folder in folders:
        contents |= {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    found = [
        (where, canary[:4], form)
        for canary in CANARIES
        for form, needle in _forms(canary).items()
        for where, content in contents.items()
        if needle in content
    ]
    assert found == []
    assert token.encode() in dump


def _dump(cli: CommandLine, status: dict[str, str]) -> bytes:
    """Return every row of every table as text: what a dump of the database holds."""
    from app.start import begin
    from core.storage.home import Home

    starting = begin(Home(cli.home))
    starting.server_joined()
    try:
        words = {name.removeprefix("connect_"): value for name, value in status.items() if name.startswith("connect_")}
        words |= dict(starting.server.connection_parameters(words["user"]))
        password = Home(cli.home).program_password().reveal_text()
        with psycopg.connect(make_conninfo(**words, password=password)) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
            ).fetchall()
            rows = [connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall() for (name,) in tables]
            texts = [connection.execute(f'SELECT t::text FROM "{name}" t'.encode()).fetchall() for (name,) in tables]
        binary = b"".join(bytes(v) for table in rows for row in table for v in row if isinstance(v, bytes))
        return binary + repr(rows).encode() + repr(texts).encode()
    finally:
        starting.client.close()
        starting.server.leave()


# --- the HSM's side --------------------------------------------------------------------------------


def test_the_spy_sees_keys_made_in_the_token_and_no_value_asked_for(tmp_path: Path) -> None:
    spy_log = tmp_path / "spy.log"
    cli = command_line(
        tmp_path / "spied", OPERATOR, PASSWORD,
        PKCS11SPY="/usr/lib/softhsm/libsofthsm2.so", PKCS11SPY_OUTPUT=str(spy_log),
    )  # fmt: skip
    spy = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so"
    if not Path(spy).exists():
        pytest.skip("pkcs11-spy (package opensc) is not installed")
    assert cli.run("init", "--operator", OPERATOR, "--module", spy, "--dual-control", "off").code == 0
    at_set_up = squeezed(spy_log)
    try:
        token = _create(cli, tmp_path, ASHA).document["identity_token"]
        assert cli.run("citizen", "profile", token, "--purpose", "support").code == 0
        text = squeezed(spy_log)
    finally:
        remove_vault(cli.home)
    made = [
        part.split("Returned:")[0] for part in text.split("C_Generate")[1:] if part.startswith(("Key\n", "KeyPair"))
    ]
    lasting = [call for call in made if "CKA_TOKEN True" in call]
    assert len(lasting) == 9
    for call in lasting:
        assert "CKA_SENSITIVE True" in call
        assert "CKA_EXTRACTABLE False" in call or re.search(r"CKA_WRAP_WITH_TRUSTED [0-9a-f]+ / 1\n 00000000 01 ", call)
    calls = [part.split("Returned:")[0] for part in text.split("C_CreateObject")[1:]]
    created = [call for call in calls if "CKA_TOKEN True" in call]
    assert len(created) == 1  # the backup key's public half
    assert "CKO_PUBLIC_KEY" in created[0]
    for process in text.split("C_Initialize")[1:]:  # handles mean something only within one process
        handles = {
            handle
            for call in re.split(r"C_GenerateKey(?:Pair)?\n", process)[1:]
            if "CKA_TOKEN True" in call.split("Returned:")[0]
            for handle in re.findall(r"\[out\] h(?:Private)?Key = (0x[0-9a-f]+)", call.split("Returned:")[0])
        }
        for call in process.split("C_GetAttributeValue")[1:]:
            asked = call.split("[out]")[0]
            handle = re.findall(r"hObject = (0x[0-9a-f]+)", asked)[0]
            assert "CKA_PRIVATE_EXPONENT" not in asked
            assert "CKA_VALUE " not in asked or handle not in handles
    assert "CKA_VALUE " not in text[len(at_set_up) :].replace("CKA_VALUE_LEN", "")


def squeezed(spy_log: Path) -> str:
    """Return the spy's log with single blanks."""
    return re.sub(r"[ \t]+", " ", spy_log.read_text(errors="replace"))


def test_home_and_its_secrets_are_private(cli: CommandLine) -> None:
    assert cli.home.stat().st_mode & 0o777 == 0o700
    for file in cli.home.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_a_second_process_joins_while_the_first_works(cli: CommandLine, token: str) -> None:
    processes: list[subprocess.Popen[str]] = [cli.start("citizen", "show", token) for _ in range(3)]
    for process in processes:
        stdout, _ = process.communicate(timeout=60)
        assert process.returncode == 0, stdout
