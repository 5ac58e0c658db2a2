"""What a verifier is handed: files of any size and kind give one answer each; a proof is used once."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.proofs.claims import REQUEST_BYTES
from core.proofs.prover import present
from core.proofs.reasons import Reason
from core.proofs.response import FILE_BYTES, is_around, response_document
from core.proofs.seen import SeenFile
from core.proofs.verify import judge, main, parse_time, read_file
from tests.support.eligibility import Authority, ask, claim

HASH = bytes(range(32))
AUTHORITY = Authority()
CLAIMS = (claim("age", ">=", 18),)


def test_of_a_file_without_end_only_as_much_is_read_as_is_needed_to_refuse_it() -> None:
    data = read_file(Path("/dev/zero"), "file", FILE_BYTES)
    assert len(data) == FILE_BYTES + 1
    assert judge(data, AUTHORITY.expect(CLAIMS)).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("name", ["file", "authority", "claims"])
@pytest.mark.parametrize("path", ["/nonexistent", "/", "with\0zero"])
def test_what_cannot_be_read_is_said_of_the_right_file(name: str, path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read") as raised:
        read_file(Path(path), name, REQUEST_BYTES)
    assert raised.value.field == name


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 999, b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 20_000, b"null", b"[]", b'"proof"',
     b'{"proof": 1}', b'{"proof": "\\ud800"}', b'{"proof": "\xc3\xa9"}',
     b'{"proof": "AAAA", "x": ' + b"9" * 9_999 + b"}",
     b'{"proof": "AAAA", "proof": "AAAA"}', b'{"proof": "gYGBgYGBgYGBgYGBgYGBgYGB"}', b'{"proof": "oQGb__________8"}'],
)  # fmt: skip
def test_hostile_bytes_are_refused_with_a_reason_and_never_crash(content: bytes) -> None:
    assert judge(content, AUTHORITY.expect(CLAIMS)).reason in {Reason.MALFORMED, Reason.NO_PROOF}


def test_what_is_nested_as_deep_as_can_just_be_read_is_refused() -> None:
    proven = present(AUTHORITY.issue(), ask(CLAIMS))
    presentation, context = proven.presentation.encoded(), proven.context
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    members = {name: value for name, value in response_document(presentation, context).items() if name != "proof"}
    assert is_around(members, presentation, context)
    assert not is_around({**members, "more": deep}, presentation, context)
    while deep:  # or taking it apart would be as deep
        [deep] = deep  # type: ignore[assignment]


@pytest.mark.parametrize(
    "text", ["noon", "", "2026-07-14", "2026-07-14T09:00:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"]
)
def test_a_time_without_zone_or_beyond_the_calendar_is_bad_usage(text: str) -> None:
    with pytest.raises(InvalidInput, match="A time is written"):
        parse_time(text)


# --- single use ----------------------------------------------------------------------------------------


def test_a_hash_is_new_once(tmp_path: Path) -> None:
    seen = SeenFile(tmp_path / "seen")
    assert seen.use_once(HASH)
    assert not seen.use_once(HASH)
    assert not SeenFile(tmp_path / "seen").use_once(HASH)
    assert seen.use_once(bytes(32))
    assert (tmp_path / "seen").stat().st_mode & 0o77 == 0


def test_a_line_that_a_crash_cut_off_takes_nothing_from_the_others(tmp_path: Path) -> None:
    path = tmp_path / "seen"
    path.write_text(f"{bytes(32).hex()}\n{HASH.hex()[:40]}")
    seen = SeenFile(path)
    assert seen.use_once(HASH)
    assert not seen.use_once(HASH)
    assert not seen.use_once(bytes(32))
    assert seen.use_once(b"\x01" * 32)


@pytest.mark.parametrize("content", [b'{"claims": []}', b"\x00" * 1_000, b"f" * 65, b"\xfe\n" * 32, b"FF\n"])
def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="something else"):
        SeenFile(path).use_once(HASH)
    assert path.read_bytes() == content


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null"), tmp_path, tmp_path / "none" / "seen"):
        with pytest.raises(InvalidInput, match="file of used proofs"):
            SeenFile(path).use_once(HASH)


def _use(path: Path, _number: int) -> bool:
    return SeenFile(path).use_once(HASH)


def test_of_many_processes_at_once_one_may_use_a_proof(tmp_path: Path) -> None:
    path = tmp_path / "seen"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        used = pool.starmap(_use, [(path, number) for number in range(40)])
    assert used.count(True) == 1
    assert path.read_text() == HASH.hex() + "\n"


def test_the_verifiers_own_program_prints_one_document_whatever_happens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--authority", "/dev/zero", "--claims", "/dev/zero", "--audience", "bank", "--nonce", "07" * 32]
    assert main(["/dev/zero", *words]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "CZ-INP-001"
