"""The page Citizens on a real vault: find, page, reveal, mask, enrol, change, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication

from core.access.model import Role
from core.citizens.model import CitizenFilter, CitizenRole, Field, VerificationLevel
from tests.gui.pages.bench import Bench, press, type_text
from tests.support.gui import all_strings, settle, texts
from tests.support.vault import ASHA, RAVI
from ui.dialogs.edit_citizen import ChangeDialog, EnrolDialog
from ui.dialogs.reveal import RevealDialog
from ui.pages.citizens.page import CitizensPage
from ui.widgets.chip import FilterChip
from ui.widgets.dialog import open_dialogs
from ui.widgets.secret_field import SecretState

NEW: dict[str, str] = {
    "name": "Meera Nair",
    "phone": "9447098765",
    "birth_date": "03-04-1992",
    "state": "KL",
    "district": "Thrissur",
}


def open_page(bench: Bench) -> CitizensPage:
    page = bench.open(CitizensPage)
    assert isinstance(page, CitizensPage)
    bench.until(lambda: page.model.rowCount() and page.model.record_at(0) and page.list.panel is not None)
    return page


def search(bench: Bench, page: CitizensPage, text: str) -> None:
    page.list.search.setText(text)
    press(Qt.Key.Key_Return, page.list.search)
    bench.until(lambda: page.list._stack.currentWidget() is page.list.none or page.model.rowCount() < 5)


def choose(bench: Bench, page: CitizensPage, text: str) -> None:
    search(bench, page, text)
    bench.until(lambda: page.detail.token)


def ask_reveal(bench: Bench, page: CitizensPage, *fields: Field, purpose: str = "support") -> RevealDialog:
    page.revealing.ask(fields)
    dialog = bench.dialog("reveal_dialog")
    assert isinstance(dialog, RevealDialog)
    dialog.purpose.set_value(purpose)
    dialog.purpose.picked.emit(purpose)
    return dialog


def reveal(bench: Bench, page: CitizensPage, *fields: Field) -> None:
    ask_reveal(bench, page, *fields).action.click()
    shown = page.detail.profile.fields
    bench.until(lambda: all(shown[field].state is SecretState.REVEALED for field in fields))


@pytest.mark.parametrize("typed", [ASHA["phone"], "98860 41277", ASHA["email"], "2345 6789 0124", ASHA["pan"].lower()])
def test_a_citizen_is_found_by_a_whole_number_or_address(bench: Bench, typed: str) -> None:
    page = open_page(bench)
    choose(bench, page, typed)
    assert page.detail.token == bench.populated.asha.identity_token
    assert page.model.rowCount() == 1


def test_a_citizen_is_found_by_token_and_by_user_id(bench: Bench) -> None:
    page = open_page(bench)
    page.open_citizen(bench.populated.ravi.identity_token)
    bench.until(lambda: page.detail.token == bench.populated.ravi.identity_token)
    choose(bench, page, str(bench.populated.asha.user_id))
    bench.until(lambda: page.detail.token == bench.populated.asha.identity_token)


def test_opening_one_citizen_shows_nobody_else_on_the_way(bench: Bench) -> None:
    page = open_page(bench)
    shown: list[str] = []
    page.list.chosen.connect(lambda row: shown.append(getattr(page.model.record_at(row), "identity_token", "")))
    page.open_citizen(bench.populated.ravi.identity_token)
    bench.until(lambda: page.detail.token == bench.populated.ravi.identity_token)
    assert set(shown) == {bench.populated.ravi.identity_token}
    assert page.list.table.hasFocus()


def test_who_is_not_there_is_said_in_words_and_the_number_stays(bench: Bench) -> None:
    page = open_page(bench)
    search(bench, page, "9999912345")
    bench.until(lambda: page.list._stack.currentWidget() is page.list.none)
    assert page.list.search.text() == "9999912345"
    assert "No citizen matches" in all_strings(page)


def test_a_number_with_a_wrong_check_digit_is_told_from_one_that_is_not_there(bench: Bench) -> None:
    page = open_page(bench)
    search(bench, page, "234567890123")
    bench.until(lambda: any("check digit" in text for text in all_strings(page.list.none)))


def test_clearing_the_search_brings_the_list_back(bench: Bench) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    choose(bench, page, ASHA["phone"])
    page.list.search.clear()
    bench.until(lambda: page.model.rowCount() == everybody)


def test_a_filter_stands_beside_the_search_and_is_taken_away_there(bench: Bench) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    assert page.list.panel is not None
    page.list.filters.click()
    page.list.panel.state.set_value("KA")
    page.list.panel.state.picked.emit("KA")
    bench.until(lambda: 0 < page.model.rowCount() < everybody)
    page.list.panel.close_quietly()
    chip = page.list.findChild(FilterChip, "chip_state")
    assert chip is not None
    assert chip.text() == "State: Karnataka"
    chip.click()
    bench.until(lambda: page.model.rowCount() == everybody)


def test_rows_that_are_not_read_yet_are_blank_and_come_by_themselves(bench: Bench) -> None:
    page = open_page(bench)
    page.model.show_found(())
    page.reload()
    bench.until(lambda: page.model.rowCount() > 0)
    assert page.model.cell(0, 0).text == "…"
    bench.until(lambda: page.model.cell(0, 0).text.startswith("idt_"))


def test_a_field_is_shown_for_its_time_only(bench: Bench) -> None:
    bench.desk = replace(bench.desk, settings=replace(bench.desk.settings, reveal_seconds=1))
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    reveal(bench, page, Field.NAME, Field.PHONE)
    assert ASHA["name"] in all_strings(page.detail)
    assert "+91 98860 41277" in all_strings(page.detail)
    bench.until(lambda: page.detail.profile.fields[Field.NAME].state is SecretState.MASKED)
    bench.until(lambda: page.detail.profile.fields[Field.PHONE].state is SecretState.MASKED)
    assert ASHA["name"] not in " ".join(all_strings(page.detail))


def test_nothing_but_what_was_ticked_is_decrypted(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    reveal(bench, page, Field.NAME)
    states = {field: piece.state for field, piece in page.detail.profile.fields.items()}
    assert [field for field, state in states.items() if state is SecretState.REVEALED] == [Field.NAME]


def test_another_choice_masks_what_was_shown(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    reveal(bench, page, Field.NAME)
    choose(bench, page, RAVI["phone"])
    bench.until(lambda: page.detail.token == bench.populated.ravi.identity_token)
    settle()
    assert ASHA["name"] not in " ".join(all_strings(page))


def test_nothing_plum_stays_visible_behind_a_dialog(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    reveal(bench, page, Field.NAME)
    dialog = ask_reveal(bench, page, Field.PHONE)
    assert ASHA["name"] not in all_strings(page.detail)
    dialog.reject()
    settle()
    assert ASHA["name"] in all_strings(page.detail)


def test_a_copied_value_leaves_the_clipboard_with_its_time(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    reveal(bench, page, Field.EMAIL)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    page.detail.profile.fields[Field.EMAIL].copy_asked.emit()
    bench.dialog("copy_dialog").action.click()
    bench.until(lambda: clipboard.text() == ASHA["email"])
    page.detail.profile.fields[Field.EMAIL].mask_value()
    assert clipboard.text() == ""


def test_a_reveal_says_why_it_cannot_be_pressed(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    page.revealing.ask(())
    dialog = bench.dialog("reveal_dialog")
    assert isinstance(dialog, RevealDialog)
    assert not dialog.action.isEnabled()
    assert "Tick at least one field" in all_strings(dialog)
    dialog.boxes[Field.NAME].setChecked(True)
    assert "Choose a purpose first" in all_strings(dialog)
    dialog.purpose.set_value("legal_obligation")
    dialog.purpose.picked.emit("legal_obligation")
    assert "A legal ground needs a reason" in all_strings(dialog)
    dialog.reason.set_text("Order of the court, file 12 of 2026")
    assert dialog.action.isEnabled()
    assert dialog.action.text() == "Reveal 1 field for 60 s"
    dialog.reject()


def test_a_reason_that_carries_personal_data_is_refused_at_its_field(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, ASHA["phone"])
    dialog = ask_reveal(bench, page, Field.NAME)
    dialog.reason.set_text("Called from 98860 41277")
    dialog.action.click()
    assert "personal data" in dialog.reason.error
    assert dialog.isVisible()
    dialog.reject()


def test_who_read_last_stands_below_the_profile(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, RAVI["phone"])
    reveal(bench, page, Field.BIRTH_DATE)
    bench.until(lambda: any(text.startswith("Today") for text in all_strings(page.detail.profile)))


def test_the_timeline_tells_what_was_done_in_plain_words(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, RAVI["phone"])
    page.detail.tabs.open("timeline")
    bench.until(lambda: "Enrolled" in all_strings(page.detail.timeline))


def fill(dialog: EnrolDialog | ChangeDialog, values: dict[str, str]) -> None:
    for name, value in values.items():
        field: Any = dialog.form.fields[name]
        if hasattr(field, "set_value"):
            field.set_value(value)
            field.picked.emit(value)
        else:
            field.set_text(value)
            field.edited.emit(value)


def open_enrol(bench: Bench, page: CitizensPage) -> EnrolDialog:
    page.enrol()
    dialog = bench.dialog("enrol_dialog")
    assert isinstance(dialog, EnrolDialog)
    return dialog


def test_a_citizen_who_was_enrolled_is_chosen_and_the_form_is_empty(bench: Bench) -> None:
    page = open_page(bench)
    dialog = open_enrol(bench, page)
    fill(dialog, NEW)
    dialog.action.click()
    bench.until(lambda: page.detail.token)
    assert page.detail.record is not None
    assert page.detail.record.district == "Thrissur"
    assert open_dialogs(page.window() or page) == []


def test_a_known_aadhaar_number_is_refused_at_its_field_and_nothing_typed_is_lost(bench: Bench) -> None:
    page = open_page(bench)
    dialog = open_enrol(bench, page)
    fill(dialog, {**NEW, "aadhaar": "2345 6789 0124"})
    dialog.action.click()
    aadhaar: Any = dialog.form.fields["aadhaar"]
    bench.until(lambda: "enrolled already" in aadhaar.error)
    assert dialog.form.fields["name"].text() == "Meera Nair"  # type: ignore[union-attr]  # a text field
    assert dialog.action.isEnabled()
    dialog.reject()


def test_a_wrong_check_digit_shows_while_typing(bench: Bench) -> None:
    page = open_page(bench)
    dialog = open_enrol(bench, page)
    field: Any = dialog.form.fields["aadhaar"]
    field.editor.setFocus()
    type_text("234567890123", field.editor)
    bench.until(lambda: "check digit" in field.error)
    assert field.text() == "234567890123"
    dialog.reject()


def test_only_what_was_filled_in_is_changed(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, RAVI["phone"])
    page.detail.change.click()
    dialog = bench.dialog("change_dialog")
    assert isinstance(dialog, ChangeDialog)
    assert not dialog.action.isEnabled()
    fill(dialog, {"district": "Idukki"})
    dialog.action.click()
    bench.until(lambda: page.detail.record is not None and page.detail.record.district == "Idukki")
    assert page.detail.record is not None
    assert page.detail.record.state == "KL"


def test_roles_and_level_are_saved_by_one_button(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, RAVI["phone"])
    tab = page.detail.roles
    page.detail.tabs.open("roles")
    assert not tab.save.isEnabled()
    tab.boxes[CitizenRole.GUARDIAN].setChecked(True)
    tab.level.set_value(VerificationLevel.IN_PERSON.value)
    tab.level.picked.emit(VerificationLevel.IN_PERSON.value)
    tab.save.click()
    bench.until(lambda: page.detail.record is not None and CitizenRole.GUARDIAN in page.detail.record.roles)
    bench.until(
        lambda: page.detail.record is not None and page.detail.record.verification_level is VerificationLevel.IN_PERSON
    )


def test_a_role_that_a_gstin_needs_cannot_be_taken_away(bench: Bench) -> None:
    page = open_page(bench)
    choose(bench, page, RAVI["phone"])
    tab = page.detail.roles
    tab.boxes[CitizenRole.BUSINESS].setChecked(False)
    tab.save.click()
    bench.until(lambda: "GSTIN" in tab.primary.error)


def test_an_operator_who_may_only_read_sees_no_action_that_is_not_theirs(bench: Bench) -> None:
    bench.desk = replace(bench.desk, session=replace(bench.desk.session, role=Role.AUDITOR))
    page = bench.open(CitizensPage)
    assert isinstance(page, CitizensPage)
    assert not page.enrol_button.isVisible()
    assert "Your role does not find or show citizens." in texts(page)
    assert not page.list.isVisible()


def test_the_footer_counts_what_is_shown_and_what_there_is(bench: Bench) -> None:
    page = open_page(bench)
    page.list._on_filter_changed(CitizenFilter(state="KA"))
    bench.until(lambda: " of " in page.list._count.text())
    assert page.list._count.text().endswith(" citizens")
