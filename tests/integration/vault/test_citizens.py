"""Enrolling, finding, reading and changing citizens on real vaults, one on each PKCS#11 module."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.access.model import Role
from core.audit.model import EntryFilter
from core.citizens.model import (
    CitizenFilter,
    CitizenRecord,
    CitizenRole,
    Field,
    PageKey,
    Purpose,
    VerificationLevel,
    identity_token,
    looks_like_token,
)
from core.errors import AlreadyExists, InvalidFields, InvalidInput, NotFound, Refused
from tests.support.hsm import SOFTHSM, SOFTOKN
from tests.support.vault import ASHA, RAVI, RealVault

NOBODY = "idt_" + "0" * 22


@pytest.fixture(scope="module", params=[SOFTHSM, SOFTOKN], ids=["softhsm", "softokn"])
def module(request: pytest.FixtureRequest) -> Path:
    """Return each module: the main job is the same on both."""
    path: Path = request.param
    if not path.is_file():
        pytest.skip(f"{path} is not installed: softhsm2 and libnss3 have the modules")
    return path


def test_the_same_user_id_always_gives_the_same_token_and_is_enrolled_once(real: RealVault) -> None:
    person = {**ASHA, "aadhaar": None, "pan": None, "user_id": "0b0e7bb4-7a8a-4b2e-9c1e-5f8d8b5f2a11"}
    record = real.enrol(person)
    [mac] = real.vault.services.token.identity_macs([record.user_id.bytes])
    assert looks_like_token(record.identity_token)
    assert identity_token(mac) == record.identity_token
    with pytest.raises(AlreadyExists):
        real.enrol(person)


@pytest.mark.parametrize("criterion", ["phone", "email", "aadhaar", "pan", "user_id", "identity_token"])
def test_a_citizen_is_found_by_each_exact_term(real: RealVault, asha: CitizenRecord, criterion: str) -> None:
    terms = {**ASHA, "user_id": str(asha.user_id), "identity_token": asha.identity_token}
    found = real.vault.services.citizens.find(real.session, criterion, terms[criterion], CitizenFilter())
    assert asha.identity_token in {record.identity_token for record in found}


def test_a_term_is_found_in_any_way_of_writing_it(real: RealVault, asha: CitizenRecord) -> None:
    find = real.vault.services.citizens.find
    for criterion, written in (("phone", "098860 41277"), ("aadhaar", "2345 6789 0124"), ("pan", " abcpk1234f ")):
        found = find(real.session, criterion, written, CitizenFilter())
        assert asha.identity_token in {record.identity_token for record in found}


def test_a_filter_narrows_an_exact_search(real: RealVault, asha: CitizenRecord) -> None:
    find = real.vault.services.citizens.find
    assert find(real.session, "aadhaar", ASHA["aadhaar"], CitizenFilter(state="KA")) == [asha]
    assert find(real.session, "aadhaar", ASHA["aadhaar"], CitizenFilter(state="KL")) == []


@pytest.mark.parametrize("column", ["aadhaar", "pan"])
def test_an_identifier_is_enrolled_once(real: RealVault, asha: CitizenRecord, column: str) -> None:
    other = {**RAVI, "aadhaar": None, "pan": None, "gstin": None, column: ASHA[column]}
    before = real.vault.services.keys.citizen_total()
    with pytest.raises(AlreadyExists) as refused:
        real.enrol(other)
    assert refused.value.field == column
    assert real.vault.services.keys.citizen_total() == before


def test_families_share_phone_and_email(real: RealVault, asha: CitizenRecord) -> None:
    child = {**ASHA, "name": "Meera Kulkarni", "aadhaar": None, "pan": None, "birth_date": "2019-05-01"}
    record = real.enrol(child)
    found = real.vault.services.citizens.find(real.session, "phone", ASHA["phone"], CitizenFilter())
    assert {asha.identity_token, record.identity_token} <= {item.identity_token for item in found}


def test_every_field_comes_back_as_it_went_in(real: RealVault, ravi: CitizenRecord) -> None:
    profile = real.vault.services.citizens.profile(real.session, ravi.identity_token, Purpose.SUPPORT)
    values = {field.value: value for field, value in profile.values.items()}
    for name in ("name", "phone", "email", "address", "birth_date", "gstin", "gender"):
        assert values[name] == RAVI[name], name
    assert values["income_annual"] == "1200000.00"
    assert values["land_holding"] is None
    assert "Ravi" not in repr(profile)


def test_only_asked_fields_are_decrypted(real: RealVault, ravi: CitizenRecord) -> None:
    asked = [Field.PHONE, Field.AGE]
    profile = real.vault.services.citizens.profile(real.session, ravi.identity_token, Purpose.SUPPORT, asked)
    assert set(profile.values) == set(asked)


def test_a_read_leaves_its_intent_first_and_its_outcome_after(real: RealVault, ravi: CitizenRecord) -> None:
    real.vault.services.audit.flush()
    profile = real.vault.services.citizens.profile(
        real.session, ravi.identity_token, Purpose.LEGAL_OBLIGATION, [Field.NAME], "court order 17 of 2026"
    )
    real.vault.services.audit.flush()
    wanted = EntryFilter(identity_token=ravi.identity_token, action="citizen:profile")
    done, intent = real.vault.services.audit.search(wanted, 2)
    assert (intent.index, intent.outcome, intent.purpose) == (profile.entry, "intent", "legal_obligation")
    assert intent.reason == "court order 17 of 2026"
    assert intent.detail == {"fields": ["name"]}
    assert (done.outcome, done.detail) == ("done", {"intent": profile.entry})


def test_a_legal_ground_needs_a_reason_and_no_personal_data_in_it(real: RealVault, ravi: CitizenRecord) -> None:
    profile = real.vault.services.citizens.profile
    with pytest.raises(InvalidInput, match="needs a reason"):
        profile(real.session, ravi.identity_token, Purpose.FRAUD_INVESTIGATION)
    for reason in ("call 98860 41277", "Aadhaar 2345 6789 0124", "mail a@b.example", "PAN ABCPK1234F"):
        with pytest.raises(InvalidInput, match="personal data"):
            profile(real.session, ravi.identity_token, Purpose.FRAUD_INVESTIGATION, reason=reason)


def test_what_is_not_there_is_said_and_recorded(real: RealVault) -> None:
    with pytest.raises(NotFound):
        real.vault.services.citizens.profile(real.session, NOBODY, Purpose.SUPPORT)
    real.vault.services.audit.flush()
    [entry] = real.vault.services.audit.search(EntryFilter(identity_token=NOBODY), 1)
    assert (entry.outcome, entry.detail) == ("failed", {"error": "CZ-NOT-001"})


def test_an_auditor_never_sees_personal_data(real: RealVault, ravi: CitizenRecord) -> None:
    auditor = replace(real.session, role=Role.AUDITOR)
    citizens = real.vault.services.citizens
    for call in (
        lambda: citizens.profile(auditor, ravi.identity_token, Purpose.SUPPORT),
        lambda: citizens.show(auditor, ravi.identity_token),
        lambda: citizens.find(auditor, "phone", RAVI["phone"], CitizenFilter()),
        lambda: citizens.update(auditor, ravi.identity_token, {"district": "Thrissur"}),
    ):
        with pytest.raises(Refused):
            call()
    real.vault.services.audit.flush()
    entries = real.vault.services.audit.search(EntryFilter(outcome="refused"), 4)
    assert len(entries) == 4


def test_a_change_keeps_what_it_does_not_name(real: RealVault) -> None:
    person = {**RAVI, "aadhaar": None, "pan": None, "gstin": None, "name": "Leela Pillai"}
    token = real.enrol(person).identity_token
    citizens = real.vault.services.citizens
    changed = citizens.update(
        real.session, token, {"phone": "9886055555", "income_annual": 5, "email": None, "state": "TG"}
    )
    assert (changed.revision, changed.state) == (2, "TS")
    values = citizens.profile(real.session, token, Purpose.SUPPORT).values
    assert values[Field.PHONE] == "+919886055555"
    assert values[Field.NAME] == "Leela Pillai"
    assert values[Field.EMAIL] is None
    assert (values[Field.INCOME_ANNUAL], values[Field.GENDER]) == ("5.00", "male")
    assert [
        record.identity_token for record in citizens.find(real.session, "phone", "9886055555", CitizenFilter())
    ] == [token]
    assert citizens.show(real.session, token) == changed


def test_a_change_that_is_not_acceptable_names_every_field(real: RealVault, asha: CitizenRecord) -> None:
    with pytest.raises(InvalidFields) as refused:
        real.vault.services.citizens.update(
            real.session, asha.identity_token, {"phone": "12", "aadhaar": "234567890123", "user_id": "x", "colour": 1}
        )
    assert set(refused.value.problems) == {"phone", "aadhaar", "user_id", "colour"}


def test_a_taken_identifier_is_refused_on_change_too(real: RealVault, asha: CitizenRecord, ravi: CitizenRecord) -> None:
    with pytest.raises(AlreadyExists):
        real.vault.services.citizens.update(real.session, ravi.identity_token, {"aadhaar": ASHA["aadhaar"]})
    assert real.vault.services.citizens.show(real.session, ravi.identity_token) == ravi


def test_roles_and_level_are_set_with_a_new_revision(real: RealVault) -> None:
    person = {**ASHA, "aadhaar": None, "pan": None, "name": "Gita Rao"}
    token = real.enrol(person).identity_token
    citizens = real.vault.services.citizens
    roles = (CitizenRole.CITIZEN, CitizenRole.GUARDIAN)
    assert citizens.set_roles(real.session, token, roles, CitizenRole.GUARDIAN).primary_role is CitizenRole.GUARDIAN
    level = citizens.set_level(real.session, token, VerificationLevel.IN_PERSON)
    assert level.revision == 3
    assert level.last_verified is not None
    with pytest.raises(InvalidInput, match="named twice"):
        citizens.set_roles(real.session, token, (CitizenRole.CITIZEN, CitizenRole.CITIZEN))
    with pytest.raises(InvalidInput, match="not among"):
        citizens.set_roles(real.session, token, (CitizenRole.CITIZEN,), CitizenRole.ADMIN)


def test_the_role_business_stays_while_there_is_a_gstin(real: RealVault, ravi: CitizenRecord) -> None:
    with pytest.raises(InvalidInput, match="GSTIN"):
        real.vault.services.citizens.set_roles(real.session, ravi.identity_token, (CitizenRole.CITIZEN,))


def test_pages_follow_each_other_without_gap_or_repeat(real: RealVault, asha: CitizenRecord) -> None:
    citizens, seen, after = real.vault.services.citizens, [], None
    while True:
        page = citizens.page(real.session, CitizenFilter(), after, 2)
        seen += [(record.state, record.identity_token) for record in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(set(seen))
    assert (
        len(seen)
        == citizens.count(real.session, CitizenFilter())
        == sum(citizens.counts_by_state(real.session).values())
    )
    starts = citizens.page_keys(real.session, CitizenFilter(), None, 2, 10_000)
    assert starts == [PageKey(*key) for key in seen[1::2]]
    farmers = citizens.page(real.session, CitizenFilter(role=CitizenRole.FARMER, state="KA", district="mysuru"))
    assert all(CitizenRole.FARMER in record.roles and record.state == "KA" for record in farmers.items)
    assert asha.identity_token in {record.identity_token for record in farmers.items}
