"""Searching by name as one types, going to a token, and others' changes, in a window on a real vault."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from PyQt6.QtCore import Qt

from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter
from core.citizens.validation import new_citizen
from core.errors import LimitReached
from hsm.secret import Secret
from tests.gui.pages.bench import Bench, Running, Start, press, type_text
from tests.gui.pages.test_citizens_page import open_page
from tests.support.gui import all_strings, texts
from tests.support.vault import ASHA, OPERATOR, PASSWORD, TODAY, RealVault
from ui.pages.citizens import listing
from ui.pages.citizens.page import CitizensPage


def searches(real: RealVault) -> list[object]:
    entries = real.vault.services.audit.search(EntryFilter(action="citizen:search"), 200)
    return [entry.index for entry in entries if entry.detail.get("criterion") == "name"]


def enrol(real: RealVault, name: str, count: int = 1, state: str = "KA") -> list[str]:
    person = {**ASHA, "aadhaar": None, "pan": None, "name": name, "state": state}
    citizens = [new_citizen(person, TODAY) for _ in range(count)]
    return [record.identity_token for record in real.vault.services.citizens.enrol_many(real.session, citizens)]


def shown(page: CitizensPage) -> list[str]:
    records = [page.model.record_at(row) for row in range(page.model.rowCount())]
    return [record.identity_token for record in records if record is not None]


def test_a_name_is_found_as_one_types_with_one_entry_for_all_keys(bench: Bench) -> None:
    page = open_page(bench)
    before = searches(bench.populated.real)
    page.list.search.setFocus()
    type_text("asha kulk", page.list.search)
    bench.until(lambda: bench.populated.asha.identity_token in shown(page) and page.model.rowCount() < 5)
    assert len(searches(bench.populated.real)) == len(before) + 1
    assert page.list._count.text().endswith("found by name")
    assert page.list.search.hasFocus()
    assert page.detail.token == ""


def test_what_was_typed_last_wins(bench: Bench) -> None:
    page = open_page(bench)
    page.list.search.setText("ravi")
    page.list._on_paused()
    page.list.search.setText("asha")
    page.list._on_paused()
    bench.until(lambda: bench.populated.asha.identity_token in shown(page) and page.model.rowCount() < 30)
    bench.qtbot.wait(400)
    assert bench.populated.ravi.identity_token not in shown(page)


def test_two_letters_bring_the_list_back_and_say_what_is_missing(bench: Bench) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    type_text("kulkarni", page.list.search)
    bench.until(lambda: 0 < page.model.rowCount() < everybody)
    page.list.search.setText("ku")
    bench.until(lambda: page.model.rowCount() == everybody)
    assert page.list._taken.text() == "three letters at least"


def test_a_name_that_nobody_has_is_said_in_words(bench: Bench) -> None:
    page = open_page(bench)
    type_text("zzzyx", page.list.search)
    bench.until(page.list.none.isVisible)
    assert "Search takes whole numbers, or the first 3 to 12 letters of a name." in texts(page.list.none)


def test_the_limit_is_refused_in_words(bench: Bench) -> None:
    page = open_page(bench)
    real = bench.populated.real
    with real.limited(listing="1 per day"):
        with suppress(LimitReached):
            real.vault.services.citizens.page(real.session, CitizenFilter())
        type_text("asha", page.list.search)
        bench.until(page.list.none.isVisible)
    assert "Too many searches" in texts(page.list.none)
    assert any("Try again in 2" in text for text in texts(page.list.none))


def test_later_pages_of_a_search_come_as_one_scrolls(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = set(enrol(bench.populated.real, "Paginga Rows", 95))
    monkeypatch.setattr(listing, "NAME_ROWS", 40)
    page = open_page(bench)
    type_text("paginga", page.list.search)
    bench.until(lambda: page.model.rowCount() == 40)
    assert page.list._count.text() == "40 and more found by name"
    for _ in range(3):
        page.list.table.scrollToBottom()
        bench.qtbot.wait(150)
    bench.until(lambda: page.model.rowCount() == 95)
    assert set(shown(page)) == tokens
    assert page.list._count.text() == "95 found by name"


def test_a_pasted_token_is_chosen_at_its_place_in_the_list(bench: Bench) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    token = enrol(bench.populated.real, "Placed Somewhere", state="WB")[0]
    page.list.search.setText(token)
    bench.until(lambda: page.detail.token == token)
    assert page.model.rowCount() == everybody + 1
    row = page.list.table.chosen().row()
    keys = [(record.state, record.identity_token) for r in range(everybody + 1) if (record := page.model.record_at(r))]
    assert keys == sorted(keys)
    assert keys[row][1] == token


def test_a_token_that_the_filters_leave_out_is_said_so(bench: Bench) -> None:
    page = open_page(bench)
    page.list._on_filter_changed(CitizenFilter(state="KA"))
    page.open_citizen(bench.populated.ravi.identity_token)
    bench.until(page.list.none.isVisible)
    assert "Left out by the filters" in all_strings(page.list.none)


@pytest.fixture
def console(start: Start, bench: Bench) -> Iterator[Running]:
    """Give a console of its own beside the vault of the tests: what that one does is done by others."""
    running = start(bench.populated.real.home.path)
    running.sign_in()
    yield running
    bench.populated.real.session = bench.populated.real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_what_others_enrol_comes_without_losing_choice_or_place(
    console: Running, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = console.window.open_page("citizens")
    assert isinstance(page, CitizensPage)
    console.until(lambda: page.model.rowCount() and page.model.record_at(0) and page.list.panel is not None)
    everybody = page.model.rowCount()
    page.list.table.choose(everybody - 3)
    console.until(lambda: page.detail.token)
    chosen = page.detail.token
    console.qtbot.wait(1200)
    page.list.scroll_to_top_row(10)
    top = page.model.record_at(page.list.table.rowAt(0))
    assert top is not None
    enrol(bench.populated.real, "Others Enrolled", 3, state="AP")
    console.until(lambda: page.model.rowCount() == everybody + 3)
    again = page.model.record_at(page.list.table.rowAt(0))
    assert again is not None
    assert again.identity_token == top.identity_token
    assert page.detail.token == chosen
    current = page.model.record_at(page.list.table.chosen().row())
    assert current is not None
    assert current.identity_token == chosen
    assert page.list._news.text().startswith("3 new since ")


def test_ctrl_k_takes_a_token_to_its_place(console: Running, bench: Bench) -> None:
    token = bench.populated.ravi.identity_token
    console.window.palette_.open()
    type_text(token, console.window.palette_.input)
    press(Qt.Key.Key_Return, console.window.palette_.input)
    console.until(lambda: isinstance(console.window.page("citizens"), CitizensPage))
    page = console.window.page("citizens")
    assert isinstance(page, CitizensPage)
    console.until(lambda: page.detail.token == token)
    assert page.model.rowCount() > 60


def test_at_the_top_a_list_stays_at_the_top_though_somebody_far_below_is_chosen(bench: Bench) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    page.list.table.choose(everybody - 1)
    bench.until(lambda: page.detail.token)
    page.list.scroll_to_top_row(0)
    enrol(bench.populated.real, "Silently There")
    page.listing.read()
    bench.until(lambda: page.model.rowCount() == everybody + 1)
    assert page.list.table.rowAt(0) == 0
    assert page.list.table.chosen().row() >= everybody - 1
