"""Proving the own password again: who, when, in which login session."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.access.model import LoginSession
from core.access.reauthentication import RECENT, Reauthentication
from core.access.tries import SignInTries
from core.access.voice import OperatorVoices
from core.audit.model import EntryFilter, Origin
from core.errors import IntegrityFailure, LimitReached, ReauthenticationNeeded, SignInPaused, SignInRefused
from hsm.secret import Secret
from tests.support.vault import OPERATOR, PASSWORD, RealVault

START = datetime(2026, 7, 14, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that tests put forward and back."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def proof(real: RealVault, clock: Clock) -> Reauthentication:
    services = real.vault.services
    for table in ("limit_use", "sign_in_try"):
        real.sql(f"DELETE FROM {table}")
    voices = OperatorVoices(services.register, SignInTries(services.database))
    return Reauthentication(voices, services.limits, services.audit, clock)


def _other_session(session: LoginSession) -> LoginSession:
    return replace(session, actor=replace(session.actor, login_session="0123456789abcdef"))


def test_the_proof_stands_for_two_minutes(real: RealVault, proof: Reauthentication, clock: Clock) -> None:
    with pytest.raises(ReauthenticationNeeded) as needed:
        proof.require_recent(real.session)
    assert needed.value.exit_code == 4
    proof.confirm(real.session, Secret(PASSWORD))
    proof.require_recent(real.session)
    clock.time = START + RECENT
    proof.require_recent(real.session)
    clock.time = START + RECENT + timedelta(microseconds=1)
    with pytest.raises(ReauthenticationNeeded):
        proof.require_recent(real.session)


def test_a_clock_that_is_put_back_makes_nothing_recent(real: RealVault, proof: Reauthentication, clock: Clock) -> None:
    proof.confirm(real.session, Secret(PASSWORD))
    clock.time = START - timedelta(seconds=1)
    with pytest.raises(ReauthenticationNeeded):
        proof.require_recent(real.session)


def test_the_proof_is_bound_to_its_login_session(real: RealVault, proof: Reauthentication) -> None:
    proof.confirm(real.session, Secret(PASSWORD))
    with pytest.raises(ReauthenticationNeeded):
        proof.require_recent(_other_session(real.session))
    with pytest.raises(ReauthenticationNeeded):
        proof.require_recent(replace(real.session, operator="somebody.else"))


def test_a_wrong_password_is_refused_counted_and_takes_an_earlier_proof_away(
    real: RealVault, proof: Reauthentication
) -> None:
    proof.confirm(real.session, Secret(PASSWORD))
    with pytest.raises(SignInRefused, match="password is wrong"):
        proof.confirm(real.session, Secret("not the password at all"))
    with pytest.raises(ReauthenticationNeeded):
        proof.require_recent(real.session)
    refused, done = real.vault.services.audit.search(EntryFilter(action="operator:reauthenticate"), 2)
    assert (refused.outcome, done.outcome) == ("refused", "done")
    assert refused.mac is not None


def test_wrong_passwords_count_as_tries_to_sign_in_until_nobody_gets_to_try(
    real: RealVault, proof: Reauthentication
) -> None:
    for _ in range(10):
        with suppress(SignInRefused, SignInPaused):
            proof.confirm(real.session, Secret("not the password at all"))
    with pytest.raises(SignInPaused):
        proof.confirm(real.session, Secret(PASSWORD))
    assert not proof.is_recent(real.session)


def test_passwords_are_not_tried_faster_than_the_limit(real: RealVault, proof: Reauthentication) -> None:
    with real.limited(password="2 per minute"):
        for _ in range(2):
            with pytest.raises(SignInRefused):
                proof.confirm(real.session, Secret("a wrong one"))
        with pytest.raises(LimitReached):
            proof.confirm(real.session, Secret(PASSWORD))  # also the right one must wait
    assert not proof.is_recent(real.session)


def test_an_operator_who_was_disabled_meanwhile_proves_nothing(real: RealVault, proof: Reauthentication) -> None:
    with real.changed("operator", "UPDATE operator SET state = 'disabled'"), pytest.raises(IntegrityFailure):
        proof.confirm(real.session, Secret(PASSWORD))


@pytest.mark.parametrize("column", ["private_sealed = private_sealed || 'x'", "role = 'auditor'", "states = '{KA}'"])
def test_a_record_edited_in_sql_proves_nothing(real: RealVault, proof: Reauthentication, column: str) -> None:
    with real.changed("operator", f"UPDATE operator SET {column}"), pytest.raises(IntegrityFailure):
        proof.confirm(real.session, Secret(PASSWORD))
    assert not proof.is_recent(real.session)


def test_a_proof_ends_with_the_lock(real: RealVault) -> None:
    proof = real.vault.services.reauthentication
    proof.confirm(real.session, Secret(PASSWORD))
    assert proof.is_recent(real.session)
    before = real.session
    real.vault.lock(real.session)
    try:
        assert not proof.is_recent(before)
    finally:
        real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    assert not proof.is_recent(real.session)
