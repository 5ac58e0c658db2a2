"""Real SoftHSM tokens for tests: each in a folder of its own, with all the vault's keys.

Making a token and its keys takes half a second, so one is made per test process and kind, and copied:
the copies have the same serial and the same keys. Ask for `fresh=True` where that matters.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import softhsm, templates, token_setup
from hsm.client import HsmClient
from hsm.model import GCM, TokenBinding
from hsm.secret import Secret

SOFTHSM: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
PKCS11_SPY: Final = Path("/usr/lib/x86_64-linux-gnu/pkcs11-spy.so")
TOKEN_LABEL: Final = "CZ-TEST-01"
PIN: Final = "135790"
SO_PIN: Final = "24681012"


def make_token(
    folder: Path, *, algorithm: str = GCM, key_backup: bool = True, fresh: bool = False, deadline: float = 5.0
) -> tuple[HsmClient, TokenBinding, Secret]:
    """Return a logged-in client of a token in `folder`, its binding with all check values, and the PIN.

    Close the client at the end of the test. `HsmClient(SOFTHSM, environment(folder))` gives another one.
    """
    if fresh:
        binding = create_keys(folder, algorithm=algorithm, key_backup=key_backup)
    else:
        original, binding = _original(algorithm, key_backup=key_backup)
        softhsm.write_softhsm_conf(folder)
        shutil.copytree(original / "tokens", folder / "tokens", dirs_exist_ok=True)
    client = HsmClient(SOFTHSM, environment(folder), deadline=deadline)
    pin = Secret(PIN)
    client.login(binding, pin)
    return client, binding, pin


def environment(folder: Path) -> dict[str, str]:
    """Return what a worker needs to find the token in `folder`."""
    return {softhsm.CONF_VARIABLE: str(folder / "softhsm2.conf")}


def create_keys(folder: Path, *, algorithm: str = GCM, key_backup: bool = True) -> TokenBinding:
    """Make a new token with all the vault's keys in `folder`."""
    softhsm.write_softhsm_conf(folder)
    facts = token_setup.create_token(
        SOFTHSM,
        environment(folder),
        label=TOKEN_LABEL,
        so_pin=Secret(SO_PIN),
        pin=Secret(PIN),
        backup_public_key=backup_public_key() if key_backup else None,
    )
    bare = TokenBinding(facts.label, facts.serial)
    with HsmClient(SOFTHSM, environment(folder)) as client:
        client.login(bare, Secret(PIN))
        wanted = softhsm_templates(algorithm, key_backup=key_backup)
        client.generate_many(wanted)
        return TokenBinding(facts.label, facts.serial, client.key_check_value([item.label for item in wanted]))


def softhsm_templates(algorithm: str = GCM, *, key_backup: bool = True) -> list[templates.KeyTemplate]:
    """Return the templates that the preflight leads to with SoftHSM, without running it."""
    hmac_labels = (templates.INDEX_LABEL, templates.TOKEN_LABEL, templates.SEAL_LABEL, templates.ENTRY_LABEL)
    p256_labels = (templates.AUTHORITY_LABEL, templates.IACA_LABEL, templates.DOCUMENT_SIGNER_LABEL)
    return [
        templates.kek_template(1, algorithm, extractable_under_trusted=key_backup),
        *[templates.KeyTemplate(label, templates.KeyKind.HMAC, key_backup) for label in hmac_labels],
        templates.KeyTemplate(templates.LOG_LABEL, templates.KeyKind.ED25519),
        *[templates.KeyTemplate(label, templates.KeyKind.P256) for label in p256_labels],
    ]


@cache
def backup_private_key() -> rsa.RSAPrivateKey:
    """Return the private half of the backup key of every token made here."""
    return rsa.generate_private_key(65537, 3072)


def backup_public_key() -> bytes:
    """Return the backup key's public half (SPKI, DER)."""
    return backup_private_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def _original(algorithm: str, *, key_backup: bool) -> tuple[Path, TokenBinding]:
    folder = Path(tempfile.mkdtemp(prefix="cz-token-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, create_keys(folder, algorithm=algorithm, key_backup=key_backup)
