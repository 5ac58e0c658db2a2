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
from core.storage.found_right import FoundRight
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


class _Counting:
    """Makes MACs and counts for how many rows it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, messages: Sequence[bytes]) -> list[bytes]:
        self.asked += len(messages)
        return _macs(messages)


def test_the_hsm_is_asked_about_the_same_content_once() -> None:
    counting = _Counting()
    sealer = RowSealer(counting)
    [sealed] = SEALER.seal([("t", ROW)])
    for _ in range(3):
        sealer.check([SealedRow("t", dict(sealed), "row")])
    assert counting.asked == 1


def test_it_is_asked_again_about_another_content_an_older_one_and_after_forgetting() -> None:
    counting = _Counting()
    sealer = RowSealer(counting)
    first, second = SEALER.seal([("t", ROW), ("t", {**ROW, "count": 4})])
    for sealed in (first, second, first):
        sealer.check([SealedRow("t", sealed, "row")])
    sealer.forget()
    sealer.check([SealedRow("t", first, "row")])
    assert counting.asked == 4


def test_what_was_right_does_not_vouch_for_a_changed_row() -> None:
    sealer = RowSealer(_macs)
    [sealed] = SEALER.seal([("t", ROW)])
    row = SealedRow("t", sealed, "row")
    sealer.check([row])
    sealed["count"] = 4  # also not where the very object that was checked is changed
    with pytest.raises(IntegrityFailure):
        sealer.check([row])
    with pytest.raises(IntegrityFailure):
        sealer.check([SealedRow("other", {**sealed, "count": 3}, "row")])


def test_a_seal_that_does_not_fit_is_not_remembered_as_right() -> None:
    sealer = RowSealer(_macs)
    [sealed] = SEALER.seal([("t", ROW)])
    broken = SealedRow("t", {**sealed, "count": 4}, "row")
    for _ in range(2):
        with pytest.raises(IntegrityFailure):
            sealer.check([broken])


def test_a_check_of_the_whole_vault_asks_about_every_row() -> None:
    counting = _Counting()
    sealer = RowSealer(counting)
    [sealed] = SEALER.seal([("t", ROW)])
    row = SealedRow("t", sealed, "row")
    sealer.check([row])
    assert not sealer.broken([row])
    assert counting.asked == 2


def test_only_so_much_is_remembered() -> None:
    right = FoundRight(entries=2)
    for number in range(3):
        right.add(number, {"n": number})
    assert not right.has(0, {"n": 0})
    assert right.has(2, {"n": 2})
    assert not right.has(2, {"n": 1})
