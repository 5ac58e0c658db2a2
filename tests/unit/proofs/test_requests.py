"""What is no sensible request is refused as such, and never answered by "false"."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import states as states_of_india
from core.citizens import validation
from core.errors import InvalidInput
from core.proofs.attributes import (
    BY_NAME,
    GENDERS,
    MARITAL_STATUSES,
    OLDER_STATES,
    SCHEMA,
    STATES,
    NotOnGrid,
    schema_hash,
)  # fmt: skip
from core.proofs.claims import parse_request
from core.proofs.prover import check_held
from core.proofs.verify import parse_audience, parse_nonce, parse_time, read_authority
from core.states import states
from tests.support.eligibility import Authority, claim

GOOD = '{"attribute": "age", "operator": ">=", "value": 60}'
REFUSED = {
    "order on a state": '{"attribute": "state", "operator": ">", "value": "UP"}',
    "order on a gender": '{"attribute": "gender", "operator": "<=", "value": "male"}',
    "order on poverty": '{"attribute": "bpl_status", "operator": ">=", "value": true}',
    "unknown attribute": '{"attribute": "religion", "operator": "==", "value": 1}',
    "unknown operator": '{"attribute": "age", "operator": "=>", "value": 60}',
    "unknown state": '{"attribute": "state", "operator": "==", "value": "XX"}',
    "state by number": '{"attribute": "state", "operator": "==", "value": 9}',
    "finer than a paisa": '{"attribute": "income_annual", "operator": "<=", "value": 0.001}',
    "finer than 1/10000 hectare": '{"attribute": "land_holding", "operator": "<=", "value": 0.00001}',
    "by the thirtieth digit": '{"attribute": "land_holding", "operator": "<", "value": 0.1000000000000000000000000001}',
    "half a year": '{"attribute": "age", "operator": ">=", "value": 60.5}',
    "not a number": '{"attribute": "age", "operator": ">=", "value": NaN}',
    "infinite": '{"attribute": "age", "operator": "<=", "value": Infinity}',
    "huge exponent": '{"attribute": "income_annual", "operator": "<=", "value": 1e999999}',
    "tiny exponent": '{"attribute": "income_annual", "operator": "<=", "value": 1e-999999}',
    "truth for an age": '{"attribute": "age", "operator": ">=", "value": true}',
    "truth for an income": '{"attribute": "income_annual", "operator": "<=", "value": false}',
    "text for an age": '{"attribute": "age", "operator": ">=", "value": "60"}',
    "nothing": '{"attribute": "age", "operator": ">=", "value": null}',
    "a list": '{"attribute": "age", "operator": ">=", "value": [60]}',
    "negative": '{"attribute": "age", "operator": ">=", "value": -1}',
    "beyond eight bits": '{"attribute": "age", "operator": ">=", "value": 256}',
    "beyond forty bits": '{"attribute": "income_annual", "operator": "<=", "value": 10995116278}',
    "a day that is none": '{"attribute": "birth_date", "operator": "<=", "value": "1966-02-30"}',
    "a day in another form": '{"attribute": "birth_date", "operator": "<=", "value": "19660228"}',
    "a day before 1900": '{"attribute": "birth_date", "operator": "<=", "value": "1899-12-31"}',
    "an unknown member": '{"attribute": "age", "operator": ">=", "value": 60, "bits": 3}',
    "a missing member": '{"attribute": "age", "operator": ">="}',
    "an attribute that is no text": '{"attribute": 1, "operator": ">=", "value": 60}',
    "a member twice": '{"attribute": "age", "operator": ">=", "value": 60, "value": 18}',
    "not a claim": "60",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_senseless_claim_is_a_request_error(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_request(f'{{"claims": [{GOOD}, {REFUSED[name]}]}}')
    assert "60.5" not in caught.value.message


@pytest.mark.parametrize("count", [0, 11])
def test_a_request_has_one_to_ten_claims(count: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 10"):
        parse_request(f'{{"claims": [{",".join([GOOD] * count)}]}}')
    assert len(parse_request(f'{{"claims": [{",".join([GOOD] * 10)}]}}')) == 10


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"claims": {}}', "[" * 100_000, "\udc80", '{"claims": ' + " " * 70_000]
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_request(text)


@pytest.mark.parametrize(
    ("attribute", "value", "number"),
    [
        ("income_annual", 500_000, 50_000_000), ("income_annual", Decimal("0.01"), 1), ("state", "UP", 9),
        ("land_holding", Decimal("2.5"), 25_000), ("bpl_status", True, 1), ("bpl_status", 0, 0),
        ("state", "in-tg", 36), ("state", "OR", 21), ("gender", "Female", 1),
        ("birth_date", "1900-01-01", 0), ("dependents_count", Decimal("3.0"), 3), ("gender", "female", 1),
    ],
)  # fmt: skip
def test_a_value_and_its_number_say_the_same(attribute: str, value: object, number: int) -> None:
    assert claim(attribute, "==", value).operand == number
    asked = claim(attribute, "==", value).request()
    assert parse_request(json.dumps({"claims": [asked]}))[0].operand == number


@given(st.data())
def test_every_number_is_shown_as_a_value_that_means_it(data: st.DataObject) -> None:
    for attribute in SCHEMA:
        top = max(attribute.codes.values()) if attribute.codes else attribute.maximum
        number = data.draw(
            st.sampled_from(sorted(attribute.codes.values())) if attribute.codes else st.integers(0, top)
        )
        asked = {"claims": [{"attribute": attribute.name, "operator": "==", "value": attribute.value(number)}]}
        assert parse_request(json.dumps(asked))[0].operand == number


def test_a_number_without_a_value_is_on_no_grid() -> None:
    for attribute in SCHEMA:
        with pytest.raises(NotOnGrid):
            attribute.number(object())


def test_every_state_gender_and_marital_status_has_its_code() -> None:
    assert set(STATES) == set(states())
    assert OLDER_STATES == states_of_india.OLDER_STATES
    assert set(GENDERS) == set(validation.GENDERS)
    assert set(MARITAL_STATUSES) == set(validation.MARITAL_STATUSES)
    for codes in (STATES, GENDERS, MARITAL_STATUSES):
        assert len(set(codes.values())) == len(codes)


def test_the_schema_is_frozen() -> None:
    assert schema_hash().hex() == "dfdfc0662e9a814c21b765266af521070f9333259371f3fe90b26e1d898bf9fd"


def test_everything_that_the_vault_accepts_fits_its_bits() -> None:
    assert BY_NAME["income_annual"].number(validation.HIGHEST_INCOME)
    assert BY_NAME["land_holding"].number(validation.HIGHEST_LAND)
    assert BY_NAME["dependents_count"].number(validation.HIGHEST_DEPENDENTS)


def test_an_attribute_that_the_record_lacks_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="does not hold: income_annual"):
        check_held(Authority().issue({"state": 9}), [claim("income_annual", "<=", 5), claim("state", "==", "UP")])


@pytest.mark.parametrize("nonce", ["", "00", "0" * 63, "g" * 64, "0" * 66, " " + "0" * 64, "00 " * 32])
def test_a_nonce_is_64_hex_digits(nonce: str) -> None:
    with pytest.raises(InvalidInput, match="64 hex digits"):
        parse_nonce(nonce)


@pytest.mark.parametrize("audience", ["", "a" * 256, "a\nb", "a\0", "\u202eabc"])
def test_an_audience_is_one_line_of_visible_characters(audience: str) -> None:
    with pytest.raises(InvalidInput, match="audience"):
        parse_audience(audience)


@pytest.mark.parametrize("time", ["", "yesterday", "2026-07-14", "2026-07-14T09:00:00"])
def test_a_time_names_its_zone(time: str) -> None:
    with pytest.raises(InvalidInput, match="time"):
        parse_time(time)


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_an_authority_is_a_p256_key(pem: bytes) -> None:
    with pytest.raises(InvalidInput, match="P-256"):
        read_authority(pem)
