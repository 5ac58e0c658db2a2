"""By which prefixes a name is found."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.citizens.names import LONGEST, SHORTEST, looked_for, prefixes, words
from core.errors import InvalidInput

NAMES = st.text(st.characters(categories=["L", "M", "Nd", "Zs", "Pd", "Po"]), min_size=1, max_size=40)


def test_each_word_is_found_by_its_first_three_to_twelve_letters() -> None:
    assert prefixes("Asha Devi") == [b"ash", b"asha", b"dev", b"devi"]
    assert max(map(len, prefixes("Venkatanarasimharajuvaripeta"))) == LONGEST


@pytest.mark.parametrize("name", ["Li", "K R", "D'Su", "--"])
def test_words_of_less_than_three_letters_have_no_prefix(name: str) -> None:
    assert prefixes(name) == []


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Asha Kulkarni", "KULK"),
        ("Asha Kulkarni", "kulkarni asha"),
        ("O'Brien-Mathur", "brien math"),
        ("\uff21sha", "asha"),  # full-width letter: NFKC
        ("Stra\u00dfe", "STRASSE"),  # case-folded
        ("\u0930\u093e\u092e \u092e\u094b\u0939\u0928", "\u092e\u094b\u0939"),  # Devanagari, vowel signs kept
        ("\u0915\u094d\u200d\u0937\u0924\u094d\u0930\u093f\u092f", "\u0915\u094d\u0937\u0924"),  # without its joiner
        ("Venkatanarasimharaju", "Venkatanarasimhan"),  # what stands behind the twelfth letter narrows nothing
        ("Asha Kulkarni", "Asha K"),  # a short word narrows nothing
    ],
)  # fmt: skip
def test_a_name_is_found_in_any_way_of_writing_it(stored: str, typed: str) -> None:
    assert set(looked_for(typed)) <= set(prefixes(stored))


def test_diacritics_are_kept() -> None:
    assert not set(looked_for("René")) <= set(prefixes("Rene"))
    assert set(looked_for(unicodedata.normalize("NFD", "René"))) <= set(prefixes("René"))


@pytest.mark.parametrize("typed", ["", "  ", "as", "a b c", "%%%", "'; --", "एक", "_" * 9])
def test_less_than_three_letters_are_no_search(typed: str) -> None:
    if len(words(typed)) == 1 and len(words(typed)[0]) >= SHORTEST:
        pytest.skip("three code points")
    with pytest.raises(InvalidInput):
        looked_for(typed)


def test_a_search_takes_a_handful_of_words() -> None:
    with pytest.raises(InvalidInput, match="at most"):
        looked_for("abc bcd cde def efg fgh ghi hij ijk")


@given(NAMES)
def test_whoever_is_typed_as_stored_is_found(name: str) -> None:
    found = set(prefixes(name))
    long_enough = [word for word in words(name) if len(word) >= SHORTEST]
    if long_enough and len(long_enough) <= 8:
        assert set(looked_for(name)) <= found
    for word in long_enough:
        for length in range(SHORTEST, len(word) + 1):
            assert set(looked_for(word[:length])) <= found


@given(NAMES)
def test_normal_form_is_stable(name: str) -> None:
    assert words(" ".join(words(name))) == words(name)
