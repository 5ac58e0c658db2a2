"""Public keys in DER, against the library that everybody else uses."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import spki
from tests.support.hsm import backup_private_key, backup_public_key

_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_a_p256_key_is_written_as_cryptography_writes_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    expected = key.public_bytes(*_SPKI)
    assert spki.p256(point) == spki.p256(b"\x04\x41" + point) == expected


def test_an_ed25519_key_is_written_as_cryptography_writes_it() -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    point = key.public_bytes_raw()
    expected = key.public_bytes(*_SPKI)
    assert spki.ed25519(point) == spki.ed25519(b"\x04\x20" + point) == expected


def test_an_rsa_key_is_written_and_read_as_cryptography_does() -> None:
    numbers = backup_private_key().public_key().public_numbers()
    modulus, exponent = numbers.n.to_bytes(384, "big"), b"\x01\x00\x01"
    assert spki.rsa(modulus, exponent) == spki.rsa(b"\0" + modulus, exponent) == backup_public_key()
    assert spki.rsa_numbers(backup_public_key()) == (modulus, exponent)


def test_a_small_rsa_key_needs_no_leading_zero() -> None:
    numbers = rsa.RSAPublicNumbers(65537, (1 << 1022) + 1)
    modulus = numbers.n.to_bytes(128, "big")
    expected = numbers.public_key().public_bytes(*_SPKI)
    assert spki.rsa(modulus, b"\x01\x00\x01") == expected


@pytest.mark.parametrize("cut", [0, 1, 5, 30, 200])
def test_a_truncated_key_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match=r"DER|RSA"):
        spki.rsa_numbers(backup_public_key()[:cut])


def test_a_key_of_another_kind_is_no_rsa_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(ValueError, match="RSA"):
        spki.rsa_numbers(key.public_bytes(*_SPKI))


def test_a_point_of_another_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        spki.p256(b"\x04\x20" + bytes(32))
