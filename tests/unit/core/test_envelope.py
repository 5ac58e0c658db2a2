"""The field envelope opens in its place and nowhere else."""

from uuid import UUID

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IntegrityFailure
from core.keys.envelope import Place, open_field, seal_field
from hsm.secret import Secret

KEY = Secret(bytes(range(32)))
KEY_ID = UUID("9b155ad2-965f-44b5-951e-40020133af7c")
PLACE = Place("idt_" + "A" * 22, "name_enc", KEY_ID)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_and_its_length_shows_only_a_multiple_of_32(plaintext: bytes) -> None:
    envelope = seal_field(KEY, PLACE, plaintext)
    assert open_field(KEY, PLACE, envelope) == plaintext
    assert len(envelope) == 1 + 12 + (len(plaintext) // 32 + 1) * 32 + 16


def test_the_envelope_is_the_one_of_the_design() -> None:
    envelope = seal_field(KEY, PLACE, b"Asha")
    aad = cbor2.dumps(["czv1", PLACE.identity_token, "name_enc", str(KEY_ID)], canonical=True)
    assert envelope[0] == 1
    assert AESGCM(KEY.reveal()).decrypt(envelope[1:13], envelope[13:], aad) == b"Asha\x80" + bytes(27)


@pytest.mark.parametrize(
    "place",
    [
        Place("idt_" + "B" * 22, "name_enc", KEY_ID),
        Place(PLACE.identity_token, "phone_enc", KEY_ID),
        Place(PLACE.identity_token, "name_enc", UUID(int=1)),
    ],
)
def test_an_envelope_moved_elsewhere_does_not_open(place: Place) -> None:
    with pytest.raises(IntegrityFailure):
        open_field(KEY, place, seal_field(KEY, PLACE, b"Asha"))


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_found(position: int, mask: int) -> None:
    envelope = bytearray(seal_field(KEY, PLACE, b"Asha"))
    envelope[position % len(envelope)] ^= mask
    with pytest.raises(IntegrityFailure):
        open_field(KEY, PLACE, bytes(envelope))


@given(st.binary(max_size=80))
def test_nonsense_is_no_envelope(envelope: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        open_field(KEY, PLACE, envelope)


@pytest.mark.parametrize("padded", [bytes(32), b"\x80" + b"\x01" * 31, b"x" * 31, b""])
def test_a_wrong_padding_is_found(padded: bytes) -> None:
    nonce = bytes(12)
    envelope = b"\x01" + nonce + AESGCM(KEY.reveal()).encrypt(nonce, padded, PLACE.aad())
    with pytest.raises(IntegrityFailure):
        open_field(KEY, PLACE, envelope)
