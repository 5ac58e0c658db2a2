"""The same runner under qasync's loop, in a process of its own so that its loop touches no other test."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import asyncio, sys
from PyQt6.QtWidgets import QApplication
import qasync
from ui.tasks import TaskRunner

app = QApplication([])
loop = qasync.QEventLoop(app)
errors = []
runner = TaskRunner(lambda error, retry=None: errors.append(error))
seen = []

async def page():
    seen.append(await runner.command(lambda: "command"))
    await asyncio.sleep(0.01)
    seen.append(await runner.query(lambda: "query"))

async def main():
    runner.start(page())
    seen.append(await runner.query(lambda: "awaited by asyncio"))
    while len(seen) < 3:
        await asyncio.sleep(0.01)
    await runner.close()

with loop:
    loop.run_until_complete(main())
assert errors == [], errors
print(sorted(seen))
"""


def test_coroutines_commands_and_queries_run_under_qasync_too() -> None:
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "['awaited by asyncio', 'command', 'query']"
