"""Noticing what was added to the log."""

from core.audit.model import Action, Origin, Outcome
from core.monitor.changes import MOST_AT_ONCE, ChangeWatch
from hsm.secret import Secret
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault


def test_the_first_look_only_notes_the_place(real: RealVault) -> None:
    growth = ChangeWatch(real.vault.services.audit).look()
    assert growth.changes == ()
    assert growth.size == real.vault.services.audit.size() > 0


def test_every_new_entry_is_told_once_in_order(real: RealVault) -> None:
    watch = ChangeWatch(real.vault.services.audit)
    start = watch.look().size
    told = []
    for _ in range(3):
        real.enrol({**ASHA, "aadhaar": None, "pan": None})
        told += [change.index for change in watch.look().changes]
    assert told == list(range(start, real.vault.services.audit.size()))
    assert watch.look().changes == ()


def test_many_entries_come_in_pieces_without_a_gap(real: RealVault) -> None:
    audit = real.vault.services.audit
    watch = ChangeWatch(audit)
    watch.look()
    start = audit.size()
    made = audit.entry(real.session.actor, action=Action.CITIZEN_SHOW, outcome=Outcome.DONE)
    audit.record(*[made] * (MOST_AT_ONCE + 5))
    first, second = watch.look(), watch.look()
    assert (len(first.changes), first.more) == (MOST_AT_ONCE, True)
    assert (len(second.changes), second.more) == (5, False)
    assert [change.index for change in first.changes + second.changes] == list(range(start, start + MOST_AT_ONCE + 5))


def test_a_log_that_is_shorter_than_it_was_is_noticed(real: RealVault) -> None:
    watch = ChangeWatch(real.vault.services.audit)
    watch.look()
    with real.changed("audit_head", "UPDATE audit_head SET size = size - 1"):
        growth = watch.look()
        assert growth.shrunk
        assert growth.changes == ()
    assert not watch.look().shrunk


def test_a_look_needs_no_hsm(real: RealVault) -> None:
    watch = ChangeWatch(real.vault.services.audit)
    watch.look()
    real.vault.services.client.logout()
    try:
        assert watch.look().changes == ()
    finally:
        real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
