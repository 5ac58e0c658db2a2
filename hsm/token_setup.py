"""Making a new token: initialise it, set its PINs, and store the trusted backup public key.

Each step runs in a worker process of its own through the given module path, so a hanging or crashing
module cannot take the console along, and pkcs11-spy sees every call. What is half done by a failure
stays on the token: with SoftHSM whoever called deletes the token folder.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hsm import requests, softokn
from hsm.connection import Connection
from hsm.model import TokenFacts
from hsm.secret import Secret
from hsm.worker_process import WORKER_COMMAND

SETUP_DEADLINE: Final = 30.0


def create_token(
    module: Path,
    environment: Mapping[str, str],
    *,
    label: str,
    so_pin: Secret,
    pin: Secret,
    backup_public_key: bytes | None,
    deadline: float = SETUP_DEADLINE,
    command: Sequence[str] = WORKER_COMMAND,
) -> TokenFacts:
    """Initialise the first uninitialised token and return its facts, with the serial to bind to.

    `backup_public_key` is an RSA key as SubjectPublicKeyInfo (DER); it becomes the trusted wrapping
    key `cz-backup`, which only the security officer can create. None leaves it out, and then no key
    can ever leave the token. NSS softokn has no security officer's PIN: there `so_pin` is left out.
    Raises AlreadyOnToken, TokenMissing (no free slot), PinRefused, TokenFull and whatever opening a
    module raises.
    """
    if softokn.is_softokn(module):
        so_pin = Secret("")
    initialise = requests.InitialiseToken(str(module.absolute()), label, so_pin.reveal())
    personalise = requests.PersonaliseToken(label, backup_public_key or b"", so_pin.reveal(), pin.reveal())
    first = Connection(module, environment, deadline=deadline, command=command)
    try:
        first.ask(initialise, requests.Done, f"initialise the token {label}", needs_login=False)
    finally:
        first.log_out()
    # A new process: modules give the initialised token another slot, and some show it only after a restart.
    second = Connection(module, environment, deadline=deadline, command=command)
    try:
        doing = f"set up the token {label}"
        return second.ask(personalise, requests.TokenDescribed, doing, needs_login=False).facts
    finally:
        second.log_out()
