"""Proofs by operators who are bound to states, and how often proofs may be made: on a real vault."""

import os
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from core.access.model import LoginSession
from core.audit.model import EntryFilter
from core.citizens.model import CitizenRecord
from core.errors import CitizenZeroError, LimitReached, NotFound
from core.proofs.model import ProofRequest
from core.proofs.service import ProofService
from core.settings.limits import LimitSettings
from tests.support.cli import CommandLine
from tests.support.eligibility import claim
from tests.support.vault import ASHA, OPERATOR, PASSWORD, Program, RealVault

NOBODY = "idt_0000000000000000000000"
TABLES = ("eligibility_credential", "learning_budget")


def request() -> ProofRequest:
    return ProofRequest((claim("income_annual", "<=", 500_000),), "https://pension.example", os.urandom(32))


@pytest.fixture
def bound(real: RealVault, asha: CitizenRecord, ravi: CitizenRecord) -> LoginSession:
    """Return a login session bound to Karnataka, where Asha lives and Ravi does not; something was proven of both."""
    for citizen in (asha, ravi):
        real.vault.services.proofs.prove(real.session, citizen.identity_token, request())
    return replace(real.session, states=frozenset({"KA"}))


def uses(proofs: ProofService, session: LoginSession, token: str) -> dict[str, Callable[[], object]]:
    return {
        "prove": lambda: proofs.prove(session, token, request()),
        "forecast": lambda: proofs.forecast(session, token, request()),
    }


def error(use: Callable[[], object]) -> CitizenZeroError:
    with pytest.raises(CitizenZeroError) as raised:
        use()
    return raised.value


@pytest.mark.parametrize("use", ["prove", "forecast"])
def test_a_citizen_of_another_state_is_answered_like_one_whom_nobody_knows(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, use: str
) -> None:
    proofs = real.vault.services.proofs
    forbidden = error(uses(proofs, bound, ravi.identity_token)[use])
    unknown = error(uses(proofs, bound, NOBODY)[use])
    assert isinstance(forbidden, NotFound)
    for name in ("message", "meaning", "remedy", "details", "code", "exit_code"):
        assert getattr(forbidden, name) == getattr(unknown, name)
    real.vault.services.audit.flush()
    newest, before = real.vault.services.audit.search(EntryFilter(outcome="failed"), 2)
    assert (newest.action, newest.detail) == (before.action, before.detail)


@pytest.mark.parametrize("use", ["prove", "forecast"])
def test_the_database_alone_hides_other_states(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoginSession, "may_see", lambda _session, _state: True)
    assert isinstance(error(uses(real.vault.services.proofs, bound, ravi.identity_token)[use]), NotFound)


def test_the_own_citizens_are_proven_as_ever(real: RealVault, bound: LoginSession, asha: CitizenRecord) -> None:
    answer = real.vault.services.proofs.prove(bound, asha.identity_token, request())
    assert [result for _, result in answer.results] == [True]


def test_the_history_holds_the_own_states_only(
    real: RealVault, bound: LoginSession, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    proofs = real.vault.services.proofs
    for _ in range(3):
        proofs.prove(real.session, ravi.identity_token, request())
    assert proofs.history(bound, ravi.identity_token) == proofs.history(bound, NOBODY) == []
    assert {past.identity_token for past in proofs.history(bound)} == {asha.identity_token}
    assert len(proofs.history(bound, limit=1)) == 1  # the newest are Ravi's: those are passed over
    assert {past.identity_token for past in proofs.history(real.session)} >= {asha.identity_token, ravi.identity_token}


# --- the database itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("setting", [None, "", "LD", "ka", "KA KL", "**"])
def test_without_the_right_setting_nothing_is_visible(
    bound: LoginSession, program: Program, table: str, setting: str | None
) -> None:
    assert program(setting).execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_the_setting_of_a_state_shows_that_state_only(
    bound: LoginSession, program: Program, table: str, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    def tokens(setting: str) -> set[str]:
        return {row[0] for row in program(setting).execute(f"SELECT identity_token FROM {table}".encode())}

    assert tokens("KA") == {asha.identity_token}
    assert tokens("KL") == {ravi.identity_token}
    assert tokens("*") == {asha.identity_token, ravi.identity_token}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET revision = 99", "DELETE FROM {}"])
def test_rows_of_other_states_are_not_changed_by_accident(
    bound: LoginSession, program: Program, ravi: CitizenRecord, table: str, change: str
) -> None:
    statement = f"{change.format(table)} WHERE identity_token = %s".encode()
    assert program("KA").execute(statement, [ravi.identity_token]).rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO learning_budget VALUES (%s, gen_random_uuid(), '', 1, '')",
        "SET row_security = off; SELECT * FROM learning_budget WHERE identity_token <> %s",
        "SET row_security = off; SELECT * FROM eligibility_credential WHERE identity_token <> %s",
        "ALTER TABLE learning_budget DISABLE ROW LEVEL SECURITY; SELECT %s",
        "DROP POLICY with_citizen ON eligibility_credential; SELECT %s",
    ],
)
def test_the_programs_role_bound_to_a_state_may_not(
    real: RealVault, bound: LoginSession, program: Program, ravi: CitizenRecord, statement: str
) -> None:
    connection = program("KA")
    connection.cursor_factory = psycopg.ClientCursor  # several statements at once, with a value
    with (
        real.changed("learning_budget", "DELETE FROM learning_budget"),
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode(), [ravi.identity_token])


def test_who_moves_to_another_state_is_seen_there_with_what_was_learnt(
    real: RealVault, bound: LoginSession, program: Program
) -> None:
    person = real.enrol({**ASHA, "aadhaar": None, "pan": None})
    real.vault.services.proofs.prove(real.session, person.identity_token, request())
    move = {"state": "KL", "district": "Ernakulam"}
    real.vault.services.citizens.update(real.session, person.identity_token, move)
    query = b"SELECT count(*) FROM learning_budget WHERE identity_token = %s"
    assert program("KA").execute(query, [person.identity_token]).fetchone() == (0,)
    assert program("KL").execute(query, [person.identity_token]).fetchone() == (1,)
    real.vault.services.proofs.prove(real.session, person.identity_token, request())
    real.sql("DELETE FROM eligibility_credential WHERE identity_token = %s", [person.identity_token])
    real.sql("DELETE FROM learning_budget WHERE identity_token = %s", [person.identity_token])


def test_the_whole_vault_is_verified_whoever_asks(real: RealVault, bound: LoginSession, ravi: CitizenRecord) -> None:
    with real.changed(
        "learning_budget", "UPDATE learning_budget SET revision = 9 WHERE identity_token = %s", [ravi.identity_token]
    ):
        problems = real.vault.services.check.verify(bound).problems
    assert any(ravi.identity_token in name for name in problems)


# --- how often -----------------------------------------------------------------------------------------


def test_five_proofs_a_second_and_fifteen_a_minute_exact_to_the_proof(real: RealVault, asha: CitizenRecord) -> None:
    def prove() -> None:
        real.vault.services.proofs.prove(real.session, asha.identity_token, request())

    def refused() -> str:
        with pytest.raises(LimitReached) as raised:
            prove()
        return raised.value.message

    def age(seconds: float) -> None:
        real.sql("UPDATE limit_use SET at = at - make_interval(secs => %s)", [seconds])

    real.sql("DELETE FROM limit_use")
    with real.limited(**LimitSettings().document()):
        for full_for in (1, 1, 30):
            for _ in range(5):
                prove()
            # A slow machine takes more than a second for five: have them all made now.
            real.sql("UPDATE limit_use SET at = clock_timestamp() WHERE at > clock_timestamp() - interval '10 seconds'")
            seconds = int(refused().removeprefix("The limit is reached. Try again in 0:").removesuffix("."))
            assert full_for - 6 < seconds <= full_for
            age(15.0)
        assert refused()
        age(15.0)
        for _ in range(5):
            prove()
        real.vault.services.audit.flush()
        newest = real.vault.services.audit.search(EntryFilter(identity_token=asha.identity_token, outcome="refused"), 4)
        assert [entry.detail["error"] for entry in newest] == ["CZ-REF-005"] * 4
    real.sql("DELETE FROM limit_use")


def test_what_a_limit_refuses_is_not_looked_at_and_told_by_exit_code_4(real: RealVault, asha: CitizenRecord) -> None:
    line = CommandLine(real.home.path, OPERATOR, real.home.path.parent / "password")
    line.password_file.write_text(PASSWORD)
    line.password_file.chmod(0o600)
    claims = real.home.path.parent / "claims.json"
    claims.write_text('{"claims": [{"attribute": "income_annual", "operator": "<=", "value": 500000}]}')
    words = ("proof", "prove", asha.identity_token, "--claims", str(claims), "--audience", "bank", "--nonce", "07" * 32)
    real.sql("DELETE FROM limit_use")
    assert line.run("setting", "set", "limit_proof", "1 per minute").code == 0
    try:
        assert line.run(*words).code == 0
        answer = line.run(*words)
    finally:
        line.run("setting", "set", "limit_proof", "1000 per second")
    assert (answer.code, answer.error) == (4, "CZ-REF-005")
    assert "Try again in" in answer.document["error"]["message"]
