"""Forged, spliced, replayed and damaged proofs are refused with a reason code, and none crashes the verifier."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from core.errors import IntegrityFailure
from core.proofs import verify as program
from core.proofs.attributes import BIRTH_DATE_ID
from core.proofs.claims import Claim, Operator
from core.proofs.facts import Fact, Kind
from core.proofs.group import p256_for_commitments
from core.proofs.presentation import Presentation
from core.proofs.prove_relation import prove
from core.proofs.prover import check_held
from core.proofs.reasons import Reason, Refusal
from core.proofs.response import read_response, response_document
from core.proofs.scalars import ORDER
from core.proofs.seen import SeenFile
from core.proofs.statement import build
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
    raw_claim,
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


def test_the_genuine_proof_is_accepted() -> None:
    assert judged(AUTHORITY, GENUINE, ASKED).valid


# --- parts exchanged -------------------------------------------------------------------------------


def test_another_citizens_credential_is_refused() -> None:
    assert refused(AUTHORITY, replace(GENUINE, credential=OTHER.encoded), ASKED) is Reason.PROOF


def test_exchanged_commitments_inside_the_credential_are_refused() -> None:
    swapped = dict(HOLDING.commitments)
    swapped[2], swapped[3] = swapped[3], swapped[2]
    forged = forging.resigned(Authority(AUTHORITY.private), HOLDING, {7: swapped}, sign=False)
    assert refused(AUTHORITY, replace(GENUINE, credential=forged.encoded), ASKED) is Reason.SIGNATURE


def test_an_opening_that_lies_is_found_before_anything_is_proven() -> None:
    value, blinding = HOLDING.openings[2]
    lying = replace(HOLDING, openings={**HOLDING.openings, 2: (value - 1, blinding)})
    with pytest.raises(IntegrityFailure, match="corrupted"):
        check_held(lying, ASKED)


def test_a_proof_from_a_lying_opening_is_refused() -> None:
    value, blinding = OTHER.openings[2]
    lying = replace(OTHER, openings={**OTHER.openings, 2: (value - 60_000_000, blinding)})
    assert refused(AUTHORITY, shown(lying, [INCOME]), [INCOME]) is Reason.PROOF


@pytest.mark.parametrize("part", ["own", "narg", "credential", "results", "nonce", "audience", "issued"])
def test_parts_of_two_genuine_proofs_do_not_join(part: str) -> None:
    other = shown(OTHER, ASKED, nonce=bytes(32), audience="other", issued=NOW + 1)
    if getattr(other, part) == getattr(GENUINE, part):
        pytest.fail("the parts do not differ")
    expected = {"nonce": other.nonce, "audience": other.audience}.get(part)
    changed = {part: expected} if expected is not None else {}
    spliced = replace(GENUINE, **{part: getattr(other, part)})
    reason = verify(spliced.encoded(), AUTHORITY.expect(ASKED, **changed)).reason
    assert reason in {Reason.PROOF, Reason.COMMITMENT_COUNT, Reason.PROOF_LENGTH}


def test_spliced_responses_are_refused() -> None:
    again = shown(HOLDING, ASKED)
    border = len(GENUINE.narg) // 2
    assert refused(AUTHORITY, replace(GENUINE, narg=GENUINE.narg[:border] + again.narg[border:]), ASKED) is not None


@pytest.mark.parametrize("place", range(3))
def test_a_turned_result_is_refused(place: int) -> None:
    results = tuple(result != (number == place) for number, result in enumerate(GENUINE.results))
    assert refused(AUTHORITY, replace(GENUINE, results=results), ASKED) is not None


@pytest.mark.parametrize(
    "claims",
    [ASKED[:2], ASKED[::-1], (*ASKED, INCOME), (ASKED[0],) * 3, (), (claim("income_annual", "<=", 1), *ASKED[1:])],
)
def test_omitted_reordered_doubled_or_other_claims_are_refused(claims: tuple[Any, ...]) -> None:
    asked_else = replace(GENUINE, claims=claims, results=(True,) * len(claims), own=(b"",) * len(claims))
    assert refused(AUTHORITY, asked_else, ASKED) in {Reason.CLAIMS, Reason.TOO_MANY_CLAIMS}
    assert refused(AUTHORITY, asked_else, claims) is not None


def test_a_proof_for_fewer_claims_is_refused_though_it_is_genuine() -> None:
    assert refused(AUTHORITY, shown(HOLDING, ASKED[:2]), ASKED) is Reason.CLAIMS


# --- the range proof -------------------------------------------------------------------------------


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_number_of_bits_is_refused(difference: int) -> None:
    fact = Fact(2, Kind.AT_MOST, INCOME.operand)
    bits = fact.bits + difference
    assert refused(AUTHORITY, forging.with_bits(HOLDING, INCOME, bits), [INCOME]) is Reason.COMMITMENT_COUNT


def test_a_wrapped_difference_is_refused() -> None:
    """The value 90,000,000 against `<= 50,000,000`: the negative difference has 256 bits modulo the order."""
    forged = forging.with_bits(OTHER, INCOME, 256)
    assert refused(AUTHORITY, forged, [INCOME]) is Reason.COMMITMENT_COUNT
    short = forging.with_bits(OTHER, INCOME, Fact(2, Kind.AT_MOST, INCOME.operand).bits)
    assert refused(AUTHORITY, short, [INCOME]) is Reason.PROOF


@pytest.mark.parametrize("digit", [2, -1, ORDER - 5])
def test_digits_that_are_not_bits_are_refused(digit: int) -> None:
    assert refused(AUTHORITY, forging.with_digit(HOLDING, INCOME, digit), [INCOME]) is Reason.PROOF


@pytest.mark.parametrize("left_out", ["bit", "square", "sum"])
def test_a_proof_that_leaves_out_an_equation_is_refused(left_out: str) -> None:
    presentation = forging.without_equation(OTHER, INCOME, left_out)
    assert refused(AUTHORITY, presentation, [INCOME]) is Reason.PROOF_LENGTH


def test_a_challenge_that_leaves_out_the_statement_is_refused() -> None:
    """Weak Fiat-Shamir: commitments chosen after the challenge."""
    relation = build([Fact(3, Kind.EQUAL, 27)], HOLDING.commitments, [[]])
    weak = prove(b"weak", relation, [HOLDING.openings[3][1]], lambda n: p256_for_commitments().commit([(0, n[0])]))
    forged = replace(shown(HOLDING, [STATE]), narg=weak)
    assert refused(AUTHORITY, forged, [STATE]) is Reason.PROOF


@pytest.mark.parametrize("side", [20, 90])
def test_an_age_range_cannot_be_left_on_the_wrong_side(side: int) -> None:
    """`age != 60` of a person of 60 is false; forging its square fails, whichever side is pretended."""
    day_of_60 = HOLDING.openings[BIRTH_DATE_ID][0]
    asked = raw_claim("age", "!=", 66)
    genuine = shown(HOLDING, [asked])
    lying = replace(HOLDING, openings={**HOLDING.openings, BIRTH_DATE_ID: (day_of_60 + (side - 60) * 365, 1)})
    assert genuine.results in {(True,), (False,)}
    assert refused(AUTHORITY, shown(lying, [asked]), [asked]) is Reason.PROOF


# --- every field -----------------------------------------------------------------------------------

CONTEXT_FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nonce": ({"nonce": bytes(32)}, {"nonce": bytes(32)}),
    "audience": ({"audience": AUDIENCE + "x"}, {"audience": AUDIENCE + "x"}),
    "issued": ({"issued": NOW - 1}, {}),
    "expires": ({"expires": NOW + 299}, {}),
    "results": ({"results": (False, True, True)}, {}),
    "claims": ({"claims": (claim("income_annual", "<=", 500_001), *ASKED[1:])},
               {"claims": (claim("income_annual", "<=", 500_001), *ASKED[1:])}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTEXT_FIELDS)
def test_a_changed_context_is_refused_even_if_it_was_asked(name: str) -> None:
    changed, expected = CONTEXT_FIELDS[name]
    forged = replace(GENUINE, **changed)
    verdict = verify(forged.encoded(), replace(AUTHORITY.expect(ASKED), **expected))
    assert verdict.reason in {Reason.PROOF, Reason.COMMITMENT_COUNT, Reason.WINDOW}
    assert not verdict.results


def test_another_authority_of_the_same_credential_is_refused() -> None:
    assert refused(Authority(), GENUINE, ASKED) is Reason.UNKNOWN_AUTHORITY


@pytest.mark.parametrize(
    ("now", "reason"),
    [(NOW - 61, Reason.NOT_YET_VALID), (NOW - 60, None), (NOW + 360, None), (NOW + 361, Reason.EXPIRED)],
)
def test_a_proof_is_usable_for_five_minutes_and_a_minute_of_skew(now: int, reason: Reason | None) -> None:
    holding = AUTHORITY.issue(issued=NOW - 1000)
    assert refused(AUTHORITY, shown(holding, ASKED), ASKED, now=now) is reason


def test_a_credential_ends_after_thirty_days() -> None:
    later = NOW + 30 * 86400 + 60
    assert refused(AUTHORITY, shown(HOLDING, ASKED, issued=later), ASKED, now=later) is None
    assert (
        refused(AUTHORITY, shown(HOLDING, ASKED, issued=later + 1), ASKED, now=later + 1) is Reason.CREDENTIAL_EXPIRED
    )


def test_a_second_use_is_refused(tmp_path: Any) -> None:
    once = SeenFile(tmp_path / "seen").use_once
    assert refused(AUTHORITY, GENUINE, ASKED, use_once=once) is None
    assert refused(AUTHORITY, GENUINE, ASKED, use_once=once) is Reason.REPLAYED
    assert refused(AUTHORITY, shown(HOLDING, ASKED), ASKED, use_once=once) is Reason.REPLAYED  # the same context
    fresh = bytes([1]) * 32
    assert refused(AUTHORITY, shown(HOLDING, ASKED, nonce=fresh), ASKED, nonce=fresh, use_once=once) is None


def test_a_refused_proof_does_not_spend_its_use(tmp_path: Any) -> None:
    once = SeenFile(tmp_path / "seen").use_once
    assert refused(AUTHORITY, replace(GENUINE, narg=bytes(len(GENUINE.narg))), ASKED, use_once=once) is not None
    assert refused(AUTHORITY, GENUINE, ASKED, use_once=once) is None


# --- encodings -------------------------------------------------------------------------------------


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
