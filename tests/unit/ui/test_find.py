"""Which page or action Ctrl+K finds, and what counts as an identity token."""

from hypothesis import given
from hypothesis import strategies as st

from ui.palette import Target, find, identity_token_in

TARGETS = [
    Target("page", "keys", "Keys & HSM", "key-round", keywords=("kek", "rotation")),
    Target("page", "citizens", "Citizens", "users", keywords=("people",)),
    Target("action", "enrol", "Enrol a citizen…", "plus"),
    Target("page", "monitor", "Monitor", "activity"),
]


def _keys(query: str) -> list[str]:
    return [target.key for target in find(query, TARGETS)]


def test_without_a_query_everything_is_offered_in_order() -> None:
    assert _keys("  ") == ["keys", "citizens", "enrol", "monitor"]


def test_a_title_that_begins_with_the_query_comes_first() -> None:
    assert _keys("citizen") == ["citizens", "enrol"]


def test_other_words_for_a_page_find_it() -> None:
    assert _keys("rotat") == ["keys"]
    assert _keys("PEOPLE") == ["citizens"]


def test_a_part_of_a_title_is_enough() -> None:
    assert _keys("nito") == ["monitor"]


def test_what_nothing_has_finds_nothing() -> None:
    assert _keys("zzz") == []


def test_a_pasted_identity_token_is_known_with_spaces_around_it() -> None:
    assert identity_token_in("  idt_kDnNfribxUdl7dXTPyLsxP\n") == "idt_kDnNfribxUdl7dXTPyLsxP"


@given(st.text(max_size=40).filter(lambda text: not text.strip().startswith("idt_")))
def test_nothing_else_is_taken_for_a_token(text: str) -> None:
    assert identity_token_in(text) is None


@given(st.integers(min_value=0, max_value=40).filter(lambda n: n != 22))
def test_a_token_too_short_or_too_long_is_none(length: int) -> None:
    assert identity_token_in("idt_" + "a" * length) is None
