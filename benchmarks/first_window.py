"""How long until the first window is painted, beside an empty PyQt6 window: whole processes, in turns.

    python -m benchmarks.first_window [--rounds 10] [--home FOLDER]

A process is begun, and its time taken, from outside: until it says that what its first window shows is
painted. All are the same Python with the same way of noticing it; the empty one imports PyQt6 alone. The first
window says that the console is opening; its own takes the place when all of it is loaded.
Without `--home` the console begins where there is no vault yet; then its first window is the set-up.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.opening import NAME
from benchmarks.measure import Timing, timing

ROOT = Path(__file__).resolve().parents[1]
EMPTY, FIRST, CONSOLE = "empty PyQt6 window", "first window", "the console's own window"
_WATCH = """
import os, sys
LATER_THAN = {later_than!r}
from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QWidget

class Watch(QApplication):
    depth, seen = 0, False
    def notify(self, receiver, event):
        self.depth += 1
        answer = super().notify(receiver, event)
        self.depth -= 1
        painted = event.type() == QEvent.Type.Paint and isinstance(receiver, QWidget)
        self.seen = self.seen or painted and receiver.window().objectName() != LATER_THAN
        if self.seen and not self.depth:  # all of the window is painted and handed over
            os.write(1, b"painted")
            os._exit(0)
        return answer

application = Watch(sys.argv[:1])
"""
_SHOW = {
    EMPTY: "window = QMainWindow(); window.resize(1440, 900); window.show(); application.exec()",
    FIRST: "from app.main import main; main([])",
    CONSOLE: "from app.main import main; main([])",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--home", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        show(measured(wanted.home or Path(folder) / "home", wanted.rounds))


def measured(home: Path, rounds: int) -> dict[str, Timing]:
    """Start both in turns, `rounds` times after one that warms the disk's cache; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in _SHOW}
    for number in range(rounds + 1):
        for name in _SHOW:
            taken = _start(name, home)
            if number:
                times[name].append(taken)
    return {name: timing(values) for name, values in times.items()}


def _start(name: str, home: Path) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CITIZEN_ZERO_HOME": str(home)}
    environment["PYTHONPATH"] = str(ROOT)
    watch = _WATCH.replace("{later_than!r}", repr(NAME if name == CONSOLE else None))
    began = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-c", watch + _SHOW[name]],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    if answer.stdout != b"painted":
        raise RuntimeError(f"{name}: {answer.stdout!r}")
    return 1000 * (time.perf_counter() - began)


def show(table: dict[str, Timing]) -> None:
    """Print the table."""
    print("\n| window | p50 ms | p95 ms | times the empty one |\n|---|--:|--:|--:|")
    for name, found in table.items():
        print(f"| {name} | {found.p50:.0f} | {found.p95:.0f} | {found.p50 / table[EMPTY].p50:.2f} |")


if __name__ == "__main__":
    main()
