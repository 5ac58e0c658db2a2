"""Importing a CSV file in a window, on a real vault."""

import csv
from pathlib import Path

import pytest

from core.audit.model import Origin
from core.citizens.import_model import OnError
from core.jobs.model import JobState
from hsm.secret import Secret
from tests.gui.pages.bench import Bench, Start
from tests.gui.pages.test_citizens_page import open_page
from tests.integration.vault.test_import import COLUMNS, people, write
from tests.support.gui import all_strings, assert_all_named, assert_no_elided_labels, screenshot, settle, texts
from tests.support.vault import OPERATOR, PASSWORD
from ui.dialogs.import_citizens import ImportDialog
from ui.pages.citizens.page import CitizensPage
from ui.theme.appearance import Appearance

LOOKS = [Appearance.LIGHT, Appearance.DARK]


def open_import(bench: Bench, page: CitizensPage) -> ImportDialog:
    page.import_button.click()
    dialog = bench.dialog("import_dialog")
    assert isinstance(dialog, ImportDialog)
    return dialog


def broken(rows: list[dict[str, object]], *numbers: int) -> list[dict[str, object]]:
    for number in numbers:
        rows[number]["phone"] = "12"
    return rows


def chosen(bench: Bench, dialog: ImportDialog, path: Path) -> None:
    dialog.chosen.emit(path)
    bench.until(dialog.action.isEnabled)


def run(bench: Bench, dialog: ImportDialog, policy: OnError) -> None:
    dialog.policy.set_value(policy.value)
    dialog.action.click()
    bench.until(lambda: not dialog.action.isVisible() and dialog.banner.isVisible())


def test_broken_lines_are_set_aside_listed_and_saved(bench: Bench, tmp_path: Path) -> None:
    page = open_page(bench)
    everybody = page.model.rowCount()
    path = write(tmp_path / "people.csv", broken(people(60, 901), 3, 44))
    dialog = open_import(bench, page)
    chosen(bench, dialog, path)
    assert "60 lines" in texts(dialog)
    assert "Of the first 20, 1 would be rejected." in texts(dialog)
    assert dialog.action.text() == "Import 60 lines"
    run(bench, dialog, OnError.SKIP)
    assert any("58 enrolled · 2 rejected" in text for text in texts(dialog))
    assert dialog.rejections.rowCount() == 2
    dialog.report_asked.emit(tmp_path / "errors.csv")
    bench.until((tmp_path / "errors.csv").exists)
    with (tmp_path / "errors.csv").open(encoding="utf-8") as file:
        assert [row[:2] for row in csv.reader(file)] == [["line", "column"], ["5", "phone"], ["46", "phone"]]
    dialog.reject()
    bench.until(lambda: page.model.rowCount() == everybody + 58)


def test_stop_imports_nothing_and_names_the_line(bench: Bench, tmp_path: Path) -> None:
    page = open_page(bench)
    before = bench.desk.keys.citizen_total()
    dialog = open_import(bench, page)
    chosen(bench, dialog, write(tmp_path / "people.csv", broken(people(30, 902), 25)))
    run(bench, dialog, OnError.STOP)
    assert "Line 27 is broken" in texts(dialog)
    assert bench.desk.keys.citizen_total() == before
    dialog.reject()


def test_each_column_is_told_known_unknown_or_missing_and_no_value_is_shown(bench: Bench, tmp_path: Path) -> None:
    page = open_page(bench)
    path = tmp_path / "people.csv"
    path.write_text("name,phone,shoe_size,9886041277,state\nZarina Begum,9886041277,42,x,KA\n", encoding="utf-8")
    dialog = open_import(bench, page)
    dialog.chosen.emit(path)
    bench.until(lambda: "There is no such column: shoe_size, …." in texts(dialog))
    cells = [dialog.columns.cell(row, 0).text for row in range(dialog.columns.rowCount())]
    assert cells == ["name", "phone", "shoe_size", "…", "state", "district"]
    assert not dialog.action.isEnabled()
    assert not any("Zarina" in text or "9886041277" in text for text in all_strings(dialog))
    dialog.reject()


def test_closing_the_dialog_lets_the_import_go_on_and_it_is_there_again(bench: Bench, tmp_path: Path) -> None:
    page = open_page(bench)
    before = bench.desk.keys.citizen_total()
    dialog = open_import(bench, page)
    chosen(bench, dialog, write(tmp_path / "people.csv", people(1500, 903)))
    dialog.action.click()
    bench.until(lambda: bench.desk.import_work.view().progress is not None)
    dialog.reject()
    assert bench.window is not None
    assert bench.window.status._job.isVisible()
    again = open_import(bench, page)
    bench.until(lambda: not bench.desk.import_work.view().running)
    bench.until(lambda: "Import finished" in texts(again))
    assert bench.desk.keys.citizen_total() == before + 1500
    again.reject()


def test_a_stopped_import_goes_on_when_the_same_file_is_chosen_again(bench: Bench, tmp_path: Path) -> None:
    page = open_page(bench)
    before = bench.desk.keys.citizen_total()
    path = write(tmp_path / "people.csv", broken(people(1600, 904), 10, 1500))
    dialog = open_import(bench, page)
    chosen(bench, dialog, path)
    dialog.policy.set_value("skip")
    dialog.action.click()
    bench.until(lambda: bench.desk.import_work.view().progress is not None)
    dialog.stop_asked.emit()
    bench.until(lambda: "Import stopped" in texts(dialog))
    done = bench.desk.keys.citizen_total() - before
    assert 0 < done < 1598
    chosen(bench, dialog, path)
    assert any("It goes on from there." in text for text in texts(dialog))
    assert dialog.action.text() == "Go on importing"
    run(bench, dialog, OnError.SKIP)
    bench.until(lambda: "Import finished" in texts(dialog))
    assert bench.desk.keys.citizen_total() == before + 1598
    assert dialog.rejections.rowCount() == 2
    dialog.chosen.emit(path)
    bench.until(lambda: any("Nothing is left to do." in text for text in texts(dialog)))
    assert not dialog.action.isEnabled()
    dialog.reject()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.value)
def test_the_dialog_in_its_states(bench: Bench, tmp_path: Path, look: Appearance) -> None:
    bench.theme.set_appearance(look)
    page = open_page(bench)
    dialog = open_import(bench, page)
    assert bench.window is not None

    def take(name: str) -> None:
        settle()
        assert_all_named(dialog)
        assert_no_elided_labels(dialog)
        assert bench.window is not None
        screenshot(bench.window, name, bench.theme)

    take("import-start")
    path = tmp_path / "bad.csv"
    path.write_text("name,phone,shoe_size,state\nA B,9886041277,42,KA\n", encoding="utf-8")
    dialog.chosen.emit(path)
    bench.until(lambda: dialog.columns.rowCount() == 5)
    bench.qtbot.wait(200)
    take("import-columns")
    seed = 910 + LOOKS.index(look)
    chosen(bench, dialog, write(tmp_path / "people.csv", broken(people(900, seed), 3, 14, 200, 700), COLUMNS))
    take("import-preview")
    dialog.policy.set_value("skip")
    dialog.action.click()
    bench.until(lambda: bench.desk.import_work.view().progress is not None and dialog.progress.isVisible())
    take("import-running")
    bench.until(lambda: "Import finished" in texts(dialog))
    take("import-ended")
    dialog.reject()


def test_a_lock_stops_an_import_safely(start: Start, bench: Bench, tmp_path: Path) -> None:
    running = start(bench.populated.real.home.path)
    running.sign_in()
    page = running.window.open_page("citizens")
    assert isinstance(page, CitizensPage)
    running.until(lambda: page.list.panel is not None)
    page.import_button.click()
    dialog = running.dialog("import_dialog")
    assert isinstance(dialog, ImportDialog)
    dialog.chosen.emit(write(tmp_path / "people.csv", people(3000, 950)))
    running.until(dialog.action.isEnabled)
    desk = running.console.desk
    assert desk is not None
    dialog.action.click()
    running.until(lambda: desk.import_work.view().progress is not None)
    running.console.lock("Locked")
    running.until(lambda: not desk.import_work.view().running and running.console._locking is None)
    report = desk.import_work.view().report
    assert report is not None
    assert report.job.state is JobState.CANCELLED
    assert running.desktop.report.dialog is None
    session = bench.populated.real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    bench.populated.real.session = session
    preview = bench.populated.real.vault.services.imports.preview(session, tmp_path / "people.csv")
    assert preview.before is not None
    assert 0 < preview.before.done < 3000
