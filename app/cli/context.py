"""What every command shares: settings, the vault that it opens, the operator who acts."""

import gc
import getpass
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from app.cli.output import Output
from app.logs import start_logging
from app.settings import Settings
from core.errors import CitizenZeroError, InvalidInput
from core.storage.home import read_private, readable_by_others
from hsm.secret import Secret

if TYPE_CHECKING:
    from app.bootstrap import Vault
    from core.access.model import LoginSession
    from core.access.second_operator import Asked


def request_id(text: str) -> UUID:
    """Return the id of a request or approval. Raises InvalidInput for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("An approval's id is a UUID.", field="approval") from None


class CommandContext:
    """One run of one command."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.output = Output(json=settings.json)
        self._lines: list[str] | None = None
        self._password: Secret | None = None

    @contextmanager
    def vault(self) -> Iterator["Vault"]:
        """Open the home's vault, locked; close it whatever happens."""
        home = self.settings.home_folder
        home.config()
        logger = start_logging(home.log_folder, verbose=self.settings.verbose)
        # Order matters for speed: worker and server start while the services are imported.
        from app.start import begin  # noqa: PLC0415

        starting = begin(home, ask_password=self.ask_password)
        from app.bootstrap import open_vault  # noqa: PLC0415 (SQLAlchemy)

        vault = open_vault(starting)
        gc.freeze()
        gc.enable()
        since = time.monotonic()
        try:
            yield vault
        except CitizenZeroError as error:
            logger.warning("command failed", extra={"code": error.code})
            raise
        finally:
            vault.close()
            logger.info("vault closed", extra={"seconds": round(time.monotonic() - since, 3)})

    @contextmanager
    def signed_in(self) -> Iterator[tuple["Vault", "LoginSession"]]:
        """Open the vault as the acting operator."""
        from app.cli.sign_in import CliSecondFactor, provider_identity  # noqa: PLC0415
        from core.audit.model import Origin  # noqa: PLC0415 (kept out of commands that need no vault)

        provider = provider_identity(self.settings)
        operator = provider.operator if provider and not self.settings.operator else self.operator()
        password = self.password()
        with self.vault() as vault:
            ask = CliSecondFactor(self.settings)
            session = vault.sign_in(operator, password, Origin.CLI, ask=ask, provider=provider)
            self._password = password
            try:
                yield vault, session
            finally:
                self._password = None

    def password_again(self) -> Secret:
        """Return the password for an act that asks for it once more: within one command it is the same."""
        return self._password or self.password()

    def asked(self, approval: str | None, reason: str | None = None) -> "Asked":
        """Return how the operator who is signed in asks for what may need a second one."""
        from core.access.second_operator import Asked  # noqa: PLC0415 (SQLAlchemy, only once a vault is open)

        return Asked(self._password, None if approval is None else request_id(approval), reason)

    def prove_password(self, vault: "Vault", session: "LoginSession") -> None:
        """Have the operator prove the own password again: read from its file once more, or typed once more."""
        password = self.password()
        try:
            vault.services.reauthentication.confirm(session, password)
        finally:
            password.wipe()

    @contextmanager
    def interruptible(self) -> Iterator[Callable[[], bool]]:
        """Give a function that tells whether Ctrl+C was pressed: for work that ends itself in order.

        A second Ctrl+C ends the program at once.
        """
        pressed = threading.Event()

        def note(_number: int, _frame: object) -> None:
            pressed.set()
            signal.signal(signal.SIGINT, before)

        before = signal.signal(signal.SIGINT, note)
        try:
            yield pressed.is_set
        finally:
            signal.signal(signal.SIGINT, before)

    def operator(self) -> str:
        """Return who acts. Raises InvalidInput when nobody is named and nobody can be asked."""
        if self.settings.operator:
            return self.settings.operator
        if sys.stdin.isatty() and not self.settings.json:
            return input("Operator: ").strip()
        raise InvalidInput(
            "No operator is named.", field="operator", remedy="Use --operator or set CITIZEN_ZERO_OPERATOR."
        )

    def password(self, *, new: bool = False) -> Secret:
        """Return the password from its file or, on a terminal, from a prompt."""
        file = self.settings.password_file
        if file is not None:
            return self.password_from(file)
        if not sys.stdin.isatty():
            raise InvalidInput(
                "There is no password.",
                field="password",
                remedy="Use --password-file or set CITIZEN_ZERO_PASSWORD_FILE.",
            )
        typed = getpass.getpass("New password: " if new else "Password: ")
        if new and getpass.getpass("The same once more: ") != typed:
            raise InvalidInput("The two passwords differ.", field="password")
        return Secret(typed)

    @property
    def ask_password(self) -> Callable[[str], Secret] | None:
        """Return how to ask for another password than the operator's: at a terminal, or not at all."""
        return (lambda prompt: Secret(getpass.getpass(prompt))) if sys.stdin.isatty() else None

    @staticmethod
    def password_from(file: Path) -> Secret:
        """Read a password's file; one that others may read is used with a warning."""
        content = read_private(file, "password")
        if os.name == "posix" and readable_by_others(file):
            print(f"Warning: others may read {file}. Set its mode to 600.", file=sys.stderr)  # noqa: T201
        if not content:
            raise InvalidInput("The file with the password is empty.", field="password")
        return Secret(content)

    def personal(self, value: str | None) -> str | None:
        """Return a personal value; `-` takes the next line of standard input, so that it stands in no history."""
        if value != "-":
            return value
        if self._lines is None:
            self._lines = sys.stdin.read().splitlines()
        if not self._lines:
            raise InvalidInput("Standard input has no line for a value given as `-`.")
        return self._lines.pop(0)
