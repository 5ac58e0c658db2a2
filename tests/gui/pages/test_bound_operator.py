"""What an operator who is bound to a state sees of the page Citizens."""

from dataclasses import replace

from tests.gui.pages.bench import Bench
from tests.gui.pages.test_citizens_page import open_page, search
from tests.support.gui import assert_no_elided_labels, screenshot, settle, texts
from tests.support.vault import RAVI
from ui.dialogs.edit_citizen import EnrolDialog


def bind(bench: Bench) -> None:
    bench.desk = replace(bench.desk, session=replace(bench.desk.session, states=frozenset({"KA"})))


def test_only_the_own_states_are_listed_and_offered(bench: Bench) -> None:
    bind(bench)
    page = open_page(bench)
    shown = [page.model.record_at(row) for row in range(page.model.rowCount())]
    assert {record.state for record in shown if record is not None} == {"KA"}
    assert page.list.panel is not None
    offered = page.list.panel.state.editor
    assert [offered.itemData(row) for row in range(offered.count())] == ["", "KA"]
    page.enrol_button.click()
    dialog = bench.dialog("enrol_dialog")
    assert isinstance(dialog, EnrolDialog)
    assert_no_elided_labels(dialog)
    dialog.reject()
    settle()
    assert bench.window is not None
    screenshot(bench.window, "citizens-bound", bench.theme)


def test_a_citizen_of_another_state_is_found_as_little_as_nobody(bench: Bench) -> None:
    bind(bench)
    page = open_page(bench)
    search(bench, page, RAVI["aadhaar"])
    bench.until(page.list.none.isVisible)
    words = texts(page.list.none)
    search(bench, page, "999999990019")
    bench.until(page.list.none.isVisible)
    assert [text.replace("999999990019", "") for text in texts(page.list.none)] == [
        text.replace(RAVI["aadhaar"], "") for text in words
    ]


def test_the_status_bar_says_which_states(bench: Bench) -> None:
    assert bench.desk.operator_words == bench.desk.session.operator
    bind(bench)
    assert bench.desk.operator_words.endswith(" · KA")
