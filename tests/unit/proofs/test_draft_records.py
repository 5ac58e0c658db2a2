"""The records of the CFRG drafts for this suite: accepted, refused, and made again to the byte."""

from typing import Any

import pytest

from core.proofs.scalars import ORDER, decode_scalar, encode_scalar
from core.proofs.sponge import DuplexSponge, decode_uint, derive_session_id
from tests.support import cfrg

VALID = cfrg.records("sigma-proofs_Shake128_P256.json")
MIXED = cfrg.records("sigma-proofs-invalid_Shake128_P256.json")
SPONGE = [r for r in cfrg.records("fiatShamirShake128Vectors.json") if "Operations" in r]
CODEC = cfrg.records("fiatShamirCodecVectors.json")


def _id(record: dict[str, Any]) -> str:
    return str(record["Id"]).removeprefix("sigma-protocols/p256/")


def test_there_are_47_records() -> None:
    assert len(VALID) + len(MIXED) == 47


@pytest.mark.parametrize("record", VALID, ids=_id)
def test_a_valid_record_is_accepted_and_made_again_to_the_byte(record: dict[str, Any]) -> None:
    assert derive_session_id(record["Tag"].encode()).hex() == record["SessionId"]
    assert cfrg.accepts(record)
    assert cfrg.prove_record(record).hex() == record["NargString"]


@pytest.mark.parametrize("record", MIXED, ids=_id)
def test_a_record_is_judged_as_the_draft_says(record: dict[str, Any]) -> None:
    assert cfrg.accepts(record) == (record["Expected"] == "accept")


@pytest.mark.parametrize("record", SPONGE, ids=_id)
def test_the_sponge_squeezes_what_the_draft_says(record: dict[str, Any]) -> None:
    sponge = DuplexSponge(bytes.fromhex(record["SessionId"]))
    squeezed = b""
    for operation in record["Operations"]:
        if operation["type"] == "absorb":
            sponge.absorb(bytes.fromhex(operation["data"]))
        else:
            squeezed += sponge.squeeze(operation["length"])
    assert squeezed.hex() == record["Output"]
    if "Challenge" in record:
        assert decode_uint(squeezed, ORDER) == int(record["Challenge"], 16)


def test_a_session_id_is_derived_as_the_draft_says() -> None:
    [record] = [r for r in cfrg.records("fiatShamirShake128Vectors.json") if r["Function"] == "DeriveSessionID"]
    assert derive_session_id(bytes.fromhex(record["Tag"])).hex() == record["Output"]


def test_challenges_and_scalars_are_encoded_as_the_draft_says() -> None:
    by_name = {record["Name"]: record for record in CODEC}
    wrapped = by_name["decode_uint_wraparound"]
    assert decode_uint(bytes.fromhex(wrapped["Input"]), ORDER) == int(wrapped["Challenge"], 16)
    field = by_name["serialize_field_be"]
    assert encode_scalar(int(field["Value"], 16)).hex() == field["Output"]


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), ORDER.to_bytes(32, "big"), b"\xff" * 32])
def test_only_32_bytes_below_the_order_are_a_scalar(data: bytes) -> None:
    with pytest.raises(ValueError, match="scalar"):
        decode_scalar(data)


def test_a_session_id_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DuplexSponge(bytes(31))
