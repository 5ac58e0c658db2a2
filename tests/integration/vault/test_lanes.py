"""Lanes on a real database: order, undoing, giving back; and what a read leaves in the log on them."""

import pytest

from core.audit.model import Action, Entry, EntryFilter, Outcome
from core.audit.service import AuditLog
from core.citizens.model import Purpose
from core.errors import CitizenZeroError, DatabaseUnavailable, IntegrityFailure, NotFound
from core.settings.limits import Limited
from core.storage.database import Database
from core.storage.lane import BEGIN, Lane
from core.storage.statement import Statement
from tests.support.vault import ASHA, RealVault


def _number(value: int) -> Statement:
    return Statement("SELECT %(number)s::int AS number", {"number": value})


ADD = Statement("UPDATE audit_head SET size = size + 1000", ())
REFUSED = Statement("SELECT 1 / %s::int", (0,))


@pytest.fixture
def database(real: RealVault) -> Database:
    return real.vault.services.database


def test_groups_that_are_sent_ahead_are_answered_in_their_order(database: Database) -> None:
    with database.lane() as lane:
        lane.send(_number(1), _number(2))
        lane.send(_number(3))
        assert [result.rows for result in lane.receive()] == [[{"number": 1}], [{"number": 2}]]
        assert lane.receive()[0].records == [(3,)]


def test_a_group_is_stored_as_a_whole_or_not_at_all(real: RealVault, database: Database) -> None:
    before = real.vault.services.audit.size()
    with pytest.raises(DatabaseUnavailable), database.lane() as lane:
        lane.run([ADD, REFUSED])
    assert real.vault.services.audit.size() == before


def test_what_was_begun_and_not_committed_is_undone(real: RealVault, database: Database) -> None:
    before = real.vault.services.audit.size()
    with database.lane() as lane:
        lane.run([BEGIN, ADD])
    assert real.vault.services.audit.size() == before


def _lent_twice(database: Database, first: Lane) -> bool:
    with database.lane() as lane:
        return lane is first


def test_a_lane_that_rests_is_lent_again(database: Database) -> None:
    with database.lane() as lane:
        lane.run([_number(1)])
    assert _lent_twice(database, lane)


@pytest.mark.parametrize("left", ["an answer not read", "an open transaction", "a refused statement"])
def test_a_lane_with_something_left_over_is_not_lent_again(database: Database, left: str) -> None:
    try:
        with database.lane() as lane:
            if left == "an answer not read":
                lane.send(_number(1))
            else:
                lane.run([BEGIN] if left == "an open transaction" else [REFUSED])
    except CitizenZeroError:
        pass
    assert not _lent_twice(database, lane)


def test_a_lane_that_the_server_ended_is_replaced_before_it_is_used(real: RealVault, database: Database) -> None:
    with database.lane() as lane:
        [found] = lane.run([Statement("SELECT pg_backend_pid()", ())])
    real.sql("SELECT pg_terminate_backend(%s, 5000)", [found.records[0][0]])
    with database.lane() as another:
        assert another.run([_number(7)])[0].records == [(7,)]
    assert another is not lane


def _outcomes(real: RealVault, token: str | None) -> list[str]:
    real.vault.services.audit.flush()
    entries = real.vault.services.audit.search(EntryFilter(action="citizen:profile", identity_token=token), 10)
    return [entry.outcome for entry in reversed(entries)]


def test_a_read_of_a_broken_record_leaves_its_intent_and_that_it_failed(real: RealVault) -> None:
    token = real.enrol({**ASHA, "aadhaar": None, "pan": None}).identity_token
    change = "UPDATE identity_vault SET district = 'Elsewhere' WHERE identity_token = %s"
    with real.changed("identity_vault", change, [token]), pytest.raises(IntegrityFailure):
        real.vault.services.citizens.profile(real.session, token, Purpose.SUPPORT)
    assert _outcomes(real, token) == ["intent", "failed"]


def test_a_read_of_somebody_unknown_leaves_its_intent_and_that_it_failed(real: RealVault) -> None:
    token = "idt_" + "7" * 22
    with pytest.raises(NotFound):
        real.vault.services.citizens.profile(real.session, token, Purpose.SUPPORT)
    assert _outcomes(real, token) == ["intent", "failed"]


def test_what_is_no_token_never_stands_in_an_entry(real: RealVault) -> None:
    with pytest.raises(NotFound):
        real.vault.services.citizens.profile(real.session, "234567890124", Purpose.SUPPORT)
    real.vault.services.audit.flush()
    assert real.sql("SELECT count(*) FROM audit_entry WHERE entry LIKE '%%234567890124%%'::bytea")[0][0] == 0


# --- entries that were drafted for an index, and somebody else has it ---------------------------------


def _entries(real: RealVault, count: int) -> list[Entry]:
    return [
        real.vault.services.audit.entry(
            real.session.actor, action=Action.JOB_START, outcome=Outcome.DONE, detail={"done": number}
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("others", [0, 1])
def test_a_batch_drafted_for_indexes_that_are_gone_is_made_anew(real: RealVault, others: int) -> None:
    services = real.vault.services
    services.audit.record(*_entries(real, 1))
    drafted = services.audit.draft_batch(_entries(real, 3))
    _, macs = services.token.check_macs((), drafted.exact)
    for _ in range(others):
        AuditLog(services.database, services.token, real.vault.now).record(*_entries(real, 1))
    before = services.audit.size()
    with services.database.transaction() as connection:
        services.audit.append_batch(connection, drafted, macs)
    written = services.audit.search(EntryFilter(action="job:start"), 3)
    assert [entry.index for entry in written] == [before + 2, before + 1, before]
    assert [entry.detail["done"] for entry in written] == [2, 1, 0]
    assert services.audit.verify().problem is None


def test_a_batch_that_is_undone_leaves_no_entry_and_the_next_one_follows(real: RealVault) -> None:
    services = real.vault.services
    services.audit.record(*_entries(real, 1))
    drafted = services.audit.draft_batch(_entries(real, 2))
    _, macs = services.token.check_macs((), drafted.exact)
    before = services.audit.size()
    with services.database.transaction() as connection:
        services.audit.append_batch(connection, drafted, macs)
        connection.rollback()
    assert services.audit.size() == before
    services.audit.record(*_entries(real, 1))
    assert services.audit.verify().problem is None


@pytest.mark.parametrize("others", [0, 1])
def test_a_use_is_counted_once_with_its_entry_also_when_the_index_is_gone(real: RealVault, others: int) -> None:
    services = real.vault.services
    services.audit.record(*_entries(real, 1))
    use = services.limits.use(real.session, Limited.EXPORT)
    planned = services.audit.planned(*_entries(real, 1))
    for _ in range(others):
        AuditLog(services.database, services.token, real.vault.now).record(*_entries(real, 1))
    counted, before = _uses(real), services.audit.size()
    assert services.audit.record_planned(planned, use) == before
    assert _uses(real) == counted + 1
    assert services.audit.verify().problem is None


def _uses(real: RealVault) -> int:
    [(uses,)] = real.sql("SELECT count(*) FROM limit_use WHERE holder LIKE 'export/%%'")
    return int(uses)
