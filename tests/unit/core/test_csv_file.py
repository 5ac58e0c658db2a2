"""Reading CSV files of citizens, without a vault."""

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.citizens.csv_file import LONGEST_RECORD, CitizenCsv, escaped, write_rows
from core.errors import InvalidInput

HEADER = "name,phone,state,district"
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=40)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=8))
def test_what_a_csv_writer_wrote_is_read_as_it_was(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(HEADER.split(","))
        writer.writerows(rows)
    with CitizenCsv(path) as read:
        assert [tuple((row.values or {}).values()) for row in read.rows()] == rows
        assert read.row_count == len(rows)
        assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = _file(tmp_path, f"{HEADER}\n".encode() + data)
    try:
        read = CitizenCsv(path)
    except InvalidInput:
        return
    with read:
        assert sum(1 for _ in read.rows()) == read.row_count


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = _file(tmp_path, f'{HEADER}\n"a\nb",1,KA,X\n\nc,2,KA,Y\nd,3\n'.encode())
    with CitizenCsv(path) as read:
        assert [(row.line, row.values is None) for row in read.rows()] == [(2, False), (5, False), (6, True)]
        assert [row.line for row in read.rows(after_line=2)] == [5, 6]


def test_never_more_than_one_record_is_in_memory(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="longer than"):
        CitizenCsv(_file(tmp_path, b"x" * (LONGEST_RECORD + 2)))


@pytest.mark.parametrize("cell", ["=1+1", "+91", "-5", "@A1", "\t=1", "\r=1"])
def test_a_cell_that_begins_like_a_formula_is_written_as_text(tmp_path: Path, cell: str) -> None:
    assert escaped(cell) == f"'{cell}"
    write_rows(tmp_path / "out.csv", ("a",), [(cell,)])
    with (tmp_path / "out.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["a"], [f"'{cell}"]]


@pytest.mark.parametrize("cell", ["", "a=1", "Asha", "\u0930\u093e\u092e"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert escaped(cell) == cell
