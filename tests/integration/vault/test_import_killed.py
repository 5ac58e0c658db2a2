"""An import through the command line, killed at any moment and run again, ends as if nothing had happened."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.vault.test_import import people, write
from tests.support.cli import CommandLine, command_line, remove_vault

PASSWORD = "four unrelated words: lamp river slate"
MOMENTS = 20
ROWS, BROKEN = 1_000, {7: "phone", 199: "aadhaar", 200: "state", 613: "phone", 998: "pan"}


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    made = command_line(tmp_path_factory.mktemp("killed"), "anjali.raghavan", PASSWORD)
    assert made.run("init", "--dual-control", "off").code == 0
    yield made
    remove_vault(made.home)


def _file(folder: Path, seed: int) -> Path:
    rows = people(ROWS, 1_000 + seed)
    for number, column in BROKEN.items():
        rows[number][column] = "12"
    return write(folder / f"{seed}.csv", rows)


def _expected() -> list[str]:
    reasons = {"state": "not_listed"}
    lines = [f"{number + 2},{column},{reasons.get(column, 'not_valid')}" for number, column in BROKEN.items()]
    return ["line,column,reason", *lines]


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again_it_ends_the_same(cli: CommandLine, tmp_path: Path) -> None:
    chance = random.Random()  # noqa: S311 (moments, another set each time)
    began = time.monotonic()
    assert cli.run("citizen", "import", str(_file(tmp_path, 0)), "--on-error", "skip").document["imported"] == 995
    whole = time.monotonic() - began
    interrupted = set()
    for number in range(1, MOMENTS + 1):
        path, errors = _file(tmp_path, number), tmp_path / f"{number}.errors.csv"
        words = ("citizen", "import", str(path), "--on-error", "skip", "--errors", str(errors))
        process = cli.start(*words)
        try:
            process.communicate(timeout=chance.uniform(0.2, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        [job] = cli.run("job", "list").document["items"][:1]
        interrupted.add((job["state"], job["done"]))
        answer = cli.run(*words)
        assert answer.code == 0, answer.stdout
        assert (answer.document["imported"], answer.document["rejected"]) == (995, 5)
        assert errors.read_text().splitlines() == _expected()
        stored = cli.run("key", "list").document["items"]
        assert sum(kek["members"] for kek in stored) == 995 * (number + 1)
    assert len(interrupted) > 2, "all kills hit the same moment"
    verdict = cli.run("vault", "verify").document
    assert (verdict["valid"], verdict["citizens"]) == (True, 995 * (MOMENTS + 1))


def test_the_command_says_what_it_imported_and_what_it_refuses(cli: CommandLine, tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    path = _file(tmp_path, 100)
    refused = cli.run("citizen", "import", str(path), "--errors", str(errors))
    assert (refused.code, refused.error) == (2, "CZ-INP-005")
    assert errors.read_text().splitlines() == _expected()[:2]
    words = ("citizen", "import", str(path), "--on-error", "skip", "--errors", str(errors))
    done = cli.run(*words, "--credentials")
    assert {"imported", "rejected", "seconds"} <= set(done.document)
    assert errors.read_text().splitlines() == _expected()
    again = cli.run("citizen", "import", str(path))
    assert (again.code, again.document["already_imported"]) == (0, True)
    assert cli.run("citizen", "import", str(path), "--on-error", "guess").code == 2
    assert cli.run("citizen", "import", str(tmp_path / "none.csv")).code == 2
    jobs = cli.run("status").document["jobs"]
    job = next(job for job in jobs if job["kind"] == "import")
    assert (job["state"], job["done"], job["live"]) == ("finished", ROWS, False)
    assert (jobs[0]["kind"], jobs[0]["state"]) == ("issue_credentials", "finished")  # asked for with the import
    assert done.document["credentials"] >= done.document["imported"]
    assert again.document["credentials"] is None
    found = cli.run("citizen", "search", "--name-prefix", "-", "--limit", "3", typed="kum\n")
    assert found.code == 0
    assert cli.run("citizen", "search", "--name-prefix", "ku").code == 2
    assert cli.run("citizen", "search", "--name-prefix", "kum", "--phone", "9886041277").code == 2
