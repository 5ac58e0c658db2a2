"""What a person sees of limits, and of the own password that is asked for once more."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt

from core.citizens.model import Field
from tests.gui.pages.bench import Bench, press
from tests.gui.pages.test_citizens_page import ask_reveal, choose, open_page
from tests.support.gui import all_strings, assert_all_named, assert_no_elided_labels, screenshot, settle, texts
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI
from ui.dialogs.reauthenticate import ReauthenticateDialog
from ui.error_report import ErrorDialog
from ui.pages.reauthenticating import password_proved
from ui.theme.appearance import Appearance
from ui.widgets.secret_field import SecretState

LOOKS = [Appearance.LIGHT, Appearance.DARK]
REASON = "You are about to export everything that is kept about a citizen."


@pytest.fixture
def proofs(bench: Bench) -> Iterator[list[bool]]:
    """Give what came of asking for the password; nothing is proved before and after."""
    proof = bench.desk.vault.services.reauthentication
    bench.populated.real.sql("DELETE FROM limit_use")
    proof.forget(bench.desk.session)
    yield []
    proof.forget(bench.desk.session)


def ask_for_password(bench: Bench, proofs: list[bool]) -> None:
    page = open_page(bench)

    async def run() -> None:
        proofs.append(await password_proved(bench.desk, page, REASON))

    bench.desk.tasks.start(run())


def password_dialog(bench: Bench) -> ReauthenticateDialog:
    dialog = bench.dialog("reauthenticate_dialog")
    assert isinstance(dialog, ReauthenticateDialog)
    return dialog


def give(dialog: ReauthenticateDialog, password: str) -> None:
    dialog.password.editor.setText(password)
    dialog.action.click()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.value)
def test_a_reveal_beyond_the_limit_is_refused_with_the_time_to_wait(bench: Bench, look: Appearance) -> None:
    bench.theme.set_appearance(look)
    page = open_page(bench)
    choose(bench, page, ASHA["aadhaar"])
    with bench.populated.real.limited(profile="1 per hour"):
        bench.populated.real.sql("DELETE FROM limit_use")
        ask_reveal(bench, page, Field.NAME).action.click()
        bench.until(lambda: page.detail.profile.fields[Field.NAME].state is SecretState.REVEALED)
        ask_reveal(bench, page, Field.PHONE).action.click()
        dialog = bench.dialog("error")
    assert isinstance(dialog, ErrorDialog)
    said = " ".join(texts(dialog))
    assert "Try again in 59:" in said or "Try again in 1:00:00" in said
    assert "No more than 1 per hour are allowed: profiles read" in said
    assert "CZ-REF-005" in said
    assert page.detail.profile.fields[Field.PHONE].state is SecretState.MASKED
    assert ASHA["phone"] not in " ".join(all_strings(dialog))
    assert_all_named(dialog)
    assert_no_elided_labels(dialog)
    assert bench.window is not None
    screenshot(bench.window, "error-limit", bench.theme)
    dialog.reject()
    page.detail.profile.mask_values()
    bench.errors.clear()


def test_walking_through_a_list_beyond_the_limit_says_so_without_a_dialog(bench: Bench) -> None:
    page = open_page(bench)
    with bench.populated.real.limited(metadata="1 per day"):
        bench.populated.real.sql("DELETE FROM limit_use")
        page.list.table.choose(0)
        bench.until(lambda: page.detail.token)
        bench.qtbot.wait(600)
        page.list.table.choose(1)
        bench.until(page.detail.note.isVisible)
        assert any("As the list has it, not read anew. The limit is reached." in text for text in texts(page.detail))
        assert bench.errors == []
    page.list.table.choose(2)
    bench.until(lambda: not page.detail.note.isVisible())


def test_an_exact_search_that_shows_its_one_citizen_counts_once(bench: Bench) -> None:
    page = open_page(bench)
    with bench.populated.real.limited(metadata="1 per day"):
        bench.populated.real.sql("DELETE FROM limit_use")
        choose(bench, page, ASHA["aadhaar"])
        bench.qtbot.wait(700)
        assert not page.detail.note.isVisible()
        assert bench.populated.real.sql(
            "SELECT count(*) FROM limit_use WHERE holder = 'metadata/operator/anjali.raghavan'"
        ) == [(1,)]


def test_an_exact_search_beyond_the_limit_is_refused_in_its_place(bench: Bench) -> None:
    page = open_page(bench)
    with bench.populated.real.limited(metadata="1 per day"):
        bench.populated.real.sql("DELETE FROM limit_use")
        for value in (ASHA["aadhaar"], RAVI["aadhaar"]):
            page.list.search.setText(value)
            press(Qt.Key.Key_Return, page.list.search)
            bench.qtbot.wait(300)
        bench.until(page.list.none.isVisible)
    assert any("Try again in" in text for text in texts(page.list.none))
    assert bench.errors == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.value)
def test_a_wrong_password_is_refused_below_its_field_and_the_right_one_closes_the_dialog(
    bench: Bench, proofs: list[bool], look: Appearance
) -> None:
    bench.theme.set_appearance(look)
    ask_for_password(bench, proofs)
    dialog = password_dialog(bench)
    assert REASON in texts(dialog)
    assert OPERATOR in texts(dialog)
    assert_all_named(dialog)
    assert_no_elided_labels(dialog)
    assert bench.window is not None
    screenshot(bench.window, "reauthenticate", bench.theme)
    give(dialog, "not the password")
    assert dialog.password.text() == ""  # handed over, and held no longer
    bench.until(lambda: dialog.password.error)
    assert dialog.password.error.startswith("The password is wrong. ")  # and how many tries are left
    settle()
    screenshot(bench.window, "reauthenticate-refused", bench.theme)
    assert proofs == []
    give(dialog, PASSWORD)
    bench.until(lambda: proofs)
    assert proofs == [True]
    assert PASSWORD not in " ".join(all_strings(bench.window))


def test_within_two_minutes_nobody_is_asked_again(bench: Bench, proofs: list[bool]) -> None:
    ask_for_password(bench, proofs)
    give(password_dialog(bench), PASSWORD)
    bench.until(lambda: proofs)
    ask_for_password(bench, proofs)
    bench.until(lambda: len(proofs) == 2)
    assert proofs == [True, True]


def test_who_gives_up_proves_nothing(bench: Bench, proofs: list[bool]) -> None:
    ask_for_password(bench, proofs)
    password_dialog(bench).reject()
    bench.until(lambda: proofs)
    assert proofs == [False]


def test_no_password_at_all_is_not_sent(bench: Bench, proofs: list[bool]) -> None:
    ask_for_password(bench, proofs)
    dialog = password_dialog(bench)
    dialog.action.click()
    assert dialog.password.error == "Type your password."
    dialog.reject()
    bench.until(lambda: proofs)


def test_too_many_tries_say_when_the_next_one_is_taken(bench: Bench, proofs: list[bool]) -> None:
    with bench.populated.real.limited(password="1 per hour"):
        ask_for_password(bench, proofs)
        dialog = password_dialog(bench)
        give(dialog, "not the password")
        bench.until(lambda: dialog.password.error)
        give(dialog, PASSWORD)
        bench.until(lambda: "Try again in" in dialog.password.error)
        dialog.reject()
        bench.until(lambda: proofs)
    assert proofs == [False]
