"""What only the security officer can do on a new token: the user PIN, and the trusted backup key.

The backup key must be a public key: SoftHSM would keep a non-private secret key in clear on disk.
"""

from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass

from hsm import errors, requests, spki
from hsm.inworker.translation import translate, translated
from hsm.templates import BACKUP_LABEL


def personalise(token: Any, request: requests.PersonaliseToken) -> None:
    """Log in as security officer, set the user PIN, create the backup key if one is given."""
    numbers = _rsa_numbers(request.backup_public_key) if request.backup_public_key else None
    try:
        session = token.open(rw=True, so_pin=request.so_pin.decode())
    except pkcs11.exceptions.PKCS11Error as error:
        raise translate(error, "log in as security officer") from error
    try:
        with translated("set the user PIN", creating=True):
            session.init_pin(request.pin.decode())
        if numbers is not None:
            with translated("store the backup public key", creating=True):
                session.create_object(_backup_key(*numbers))
    finally:
        session.close()


def _rsa_numbers(backup_public_key: bytes) -> tuple[bytes, bytes]:
    try:
        return spki.rsa_numbers(backup_public_key)
    except ValueError as error:
        raise errors.MechanismFailed("The backup public key is no RSA public key.") from error


def _backup_key(modulus: bytes, exponent: bytes) -> dict[Any, Any]:
    return {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        Attribute.MODULUS: modulus,
        Attribute.PUBLIC_EXPONENT: exponent,
        Attribute.LABEL: BACKUP_LABEL,
        Attribute.ID: BACKUP_LABEL.encode(),
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.TRUSTED: True,
        Attribute.WRAP: True,
        Attribute.ENCRYPT: False,
        Attribute.VERIFY: False,
        Attribute.MODIFIABLE: False,
    }
