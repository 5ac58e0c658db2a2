"""Real software tokens for tests, SoftHSM's and NSS softokn's: each in a folder of its own, with all the vault's keys.

Making a token and its keys takes half a second, so one is made per test process and kind, and copied:
the copies have the same serial and the same keys. Ask for `fresh=True` where that matters.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import softokn, software_token, templates, token_setup
from hsm.client import HsmClient
from hsm.model import GCM, KW, TokenBinding
from hsm.secret import Secret

SOFTHSM: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
SOFTOKN: Final = Path("/usr/lib/x86_64-linux-gnu/libsoftokn3.so")
PKCS11_SPY: Final = Path("/usr/lib/x86_64-linux-gnu/pkcs11-spy.so")
TOKEN_LABEL: Final = "CZ-TEST-01"
PIN: Final = "135790"
SO_PIN: Final = "24681012"


def on(*modules: Path) -> pytest.MarkDecorator:
    """Run a test on these modules only: it is about what only they can do."""
    return pytest.mark.parametrize("module", modules, indirect=True, ids=[path.stem for path in modules])


def make_token(
    folder: Path,
    *,
    module: Path = SOFTHSM,
    algorithm: str | None = None,
    key_backup: bool = True,
    fresh: bool = False,
    deadline: float = 5.0,
) -> tuple[HsmClient, TokenBinding, Secret]:
    """Return a logged-in client of a token in `folder`, its binding with all check values, and the PIN.

    Close the client at the end of the test. `HsmClient(module, environment(folder, module))` gives another one.
    """
    algorithm = algorithm or usual_algorithm(module)
    if fresh:
        binding = create_keys(folder, module=module, algorithm=algorithm, key_backup=key_backup)
    else:
        original, binding = _original(module, algorithm, key_backup=key_backup)
        software_token.prepare(module, folder, TOKEN_LABEL)
        for name in ("tokens", software_token.SOFTOKN_FOLDER):
            if (original / name).is_dir():
                shutil.copytree(original / name, folder / name, dirs_exist_ok=True)
    client = HsmClient(module, environment(folder, module), deadline=deadline)
    pin = Secret(PIN)
    client.login(binding, pin)
    return client, binding, pin


def environment(folder: Path, module: Path = SOFTHSM) -> dict[str, str]:
    """Return what a worker needs to find the token in `folder`."""
    return software_token.environment(module, folder, TOKEN_LABEL)


def usual_algorithm(module: Path) -> str:
    """Return the wrap algorithm that the preflight leads to."""
    return KW if softokn.is_softokn(module) else GCM


def create_keys(folder: Path, *, module: Path = SOFTHSM, algorithm: str = GCM, key_backup: bool = True) -> TokenBinding:
    """Make a new token with all the vault's keys in `folder`."""
    key_backup = key_backup and software_token.keeps_backup_key(module)
    facts = token_setup.create_token(
        module,
        software_token.prepare(module, folder, TOKEN_LABEL),
        label=TOKEN_LABEL,
        so_pin=Secret(SO_PIN),
        pin=Secret(PIN),
        backup_public_key=backup_public_key() if key_backup else None,
    )
    bare = TokenBinding(facts.label, facts.serial)
    with HsmClient(module, environment(folder, module)) as client:
        client.login(bare, Secret(PIN))
        wanted = usual_templates(module, algorithm, key_backup=key_backup)
        client.generate_many(wanted)
        return TokenBinding(facts.label, facts.serial, client.key_check_value([item.label for item in wanted]))


def softhsm_templates(algorithm: str = GCM, *, key_backup: bool = True) -> list[templates.KeyTemplate]:
    """Return the templates that the preflight leads to with SoftHSM, without running it."""
    return usual_templates(SOFTHSM, algorithm, key_backup=key_backup)


def usual_templates(module: Path, algorithm: str | None = None, *, key_backup: bool) -> list[templates.KeyTemplate]:
    """Return the templates that the preflight leads to, without running it."""
    hmac_labels = (templates.INDEX_LABEL, templates.TOKEN_LABEL, templates.SEAL_LABEL, templates.ENTRY_LABEL)
    p256_labels = (templates.AUTHORITY_LABEL, templates.IACA_LABEL, templates.DOCUMENT_SIGNER_LABEL)
    log_kind = templates.KeyKind.P256 if softokn.is_softokn(module) else templates.KeyKind.ED25519
    return [
        templates.kek_template(1, algorithm or usual_algorithm(module), extractable_under_trusted=key_backup),
        *[templates.KeyTemplate(label, templates.KeyKind.HMAC, key_backup) for label in hmac_labels],
        templates.KeyTemplate(templates.LOG_LABEL, log_kind),
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
def _original(module: Path, algorithm: str, *, key_backup: bool) -> tuple[Path, TokenBinding]:
    folder = Path(tempfile.mkdtemp(prefix="cz-token-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, create_keys(folder, module=module, algorithm=algorithm, key_backup=key_backup)
