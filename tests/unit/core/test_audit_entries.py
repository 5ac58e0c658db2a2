"""An entry's exact bytes, and that its columns say the same."""

from dataclasses import replace
from datetime import UTC, datetime

import cbor2
import pytest

from core.audit.model import (
    Action,
    Actor,
    Entry,
    Origin,
    Outcome,
    StoredEntry,
    columns,
    decode,
    differing_column,
    encode,
    may_lack_mac,
)

TIME = datetime(2026, 7, 14, 9, 2, 8, 123456, tzinfo=UTC)
ACTOR = Actor("anjali.raghavan", Origin.CLI, "0123456789abcdef")
ENTRY = Entry(
    TIME, ACTOR, Action.CITIZEN_PROFILE, Outcome.INTENT, identity_token="idt_" + "A" * 22, purpose="support",
    detail={"fields": ["phone"]},
)  # fmt: skip


def _stored(entry: Entry = ENTRY, index: int = 7) -> StoredEntry:
    return StoredEntry(**columns(index, entry), entry=encode(index, entry), mac=b"m" * 32)


def test_the_bytes_are_deterministic_cbor_of_what_the_columns_say() -> None:
    data = encode(7, ENTRY)
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data
    assert decode(data) == {
        "format": "czentry1", "index": 7, "time": "2026-07-14T09:02:08.123456Z", "operator": "anjali.raghavan",
        "origin": "cli", "login_session": "0123456789abcdef", "action": "citizen:profile", "outcome": "intent",
        "identity_token": "idt_" + "A" * 22, "purpose": "support", "detail": {"fields": ["phone"]},
    }  # fmt: skip
    assert differing_column(_stored()) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", 8), ("time", datetime(2026, 7, 14, tzinfo=UTC)), ("operator", "x"), ("origin", "api"),
        ("login_session", "x"), ("action", "x"), ("outcome", "done"), ("identity_token", None), ("purpose", None),
        ("reason", "x"), ("citizen_revision", 1), ("entry", b""), ("entry", b"\xff" * 9), ("entry", b"\x80"),
    ],
)  # fmt: skip
def test_any_differing_column_is_named(name: str, value: object) -> None:
    assert differing_column(replace(_stored(), **{name: value})) == name  # type: ignore[arg-type]


def test_a_detail_that_is_not_listed_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="phone"):
        replace(ENTRY, detail={"phone": "+919886041277"})


def test_only_powerless_entries_may_lack_a_mac() -> None:
    assert not may_lack_mac(_stored())
    assert may_lack_mac(_stored(replace(ENTRY, action=Action.OPERATOR_SIGN_IN, outcome=Outcome.REFUSED)))
    assert not may_lack_mac(_stored(replace(ENTRY, action=Action.OPERATOR_SIGN_IN, outcome=Outcome.DONE)))
