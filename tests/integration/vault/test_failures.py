"""When a part fails, nothing is released, nothing is half done, and it works again afterwards."""

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from core.access.records import PIN_PURPOSE
from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter, CitizenRecord, Field, Purpose, VerificationLevel
from core.errors import (
    AuditUnwritable,
    CitizenZeroError,
    DatabaseUnavailable,
    HsmNotAnswering,
    HsmPinRefused,
    VaultLocked,
)
from core.storage.seal import SealedRow
from hsm.secret import Secret
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault, in_threads, opened


def _profile(real: RealVault, citizen: CitizenRecord) -> object:
    return real.vault.services.citizens.profile(real.session, citizen.identity_token, Purpose.SUPPORT, [Field.PHONE])


def test_without_the_right_to_write_the_log_nothing_is_read_or_changed(real: RealVault, asha: CitizenRecord) -> None:
    real.sql("REVOKE INSERT ON audit_entry FROM citizen_zero_program")
    citizens = real.vault.services.citizens
    unwrapped: list[object] = []
    real_open = real.vault.services.keys.open_data_key

    def noted(row: SealedRow) -> Secret:
        unwrapped.append(row)
        return real_open(row)

    real.vault.services.keys.open_data_key = noted  # type: ignore[method-assign]
    try:
        calls: tuple[Callable[[], object], ...] = (
            lambda: _profile(real, asha),
            lambda: citizens.show(real.session, asha.identity_token),
            lambda: citizens.update(real.session, asha.identity_token, {"district": "Udupi"}),
            lambda: citizens.find(real.session, "phone", ASHA["phone"], CitizenFilter()),
            lambda: real.enrol({**ASHA, "aadhaar": None, "pan": None}),
        )
        for call in calls:
            with pytest.raises(AuditUnwritable):
                call()
        assert unwrapped == []
    finally:
        del real.vault.services.keys.open_data_key
        real.sql("GRANT INSERT ON audit_entry TO citizen_zero_program")
    assert real.vault.services.check.verify(real.session).whole


def test_a_locked_log_releases_nothing(real: RealVault, asha: CitizenRecord) -> None:
    real.sql("BEGIN; LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE")
    try:
        with pytest.raises((AuditUnwritable, DatabaseUnavailable)):
            _profile(real, asha)
    finally:
        real.sql("ROLLBACK")
    _profile(real, asha)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_lost_in_the_middle_of_a_call_is_said_and_replaced(
    real: RealVault, asha: CitizenRecord, kind: signal.Signals
) -> None:
    client = real.vault.services.client
    worker = client.worker_pid
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)  # from now on every call is one "in the middle"
    if kind is signal.SIGKILL:
        threading.Timer(0.3, os.kill, (worker, signal.SIGKILL)).start()
    started = time.monotonic()
    with pytest.raises(HsmNotAnswering):
        _profile(real, asha)
    assert time.monotonic() - started < 6
    _profile(real, asha)
    assert client.worker_pid != worker
    real.vault.services.audit.flush()
    assert real.vault.services.audit.verify().first_bad is None


def test_a_lost_database_connection_is_made_anew(real: RealVault, asha: CitizenRecord) -> None:
    _profile(real, asha)
    real.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'citizen_zero_program'")
    _profile(real, asha)


def test_after_lock_nothing_is_read_until_somebody_unlocks(real: RealVault, asha: CitizenRecord) -> None:
    _profile(real, asha)
    real.vault.lock(real.session)
    assert len(real.vault.services.keys._cache) == 0
    with pytest.raises(VaultLocked):
        _profile(real, asha)
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), real.session.actor.origin)
    _profile(real, asha)
    [lock] = real.vault.services.audit.search(EntryFilter(action="operator:lock"), 1)
    assert lock.outcome == "done"


def test_many_writers_leave_a_log_without_gaps(real: RealVault) -> None:
    real.vault.services.audit.flush()  # outcomes of earlier reads
    before = real.vault.services.audit.size()

    def work(number: int) -> None:
        for turn in range(4):
            real.enrol({**ASHA, "aadhaar": None, "pan": None, "name": f"Person {number} {turn}"})

    assert in_threads(6, work) == []
    verdict = real.vault.services.audit.verify()
    assert (verdict.first_bad, verdict.entries) == (None, before + 24)


def test_two_changes_at_once_lose_neither(real: RealVault) -> None:
    token = real.enrol({**ASHA, "aadhaar": None, "pan": None}).identity_token
    citizens = real.vault.services.citizens
    done: list[str] = []

    def work(number: int) -> None:
        for turn in range(3):
            try:
                citizens.update(real.session, token, {"district": f"District {number} {turn}"})
                done.append("changed")
            except CitizenZeroError as error:
                done.append(error.code)

    assert in_threads(4, work) == []
    assert set(done) <= {"changed", "CZ-REF-004"}
    assert citizens.show(real.session, token).revision == 1 + done.count("changed")


def test_a_writer_that_waits_in_its_transaction_is_ended(real: RealVault) -> None:
    def hold_the_log_and_wait() -> None:
        with real.vault.services.database.transaction() as connection:
            connection.execute(text("UPDATE audit_head SET size = size"))
            time.sleep(2.5)
            connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        hold_the_log_and_wait()
    real.vault.services.audit.size()


def test_a_pin_changed_elsewhere_is_tried_once_and_said(real: RealVault, asha: CitizenRecord) -> None:
    client, pin = real.vault.services.client, opened(real.vault, "pin_sealed", PIN_PURPOSE)
    binding = real.vault.services.settings.read().token
    client.change_pin(Secret("another PIN 4711"))
    real.vault.lock(real.session)
    try:
        with pytest.raises(HsmPinRefused):
            real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        with pytest.raises(VaultLocked):  # the refused PIN is forgotten, so nothing tries it again
            _profile(real, asha)
    finally:
        client.login(binding, Secret("another PIN 4711"))
        client.change_pin(pin)
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    _profile(real, asha)


def test_an_entry_that_waited_for_a_hanging_hsm_blames_the_hsm(real: RealVault, asha: CitizenRecord) -> None:
    client = real.vault.services.client
    said: list[str] = []

    def work(_: int) -> None:
        try:
            real.vault.services.citizens.set_level(real.session, asha.identity_token, VerificationLevel.PHONE)
        except CitizenZeroError as error:
            said.append(error.code)

    _profile(real, asha)
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGSTOP)
    assert in_threads(3, work) == []
    assert set(said) <= {"CZ-HSM-003", "CZ-REF-004"}
    assert "CZ-HSM-003" in said
    _profile(real, asha)
