"""Damaged files, hostile encodings and JSON that says else than its proof: one reason each, and no crash."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from core.proofs import verify as program
from core.proofs.claims import Claim, Operator
from core.proofs.presentation import Presentation
from core.proofs.reasons import Reason, Refusal
from core.proofs.response import read_response, response_document
from core.proofs.scalars import ORDER
from core.proofs.verifier import Verdict, verify
from tests.support import forging
from tests.support.eligibility import (
    AUDIENCE,
    NONCE,
    NOW,
    VALUES,
    Authority,
    claim,
    judged,
    refused,
    shown,
)  # fmt: skip

AUTHORITY = Authority()
KEY = AUTHORITY.private.public_key()
HOLDING = AUTHORITY.issue()
OTHER = AUTHORITY.issue({**VALUES, "income_annual": 90_000_000, "state": 27}, token="idt_0000000000000000000008")
INCOME = claim("income_annual", "<=", 500_000)
STATE = claim("state", "==", "UP")
NOT_MALE = claim("gender", "!=", "other")
ASKED = (INCOME, STATE, NOT_MALE)
GENUINE = shown(HOLDING, ASKED)


def with_audience(presentation: Presentation, audience: str) -> bytes:
    return cbor2.dumps(cbor2.loads(presentation.encoded()) | {5: audience}, canonical=True)


DAMAGED: dict[str, Callable[[Presentation], bytes]] = {
    "empty": lambda _: b"",
    "trailing byte": lambda p: p.encoded() + b"\0",
    "truncated": lambda p: p.encoded()[:-1],
    "indefinite map": lambda p: b"\xbf" + p.encoded()[1:] + b"\xff",
    "unsorted keys": lambda p: forging.reordered(p.encoded()),
    "a key twice": lambda p: b"\xaa" + p.encoded()[1:] + p.encoded()[-3:][:0] + b"\x09\x40",
    "unknown key": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {10: 1}, canonical=True),
    "missing key": lambda p: cbor2.dumps({k: v for k, v in cbor2.loads(p.encoded()).items() if k != 4}, canonical=True),
    "long integer": lambda p: b"\xa9\x18\x01" + p.encoded()[2:],
    "a float": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {6: float(NOW)}, canonical=True),
    "a tag": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {5: cbor2.CBORTag(35, "(a+)+$")}, canonical=True),
    "a bignum": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {6: 2**70}, canonical=True),
    "null": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {5: None}, canonical=True),
    "result as number": lambda p: p.encoded().replace(b"\x84\x03\x00\x09\xf5", b"\x84\x03\x00\x09\x01"),
    "nested without end": lambda _: b"\x81" * 100_000,
    "huge array": lambda _: b"\x9b" + b"\x7f" * 8,
    "huge string": lambda _: b"\x5b" + b"\x7f" * 8,
    "invalid utf-8": lambda p: with_audience(p, "zz").replace(b"\x05bzz", b"\x05b\xff\xff"),
    "lone surrogate": lambda p: with_audience(p, "zzz").replace(b"\x05czzz", b"\x05c\xed\xa0\x80"),
    "operator 6": lambda p: cbor2.dumps(cbor2.loads(p.encoded()) | {3: [[3, 6, 9, True]]}, canonical=True),
    "not a map": lambda _: cbor2.dumps(1),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_not_deterministic_cbor_of_a_presentation_is_refused(name: str) -> None:
    assert verify(DAMAGED[name](GENUINE), AUTHORITY.expect(ASKED)).reason is Reason.MALFORMED


@pytest.mark.parametrize("where", range(0, len(GENUINE.encoded()), 97))
def test_a_turned_bit_is_refused(where: int) -> None:
    data = bytearray(GENUINE.encoded())
    data[where] ^= 1 << where % 8
    verdict = verify(bytes(data), AUTHORITY.expect(ASKED))
    assert verdict.reason is not None
    assert verdict.results == ()


def test_random_damage_never_crashes() -> None:
    chance = random.Random(7)  # noqa: S311 (a seed makes failures repeatable)
    genuine = GENUINE.encoded()
    for _ in range(400):
        data = bytearray(genuine)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randint(1, 40)]
                case _:
                    data[place:place] = chance.randbytes(chance.randint(1, 40))
        if bytes(data) != genuine:
            document = {"proof": base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")}
            as_shown = program.judge_as_shown(json.dumps(document).encode(), KEY, datetime.fromtimestamp(NOW, UTC))
            assert as_shown.reason is not None
            assert verify(bytes(data), AUTHORITY.expect(ASKED)).reason is not None


HOSTILE_CLAIMS = [
    Claim(1, Operator.GE, -(10**18)), Claim(1, Operator.EQ, -9000), Claim(1, Operator.LT, 2**63),
    Claim(77, Operator.EQ, 1), Claim(2, Operator.LE, -1), Claim(2, Operator.LE, 2**64 - 1), Claim(3, Operator.GE, 9),
    Claim(4, Operator.EQ, 256),
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE_CLAIMS, ids=str)
def test_a_file_with_claims_that_nobody_may_ask_is_refused_by_whoever_looks_at_it(hostile: Claim) -> None:
    forged = replace(GENUINE, claims=(hostile,), results=(True,), own=(b"",))
    document = {"proof": base64.urlsafe_b64encode(forged.encoded()).decode().rstrip("=")}
    verdict = program.judge_as_shown(json.dumps(document).encode(), KEY, datetime.fromtimestamp(NOW, UTC))
    assert verdict.reason is Reason.CLAIMS


def test_a_genuine_file_is_accepted_by_whoever_looks_at_it() -> None:
    data, now = json.dumps(document_of(GENUINE)).encode(), datetime.fromtimestamp(NOW, UTC)
    assert program.judge_as_shown(data, KEY, now).valid
    assert program.judge_as_shown(data, KEY, now, audience=AUDIENCE, nonce=NONCE.hex()).valid
    assert program.judge_as_shown(data, KEY, now, audience="somebody else").reason is Reason.AUDIENCE
    assert program.judge_as_shown(data, KEY, now, nonce="0" * 64).reason is Reason.NONCE


def test_a_twin_signature_is_refused() -> None:
    """ECDSA accepts s and q-s alike; the proof names the credential's exact bytes."""
    signature = HOLDING.encoded[-64:]
    twin = HOLDING.encoded[:-32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert refused(AUTHORITY, replace(GENUINE, credential=twin), ASKED) is Reason.PROOF


# --- the JSON around it ----------------------------------------------------------------------------


def document_of(presentation: Presentation) -> dict[str, Any]:
    context = judged(AUTHORITY, presentation, ASKED).context
    assert context is not None
    return response_document(presentation.encoded(), context)


def judged_json(document: object) -> Verdict:
    return program.judge(json.dumps(document).encode(), AUTHORITY.expect(ASKED))


def test_a_response_is_accepted_as_it_was_made() -> None:
    assert judged_json(document_of(GENUINE)).valid
    assert document_of(GENUINE)["all_satisfied"] is True


def turned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"result": not row["result"]} for row in rows]


JSON_FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], Reason]] = {
    "results without a proof": (lambda d: {k: v for k, v in d.items() if k != "proof"}, Reason.NO_PROOF),
    "an empty proof": (lambda d: d | {"proof": ""}, Reason.NO_PROOF),
    "a turned result": (lambda d: d | {"results": turned(d["results"])}, Reason.RESPONSE_DIFFERS),
    "another token": (lambda d: d | {"identity_token": "idt_0000000000000000000009"}, Reason.RESPONSE_DIFFERS),
    "another hash": (lambda d: d | {"proof_hash": "0" * 64}, Reason.RESPONSE_DIFFERS),
    "all satisfied, though": (lambda d: d | {"all_satisfied": 1}, Reason.RESPONSE_DIFFERS),
    "another time": (lambda d: d | {"timestamp": "2030-01-01T00:00:00Z"}, Reason.RESPONSE_DIFFERS),
    "one more member": (lambda d: d | {"verified": True}, Reason.RESPONSE_DIFFERS),
    "one member less": (lambda d: {k: v for k, v in d.items() if k != "all_satisfied"}, Reason.RESPONSE_DIFFERS),
    "padding": (lambda d: d | {"proof": d["proof"] + "="}, Reason.MALFORMED),
    "other alphabet": (lambda d: d | {"proof": d["proof"] + "+/"}, Reason.MALFORMED),
    "blanks": (lambda d: d | {"proof": d["proof"][:4] + "\n" + d["proof"][4:]}, Reason.MALFORMED),
    "a proof that is no text": (lambda d: d | {"proof": 7}, Reason.NO_PROOF),
    "a list": (lambda d: [d], Reason.MALFORMED),
    "not base64": (lambda d: d | {"proof": "a"}, Reason.MALFORMED),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON_FORGERIES)
def test_a_response_that_says_else_than_its_proof_is_refused(name: str) -> None:
    forge, reason = JSON_FORGERIES[name]
    verdict = judged_json(forge(document_of(GENUINE)))
    assert verdict.reason is reason
    assert program.verdict_document(verdict)["results"] == []


def test_true_is_not_one() -> None:
    """Python takes True for 1: a response is compared as it is written."""
    assert judged_json(document_of(GENUINE) | {"all_satisfied": 1.0}).reason is Reason.RESPONSE_DIFFERS


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b'{"proof": "a", "proof": "b"}', b" " * 300_000])
def test_what_is_no_response_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        read_response(data)


def test_the_spare_bits_of_base64_are_zero() -> None:
    encoded = base64.urlsafe_b64encode(b"a").decode().rstrip("=")
    assert read_response(json.dumps({"proof": encoded}).encode()).presentation == b"a"
    with pytest.raises(Refusal):
        read_response(json.dumps({"proof": encoded[0] + "R"}).encode())
