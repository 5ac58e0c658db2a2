"""Forged, spliced and replayed proofs are refused with a reason code."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import IntegrityFailure
from core.proofs.attributes import BIRTH_DATE_ID
from core.proofs.facts import Fact, Kind
from core.proofs.group import p256_for_commitments
from core.proofs.prove_relation import prove
from core.proofs.prover import check_held
from core.proofs.reasons import Reason
from core.proofs.scalars import ORDER
from core.proofs.seen import SeenFile
from core.proofs.statement import build
from core.proofs.verifier import verify
from tests.support import forging
from tests.support.eligibility import (
    AUDIENCE,
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
