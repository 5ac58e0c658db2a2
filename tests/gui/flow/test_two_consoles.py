"""Two consoles and an import by the command line, at once on one vault: nothing is lost and both see everything."""

import csv
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.people import Population
from core.citizens.csv_file import COLUMNS
from core.errors import ChangedMeanwhile
from tests.gui.pages.bench import Running, Start
from tests.support.cli import CommandLine
from tests.support.vault import ASHA, OPERATOR, PASSWORD, TODAY, RealVault, make_vault
from ui.pages.citizens.page import CitizensPage

IMPORTED = 1_200
TURNS = 12


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[RealVault]:
    """Give a vault of its own: the others' would not be as it was afterwards."""
    real = make_vault(tmp_path / "home")
    yield real
    real.close()


def _people(file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        for person in Population(IMPORTED, TODAY).people():
            cells = {name: "" if value is None else value for name, value in person.items()}
            writer.writerow({**cells, "roles": ";".join(person["roles"])})


def _page(console: Running) -> CitizensPage:
    console.window.show_workspace("citizens")
    page = console.window.page("citizens")
    assert isinstance(page, CitizensPage)
    return page


def _until_rows(console: Running, page: CitizensPage, rows: int) -> None:
    console.until(lambda: page.model.rowCount() == rows)


def _change(console: Running, token: str, stored: list[int], faults: list[BaseException]) -> None:
    """Change one citizen again and again, as fast as the console can."""
    desk = console.console.desk
    assert desk is not None
    for turn in range(TURNS):
        try:
            record = desk.vault.services.citizens.update(
                desk.session, token, {"district": f"District {id(console)} {turn}"}
            )
        except ChangedMeanwhile:
            continue  # refused and said so: that is no lost update
        except Exception as error:  # noqa: BLE001 (the test says it)
            faults.append(error)
        else:
            stored.append(record.revision)


def test_nothing_is_lost_and_both_windows_show_the_new_people(vault: RealVault, start: Start, tmp_path: Path) -> None:
    token = vault.enrol(ASHA).identity_token
    consoles = [start(vault.home.path), start(vault.home.path)]
    for console in consoles:
        console.sign_in()
    pages = [_page(console) for console in consoles]
    for console, page in zip(consoles, pages, strict=True):
        _until_rows(console, page, 1)
    file, password = tmp_path / "people.csv", tmp_path / "password"
    _people(file)
    password.write_text(PASSWORD)
    password.chmod(0o600)

    importing = CommandLine(vault.home.path, OPERATOR, password).start("citizen", "import", str(file))
    stored: list[int] = []
    faults: list[BaseException] = []
    changing = [threading.Thread(target=_change, args=(console, token, stored, faults)) for console in consoles]
    for thread in changing:
        thread.start()
    consoles[0].until(lambda: not any(thread.is_alive() for thread in changing))
    consoles[0].until(lambda: importing.poll() is not None)
    output, problems = importing.communicate()

    assert importing.returncode == 0, problems
    assert json.loads(output)["imported"] == IMPORTED
    assert faults == []
    assert sorted(stored) == list(range(2, 2 + len(stored)))  # each change got a revision of its own
    assert vault.vault.services.citizens.show(vault.session, token).revision == 1 + len(stored)
    for console, page in zip(consoles, pages, strict=True):
        _until_rows(console, page, 1 + IMPORTED)
    for console in consoles:
        assert console.console.desk is not None
        console.console.desk.vault.services.audit.flush()
    verdict = vault.vault.services.audit.verify()
    assert (verdict.first_bad, verdict.problem) == (None, None)
    assert verdict.entries == vault.sql("SELECT max(index) + 1 FROM audit_entry")[0][0]
