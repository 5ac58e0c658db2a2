"""A throw-away token of a software module in a temporary folder, for a preflight before any token exists.

Set-up tries a software module here, and a rehearsal runs its whole plan here; nothing reaches a real
token. Hardware has no throw-away tokens: there the preflight needs a log-in to an existing one.
"""

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hsm import software_token, token_setup
from hsm.client import HsmClient
from hsm.model import PreflightReport, TokenBinding
from hsm.preflight import run_preflight
from hsm.secret import Secret
from hsm.worker_process import WORKER_COMMAND

LABEL: Final = "CZ-REHEARSAL"


@contextmanager
def throw_away_token(
    module: Path, *, backup_public_key: bytes | None = None, command: Sequence[str] = WORKER_COMMAND
) -> Iterator[HsmClient]:
    """Give a client logged in to a new software token with random PINs; token and folder go afterwards."""
    pin, so_pin = Secret(secrets.token_hex(16)), Secret(secrets.token_hex(16))
    with tempfile.TemporaryDirectory(prefix="cz-rehearsal-") as folder:
        environment = software_token.prepare(module, Path(folder), LABEL)
        facts = token_setup.create_token(
            module,
            environment,
            label=LABEL,
            so_pin=so_pin,
            pin=pin,
            backup_public_key=backup_public_key,
            command=command,
        )
        with HsmClient(module, environment, command=command) as client:
            client.login(TokenBinding(facts.label, facts.serial), pin)
            yield client


def preflight_software_module(module: Path, *, command: Sequence[str] = WORKER_COMMAND) -> PreflightReport:
    """Run the preflight of SoftHSM or NSS softokn before the vault has a token."""
    with throw_away_token(module, command=command) as client:
        return run_preflight(client)
