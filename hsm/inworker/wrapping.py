"""Wrapping and unwrapping of data keys, by the RFC name of the algorithm.

* AES-256-GCM: nonce (12 bytes, from the token) || ciphertext || tag (16); associated data is bound.
* AES-256-KW: RFC 3394, through a short-lived session object, because C_WrapKey wraps objects only.
* RSA-…-OAEP: SHA-1 with MGF1-SHA-1 and no label, the one form that every module takes.
"""

from collections.abc import Sequence
from typing import Any, Final

from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass
from pkcs11.mechanisms import MGF

from hsm import errors, model
from hsm.inworker.keyring import Keyring
from hsm.inworker.translation import DAMAGED_VALUE, ckr_name, translated

NONCE: Final = 12
TAG: Final = 16
TAG_BITS: Final = 8 * TAG
DATA_KEY: Final = 32
OAEP_SHA1: Final = (Mechanism.SHA_1, MGF.SHA1, None)
_RANDOM_AT_ONCE: Final = 4096
_KW_BLOCK: Final = 8


def random_bytes(session: Any, count: int) -> bytes:
    """Return random bytes from the token, asked for in pieces that every module gives."""
    pieces = []
    with translated("give random bytes"):
        while count > 0:
            size = min(count, _RANDOM_AT_ONCE)
            pieces.append(bytes(session.generate_random(8 * size)))
            count -= size
    return b"".join(pieces)


def wrap(
    session: Any, keys: Keyring, kek_label: str, algorithm: str, items: Sequence[model.WrapItem]
) -> tuple[bytes, ...]:
    """Wrap each item's value under the KEK."""
    doing = f"wrap with {kek_label}"
    with translated(doing):
        if algorithm == model.GCM:
            nonces = random_bytes(session, NONCE * len(items))
            pairs = [(nonces[NONCE * at : NONCE * (at + 1)], item) for at, item in enumerate(items)]
            return keys.using(kek_label, lambda kek: tuple([_gcm_wrap(kek, nonce, item) for nonce, item in pairs]))
        if algorithm == model.KW:
            return keys.using(kek_label, lambda kek: tuple([kw_wrap(session, kek, item.value) for item in items]))
        _check_oaep(algorithm, doing)
        return keys.using(kek_label, lambda kek: tuple([_oaep_wrap(kek, item.value) for item in items]), public=True)


def unwrap(keys: Keyring, kek_label: str, algorithm: str, items: Sequence[model.WrapItem]) -> tuple[bytes, ...]:
    """Unwrap each item's value; raises UnwrapFailed for the first one that does not open."""
    doing = f"unwrap with {kek_label}"

    def open_one(kek: Any, item: model.WrapItem) -> bytes:
        if algorithm == model.GCM:
            return _gcm_unwrap(kek, item)
        if algorithm == model.KW:
            return kw_unwrap(kek, item.value)
        return bytes(kek.decrypt(item.value, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=OAEP_SHA1))

    def open_all(kek: Any) -> tuple[bytes, ...]:
        values = []
        for at, item in enumerate(items, start=1):
            try:
                values.append(open_one(kek, item))
            except DAMAGED_VALUE as error:
                raise _does_not_open(kek_label, at, len(items), ckr_name(error)) from error
            except _TooShortError as error:
                raise _does_not_open(kek_label, at, len(items), "shorter than nonce and tag") from error
        return tuple(values)

    if algorithm not in {model.GCM, model.KW}:
        _check_oaep(algorithm, doing)
    with translated(doing):
        return keys.using(kek_label, open_all)


def generate_data_keys(
    session: Any, keys: Keyring, kek_label: str, algorithm: str, aads: Sequence[bytes]
) -> tuple[model.GeneratedDataKey, ...]:
    """Make one random data key for each associated data and wrap it."""
    material = random_bytes(session, DATA_KEY * len(aads))
    values = [material[DATA_KEY * at : DATA_KEY * (at + 1)] for at in range(len(aads))]
    items = [model.WrapItem(value, aad) for value, aad in zip(values, aads, strict=True)]
    wrapped = wrap(session, keys, kek_label, algorithm, items)
    return tuple([model.GeneratedDataKey(value, blob) for value, blob in zip(values, wrapped, strict=True)])


def gcm_encrypt(kek: Any, nonce: bytes, aad: bytes, value: bytes) -> bytes:
    """Return ciphertext || tag."""
    params = GCMParams(nonce, aad, TAG_BITS)
    return bytes(kek.encrypt(value, mechanism=Mechanism.AES_GCM, mechanism_param=params))


def gcm_decrypt(kek: Any, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    """Return the plaintext of ciphertext || tag."""
    params = GCMParams(nonce, aad, TAG_BITS)
    return bytes(kek.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=params))


def kw_wrap(session: Any, kek: Any, value: bytes) -> bytes:
    """Wrap by RFC 3394; the value's length is a multiple of 8, 16 at least."""
    if len(value) < 2 * _KW_BLOCK or len(value) % _KW_BLOCK:
        raise errors.MechanismFailed("AES-256-KW wraps only 16 bytes or more, in multiples of 8.")
    carrier = session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
            Attribute.VALUE: value,
            **CARRIER,
        }
    )
    try:
        return bytes(kek.wrap_key(carrier, mechanism=Mechanism.AES_KEY_WRAP))
    finally:
        carrier.destroy()


def kw_unwrap(kek: Any, wrapped: bytes) -> bytes:
    """Unwrap by RFC 3394 through a session object, the only object whose CKA_VALUE is ever read."""
    carrier = kek.unwrap_key(
        ObjectClass.SECRET_KEY,
        KeyType.GENERIC_SECRET,
        wrapped,
        mechanism=Mechanism.AES_KEY_WRAP,
        capabilities=0,
        template=CARRIER,
    )
    try:
        return bytes(carrier[Attribute.VALUE])
    finally:
        carrier.destroy()


CARRIER: Final = {
    Attribute.TOKEN: False,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: False,
    Attribute.EXTRACTABLE: True,
}


class _TooShortError(Exception):
    """A wrapped value is shorter than its fixed parts."""


def _gcm_wrap(kek: Any, nonce: bytes, item: model.WrapItem) -> bytes:
    return nonce + gcm_encrypt(kek, nonce, item.aad, item.value)


def _gcm_unwrap(kek: Any, item: model.WrapItem) -> bytes:
    if len(item.value) < NONCE + TAG:
        raise _TooShortError
    return gcm_decrypt(kek, item.value[:NONCE], item.aad, item.value[NONCE:])


def _oaep_wrap(kek: Any, value: bytes) -> bytes:
    return bytes(kek.encrypt(value, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=OAEP_SHA1))


def _check_oaep(algorithm: str, doing: str) -> None:
    if algorithm not in {model.RSA_2048, model.RSA_3072}:
        raise errors.MechanismFailed(f"There is no wrap algorithm {algorithm}.", {"Doing": doing})


def _does_not_open(kek_label: str, at: int, count: int, reason: str) -> errors.UnwrapFailed:
    return errors.UnwrapFailed(
        f"A wrapped value does not open under {kek_label}.",
        {"Doing": f"unwrap with {kek_label}", "Value": f"{at} of {count}", "PKCS#11": reason},
    )
