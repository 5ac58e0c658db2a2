"""The vault's keys as data: labels, kinds and what each may be used for.

How a template becomes PKCS#11 attributes is the worker's business (`hsm/attributes.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hsm.model import GCM, KW, RSA_2048, RSA_3072, PreflightReport

INDEX_LABEL: Final = "cz-index"
TOKEN_LABEL: Final = "cz-token"  # noqa: S105 - a label, not a password
SEAL_LABEL: Final = "cz-seal"
ENTRY_LABEL: Final = "cz-entry"
LOG_LABEL: Final = "cz-log"
AUTHORITY_LABEL: Final = "cz-authority"
IACA_LABEL: Final = "cz-iaca"
DOCUMENT_SIGNER_LABEL: Final = "cz-document-signer"
BACKUP_LABEL: Final = "cz-backup"


# Keys derived from an HMAC key of the token (HMAC of their name), which the worker may hold while it is logged in:
# the prefixes of a name are too many for one token call each. No other key of the vault has subkeys.
NAME_SUBKEY: Final = "names"
SUBKEYS: Final = {NAME_SUBKEY: INDEX_LABEL}


class KeyKind(StrEnum):
    """What a key is, and with it type, size and permitted use."""

    KEK_GCM = "kek-gcm"  # AES-256, ENCRYPT and DECRYPT
    KEK_KW = "kek-kw"  # AES-256, WRAP and UNWRAP
    KEK_RSA_2048 = "kek-rsa-2048"  # pair, ENCRYPT and DECRYPT
    KEK_RSA_3072 = "kek-rsa-3072"
    HMAC = "hmac"  # generic secret of 256 bits, SIGN and VERIFY
    ED25519 = "ed25519"  # pair, SIGN and VERIFY
    P256 = "p256"  # pair, SIGN and VERIFY


KEK_KINDS: Final = {
    GCM: KeyKind.KEK_GCM,
    KW: KeyKind.KEK_KW,
    RSA_2048: KeyKind.KEK_RSA_2048,
    RSA_3072: KeyKind.KEK_RSA_3072,
}


@dataclass(frozen=True)
class KeyTemplate:
    """A key to generate on the token: always TOKEN, PRIVATE and SENSITIVE, and never MODIFIABLE.

    `extractable_under_trusted` means EXTRACTABLE together with WRAP_WITH_TRUSTED; False means that
    the key can never leave the token.
    """

    label: str
    kind: KeyKind
    extractable_under_trusted: bool = False


def kek_label(number: int) -> str:
    """Return the label of the n-th key-encryption key, as in KEK-0001."""
    if number < 1:
        raise ValueError("key-encryption keys are counted from 1")
    return f"KEK-{number:04d}"


def kek_template(number: int, algorithm: str, *, extractable_under_trusted: bool) -> KeyTemplate:
    """Return the template of a new key-encryption key for one of the wrap algorithms.

    An RSA pair never leaves: its private half is larger than the backup key can wrap.
    """
    kind = KEK_KINDS[algorithm]
    symmetric = kind in {KeyKind.KEK_GCM, KeyKind.KEK_KW}
    return KeyTemplate(kek_label(number), kind, extractable_under_trusted and symmetric)


def vault_key_templates(preflight: PreflightReport, *, key_backup: bool = True) -> list[KeyTemplate]:
    """Return all keys that set-up makes, fitted to what the token was seen to do.

    Without `key_backup`, or on a token that does not enforce WRAP_WITH_TRUSTED, no key is extractable.
    """
    leaves = key_backup and preflight.enforces_trusted
    log_kind = KeyKind.ED25519 if preflight.log_key == "Ed25519" else KeyKind.P256
    return [
        kek_template(1, preflight.wrap_algorithm, extractable_under_trusted=leaves),
        *_each((INDEX_LABEL, TOKEN_LABEL, SEAL_LABEL, ENTRY_LABEL), KeyKind.HMAC, leaves=leaves),
        KeyTemplate(LOG_LABEL, log_kind),
        *_each((AUTHORITY_LABEL, IACA_LABEL, DOCUMENT_SIGNER_LABEL), KeyKind.P256, leaves=False),
    ]


def _each(labels: Iterable[str], kind: KeyKind, *, leaves: bool) -> list[KeyTemplate]:
    return [KeyTemplate(label, kind, leaves) for label in labels]
