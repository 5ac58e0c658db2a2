"""Credentials that follow enrolments and changes by themselves: soon, together, and without harm where it fails."""

import csv
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.audit.model import Action, EntryFilter, Outcome
from core.citizens.csv_file import COLUMNS
from core.citizens.import_model import OnError
from core.citizens.model import CitizenRecord, VerificationLevel
from core.errors import HsmUnavailable, IntegrityFailure
from core.jobs.model import JobKind, JobState
from core.proofs.claims import Claim
from core.proofs.credential import parse
from core.proofs.model import ProofRequest
from core.proofs.upkeep import DELAY_SECONDS
from tests.support.eligibility import claim
from tests.support.vault import ASHA, RealVault, make_vault, new_person

SOON = 10.0  # seconds that a busy machine may take for what takes half of one


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault as it is in use: credentials are issued right after enrolments."""
    vault = make_vault(tmp_path_factory.mktemp("prompt") / "home", issue_at_once=True)
    yield vault
    vault.close()


def somebody(real: RealVault, **changed: Any) -> CitizenRecord:
    return real.enrol({**ASHA, "aadhaar": None, "pan": None, **changed})


def credentials(real: RealVault, *tokens: str) -> dict[str, tuple[int, bytes]]:
    rows = real.sql(
        "SELECT identity_token, citizen_revision, credential FROM eligibility_credential "
        "WHERE identity_token = ANY(%s)",
        [list(tokens)],
    )
    return {token: (revision, bytes(content)) for token, revision, content in rows}


def within_a_moment(real: RealVault, token: str, revision: int) -> bytes:
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        found = credentials(real, token).get(token)
        if found is not None and found[0] == revision:
            return found[1]
        time.sleep(0.05)
    raise AssertionError("no credential came")


def outcomes(real: RealVault, token: str) -> list[str]:
    wanted = EntryFilter(action=Action.PROOF_ISSUE, identity_token=token)
    return [entry.outcome for entry in reversed(real.vault.services.audit.search(wanted, 50))]


def write_people(path: Path, count: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        for number in range(count):
            writer.writerow({"name": f"Imported {path.stem}", "phone": f"98{number:08d}", "state": "KA",
                             "district": "Mysuru", "income_annual": "250000"})  # fmt: skip
    return path


def test_a_credential_follows_an_enrolment_by_itself(prompt: RealVault) -> None:
    person = somebody(prompt)
    made = parse(within_a_moment(prompt, person.identity_token, 1))
    assert made.identity_token == person.identity_token
    assert sorted(made.commitments) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert outcomes(prompt, person.identity_token) == [Outcome.INTENT, Outcome.DONE]


def test_a_credential_follows_each_change_by_itself(prompt: RealVault) -> None:
    person = somebody(prompt)
    before = within_a_moment(prompt, person.identity_token, 1)
    citizens = prompt.vault.services.citizens
    citizens.update(prompt.session, person.identity_token, {"income_annual": 900_000})
    assert credentials(prompt, person.identity_token) == {}  # the old value's openings are gone at once
    after = within_a_moment(prompt, person.identity_token, 2)
    assert parse(after).commitments[2] != parse(before).commitments[2]
    citizens.set_level(prompt.session, person.identity_token, VerificationLevel.PHONE)
    within_a_moment(prompt, person.identity_token, 3)


def test_the_first_proof_uses_it(prompt: RealVault) -> None:
    person = somebody(prompt)
    prompt.vault.services.upkeep.issue_waiting()
    asked: Claim = claim("income_annual", "<=", 500_000)
    prompt.vault.services.proofs.prove(
        prompt.session, person.identity_token, ProofRequest((asked,), "bank", b"\x07" * 32)
    )
    assert len(outcomes(prompt, person.identity_token)) == 2


def test_many_who_were_enrolled_together_get_theirs_together(prompt: RealVault) -> None:
    people = [new_person({**ASHA, "aadhaar": None, "pan": None}) for _ in range(120)]
    tokens = [record.identity_token for record in prompt.vault.services.citizens.enrol_many(prompt.session, people)]
    prompt.vault.services.upkeep.issue_waiting()
    found = credentials(prompt, *tokens)
    assert set(found) == set(tokens)
    indexes = [parse(content).status_index for _, content in found.values()]
    assert len(set(indexes)) == len(tokens)


def test_an_enrolment_stands_where_no_credential_can_be_issued(
    prompt: RealVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = prompt.vault.services

    def gone(*_: object) -> None:
        raise HsmUnavailable("The HSM does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(services.upkeep._batches._issuer._token, "authority_signatures", gone)
        person = somebody(prompt)
        time.sleep(DELAY_SECONDS)
        services.upkeep.issue_waiting()
        assert credentials(prompt, person.identity_token) == {}
        assert services.citizens.show(prompt.session, person.identity_token).revision == 1
    assert services.reissue.run(prompt.session).counts["issued"] >= 1
    assert person.identity_token in credentials(prompt, person.identity_token)


def test_a_record_that_is_not_whole_keeps_nobody_else_from_a_credential(prompt: RealVault) -> None:
    services = prompt.vault.services
    people = [somebody(prompt) for _ in range(3)]
    services.upkeep.issue_waiting()
    tokens = [person.identity_token for person in people]
    prompt.sql("DELETE FROM eligibility_credential WHERE identity_token = ANY(%s)", [tokens])
    with prompt.changed(
        "identity_vault", "UPDATE identity_vault SET district = 'Nowhere' WHERE identity_token = %s", [tokens[1]]
    ):
        job = services.reissue.run(prompt.session)
        services.audit.flush()
        with pytest.raises(IntegrityFailure):
            services.citizens.show(prompt.session, tokens[1])
    assert job.state is JobState.FINISHED
    assert job.counts["failed"] == 1
    assert set(credentials(prompt, *tokens)) == {tokens[0], tokens[2]}
    assert outcomes(prompt, tokens[1])[-1] == Outcome.FAILED
    assert services.reissue.run(prompt.session).counts["issued"] == 1


def test_no_credential_is_stored_for_a_record_that_was_changed_meanwhile(
    real: RealVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change would have removed the old value's openings before they were stored, and never again."""
    services, person = real.vault.services, somebody(real)
    batches, sign = services.upkeep._batches, services.token.authority_signatures

    def changing(messages: Any) -> list[bytes]:
        services.citizens.update(real.session, person.identity_token, {"income_annual": 900_000})
        return sign(messages)

    with monkeypatch.context() as patched:
        patched.setattr(services.token, "authority_signatures", changing)
        assert batches.issue(real.session, [person.identity_token]).issued == 0
    assert credentials(real, person.identity_token) == {}


def test_the_job_after_an_import_issues_for_all_of_its_citizens(prompt: RealVault, tmp_path: Path) -> None:
    services = prompt.vault.services
    services.imports.run(prompt.session, write_people(tmp_path / "one.csv", 130), OnError.SKIP)
    services.upkeep.start_job(prompt.session)
    told: list[int] = []
    job = services.upkeep.wait(lambda progress: told.append(progress.done), lambda: False)
    assert job is not None
    assert (job.kind, job.state, job.counts["issued"]) == (JobKind.ISSUE_CREDENTIALS, JobState.FINISHED, 130)
    [(missing,)] = prompt.sql(
        "SELECT count(*) FROM directory d WHERE NOT EXISTS "
        "(SELECT FROM eligibility_credential c WHERE c.identity_token = d.identity_token)"
    )
    assert missing == 0
    assert services.check.verify(prompt.session).problems == {}


def test_a_stopped_one_is_gone_on_with(prompt: RealVault, tmp_path: Path) -> None:
    services = prompt.vault.services
    services.imports.run(prompt.session, write_people(tmp_path / "two.csv", 130), OnError.SKIP)
    services.upkeep.start_job(prompt.session)
    stopped = services.upkeep.wait(lambda _: None, lambda: True)
    assert stopped is not None
    if stopped.state is JobState.CANCELLED:  # a quick machine may have ended it
        assert services.reissue.run(prompt.session).state is JobState.FINISHED


def test_whoever_is_bound_to_a_state_gets_credentials_for_the_own_only(prompt: RealVault) -> None:
    services = prompt.vault.services
    here, there = somebody(prompt), somebody(prompt, state="KL", district="Ernakulam")
    services.upkeep.issue_waiting()
    tokens = [here.identity_token, there.identity_token]
    prompt.sql("DELETE FROM eligibility_credential WHERE identity_token = ANY(%s)", [tokens])
    bound = replace(prompt.session, states=frozenset({"KA"}))
    assert services.upkeep._batches.issue(bound, tokens).issued == 1
    assert set(credentials(prompt, *tokens)) == {here.identity_token}
    services.reissue.run(prompt.session)


def test_a_lock_waits_for_those_who_were_just_enrolled(tmp_path: Path) -> None:
    vault = make_vault(tmp_path / "home", issue_at_once=True)
    try:
        person = somebody(vault)
        vault.vault.lock(vault.session)
        assert person.identity_token in credentials(vault, person.identity_token)
    finally:
        vault.close()
