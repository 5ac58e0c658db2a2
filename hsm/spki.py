"""SubjectPublicKeyInfo (RFC 5280 4.1.2.7) in DER: written for three kinds of key, read for RSA.

The worker builds these few bytes itself, because importing a whole ASN.1 or X.509 library would
double its start-up time.
"""

from typing import Final

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_BIT_STRING: Final = 0x03
_OCTET_STRING: Final = 0x04

_P256_ALGORITHM: Final = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")  # RFC 5480 2.1.1
_ED25519_ALGORITHM: Final = bytes.fromhex("300506032b6570")  # RFC 8410 3
_RSA_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d0101010500")  # RFC 3279 2.3.1
_SHORT_FORM: Final = 0x80
_P256_POINT: Final = 65
_ED25519_POINT: Final = 32


def p256(ec_point: bytes) -> bytes:
    """Return the SPKI of a P-256 key from CKA_EC_POINT (DER OCTET STRING, or the bare point)."""
    return _subject_public_key_info(_P256_ALGORITHM, _bare_point(ec_point, _P256_POINT))


def ed25519(ec_point: bytes) -> bytes:
    """Return the SPKI of an Ed25519 key from CKA_EC_POINT."""
    return _subject_public_key_info(_ED25519_ALGORITHM, _bare_point(ec_point, _ED25519_POINT))


def rsa(modulus: bytes, exponent: bytes) -> bytes:
    """Return the SPKI of an RSA key from its big-endian modulus and public exponent."""
    return _subject_public_key_info(_RSA_ALGORITHM, _element(_SEQUENCE, _integer(modulus) + _integer(exponent)))


def rsa_numbers(spki: bytes) -> tuple[bytes, bytes]:
    """Return modulus and public exponent (big-endian, no leading zeros) of an RSA SPKI.

    Raises ValueError for anything else.
    """
    outer, rest = _read(spki, _SEQUENCE)
    if rest or not outer.startswith(_RSA_ALGORITHM):
        raise ValueError("not an RSA public key")
    bits, rest = _read(outer[len(_RSA_ALGORITHM) :], _BIT_STRING)
    if rest or bits[:1] != b"\0":
        raise ValueError("not an RSA public key")
    numbers, rest = _read(bits[1:], _SEQUENCE)
    modulus, numbers = _read(numbers, _INTEGER)
    exponent, numbers = _read(numbers, _INTEGER)
    if rest or numbers:
        raise ValueError("not an RSA public key")
    return modulus.lstrip(b"\0"), exponent.lstrip(b"\0")


def _bare_point(ec_point: bytes, length: int) -> bytes:
    """Return the bare point, which some modules give where PKCS#11 asks for a DER OCTET STRING."""
    point = ec_point if len(ec_point) == length else _read(ec_point, _OCTET_STRING)[0]
    if len(point) != length:
        raise ValueError("the point has an unexpected length")
    return point


def _subject_public_key_info(algorithm: bytes, key: bytes) -> bytes:
    return _element(_SEQUENCE, algorithm + _element(_BIT_STRING, b"\0" + key))


def _integer(value: bytes) -> bytes:
    value = value.lstrip(b"\0") or b"\0"
    return _element(_INTEGER, b"\0" + value if value[0] & 0x80 else value)


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT_FORM:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _SHORT_FORM | len(size)]) + size + content


def _read(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return content and what follows of the DER element at the start of `data`."""
    header = 2
    if len(data) < header or data[0] != tag:
        raise ValueError("unexpected DER element")
    length = data[1]
    if length & _SHORT_FORM:
        header += length & 0x7F
        length = int.from_bytes(data[2:header], "big")
    content = data[header : header + length]
    if len(content) != length:
        raise ValueError("truncated DER element")
    return content, data[header + length :]
