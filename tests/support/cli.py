"""The command line as scripts call it: a process of its own, JSON on standard output."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What one command gave back."""

    code: int
    document: dict[str, Any]
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)

    @property
    def error(self) -> str:
        """Return the error's code, empty if there is none."""
        return str(self.document.get("error", {}).get("code", ""))


@dataclass(frozen=True)
class CommandLine:
    """Runs `citizen-zero` on one home as one operator."""

    home: Path
    operator: str
    password_file: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
        environment = {
            **os.environ,
            "CITIZEN_ZERO_HOME": str(self.home),
            "CITIZEN_ZERO_OPERATOR": self.operator,
            "CITIZEN_ZERO_PASSWORD_FILE": str(self.password_file),
            **self.environment,
        }
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-m", "app.main", "--json", *words],
            stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip

    def run(self, *words: str, typed: str = "") -> Answer:
        """Run a command to its end."""
        process = self.start(*words)
        stdout, stderr = process.communicate(typed, timeout=120)
        document = json.loads(stdout) if stdout.startswith("{") else {}
        return Answer(process.returncode, document, stdout, stderr)


def command_line(folder: Path, operator: str, password: str, **environment: str) -> CommandLine:
    """Return a command line whose home does not exist yet."""
    folder.mkdir(parents=True, exist_ok=True)
    password_file = folder / "password"
    password_file.write_text(password + "\n")
    password_file.chmod(0o600)
    return CommandLine(folder / "home", operator, password_file, environment)


def remove_vault(home: Path) -> None:
    """Remove a vault that the command line made."""
    from core.storage.home import Home
    from core.storage.server import server_of

    if Home(home).holds_vault:
        server_of(Home(home), Home(home).config()).destroy()
    Home(home).remove()
