"""Proofs of a real vault: what is released, recorded, learnt and refused."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.access.model import LoginSession, Role
from core.audit.model import Action, Actor, EntryFilter, Origin, Outcome, StoredEntry
from core.citizens.model import CitizenRecord, Purpose
from core.errors import AuditUnwritable, BudgetExhausted, IntegrityFailure, InvalidInput, NotFound, Refused
from core.jobs.model import JobState
from core.proofs.claims import Claim, Operator
from core.proofs.examination import Expected
from core.proofs.model import ProofAnswer, ProofRequest
from core.proofs.presentation import parse
from core.proofs.verifier import verify
from tests.support.eligibility import claim
from tests.support.vault import ASHA, RAVI, RealVault, in_threads

PENSION = "https://pension.example"
THREE = (claim("age", ">=", 18), claim("income_annual", "<=", 500_000), claim("state", "==", "KA"))


def request(*claims: Claim, audience: str = PENSION) -> ProofRequest:
    return ProofRequest(claims or THREE, audience, os.urandom(32))


def prove(real: RealVault, citizen: CitizenRecord, asked: ProofRequest) -> ProofAnswer:
    return real.vault.services.proofs.prove(real.session, citizen.identity_token, asked)


def entries(real: RealVault, citizen: CitizenRecord, action: Action = Action.PROOF_PROVE) -> list[StoredEntry]:
    real.vault.services.audit.flush()
    wanted = EntryFilter(action=action, identity_token=citizen.identity_token)
    return real.vault.services.audit.search(wanted, 100)


def somebody(real: RealVault, **changed: Any) -> CitizenRecord:
    return real.enrol({**ASHA, "aadhaar": None, "pan": None, **changed})


def test_a_proof_convinces_whoever_has_the_authoritys_key_and_nothing_else(
    real: RealVault, asha: CitizenRecord
) -> None:
    asked = request()
    answer = prove(real, asha, asked)
    pem, _ = real.vault.services.proofs.authority(real.session)
    key: Any = load_pem_public_key(pem)
    verdict = verify(
        answer.presentation, Expected(key, asked.claims, asked.nonce, PENSION, int(datetime.now(UTC).timestamp()))
    )
    assert verdict.valid
    assert [result for _, result in answer.results] == [True, True, True]
    assert answer.document["identity_token"] == asha.identity_token


def test_the_intent_is_committed_before_and_the_log_holds_no_threshold_and_no_answer(
    real: RealVault, ravi: CitizenRecord
) -> None:
    answer = prove(real, ravi, request(claim("income_annual", "<=", 1_234_567), audience="bank"))
    done, intent = entries(real, ravi)[:2]
    assert (intent.outcome, done.outcome) == (Outcome.INTENT, Outcome.DONE)
    assert done.detail["intent"] == intent.index
    assert done.purpose == Purpose.ELIGIBILITY_CHECK
    assert done.detail["attributes"] == [2]
    assert done.detail["audience"] == "bank"
    assert set(done.detail) == {"attributes", "audience", "bits", "context", "budget", "intent"}
    for entry in (intent, done):
        assert "123456700" not in str(cbor2.loads(entry.entry))
        assert b"True" not in entry.entry
    assert parse(answer.presentation).audience == "bank"


def test_true_and_false_answers_leave_the_same_entry(real: RealVault) -> None:
    bits = set()
    for income in (100_000, 900_000):
        person = somebody(real, income_annual=income)
        prove(real, person, request(claim("income_annual", "<=", 500_000)))
        bits.add(entries(real, person)[0].detail["bits"])
    assert len(bits) == 1


def test_no_plaintext_is_proven_where_the_log_takes_no_intent(real: RealVault, asha: CitizenRecord) -> None:
    role = real.vault.server.program_role
    real.sql(f'REVOKE INSERT ON audit_entry FROM "{role}"')
    try:
        with pytest.raises(AuditUnwritable):
            prove(real, asha, request())
    finally:
        real.sql(f'GRANT INSERT ON audit_entry TO "{role}"')


def test_only_who_may_prove_gets_a_proof(real: RealVault, asha: CitizenRecord) -> None:
    for role in (Role.AUDITOR, Role.CUSTODIAN):
        session = LoginSession("meera", role, Actor("meera", Origin.CLI, "s"), datetime.now(UTC))
        with pytest.raises(Refused, match="does not allow"):
            real.vault.services.proofs.prove(session, asha.identity_token, request())
        with pytest.raises(Refused, match="does not allow"):
            real.vault.services.proofs.forecast(session, asha.identity_token, request())
    assert entries(real, asha)[0].outcome == Outcome.REFUSED


def test_a_legal_ground_needs_a_reason(real: RealVault, asha: CitizenRecord) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        real.vault.services.proofs.prove(real.session, asha.identity_token, request(), Purpose.LEGAL_OBLIGATION)


def test_an_unknown_citizen_is_not_found(real: RealVault) -> None:
    with pytest.raises(NotFound):
        real.vault.services.proofs.prove(real.session, "idt_" + "0" * 22, request())


def test_a_missing_attribute_is_an_error_and_not_an_answer(real: RealVault, ravi: CitizenRecord) -> None:
    with pytest.raises(InvalidInput, match="does not hold: dependents_count"):
        prove(real, ravi, request(claim("dependents_count", ">=", 1)))


def test_somebody_born_before_1900_has_no_provable_age(real: RealVault) -> None:
    old = somebody(real, birth_date="1899-12-31")
    with pytest.raises(InvalidInput, match="birth_date"):
        prove(real, old, request(claim("age", ">=", 60)))
    assert prove(real, old, request(claim("income_annual", "<=", 500_000))).results[0][1]


# --- the credential --------------------------------------------------------------------------------


def credential_rows(real: RealVault, citizen: CitizenRecord) -> list[tuple[Any, ...]]:
    return real.sql(
        "SELECT credential, citizen_revision, status_index, openings_enc FROM eligibility_credential "
        "WHERE identity_token = %s",
        [citizen.identity_token],
    )


def test_a_credential_is_signed_once_and_used_again(real: RealVault) -> None:
    person = somebody(real)
    first = prove(real, person, request())
    [before] = credential_rows(real, person)
    second = prove(real, person, request())
    assert credential_rows(real, person) == [before]
    assert parse(first.presentation).credential == parse(second.presentation).credential
    assert len(entries(real, person, Action.PROOF_ISSUE)) == 1


def test_a_change_removes_the_openings_at_once_and_the_next_proof_is_about_the_new_value(real: RealVault) -> None:
    person = somebody(real)
    asked = claim("income_annual", "<=", 500_000)
    assert prove(real, person, request(asked)).results == ((asked, True),)
    [before] = credential_rows(real, person)
    real.vault.services.citizens.update(real.session, person.identity_token, {"income_annual": 900_000})
    assert credential_rows(real, person) == []
    assert prove(real, person, request(asked)).results == ((asked, False),)
    [after] = credential_rows(real, person)
    assert after[2] > before[2]
    assert after[1] == before[1] + 1


def test_the_job_issues_for_all_who_have_none(real: RealVault) -> None:
    people = [somebody(real) for _ in range(3)]
    job = real.vault.services.reissue.run(real.session)
    assert job.state is JobState.FINISHED
    assert job.counts["issued"] >= 3
    for person in people:
        [row] = credential_rows(real, person)
        assert row[1] == person.revision
        assert prove(real, person, request()).results[0][1]
        assert len(entries(real, person, Action.PROOF_ISSUE)) == 2  # intent and outcome of the job alone
    assert real.vault.services.reissue.run(real.session).counts.get("issued", 0) == 0


def test_a_stopped_job_goes_on_where_it_stood(real: RealVault) -> None:
    person = somebody(real)
    assert real.vault.services.reissue.run(real.session, cancelled=lambda: True).state is JobState.CANCELLED
    assert credential_rows(real, person) == []
    assert real.vault.services.reissue.run(real.session).state is JobState.FINISHED
    assert len(credential_rows(real, person)) == 1


def test_two_peoples_proofs_have_one_length_whatever_their_incomes(real: RealVault) -> None:
    asked = request(claim("income_annual", "<=", 500_000))
    lengths = {
        len(prove(real, somebody(real, income_annual=income), asked).presentation) for income in (100_000, 499_999)
    }
    assert len(lengths) == 1


def test_a_credential_that_soon_ends_is_issued_anew(real: RealVault, monkeypatch: pytest.MonkeyPatch) -> None:
    person = somebody(real)
    prove(real, person, request())
    [before] = credential_rows(real, person)
    later = datetime.now(UTC) + timedelta(days=29, hours=1)
    monkeypatch.setattr(real.vault.services.proofs, "_now", lambda: later)
    prove(real, person, request())
    [after] = credential_rows(real, person)
    assert after[0] != before[0]


def test_openings_and_what_was_learnt_stand_encrypted(real: RealVault) -> None:
    person = somebody(real, income_annual=777_777)
    prove(real, person, request(claim("income_annual", "<=", 800_000)))
    stored = b"".join(
        bytes(value)
        for row in real.sql(
            "SELECT c.credential, c.openings_enc, b.learnt_enc FROM eligibility_credential c "
            "JOIN learning_budget b USING (identity_token) WHERE identity_token = %s",
            [person.identity_token],
        )
        for value in row
    )
    for amount in (77_777_700, 80_000_000):
        assert cbor2.dumps(amount)[1:] not in stored


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("eligibility_credential", "UPDATE eligibility_credential SET citizen_revision = 99"),
        ("eligibility_credential", "UPDATE eligibility_credential SET expires_at = now() + interval '9 years'"),
        ("eligibility_credential", "UPDATE eligibility_credential SET credential = credential || '\\x00'"),
        ("eligibility_credential", "UPDATE eligibility_credential SET openings_enc = credential"),
        ("learning_budget", "UPDATE learning_budget SET learnt_enc = '\\x00'"),
        ("learning_budget", "UPDATE learning_budget SET revision = 7"),
        ("learning_budget", "DELETE FROM learning_budget"),
    ],
)
def test_a_row_changed_in_sql_is_found(real: RealVault, asha: CitizenRecord, table: str, statement: str) -> None:
    prove(real, asha, request())
    with real.changed(table, statement):
        with pytest.raises(IntegrityFailure):
            prove(real, asha, request())
        if not statement.startswith("DELETE"):
            assert real.vault.services.check.verify(real.session).problems
    prove(real, asha, request())


def test_an_old_budget_put_back_is_found(real: RealVault) -> None:
    person = somebody(real)
    prove(real, person, request(claim("income_annual", "<=", 500_000)))
    where = f"WHERE identity_token = '{person.identity_token}'"
    real.sql(f"CREATE TEMP TABLE old_budget AS SELECT * FROM learning_budget {where}")
    prove(real, person, request(claim("income_annual", "<=", 300_000)))
    real.sql(f"DELETE FROM learning_budget {where}")
    real.sql("INSERT INTO learning_budget TABLE old_budget")
    with pytest.raises(IntegrityFailure, match="what the log says"):
        prove(real, person, request())


def test_another_citizens_rows_do_not_serve(real: RealVault) -> None:
    one, other = somebody(real), somebody(real)
    prove(real, one, request())
    prove(real, other, request())
    with (
        real.changed(
            "eligibility_credential",
            "UPDATE eligibility_credential c SET credential = o.credential, openings_enc = o.openings_enc "
            "FROM eligibility_credential o WHERE c.identity_token = %s AND o.identity_token = %s",
            [one.identity_token, other.identity_token],
        ),
        pytest.raises(IntegrityFailure),
    ):
        prove(real, one, request())


# --- the learning budget ---------------------------------------------------------------------------


def bisect(real: RealVault, person: CitizenRecord, audiences: list[str]) -> tuple[int, int]:
    """Ask for half of what is left until it is refused; return the range that is left."""
    low, high = 0, 10_000_000
    for number in range(60):
        middle = (low + high) // 2
        asked = request(claim("income_annual", "<=", middle), audience=audiences[number % len(audiences)])
        try:
            [(_, below)] = prove(real, person, asked).results
        except BudgetExhausted:
            return low, high
        low, high = (low, middle) if below else (middle + 1, high)
    raise AssertionError("nobody stopped it")


@pytest.mark.parametrize("audiences", [["one"], [f"sock puppet {number}" for number in range(60)]])
def test_a_bisecting_audience_is_stopped_long_before_it_knows(real: RealVault, audiences: list[str]) -> None:
    person = somebody(real, income_annual=320_000)
    low, high = bisect(real, person, audiences)
    assert low <= 320_000 <= high
    assert high - low > 20_000
    assert entries(real, person)[0].outcome == Outcome.REFUSED


def test_a_question_is_refused_whatever_the_answer_would_be(real: RealVault) -> None:
    """Equality with an income: refused for who has it and who has not, so the refusal tells nothing."""
    for income in (320_000, 500_000):
        person = somebody(real, income_annual=income)
        with pytest.raises(BudgetExhausted, match="income_annual"):
            prove(real, person, request(claim("income_annual", "==", 320_000)))


def test_many_claims_at_once_are_weighed_together(real: RealVault) -> None:
    person = somebody(real, income_annual=320_000)
    steps = [claim("income_annual", "<=", amount) for amount in range(300_000, 345_000, 5_000)]
    with pytest.raises(BudgetExhausted):
        prove(real, person, request(*steps))


def test_the_same_question_again_costs_nothing(real: RealVault) -> None:
    person = somebody(real)
    for _ in range(6):
        assert prove(real, person, request()).results[1][1]
    assert entries(real, person)[0].detail["bits"] == 0


def test_what_it_would_reveal_is_said_before(real: RealVault) -> None:
    person = somebody(real)
    asked = request(claim("income_annual", "<=", 500_000))
    before = real.vault.services.proofs.forecast(real.session, person.identity_token, asked)
    assert before.learnt == ()
    assert before.forecast.allowed
    [weight] = before.forecast.one
    assert 1 < weight.after < 3
    prove(real, person, asked)
    after = real.vault.services.proofs.forecast(real.session, person.identity_token, asked)
    assert {one.audience for one in after.learnt} == {None, PENSION}
    assert entries(real, person, Action.PROOF_FORECAST)[0].outcome == Outcome.DONE
    assert credential_rows(real, person)


def test_proofs_at_once_all_count_even_the_first(real: RealVault) -> None:
    person = somebody(real)

    def work(number: int) -> None:
        prove(real, person, request(claim("income_annual", "<=", 500_000), audience=f"audience {number}"))

    assert in_threads(4, work) == []
    asked = real.vault.services.proofs.forecast(real.session, person.identity_token, request())
    assert {f"audience {number}" for number in range(4)} <= {one.audience for one in asked.learnt}
    done = [entry for entry in entries(real, person) if entry.outcome == Outcome.DONE]
    assert [entry.detail["budget"] for entry in done] == [4, 3, 2, 1]


def test_history_tells_who_asked_what_for_whom(real: RealVault) -> None:
    person = somebody(real)
    prove(real, person, request(Claim(3, Operator.EQ, 29)))
    [past] = real.vault.services.proofs.history(real.session, person.identity_token)
    assert (past.audience, past.attributes) == (PENSION, ("state",))
    assert past.context_hash
    assert past in real.vault.services.proofs.history(real.session)


def test_the_three_tables_of_another_person_stay_untouched(real: RealVault) -> None:
    assert RAVI["state"] != ASHA["state"]
    assert real.vault.services.check.verify(real.session).whole
