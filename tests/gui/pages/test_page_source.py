"""Paging by key: every row once, in order, wherever one jumps first. Real PostgreSQL, small pages."""

import pytest

from core.citizens.model import CitizenFilter, PageKey
from tests.gui.pages.bench import PopulatedVault
from ui.models.page_source import PageSource

PAGE, ANCHOR = 7, 21


def all_tokens(populated: PopulatedVault, wanted: CitizenFilter) -> list[str]:
    real = populated.real
    found: list[str] = []
    after: PageKey | None = None
    while True:
        page = real.vault.services.citizens.page(real.session, wanted, after, 500)
        found += [record.identity_token for record in page.items]
        if page.next is None:
            return found
        after = page.next


def source(populated: PopulatedVault, wanted: CitizenFilter) -> PageSource:
    real = populated.real
    return PageSource(real.vault.services.citizens, real.session, wanted, page_rows=PAGE, anchor_rows=ANCHOR)


@pytest.mark.parametrize("wanted", [CitizenFilter(), CitizenFilter(state="KA")])
def test_every_page_holds_its_slice_of_the_list_in_whatever_order_they_are_read(
    populated_vault: PopulatedVault, wanted: CitizenFilter
) -> None:
    tokens = all_tokens(populated_vault, wanted)
    pages = -(-len(tokens) // PAGE)
    for order in (range(pages), reversed(range(pages)), [pages - 1, 0, pages // 2]):
        listing = source(populated_vault, wanted)
        for number in order:
            rows = [record.identity_token for record in listing.load(number).rows]
            assert rows == tokens[number * PAGE : (number + 1) * PAGE]


def test_a_page_past_the_end_is_empty(populated_vault: PopulatedVault) -> None:
    # Other tests enrol people in the same vault: no number of pages is past the end by itself.
    real = populated_vault.real
    people = real.vault.services.citizens.count(real.session, CitizenFilter())
    assert source(populated_vault, CitizenFilter()).load(people + 1).rows == ()
