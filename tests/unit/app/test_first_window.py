"""Which words open a window at once, and what that window may load."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.main import asks_for_window

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "words", [[], ["console"], ["--home", "/vault"], ["--home=/vault", "-v"], ["--operator", "asha", "console"]]
)
def test_the_console_alone_opens_a_window(words: list[str]) -> None:
    assert asks_for_window(words)


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["--version"],
        ["--help"],
        ["--json"],
        ["--home", "console", "status"],
        ["citizen", "import", "console"],
        ["demo"],
    ],
)
def test_a_command_never_opens_one(words: list[str]) -> None:
    assert not asks_for_window(words)


def test_the_opening_window_loads_qt_and_the_themes_colours_alone() -> None:
    code = "import sys, app.main, app.opening; print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert {name for name in loaded if name.partition(".")[0] in {"typer", "core", "hsm", "qasync"}} == set()
    assert {name for name in loaded if name.startswith("ui.")} == {"ui.theme", "ui.theme.appearance", "ui.theme.tokens"}
