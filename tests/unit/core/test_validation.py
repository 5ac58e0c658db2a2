"""What may be typed about a citizen, and the one normal form that is kept."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.citizens import validation as rules
from core.citizens.model import CitizenRole, Purpose, age_on, checked_roles, identity_token, looks_like_token
from core.citizens.reasons import checked_reason
from core.errors import InvalidFields, InvalidInput
from core.states import OLDER_STATES
from core.states import states as known_states
from tests.support.vault import ASHA, RAVI, TODAY

GOOD = [
    ("phone", "98860 41277", "+919886041277"),
    ("phone", "+91-98860-41277", "+919886041277"),
    ("phone", "098860 41277", "+919886041277"),
    ("email", "Asha@Mysuru.EXAMPLE", "Asha@mysuru.example"),
    ("aadhaar", "2345 6789 0124", "234567890124"),
    ("pan", "abcpk1234f", "ABCPK1234F"),
    ("gstin", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV"),  # the example of python-stdnum
    ("state", "in-ka", "KA"),
    ("state", "TG", "TS"),
    ("state", "OR", "OD"),
    ("state", "CT", "CG"),
    ("state", "UT", "UK"),
    ("state", "DD", "DH"),
    ("name", "  Asha   Devi ", "Asha Devi"),
    ("name", "आशा देवी", "आशा देवी"),
    ("birth_date", "1984-02-29", date(1984, 2, 29)),
    ("income_annual", "250000.5", "250000.50"),
    ("land_holding", 1.25, "1.2500"),
    ("dependents_count", "3", 3),
    ("bpl_status", "yes", True),
    ("gender", "Female", "female"),
]
BAD = [
    ("phone", "12345"), ("phone", "+91 00000 00000"), ("phone", "not a number"), ("phone", 9886041277),
    ("email", "asha"), ("email", "a@b"), ("email", "a b@c.example"),
    ("aadhaar", "234567890123"), ("aadhaar", "12345"), ("aadhaar", "123456789012"), ("aadhaar", "x" * 12),
    ("pan", "ABCDE12345"), ("pan", "ABC1234F"), ("gstin", "27AAPFU0939F1ZO"), ("gstin", "27"),
    ("state", "XX"), ("state", "KAR"), ("state", ""), ("district", "a" * 101), ("name", "123"), ("name", "a\x00b"),
    ("name", "a" * 201), ("name", "\ud800"), ("name", ["Asha"]),
    ("birth_date", "29-02-1984"), ("birth_date", "1983-02-29"), ("birth_date", "2026-07-15"),
    ("birth_date", "1850-01-01"), ("birth_date", 19840229),
    ("income_annual", "-1"), ("income_annual", "NaN"), ("income_annual", "1e99"), ("income_annual", True),
    ("income_annual", "1.234"), ("dependents_count", 1.5), ("dependents_count", 99), ("land_holding", "Infinity"),
    ("bpl_status", "maybe"), ("gender", "F"), ("marital_status", "happy"), ("user_id", "7"),
    ("roles", "citizen"), ("roles", []), ("roles", ["king"]), ("roles", ["citizen", "citizen"]), ("roles", [1]),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "kept"), GOOD)
def test_a_value_is_kept_in_its_normal_form(field: str, typed: object, kept: object) -> None:
    assert rules.field_rules(TODAY)[field](typed) == kept


@pytest.mark.parametrize(("field", "typed"), BAD)
def test_what_cannot_be_is_refused_with_its_field_and_without_its_value(field: str, typed: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.field_rules(TODAY)[field](typed)
    assert refused.value.field == field
    text = str(typed)
    assert len(text) < 5 or text not in refused.value.message


ANYTHING = st.one_of(
    st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text(max_size=5))
)


@given(st.dictionaries(st.sampled_from([*ASHA, "gstin", "user_id"]), ANYTHING))
def test_no_input_gets_past_the_rules_as_anything_but_an_error_in_words(values: dict[str, object]) -> None:
    with suppress(InvalidInput):  # anything else fails the test
        rules.new_citizen(values, TODAY)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(InvalidFields) as refused:
        rules.new_citizen({"name": "Asha", "aadhaar": "1", "colour": "red"}, TODAY)
    assert set(refused.value.problems) == {"aadhaar", "colour", "phone", "state", "district"}


def test_an_unknown_key_that_could_be_a_value_is_not_repeated() -> None:
    with pytest.raises(InvalidFields) as refused:
        rules.new_citizen({**ASHA, "Asha Devi, 12 Temple Road": 1}, TODAY)
    assert set(refused.value.problems) == {"input"}


def test_only_a_business_has_a_gstin() -> None:
    with pytest.raises(InvalidFields):
        rules.new_citizen({**RAVI, "roles": ["citizen"]}, TODAY)
    assert rules.new_citizen(RAVI, TODAY).gstin == RAVI["gstin"]


def test_empty_values_are_absent_values() -> None:
    citizen = rules.new_citizen({**ASHA, "email": " ", "gender": None, "pan": ""}, TODAY)
    assert (citizen.email, citizen.pan, "gender" in citizen.attributes) == (None, None, False)


def test_there_are_36_states_in_plain_letters() -> None:
    states = known_states()
    assert len(states) == 36
    assert all(name.isascii() for name in states.values())
    assert set(OLDER_STATES.values()) <= set(states)


@pytest.mark.parametrize("text", ["9886041277", "+91 98860 41277", "2345 6789 0124", "a@b.example", "abcpk1234f"])
def test_a_reason_with_personal_data_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        checked_reason(f"asked by {text} today", Purpose.SUPPORT)


@pytest.mark.parametrize("text", ["ticket 2026-0714-118", "court order 17 of 2026", "entry 48,12,903"])
def test_a_reason_with_a_reference_is_accepted(text: str) -> None:
    assert checked_reason(text, Purpose.SUPPORT) == text


def test_roles_are_one_to_five_and_the_primary_is_among_them() -> None:
    citizen, farmer = CitizenRole.CITIZEN, CitizenRole.FARMER
    assert checked_roles((citizen, farmer), farmer) == ((citizen, farmer), farmer)
    for roles, primary in (((), None), ((citizen, citizen), None), ((citizen,), farmer)):
        with pytest.raises(InvalidInput):
            checked_roles(roles, primary)


def test_an_identity_token_is_22_digits_of_the_first_16_bytes() -> None:
    assert identity_token(bytes(16) + b"ignored") == "idt_" + "0" * 22
    assert identity_token(bytes(15) + b"\x3d") == "idt_" + "0" * 21 + "z"
    assert identity_token(bytes(15) + b"\x3e") == "idt_" + "0" * 20 + "10"
    assert identity_token(b"\xff" * 16) == "idt_7n42DGM5Tflk9n8mt7Fhc7"
    assert looks_like_token("idt_7n42DGM5Tflk9n8mt7Fhc7")
    assert not looks_like_token("idt_7n42DGM5Tflk9n8mt7Fhc_")


def test_a_person_born_on_29_february_is_older_on_1_march_in_common_years() -> None:
    born = date(2000, 2, 29)
    assert [age_on(day, born) for day in (date(2018, 2, 28), date(2018, 3, 1), date(2020, 2, 29))] == [17, 18, 20]
