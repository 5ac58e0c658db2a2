"""The program as a process of its own: it shows its window, and ends in order when it is told to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gui.pages.bench import PopulatedVault

ROOT = Path(__file__).resolve().parents[3]


def start_console(home: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "app.main", "--home", str(home), "console"]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children: its HSM worker."""
    listed = [file.read_text(encoding="ascii") for file in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in listed for child in children.split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_console_ends_in_order_when_it_is_told_to(populated_vault: PopulatedVault, number: signal.Signals) -> None:
    process = start_console(populated_vault.real.home.path)
    try:
        time.sleep(2.5)
        assert process.poll() is None
        workers = children_of(process.pid)
        assert workers
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in output + errors
    assert [worker for worker in workers if Path(f"/proc/{worker}").exists()] == []


def test_the_first_window_loads_neither_the_database_nor_charts() -> None:
    code = (
        "import sys, app.desktop; "
        "heavy = {'sqlalchemy', 'psycopg', 'pyqtgraph', 'pkcs11', 'zxcvbn', 'phonenumbers', 'argon2'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
