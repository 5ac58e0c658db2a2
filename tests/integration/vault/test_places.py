"""Where a citizen stands in a list, and how many there are, on a real vault."""

import pytest

from core.citizens import list_store
from core.citizens.model import CitizenFilter, CitizenRecord, PageKey
from core.citizens.validation import new_citizen
from tests.support.vault import ASHA, TODAY, RealVault

EVERYONE = CitizenFilter()


@pytest.fixture(scope="module", autouse=True)
def many(real: RealVault) -> list[CitizenRecord]:
    person = {**ASHA, "aadhaar": None, "pan": None}
    people = [new_citizen({**person, "state": ("KA", "KL", "AP")[n % 3]}, TODAY) for n in range(40)]
    return real.vault.services.citizens.enrol_many(real.session, people)


@pytest.mark.parametrize("wanted", [EVERYONE, CitizenFilter(state="KA")])
@pytest.mark.parametrize("page_rows", [1, 7, 100])
def test_a_citizen_stands_where_the_list_has_the_row(real: RealVault, wanted: CitizenFilter, page_rows: int) -> None:
    citizens = real.vault.services.citizens
    listed = citizens.page(real.session, wanted, None, 500).items
    for row, record in enumerate(listed):
        place = citizens.place_of(real.session, wanted, PageKey(record.state, record.identity_token), page_rows)
        assert place.row == row
        page = citizens.page(real.session, wanted, place.page_after, page_rows).items
        assert page[row % page_rows] == record


@pytest.mark.parametrize("wanted", [EVERYONE, CitizenFilter(state="KA")])
def test_a_place_counted_from_an_anchor_is_the_same(real: RealVault, wanted: CitizenFilter) -> None:
    citizens = real.vault.services.citizens
    listed = citizens.page(real.session, wanted, None, 500).items
    anchors = [PageKey(listed[at].state, listed[at].identity_token) for at in (6, 13)]
    for row, record in enumerate(listed):
        key = PageKey(record.state, record.identity_token)
        place = citizens.place_of(real.session, wanted, key, 7, anchors, 7)
        assert place.row == row
        page = citizens.page(real.session, wanted, place.page_after, 7).items
        assert page[row % 7] == record


def test_who_is_not_there_has_a_place_all_the_same(real: RealVault) -> None:
    citizens = real.vault.services.citizens
    total = citizens.count(real.session, EVERYONE)
    assert citizens.place_of(real.session, EVERYONE, PageKey("AA", "idt_"), 7).row == 0
    assert citizens.place_of(real.session, EVERYONE, PageKey("ZZ", "idt_"), 7).row == total


def test_a_count_is_exact_up_to_its_limit_and_says_when_it_is_not(real: RealVault) -> None:
    citizens = real.vault.services.citizens
    exact = citizens.count(real.session, EVERYONE)
    assert citizens.counted(real.session, EVERYONE, exact).exact
    assert citizens.counted(real.session, EVERYONE, exact).number == exact
    real.sql("ANALYZE identity_vault")
    about = citizens.counted(real.session, CitizenFilter(district="it's %s Mysuru"), 0)
    assert (about.exact, about.number) == (True, 0)
    about = citizens.counted(real.session, EVERYONE, 10)
    assert not about.exact
    assert 11 <= about.number <= exact * 2


def test_an_estimate_is_asked_with_the_filters_values(real: RealVault) -> None:
    with real.vault.services.database.transaction() as connection:
        assert list_store.expected(connection, CitizenFilter(state="KA", district="Mysuru")) >= 1
