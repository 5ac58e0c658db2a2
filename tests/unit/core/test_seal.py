"""Row seals cover every column, whatever its type."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IntegrityFailure
from core.storage.seal import RowSealer, SealedRow, sealed_bytes

ROW = {
    "name": "x", "count": 3, "flag": True, "key": UUID(int=5), "when": datetime(2026, 7, 14, tzinfo=UTC),
    "roles": ["a", "b"], "data": b"\x01\x02", "empty": None,
}  # fmt: skip


def _macs(messages: Sequence[bytes]) -> list[bytes]:
    return [hmac.digest(b"seal", message, hashlib.sha256) for message in messages]


SEALER = RowSealer(_macs)


def test_a_sealed_row_is_accepted_as_it_was() -> None:
    [sealed] = SEALER.seal([("t", ROW)])
    SEALER.check([SealedRow("t", sealed, "row")])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "y"}, {"count": 4}, {"flag": False}, {"key": UUID(int=6)}, {"roles": ["b", "a"]}, {"roles": ["a"]},
        {"when": datetime(2026, 7, 14, 0, 0, 1, tzinfo=UTC)}, {"data": b"\x01"}, {"empty": ""}, {"name": None},
        {"row_seal": b""}, {"row_seal": None}, {"added": 1},
    ],
)  # fmt: skip
def test_any_change_breaks_the_seal(change: dict[str, object]) -> None:
    [sealed] = SEALER.seal([("t", ROW)])
    with pytest.raises(IntegrityFailure):
        SEALER.check([SealedRow("t", {**sealed, **change}, "row")])


def test_a_seal_holds_in_its_own_table_only() -> None:
    [sealed] = SEALER.seal([("t", ROW)])
    assert SEALER.broken([SealedRow("u", sealed, "row")])


@given(
    st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=30),
        st.none() | st.text() | st.binary() | st.integers() | st.booleans() | st.floats(allow_nan=False)
        | st.lists(st.text() | st.binary() | st.none() | st.floats(allow_nan=False))
        | st.dictionaries(st.text(), st.integers()),
    )
)  # fmt: skip
def test_the_sealed_bytes_are_deterministic_cbor_whatever_the_order_of_columns(row: dict[str, object]) -> None:
    kept = {name: value for name, value in row.items() if value is not None and name != "row_seal"}
    exact = cbor2.dumps(["czseal1", "t", kept], canonical=True)
    assert sealed_bytes("t", row) == exact
    assert sealed_bytes("t", dict(reversed(row.items()))) == exact


def test_the_same_moment_in_another_zone_and_a_new_empty_column_change_nothing() -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    other = {**ROW, "when": datetime(2026, 7, 14, 5, 30, tzinfo=kolkata), "data": memoryview(b"\x01\x02"), "new": None}
    assert sealed_bytes("t", ROW) == sealed_bytes("t", other)
