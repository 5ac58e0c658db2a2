"""Every mechanism that the vault uses, tried in the logged-in session with session objects only.

A mechanism on the module's list proves nothing; an answer that equals a published one does. Where a
token takes no known key (many validated ones do not), a round trip stands in, and the note says so.
Signatures are handed out as evidence: whether they hold is for `hsm/preflight.py` to verify outside
the token. Nothing is written to the token.
"""

from dataclasses import replace
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.mechanisms import MGF

from hsm import requests
from hsm.inworker import attributes, data_objects, wrapping
from hsm.inworker import known_answers as known
from hsm.inworker.check_values import spki_of
from hsm.inworker.signing import sign
from hsm.inworker.workbench import LABEL, Operation, Workbench, tried
from hsm.templates import KeyKind, KeyTemplate

_CRYPT: Final = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
_WRAP: Final = MechanismFlag.WRAP | MechanismFlag.UNWRAP
_OAEP_SHA256: Final = (Mechanism.SHA256, MGF.SHA256, None)
_DATA_KEY: Final = bytes(range(100, 132))
_MESSAGE: Final = b"Citizen Zero preflight"
_RANDOM_BYTES: Final = 65536
_ANCHOR_BYTES: Final = 64
_ROUND_TRIP: Final = "The token takes no known key: round trip instead."
_REPEATED: Final = "The token takes no known key: the same answer twice instead."


def run_all(session: Any) -> list[requests.Trial]:
    """Return one result for each mechanism, in the order in which people see them."""
    with Workbench(session) as bench:
        return [
            _generation(bench, ("aes-keygen", "CKM_AES_KEY_GEN", "KEK generation"), KeyKind.KEK_GCM),
            _gcm(bench),
            _kw_wrap(bench),
            _kw_unwrap(bench),
            _kwp(bench),
            _hmac(bench, ("hmac", "CKM_SHA256_HMAC", "Indexes for Aadhaar, PAN"), known.HMAC_MESSAGE_6, known.HMAC_6),
            _hmac(bench, ("hmac-2", "CKM_SHA256_HMAC", "Identity tokens"), known.HMAC_MESSAGE_7, known.HMAC_7),
            _sha256(bench),
            _generation(bench, ("ed25519-keygen", "CKM_EC_EDWARDS_KEY_PAIR_GEN", "Log key pair"), KeyKind.ED25519),
            _signature(bench, ("ed25519", "CKM_EDDSA", "Log key, Ed25519"), KeyKind.ED25519),
            _generation(bench, ("p256-keygen", "CKM_EC_KEY_PAIR_GEN", "P-256 key pairs"), KeyKind.P256),
            _signature(bench, ("p256", "CKM_ECDSA", "Authority key, P-256"), KeyKind.P256),
            _generation(bench, ("rsa-keygen", "CKM_RSA_PKCS_KEY_PAIR_GEN", "Optional RSA keys"), KeyKind.KEK_RSA_2048),
            _oaep(bench, ("oaep-sha256", "CKM_RSA_PKCS_OAEP", "RSA wrap, SHA-256"), _OAEP_SHA256),
            _oaep(bench, ("oaep-sha1", "CKM_RSA_PKCS_OAEP", "RSA wrap, SHA-1"), wrapping.OAEP_SHA1),
            _backup(bench),
            _trusted(bench),
            _random(bench),
            _data_object(bench),
            _destroy(bench),
        ]


def _generation(bench: Workbench, row: tuple[str, str, str], kind: KeyKind) -> requests.Trial:
    return tried(row, lambda: lambda: bool(bench.generated(kind)), True, good="passes", repeats=1)


def _gcm(bench: Workbench) -> requests.Trial:
    def prepare() -> Operation:
        kek = bench.imported(KeyType.AES, known.GCM_KEY, _CRYPT)
        return lambda: wrapping.gcm_encrypt(kek, known.GCM_NONCE, known.GCM_AAD, known.GCM_PLAIN)

    def prepare_round_trip() -> Operation:
        kek = bench.generated(KeyKind.KEK_GCM)[0]

        def there_and_back() -> bytes:
            sealed = wrapping.gcm_encrypt(kek, known.GCM_NONCE, known.GCM_AAD, _DATA_KEY)
            return wrapping.gcm_decrypt(kek, known.GCM_NONCE, known.GCM_AAD, sealed)

        return there_and_back

    row = ("gcm", "CKM_AES_GCM", "Wrap data keys, with AAD")
    trial = tried(row, prepare, known.GCM_SEALED)
    if trial.outcome == "refused":
        trial = tried(row, prepare_round_trip, _DATA_KEY, good="passes", note=_ROUND_TRIP)
    if trial.outcome in {"matches", "passes"} and not _gcm_binds(bench):
        return replace(trial, outcome="differs", note="Associated data is not bound to the value.")
    return trial


def _gcm_binds(bench: Workbench) -> bool:
    """Return whether a value opens with its associated data, and with no other."""
    kek = bench.generated(KeyKind.KEK_GCM)[0]

    def opens(sealed: bytes, aad: bytes) -> bool:
        try:
            return wrapping.gcm_decrypt(kek, known.GCM_NONCE, aad, sealed) == _DATA_KEY
        except pkcs11.exceptions.PKCS11Error:
            return False

    try:
        sealed = wrapping.gcm_encrypt(kek, known.GCM_NONCE, b"one", _DATA_KEY)
    except pkcs11.exceptions.PKCS11Error:
        return False
    return not opens(sealed, b"two") and opens(sealed, b"one")


def _kw_wrap(bench: Workbench) -> requests.Trial:
    def prepare() -> Operation:
        kek = bench.imported(KeyType.AES, known.KW_KEK, _WRAP)
        return lambda: wrapping.kw_wrap(bench.session, kek, known.KW_PLAIN)

    return tried(("kw-wrap", "CKM_AES_KEY_WRAP", "Wrap data keys, RFC 3394"), prepare, known.KW_WRAPPED)


def _kw_unwrap(bench: Workbench) -> requests.Trial:
    def prepare() -> Operation:
        kek = bench.imported(KeyType.AES, known.KW_KEK, _WRAP)
        return lambda: wrapping.kw_unwrap(kek, known.KW_WRAPPED)

    def prepare_round_trip() -> Operation:
        kek = bench.generated(KeyKind.KEK_KW)[0]
        return lambda: wrapping.kw_unwrap(kek, wrapping.kw_wrap(bench.session, kek, _DATA_KEY))

    row = ("kw-unwrap", "CKM_AES_KEY_WRAP", "Unwrap, RFC 3394")
    trial = tried(row, prepare, known.KW_PLAIN)
    if trial.outcome == "refused":
        return tried(row, prepare_round_trip, _DATA_KEY, good="passes", note=_ROUND_TRIP)
    return trial


def _kwp(bench: Workbench) -> requests.Trial:
    def prepare() -> Operation:
        kek = bench.imported(KeyType.AES, known.KWP_KEK, _WRAP)
        carrier = bench.imported(KeyType.GENERIC_SECRET, known.KWP_PLAIN, 0, extractable=True)
        return lambda: bytes(kek.wrap_key(carrier, mechanism=Mechanism.AES_KEY_WRAP_PAD))

    return tried(("kwp", "CKM_AES_KEY_WRAP_PAD", "not needed"), prepare, known.KWP_WRAPPED)


def _hmac(bench: Workbench, row: tuple[str, str, str], message: bytes, expected: bytes) -> requests.Trial:
    def digest(key: Any) -> bytes:
        return bytes(key.sign(message, mechanism=Mechanism.SHA256_HMAC))

    def prepare() -> Operation:
        key = bench.imported(KeyType.GENERIC_SECRET, known.HMAC_KEY, MechanismFlag.SIGN)
        return lambda: digest(key)

    def prepare_repeated() -> Operation:
        key = bench.generated(KeyKind.HMAC)[0]
        first = digest(key)
        return lambda: digest(key) == first

    trial = tried(row, prepare, expected)
    if trial.outcome == "refused":
        return tried(row, prepare_repeated, True, good="passes", note=_REPEATED)
    return trial


def _sha256(bench: Workbench) -> requests.Trial:
    def prepare() -> Operation:
        return lambda: bytes(bench.session.digest(known.SHA256_MESSAGE, mechanism=Mechanism.SHA256))

    return tried(("sha256", "CKM_SHA256", "Row seals, cross-check"), prepare, known.SHA256_ABC)


def _signature(bench: Workbench, row: tuple[str, str, str], kind: KeyKind) -> requests.Trial:
    evidence: list[requests.Evidence] = []

    def prepare() -> Operation:
        private, public = bench.generated(kind)
        spki = spki_of(public)

        def make_evidence() -> bool:
            evidence[:] = [requests.Evidence(spki, _MESSAGE, sign(private, _MESSAGE))]
            return True

        return make_evidence

    trial = tried(row, prepare, True)
    return replace(trial, evidence=evidence[0] if evidence else None)


def _oaep(bench: Workbench, row: tuple[str, str, str], parameters: Any) -> requests.Trial:
    how: dict[str, Any] = {"mechanism": Mechanism.RSA_PKCS_OAEP, "mechanism_param": parameters}

    def prepare() -> Operation:
        private, public = bench.generated(KeyKind.KEK_RSA_2048)
        return lambda: bytes(private.decrypt(public.encrypt(_DATA_KEY, **how), **how))

    return tried(row, prepare, _DATA_KEY)


def _backup(bench: Workbench) -> requests.Trial:
    """Wrap an extractable key under an RSA public key and unwrap it, as backup and restore do."""
    how: dict[str, Any] = {"mechanism": Mechanism.RSA_PKCS_OAEP, "mechanism_param": wrapping.OAEP_SHA1}

    def prepare() -> Operation:
        public, private = bench.session.generate_keypair(KeyType.RSA, 2048, store=False, capabilities=_WRAP)
        carrier = bench.imported(KeyType.GENERIC_SECRET, _DATA_KEY, 0, extractable=True)
        bench.keep(public, private)

        def there_and_back() -> bytes:
            wrapped = bytes(public.wrap_key(carrier, **how))
            kind = (ObjectClass.SECRET_KEY, KeyType.GENERIC_SECRET)
            opened = private.unwrap_key(*kind, wrapped, capabilities=0, template=wrapping.CARRIER, **how)
            bench.keep(opened)
            return bytes(opened[Attribute.VALUE])

        return there_and_back

    return tried(("oaep-wrap-key", "CKM_RSA_PKCS_OAEP", "Key backup"), prepare, _DATA_KEY)


def _trusted(bench: Workbench) -> requests.Trial:
    """See that an untrusted key does not wrap a WRAP_WITH_TRUSTED key, though it does wrap another."""

    def prepare() -> Operation:
        wrapper = bench.generated(KeyKind.KEK_KW)[0]
        free = bench.imported(KeyType.GENERIC_SECRET, _DATA_KEY, 0, extractable=True)
        wrapper.wrap_key(free, mechanism=Mechanism.AES_KEY_WRAP)
        template = KeyTemplate(LABEL, KeyKind.HMAC, extractable_under_trusted=True)
        held = attributes.generate(bench.session, template, store=False)[0]
        bench.keep(held)

        def is_refused() -> bool:
            try:
                wrapper.wrap_key(held, mechanism=Mechanism.AES_KEY_WRAP)
            except pkcs11.exceptions.PKCS11Error:
                return True
            return False

        return is_refused

    row = ("trusted", "CKA_WRAP_WITH_TRUSTED", "Keys leave only in a backup")
    return tried(row, prepare, True, note="An untrusted wrapping key was tried.")


def _random(bench: Workbench) -> requests.Trial:
    row = ("random", "C_GenerateRandom", "Randomness, 64 KiB")
    given: list[bytes] = []

    def ask() -> bool:
        given.append(wrapping.random_bytes(bench.session, _RANDOM_BYTES))
        return True

    trial = tried(row, lambda: ask, True, good="passes", repeats=1)
    if given and not _looks_random(given[0]):
        return replace(trial, outcome="differs", note="Some byte values are missing or far too frequent.")
    return trial


def _looks_random(data: bytes) -> bool:
    """Return whether a source is not plainly broken: every byte value occurs, and none far too often."""
    counts = [data.count(value) for value in range(256)]
    mean = len(data) / 256
    return min(counts) > mean / 2 and max(counts) < mean * 2


def _data_object(bench: Workbench) -> requests.Trial:
    value = bytes(range(_ANCHOR_BYTES))

    def keep_and_read() -> bytes:
        item = data_objects.create(bench.session, LABEL, value, store=False)
        bench.keep(item)
        return bytes(item[Attribute.VALUE])

    row = ("data", "CKO_DATA", "Anchor on the token")
    return tried(row, lambda: keep_and_read, value, good="kept", repeats=1)


def _destroy(bench: Workbench) -> requests.Trial:
    label = f"{LABEL}-destroy"

    def prepare() -> Operation:
        item = attributes.generate(bench.session, KeyTemplate(label, KeyKind.HMAC), store=False)[0]

        def destroy() -> bool:
            item.destroy()
            return not list(bench.session.get_objects({Attribute.LABEL: label}))

        return destroy

    row = ("destroy", "C_DestroyObject", "Absent after destroying")
    return tried(row, prepare, True, good="absent", repeats=1)
