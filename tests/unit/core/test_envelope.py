"""The field envelope opens in its place and nowhere else."""

from uuid import UUID

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IntegrityFailure
from core.keys.envelope import RowEnvelopes
from hsm.secret import Secret

KEY = Secret(bytes(range(32)))
KEY_ID = UUID("9b155ad2-965f-44b5-951e-40020133af7c")
TOKEN = "idt_" + "A" * 22
ROW = RowEnvelopes(KEY, TOKEN, KEY_ID)
AAD = cbor2.dumps(["czv1", TOKEN, "name_enc", str(KEY_ID)], canonical=True)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_and_its_length_shows_only_a_multiple_of_32(plaintext: bytes) -> None:
    envelope = ROW.seal("name_enc", plaintext)
    assert ROW.open("name_enc", envelope) == plaintext
    assert len(envelope) == 1 + 12 + (len(plaintext) // 32 + 1) * 32 + 16


def test_the_envelope_is_the_one_of_the_design() -> None:
    envelope = ROW.seal("name_enc", b"Asha")
    assert envelope[0] == 1
    assert AESGCM(KEY.reveal()).decrypt(envelope[1:13], envelope[13:], AAD) == b"Asha\x80" + bytes(27)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (RowEnvelopes(KEY, "idt_" + "B" * 22, KEY_ID), "name_enc"),
        (ROW, "phone_enc"),
        (RowEnvelopes(KEY, TOKEN, UUID(int=1)), "name_enc"),
    ],
    ids=["another citizen", "another column", "another key"],
)
def test_an_envelope_moved_elsewhere_does_not_open(row: RowEnvelopes, column: str) -> None:
    with pytest.raises(IntegrityFailure):
        row.open(column, ROW.seal("name_enc", b"Asha"))


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_found(position: int, mask: int) -> None:
    envelope = bytearray(ROW.seal("name_enc", b"Asha"))
    envelope[position % len(envelope)] ^= mask
    with pytest.raises(IntegrityFailure):
        ROW.open("name_enc", bytes(envelope))


@given(st.binary(max_size=80))
def test_nonsense_is_no_envelope(envelope: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        ROW.open("name_enc", envelope)


@pytest.mark.parametrize("padded", [bytes(32), b"\x80" + b"\x01" * 31, b"x" * 31, b""])
def test_a_wrong_padding_is_found(padded: bytes) -> None:
    nonce = bytes(12)
    envelope = b"\x01" + nonce + AESGCM(KEY.reveal()).encrypt(nonce, padded, AAD)
    with pytest.raises(IntegrityFailure):
        ROW.open("name_enc", envelope)
