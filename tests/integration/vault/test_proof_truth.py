"""The truth table through the service: stored values, the HSM's signature, the audience's own verification.

Amounts have few questions in their learning budget; each of their values in each comparison stands in
`tests/unit/proofs/test_truth.py`.
"""

import operator
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.citizens.model import CitizenRecord
from core.citizens.validation import today
from core.proofs.attributes import BY_NAME, GENDERS, MARITAL_STATUSES, STATES
from core.proofs.claims import MAX_CLAIMS, SYMBOLS
from core.proofs.examination import Expected
from core.proofs.model import ProofRequest
from core.proofs.presentation import parse
from core.proofs.verifier import Verdict, verify
from tests.support.eligibility import claim
from tests.support.vault import ASHA, RealVault

COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
BANK = "bank"
Question = tuple[str, str, object, bool]  # attribute, operator, operand, truth


def somebody(real: RealVault, **changed: Any) -> CitizenRecord:
    return real.enrol({**ASHA, "aadhaar": None, "pan": None, **changed})


def assert_proven(real: RealVault, person: CitizenRecord, asked: Sequence[Question]) -> None:
    """Have questions proven, and each answer's opposite refused."""
    proofs = real.vault.services.proofs
    key: Any = load_pem_public_key(proofs.authority(real.session)[0])
    for start in range(0, len(asked), MAX_CLAIMS):
        part = asked[start : start + MAX_CLAIMS]
        claims = tuple(claim(*question[:3]) for question in part)
        request = ProofRequest(claims, BANK, os.urandom(32))
        answer = proofs.prove(real.session, person.identity_token, request)

        def judged(encoded: bytes, request: ProofRequest = request) -> Verdict:
            now = int(datetime.now(UTC).timestamp())
            return verify(encoded, Expected(key, request.claims, request.nonce, BANK, now))

        verdict = judged(answer.presentation)
        assert verdict.valid
        assert [result for _, result in verdict.results] == [truth for *_, truth in part]
        shown = parse(answer.presentation)
        for number in range(len(part)):
            results = tuple(result != (at == number) for at, result in enumerate(shown.results))
            assert not judged(replace(shown, results=results).encoded()).valid


@pytest.mark.parametrize(
    ("attribute", "code", "codes"),
    [
        *(("gender", code, GENDERS) for code in GENDERS),
        *(("marital_status", code, MARITAL_STATUSES) for code in MARITAL_STATUSES),
        *(("state", code, STATES) for code in ("KA", "AN", "WB")),
    ],
)
def test_a_code_is_told_from_every_other_one(
    real: RealVault, attribute: str, code: str, codes: Mapping[str, int]
) -> None:
    person = somebody(real, **{attribute: code})
    table = [(attribute, symbol, other, COMPARED[symbol](code, other)) for other in codes for symbol in ("==", "!=")]
    assert_proven(real, person, table)


@pytest.mark.parametrize("poor", [True, False])
def test_poverty_is_told_from_its_opposite(real: RealVault, poor: bool) -> None:
    table = [
        ("bpl_status", symbol, other, COMPARED[symbol](poor, other))
        for other in (True, False)
        for symbol in ("==", "!=")
    ]
    assert_proven(real, somebody(real, bpl_status=poor), table)


@pytest.mark.parametrize("count", [0, 1, 49, 50])
def test_every_comparison_of_a_number_is_true_just_where_it_is(real: RealVault, count: int) -> None:
    top = BY_NAME["dependents_count"].maximum
    operands = sorted({0, 1, count - 1, count, count + 1, 59, 60, 61, 127, 128, top - 1, top} - {-1})
    table = [
        ("dependents_count", symbol, other, COMPARED[symbol](count, other)) for other in operands for symbol in SYMBOLS
    ]
    assert_proven(real, somebody(real, dependents_count=count), table)


@pytest.mark.parametrize("amount", [0, 100_000, 499_999, 500_000, 500_001, 10_000_000])
def test_an_income_is_on_the_right_side_of_a_threshold(real: RealVault, amount: int) -> None:
    table = [("income_annual", symbol, 500_000, COMPARED[symbol](amount, 500_000)) for symbol in ("<=", ">")]
    assert_proven(real, somebody(real, income_annual=amount), table)


@pytest.mark.parametrize("later", [0, 1])
def test_somebody_is_of_age_on_the_birthday_and_not_the_day_before(real: RealVault, later: int) -> None:
    day = today(datetime.now(UTC))
    born = date(day.year - 18, day.month, min(day.day, 28)).toordinal() + later + max(0, day.day - 28)
    person = somebody(real, birth_date=date.fromordinal(born).isoformat())
    table = [("age", ">=", 18, not later), ("age", "<", 18, bool(later))]
    assert_proven(real, person, table)
