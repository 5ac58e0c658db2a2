"""What a typed text is taken for, by its form alone."""

import pytest

from ui.models.search_terms import recognise


@pytest.mark.parametrize(
    ("typed", "criterion"),
    [
        ("idt_kDnNfribxUdl7dXTPyLsxP", "identity_token"),
        ("  idt_kDnN", "identity_token"),
        ("asha@mysuru.example", "email"),
        ("4f1c0c1e-9d9a-4d0e-8f7b-0c9d3f6a1b2c", "user_id"),
        ("4f1c0c1e9d9a4d0e8f7b0c9d3f6a1b2c", "user_id"),
        ("ABCPK1234F", "pan"),
        ("abcpk 1234 f", "pan"),
        ("+919886041277", "phone"),
        ("+1 (202) 555-0143", "phone"),
        ("98860 41277", "phone"),
        ("09886041277", "phone"),
        ("2345 6789 0124", "aadhaar"),
        ("234567890124", "aadhaar"),
        ("2345-6789-0124", "aadhaar"),
        ("Asha", "name"),
        ("asha d", "name"),
        ("O'Brien", "name"),
        ("राम", "name"),
    ],
)
def test_a_text_is_taken_for_what_its_form_says(typed: str, criterion: str) -> None:
    term = recognise(typed)
    assert term is not None
    assert term.criterion == criterion


@pytest.mark.parametrize("typed", ["", "   ", "as", "a. s.", "12a34", "ABCPK1234", "++91"])
def test_what_cannot_be_searched_for_is_nothing(typed: str) -> None:
    assert recognise(typed) is None


def test_twelve_digits_that_begin_with_91_are_a_phone_unless_their_check_digit_fits() -> None:
    phone, aadhaar = recognise("919886041277"), recognise("917654321094")
    assert phone is not None
    assert (phone.criterion, phone.value) == ("phone", "+919886041277")
    assert aadhaar is not None
    assert aadhaar.criterion == "aadhaar"


def test_a_search_term_never_prints_what_was_typed() -> None:
    assert "98860" not in repr(recognise("98860 41277"))
