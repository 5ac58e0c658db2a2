"""The group against an independent implementation, RFC 9380 and hostile encodings."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ProofLibraryMissing
from core.proofs import group, libcrypto
from core.proofs.group import G_ENCODED, H_ENCODED, NotAPoint, p256, p256_for_commitments
from core.proofs.scalars import ORDER
from tests.support import p256_affine

G, H = p256_affine.decode(G_ENCODED), p256_affine.decode(H_ENCODED)
SCALARS = st.integers(0, ORDER - 1) | st.integers(0, 2**64) | st.integers(ORDER - 2**20, ORDER - 1)
RFC_9380 = {  # appendix J.1.1, P256_XMD:SHA-256_SSWU_RO_
    "": "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4",
    "abc": "0bb8b87485551aa43ed54f009230450b492fead5f1cc91658775dac4a3388a0f",
    "abcdef0123456789": "65038ac8f2b1def042a5df0b33b1f4eca6bff7cb0f9c6c1526811864e544ed80",
    "q128_" + "q" * 128: "4be61ee205094282ba8a2042bcb48d88dfbb609301c49aa8b078533dc65a0b5d",
    "a512_" + "a" * 512: "457ae2981f70ca85d8e24c308b14db22f3e3862c5ea0f652ca38b5e49cd64bc5",
}
OFF_CURVE = b"\2" + (1).to_bytes(32, "big")
NOT_POINTS = {
    "empty": b"",
    "identity": b"\0",
    "padded identity": bytes(33),
    "uncompressed prefix": b"\4" + G_ENCODED[1:],
    "hybrid prefix": b"\6" + G_ENCODED[1:],
    "off the curve": OFF_CURVE,
    "x not below p": b"\2" + (p256_affine.P + 5).to_bytes(32, "big"),
    "x is p": b"\2" + p256_affine.P.to_bytes(32, "big"),
    "short": G_ENCODED[:-1],
    "long": G_ENCODED + b"\0",
    "uncompressed": b"\4" + b"".join(part.to_bytes(32, "big") for part in (G or (0, 0))),
}


@pytest.mark.parametrize("message", RFC_9380)
def test_the_tests_hash_to_curve_is_that_of_rfc_9380(message: str) -> None:
    point = p256_affine.hash_to_curve(message.encode(), b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_")
    assert point is not None
    assert point[0].to_bytes(32, "big").hex() == RFC_9380[message]


def test_h_is_hashed_to_the_curve_so_that_nobody_knows_its_logarithm() -> None:
    tag = b"VAULT-ELIG-V01-GENERATORS-with-P256_XMD:SHA-256_SSWU_RO_"
    assert p256_affine.encode(p256_affine.hash_to_curve(b"H", tag)) == H_ENCODED


@settings(max_examples=25, deadline=None)
@given(SCALARS, SCALARS.filter(bool))
def test_a_commitment_is_g_times_g_plus_h_times_h(g: int, h: int) -> None:
    expected = p256_affine.encode(p256_affine.add(p256_affine.multiply(g, G), p256_affine.multiply(h, H)))
    assert p256_for_commitments().commit([(g, h)]) == [expected]
    assert p256().sum(p256().decode([G_ENCODED, H_ENCODED]), {0: g, 1: h}) == expected


@settings(max_examples=25, deadline=None)
@given(SCALARS, SCALARS.filter(bool))
def test_a_sum_is_the_identity_only_if_it_is(g: int, h: int) -> None:
    [commitment] = p256_for_commitments().commit([(g, h)])
    points = p256().decode([G_ENCODED, H_ENCODED, commitment])
    assert p256().is_identity(points, {0: g, 1: h, 2: -1})
    assert not p256().is_identity(points, {0: g, 1: h, 2: 1 - ORDER + 1})
    assert not p256().is_identity(points, {0: g + 1, 1: h, 2: -1})


@pytest.mark.parametrize("name", NOT_POINTS)
def test_what_is_no_compressed_point_on_the_curve_is_refused(name: str) -> None:
    with pytest.raises(NotAPoint):
        p256().decode([G_ENCODED, NOT_POINTS[name]])


def test_the_identity_has_no_encoding() -> None:
    with pytest.raises(ArithmeticError, match="identity"):
        p256_for_commitments().commit([(0, 0)])


def test_threads_do_not_disturb_each_other() -> None:
    openings = [[(number * 1000 + place, 7) for place in range(40)] for number in range(8)]
    expected = [p256_for_commitments().commit(row) for row in openings]
    found: dict[int, list[bytes]] = {}

    def work(number: int) -> None:
        for _ in range(5):
            found[number] = p256_for_commitments().commit(openings[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(8)] == expected


def test_a_missing_library_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libcrypto, "LIBRARIES", ("libcrypto-of-nobody.so",))
    with pytest.raises(ProofLibraryMissing, match="libcrypto, series 3") as caught:
        libcrypto.load.__wrapped__()
    assert "apt install libssl3" in caught.value.remedy


def test_a_library_that_computes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "KNOWN_ANSWERS", ((2, 3, G_ENCODED.hex()),))
    with pytest.raises(ProofLibraryMissing, match="other points"):
        group.p256.__wrapped__()
    with pytest.raises(ProofLibraryMissing, match="other points"):
        group.p256_for_commitments.__wrapped__()
