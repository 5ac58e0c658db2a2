"""KEKs with bounded membership, and keys that are what the record says."""

from collections.abc import Iterator

import pytest

from core.errors import HsmOtherToken, InvalidInput
from core.keys.model import KeyState
from tests.support.vault import ASHA, RealVault, in_threads, make_vault


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault whose KEKs guard three citizens each."""
    made = make_vault(tmp_path_factory.mktemp("small") / "home", kek_capacity=3)
    yield made
    made.close()


def _person(number: int) -> dict[str, object]:
    return {**ASHA, "aadhaar": None, "pan": None, "name": f"Person {chr(65 + number)}"}


def test_a_full_kek_is_followed_by_a_new_one(small: RealVault) -> None:
    for number in range(7):
        small.enrol(_person(number))
    ledger = small.vault.services.keys.ledger(small.session)
    assert [(kek.kek_id, kek.members) for kek in ledger] == [("KEK-0001", 3), ("KEK-0002", 3), ("KEK-0003", 1)]
    assert all(kek.state is KeyState.ACTIVE and kek.due_at is not None for kek in ledger)
    assert small.vault.services.check.verify(small.session).whole


def test_no_kek_gets_more_members_than_allowed_however_many_enrol_at_once(small: RealVault) -> None:
    errors = in_threads(5, lambda number: small.enrol(_person(number)))
    assert [error for error in errors if getattr(error, "code", "") != "CZ-DB-001"] == []
    ledger = small.vault.services.keys.ledger(small.session)
    assert all(kek.members <= 3 for kek in ledger)
    assert small.vault.services.keys.miscounted() == []


def test_a_kek_left_pre_active_by_a_crash_is_finished_by_the_next_who_needs_one(small: RealVault) -> None:
    keys = small.vault.services.keys
    left = keys._kek_making.announce(small.session.actor, len(keys.ledger(small.session)) + 1)
    assert left.columns["state"] == "pre-active"
    finished = keys._verify(keys._kek_making.finish(small.session.actor, left))
    states = {kek.kek_id: kek.state for kek in keys.ledger(small.session)}
    assert states[finished.kek_id] is KeyState.ACTIVE


def test_another_key_under_the_same_label_is_not_used(small: RealVault) -> None:
    services = small.vault.services
    small.enrol(_person(9))
    kek = services.keys.kek_with_room(small.session.actor)
    columns = {**kek.row.columns, "check_value": "ABCDEF", "revision": kek.row.columns["revision"] + 1}
    from core.keys import store

    [sealed] = services.keys._sealer.seal([("kek", columns)])
    with services.database.transaction() as connection:
        assert store.replace_kek(connection, sealed, kek.row.columns["revision"])
    with pytest.raises(HsmOtherToken):
        small.enrol(_person(9))


def test_a_kek_must_hold_somebody(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInput):
        make_vault(tmp_path_factory.mktemp("none") / "home", kek_capacity=0)
