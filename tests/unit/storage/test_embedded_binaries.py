"""The PostgreSQL programs: found without importing their package, copied whole."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.storage.postgres_binaries import MAJOR, copy_binaries, find_binaries


def test_the_programs_are_found_and_say_their_version() -> None:
    binaries = find_binaries()
    said = subprocess.run([binaries.program("postgres"), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[2] == binaries.version
    assert binaries.version.startswith(f"{MAJOR}.")


def test_finding_the_programs_loads_neither_their_package_nor_a_database_library() -> None:
    program = (
        "import sys; from core.storage.embedded import EmbeddedServer; from core.storage.postgres_binaries import *;"
        "find_binaries(); print(*(m for m in sys.modules if m.startswith(('pixeltable', 'psycopg', 'sqlalchemy'))))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
    assert said.stderr == ""


def test_two_who_copy_at_once_get_one_whole_copy(tmp_path: Path) -> None:
    source = find_binaries()
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: copy_binaries(source, tmp_path), range(2))
    assert one == other
    assert [entry.name for entry in tmp_path.iterdir()] == [f"postgresql-{source.version}"]
    for program in ("postgres", "initdb"):  # initdb needs the wheel's own libpq beside it
        subprocess.run([one.program(program), "--version"], check=True, capture_output=True)


def test_a_copy_is_readable_for_all_and_writable_for_its_owner_only(tmp_path: Path) -> None:
    copy = copy_binaries(find_binaries(), tmp_path)
    modes = {file.stat().st_mode & 0o777 for file in copy.root.rglob("*") if not file.is_symlink()}
    assert modes == {0o755, 0o644}
    assert copy.root.stat().st_mode & 0o777 == 0o755
