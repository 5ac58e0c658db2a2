"""Importing citizens from CSV files, on a real vault."""

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.demo.people import Population
from core.access.model import Role
from core.audit.model import EntryFilter
from core.citizens.import_model import ImportReport, OnError
from core.citizens.model import CitizenFilter, Field, Purpose
from core.errors import InvalidInput, JobRunsElsewhere, LineRefused, Refused
from core.jobs.model import JobState
from tests.support.vault import ASHA, TODAY, RealVault, in_threads

COLUMNS = [
    "name", "phone", "email", "address", "birth_date", "gender", "aadhaar", "pan", "gstin", "state", "district",
    "roles", "income_annual", "bpl_status", "land_holding", "marital_status", "dependents_count",
]  # fmt: skip
Rows = list[dict[str, Any]]


def people(count: int, seed: int) -> Rows:
    """Return plain rows of a file; values stand as somebody would write them."""
    made = []
    for person in Population(count, TODAY, seed).people():
        cells = {name: "" if value is None else str(value) for name, value in person.items() if name != "roles"}
        cells["address"] = cells["address"].replace("\n", ", ")
        made.append({**cells, "roles": ";".join(person["roles"])})
    return made


def write(path: Path, rows: Rows, columns: Sequence[str] = COLUMNS, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(real: RealVault, path: Path, on_error: OnError = OnError.SKIP, **more: Any) -> ImportReport:
    return real.vault.services.imports.run(real.session, path, on_error, **more)


def rejected(real: RealVault, report: ImportReport) -> list[tuple[int, str, str]]:
    return [(*item,) for item in real.vault.services.imports.rejections(real.session, report.job)]


def total(real: RealVault) -> int:
    return real.vault.services.citizens.count(real.session, CitizenFilter())


def test_every_row_is_enrolled_and_comes_back_as_it_stood_in_the_file(real: RealVault, tmp_path: Path) -> None:
    rows, before = people(450, 1), total(real)
    report = run(real, write(tmp_path / "people.csv", rows))
    assert (report.imported, report.rejected, total(real)) == (450, 0, before + 450)
    person = next(row for row in rows if row["aadhaar"] and row["email"])
    [found] = real.vault.services.citizens.find(real.session, "aadhaar", person["aadhaar"], CitizenFilter())
    values = real.vault.services.citizens.profile(real.session, found.identity_token, Purpose.SUPPORT).values
    for field in (Field.NAME, Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.BIRTH_DATE):
        assert values[field] == person[field.value]
    assert real.vault.services.check.verify(real.session).whole


def test_each_citizen_and_the_job_itself_leave_entries(real: RealVault, tmp_path: Path) -> None:
    real.vault.services.audit.flush()  # outcomes of earlier reads
    report = run(real, write(tmp_path / "people.csv", people(30, 2)))
    [end] = real.vault.services.audit.search(EntryFilter(action="job:end"), 1)
    assert end.detail == {"job": str(report.job.job_id), "kind": "import", "state": "finished", "imported": 30,
                          "rejected": 0}  # fmt: skip
    [start] = real.vault.services.audit.search(EntryFilter(action="job:start"), 1)
    enrolled = real.vault.services.audit.search(EntryFilter(action="citizen:enrol", before=end.index), 30)
    assert start.index == end.index - 31
    assert {entry.index for entry in enrolled} == set(range(start.index + 1, end.index))


@pytest.mark.parametrize(
    ("encoding", "ends"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-8-sig", "\n"), ("utf-8", "\r\n")]
)
def test_bom_line_ends_quoted_newlines_and_the_order_of_columns_do_not_matter(
    real: RealVault, tmp_path: Path, encoding: str, ends: str
) -> None:
    lines = [
        "District, STATE ,phone,name,roles,address",
        '"Mysuru","ka",9886041277,"Quoted ""Q"" Person",citizen;farmer,"1, Road\nMysuru"',
        "",
        "Udupi,KA,+919886041278,राम मोहन,,",
    ]
    path = tmp_path / f"{encoding}{len(ends)}.csv"
    path.write_bytes((ends.join(lines) + ends).encode(encoding))
    report = run(real, path)
    assert (report.imported, report.rejected) == (2, 0)
    [found] = real.vault.services.citizens.find_by_name(real.session, "quoted person", CitizenFilter(), None, 1).items
    values = real.vault.services.citizens.profile(real.session, found.identity_token, Purpose.SUPPORT).values
    assert (values[Field.NAME], values[Field.ADDRESS]) == ('Quoted "Q" Person', "1, Road\nMysuru")
    assert [role.value for role in found.roles] == ["citizen", "farmer"]


BROKEN: dict[str, tuple[dict[str, str], str, str]] = {
    "phone": ({"phone": "12"}, "phone", "not_valid"),
    "no phone": ({"phone": ""}, "phone", "missing"),
    "check digit": ({"aadhaar": "234567890123"}, "aadhaar", "check_digit"),
    "pan": ({"pan": "nonsense"}, "pan", "not_valid"),
    "state": ({"state": "XX"}, "state", "not_listed"),
    "future": ({"birth_date": "2999-01-01"}, "birth_date", "in_future"),
    "date": ({"birth_date": "31.1.1990"}, "birth_date", "not_valid"),
    "role": ({"roles": "citizen,king"}, "roles", "not_listed"),
    "income": ({"income_annual": "-1"}, "income_annual", "out_of_range"),
    "gstin": ({"gstin": "32XYZPP9876K1ZH", "roles": "citizen"}, "gstin", "business_only"),
    "digits": ({"name": "12345"}, "name", "no_letter"),
}


def test_one_bad_row_never_fails_another_and_is_reported_by_line_and_reason(real: RealVault, tmp_path: Path) -> None:
    good = people(len(BROKEN) + 2, 3)
    rows = []
    for person, (change, _, _) in zip(good, BROKEN.values(), strict=False):
        rows += [{**person, **change}]
    rows.append({**good[-2], "address": "two\nlines"})
    rows.append({**good[-1], "district": ""})
    path = write(tmp_path / "broken.csv", rows)
    with path.open("a", newline="") as file:
        file.write("one,two,three\r\n")
    report = run(real, path)
    wanted = [(line, column, reason) for line, (_, column, reason) in enumerate(BROKEN.values(), start=2)]
    lines = len(BROKEN)
    wanted += [(lines + 4, "district", "missing"), (lines + 5, "row", "cells")]
    assert rejected(real, report) == sorted(wanted)
    assert (report.imported, report.rejected) == (1, lines + 2)


def test_a_line_whose_values_somebody_has_already_is_set_aside(real: RealVault, tmp_path: Path) -> None:
    before = people(3, 4)
    first = run(real, write(tmp_path / "first.csv", before))
    with_pan = next(row for row in people(40, 5) if row["pan"])
    rows = [
        {**before[0]},  # in the vault
        {**with_pan},
        {**with_pan, "aadhaar": ""},  # its PAN stands one line before
        {**people(1, 6)[0], "aadhaar": before[1]["aadhaar"]},
    ]
    report = run(real, write(tmp_path / "second.csv", rows))
    assert first.imported == 3
    assert rejected(real, report) == [
        (2, "aadhaar", "already_enrolled"), (4, "pan", "already_enrolled"), (5, "aadhaar", "already_enrolled")
    ]  # fmt: skip
    assert report.imported == 1


def test_a_user_id_in_the_file_is_enrolled_once(real: RealVault, tmp_path: Path) -> None:
    rows = [{**row, "user_id": "5f0c2f6a-3a59-4e0f-8a39-6a6a3d2d7c11"} for row in people(2, 7)]
    report = run(real, write(tmp_path / "ids.csv", rows, ["user_id", *COLUMNS]))
    assert rejected(real, report) == [(3, "user_id", "already_enrolled")]


def test_a_finished_file_imports_nothing_again_and_tells_the_same(real: RealVault, tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", people(20, 8))
    first, count = run(real, path), total(real)
    second = run(real, path)
    assert (second.already, second.imported, second.job.job_id) == (True, first.imported, first.job.job_id)
    assert total(real) == count


def test_even_told_to_begin_anew_nobody_is_enrolled_twice(real: RealVault, tmp_path: Path) -> None:
    rows = [{**row, "aadhaar": "", "pan": "", "gstin": "", "roles": "citizen"} for row in people(20, 9)]
    path = write(tmp_path / "people.csv", rows)
    run(real, path)
    count = total(real)
    again = run(real, path, again=True)
    assert (again.already, again.imported, again.rejected, total(real)) == (False, 0, 20, count)
    assert {reason for _, _, reason in rejected(real, again)} == {"already_enrolled"}


def test_a_changed_file_is_another_import(real: RealVault, tmp_path: Path) -> None:
    rows = people(21, 10)
    path = write(tmp_path / "people.csv", rows[:20])
    run(real, path)
    report = run(real, write(path, rows))
    assert (report.already, report.imported, report.rejected) == (False, 1, 20)


def test_stop_refuses_a_file_with_a_broken_line_before_anybody_is_enrolled(real: RealVault, tmp_path: Path) -> None:
    rows, before = people(300, 11), total(real)
    rows[250]["phone"] = "12"
    path = write(tmp_path / "people.csv", rows)
    with pytest.raises(LineRefused, match="Line 252, phone") as refused:
        run(real, path, OnError.STOP)
    assert refused.value.rejection == (252, "phone", "not_valid")
    assert total(real) == before
    report = run(real, path, OnError.SKIP)
    assert (report.imported, report.rejected) == (299, 1)


def test_stop_ends_at_a_citizen_who_is_enrolled_already(real: RealVault, tmp_path: Path) -> None:
    rows = people(3, 12)
    run(real, write(tmp_path / "one.csv", rows[1:2]))
    path = write(tmp_path / "three.csv", rows)
    with pytest.raises(LineRefused, match="aadhaar: A citizen with it is enrolled already"):
        run(real, path, OnError.STOP)
    assert [job.state for job in real.vault.services.jobs.recent(1)] == [JobState.FAILED]
    assert run(real, path).imported == 2


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "no header": (b"Asha,+919886041277,KA\n", "no known column"),
    "semicolons": (b"name;phone;state;district\nA;B;C;D\n", "no known column"),
    "unknown column": (b"name,phone,state,district,colour\n", "no such column: colour"),
    "value as a name": (b"name,phone,state,district,98860 41277\n", "no such column: \u2026".encode().decode()),
    "missing column": (b"name,phone,district\n", "missing: state"),
    "repeated column": (b"name,phone,state,district,Name\n", "twice: name"),
    "nul": (b"name,phone,state,district\nA\0,1,KA,X\n", "Line 2 holds a NUL"),
    "latin-1": (b"name,phone,state,district\nRen\xe9,1,KA,X\n", "Line 2 is not UTF-8"),
    "utf-16": ("name,phone,state,district\n".encode("utf-16"), "NUL|UTF-8"),
    "open quote": (b'name,phone,state,district\n"A,1,KA,X\nB,2,KA,X\n', "Line 2: a quoted value"),
    "stray quote": (b'name,phone,state,district\n"A"B,1,KA,X\n', "Line 2: a quote"),
    "long": (b"name,phone,state,district\n" + b"A" * 70_000 + b",1,KA,X\n", "longer than 64"),
    "long open quote": (b'name,phone,state,district\n"A' + b"\nB,1,KA,X" * 9_000, "longer than 64"),
    "old mac": (b"name,phone,state,district\rA,1,KA,X\r", "line ends|no known|no such"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_wrong_as_a_whole_is_one_error_and_leaves_nothing(
    real: RealVault, tmp_path: Path, what: str
) -> None:
    content, words = REFUSED[what]
    path, size = tmp_path / "file.csv", real.vault.services.audit.size()
    path.write_bytes(content)
    jobs = len(real.vault.services.jobs.recent())
    with pytest.raises(InvalidInput, match=words) as refused:
        run(real, path)
    assert "98860" not in str(refused.value)
    assert (real.vault.services.audit.size(), len(real.vault.services.jobs.recent())) == (size, jobs)


def test_a_missing_file_is_said(real: RealVault, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        run(real, tmp_path / "nothing.csv")


def test_a_header_alone_imports_nobody(real: RealVault, tmp_path: Path) -> None:
    report = run(real, write(tmp_path / "none.csv", []))
    assert (report.imported, report.rejected, report.job.state) == (0, 0, JobState.FINISHED)


def test_a_cancelled_import_goes_on_where_it_stood(real: RealVault, tmp_path: Path) -> None:
    rows, before = people(700, 13), total(real)
    rows[5]["phone"] = rows[600]["phone"] = "12"
    path = write(tmp_path / "people.csv", rows)
    seen: list[int] = []
    report = run(real, path, progress=lambda progress: seen.append(progress.done), cancelled=lambda: len(seen) == 2)
    assert (report.job.state, seen, report.imported) == (JobState.CANCELLED, [200, 400], 399)
    assert total(real) == before + 399
    assert report.job.resumable
    report = run(real, path, progress=lambda progress: seen.append(progress.done))
    assert (report.job.state, seen) == (JobState.FINISHED, [200, 400, 600, 700])
    assert (report.imported, report.rejected, total(real)) == (698, 2, before + 698)


def test_an_import_is_cancelled_from_another_process(real: RealVault, tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", people(700, 14))

    def cancel(_: object) -> None:
        [job] = real.vault.services.jobs.recent(1)
        assert job.live
        if job.state is JobState.RUNNING:
            real.vault.services.jobs.cancel(real.session, job.job_id)

    report = run(real, path, progress=cancel)
    assert (report.job.state, report.imported) == (JobState.CANCELLED, 200)
    assert run(real, path).imported == 700


def test_one_process_at_a_time_works_on_a_file(real: RealVault, tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", people(300, 15))
    raised: list[Exception] = []

    def meanwhile(_: object) -> None:
        try:
            run(real, path)
        except JobRunsElsewhere as error:
            raised.append(error)

    assert run(real, path, progress=meanwhile).imported == 300
    assert len(raised) == 2


def test_two_files_with_the_same_people_enrol_each_once(real: RealVault, tmp_path: Path) -> None:
    rows, before = people(300, 16), total(real)
    paths = [write(tmp_path / "a.csv", rows), write(tmp_path / "b.csv", list(reversed(rows)))]
    reports: list[ImportReport] = []
    assert in_threads(2, lambda number: reports.append(run(real, paths[number]))) == []
    assert sum(report.imported for report in reports) == 300
    assert sum(report.rejected for report in reports) == 300
    assert total(real) == before + 300
    assert real.vault.services.check.verify(real.session).whole


def test_a_file_that_changes_under_the_import_ends_it(real: RealVault, tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", people(500, 17))

    def touch(_: object) -> None:
        with path.open("a") as file:
            file.write("x\n")

    with pytest.raises(InvalidInput, match="changed while"):
        run(real, path, progress=touch)


def test_a_forged_position_is_not_followed(real: RealVault, tmp_path: Path) -> None:
    from core.errors import IntegrityFailure

    path = write(tmp_path / "people.csv", people(300, 18))
    run(real, path, cancelled=lambda: True)
    change = "UPDATE job SET position = 250 WHERE state = 'cancelled'"
    with real.changed("job", change), pytest.raises(IntegrityFailure):
        run(real, path)
    assert run(real, path).imported == 300


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CUSTODIAN])
def test_who_may_not_enrol_may_not_import_look_or_cancel(real: RealVault, tmp_path: Path, role: Role) -> None:
    path, other = write(tmp_path / "people.csv", people(2, 19)), replace(real.session, role=role)
    report = run(real, path)
    services = real.vault.services
    calls: tuple[Callable[[], object], ...] = (
        lambda: services.imports.run(other, path),
        lambda: services.imports.preview(other, path),
        lambda: services.jobs.cancel(other, report.job.job_id),
        lambda: list(services.imports.rejections(other, report.job)),
    )
    for call in calls:
        with pytest.raises(Refused):
            call()


def test_a_preview_shows_the_first_rows_and_what_is_wrong_with_them(real: RealVault, tmp_path: Path) -> None:
    rows, size = people(50, 20), real.vault.services.audit.size()
    rows[3]["phone"] = "12"
    preview = real.vault.services.imports.preview(real.session, write(tmp_path / "people.csv", rows), 10)
    assert (preview.row_count, len(preview.rows), preview.columns) == (50, 10, tuple(COLUMNS))
    assert [(item.field, item.reason) for item in preview.rejections] == [("phone", "not_valid")]
    assert real.vault.services.audit.size() == size


def test_the_report_holds_no_value_and_no_formula(real: RealVault, tmp_path: Path) -> None:
    rows = [{**row, "phone": "=HYPERLINK(1)", "name": "-2+3"} for row in people(2, 21)]
    report = run(real, write(tmp_path / "people.csv", rows))
    out = tmp_path / "errors.csv"
    real.vault.services.imports.write_report(real.session, report.job, out)
    with out.open(newline="") as file:
        assert list(csv.reader(file))[:3] == [
            ["line", "column", "reason"], ["2", "name", "no_letter"], ["2", "phone", "not_valid"]
        ]  # fmt: skip
    assert "HYPERLINK" not in out.read_text()
    assert out.stat().st_mode & 0o077 == 0
    assert "HYPERLINK" not in str(real.sql("SELECT * FROM job_rejection"))


def test_small_keks_are_filled_and_followed_by_others_while_an_import_runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from tests.support.vault import make_vault

    small = make_vault(tmp_path_factory.mktemp("small") / "home", kek_capacity=7)
    try:
        report = run(small, write(tmp_path_factory.mktemp("files") / "people.csv", people(60, 22)))
        assert (report.imported, report.rejected) == (60, 0)
        ledger = small.vault.services.keys.ledger(small.session)
        assert all(kek.members <= 7 for kek in ledger)
        assert small.vault.services.check.verify(small.session).whole
    finally:
        small.close()


@pytest.mark.slow
def test_ten_thousand_lines_with_one_percent_broken_report_exactly_those(real: RealVault, tmp_path: Path) -> None:
    rows, before = people(10_000, 23), total(real)
    chosen = sorted(random.Random(1).sample(range(10_000), 100))  # noqa: S311 (the same each time)
    kinds = [name for name in BROKEN if name != "gstin"]
    wanted = []
    for place, number in enumerate(chosen):
        change, column, reason = BROKEN[kinds[place % len(kinds)]]
        rows[number] |= change
        wanted.append((number + 2, column, reason))
    report = run(real, write(tmp_path / "people.csv", rows))
    assert (report.imported, report.rejected) == (9_900, 100)
    assert rejected(real, report) == wanted
    assert total(real) == before + 9_900
    assert ASHA["name"] not in str(wanted)
