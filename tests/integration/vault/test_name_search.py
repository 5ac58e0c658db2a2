"""Finding citizens by the beginnings of their names, on a real vault."""

import json
from dataclasses import replace

import pytest

from core.access.model import Role
from core.audit.model import EntryFilter
from core.citizens.model import CitizenFilter, CitizenRecord, CitizenRole, Purpose
from core.errors import IntegrityFailure, InvalidInput, LimitReached, Refused
from tests.support.vault import ASHA, RAVI, RealVault

EVERYONE = CitizenFilter()


def _person(name: str, **more: object) -> dict[str, object]:
    return {**ASHA, "aadhaar": None, "pan": None, "name": name, **more}


def _found(real: RealVault, typed: str, wanted: CitizenFilter = EVERYONE) -> set[str]:
    page = real.vault.services.citizens.find_by_name(real.session, typed, wanted)
    return {record.identity_token for record in page.items}


@pytest.mark.parametrize("typed", ["ash", "Asha", "kulkar", "DEVI asha", "asha kul", "Asha Devi Kulkarni"])
def test_a_citizen_is_found_by_the_beginning_of_each_word(real: RealVault, asha: CitizenRecord, typed: str) -> None:
    assert asha.identity_token in _found(real, typed)


@pytest.mark.parametrize("typed", ["sha", "ulkarni", "asha pillai", "ashaa", "kulkarnis"])
def test_nobody_is_found_by_the_middle_or_by_one_word_of_two(real: RealVault, asha: CitizenRecord, typed: str) -> None:
    assert asha.identity_token not in _found(real, typed)


def test_a_filter_narrows_a_search_by_name(real: RealVault, asha: CitizenRecord) -> None:
    for wanted, fits in (
        (CitizenFilter(state="KA"), True),
        (CitizenFilter(state="KL"), False),
        (CitizenFilter(role=CitizenRole.FARMER, district="mysuru"), True),
        (CitizenFilter(role=CitizenRole.BUSINESS), False),
    ):
        assert (asha.identity_token in _found(real, "asha", wanted)) is fits


def test_a_new_name_is_found_and_the_old_one_no_more(real: RealVault) -> None:
    token = real.enrol(_person("Lakshmi Narayan")).identity_token
    assert token in _found(real, "lakshmi")
    real.vault.services.citizens.update(real.session, token, {"name": "Saraswati Narayan"})
    assert token not in _found(real, "lakshmi")
    assert token in _found(real, "saras nara")
    real.vault.services.citizens.update(real.session, token, {"phone": "9886055555"})
    assert token in _found(real, "saraswati")


def test_pages_of_a_search_follow_each_other_without_gap_or_repeat(real: RealVault) -> None:
    tokens = {real.enrol(_person(f"Zubeida Person{n}", state=("KA", "KL")[n % 2])).identity_token for n in range(7)}
    seen, after = [], None
    while True:
        page = real.vault.services.citizens.find_by_name(real.session, "zube", EVERYONE, after, 2)
        seen += [(record.state, record.identity_token) for record in page.items]
        after = page.next
        if after is None:
            break
    assert seen == sorted(set(seen))
    assert {token for _, token in seen} == tokens


def test_a_search_leaves_one_entry_without_its_text(real: RealVault, asha: CitizenRecord) -> None:
    before = real.vault.services.audit.size()
    _found(real, "kulkarni", CitizenFilter(state="KA"))
    [entry] = real.vault.services.audit.search(EntryFilter(action="citizen:search"), 1)
    assert real.vault.services.audit.size() == before + 1
    assert (entry.detail["criterion"], entry.detail["filters"], entry.identity_token) == ("name", ["state"], None)
    assert "kul" not in json.dumps(entry.detail)
    assert b"kul" not in entry.entry


def test_what_stands_in_the_database_can_only_be_tested_with_the_hsm(real: RealVault, asha: CitizenRecord) -> None:
    import hashlib

    [(digests,)] = real.sql("SELECT name_digests FROM directory WHERE identity_token = %s", [asha.identity_token])
    assert {len(digest) for digest in digests} == {16}
    assert hashlib.sha256(b"asha").digest()[:16] not in [bytes(digest) for digest in digests]
    [mac] = real.vault.services.token.name_macs([b"asha"])
    assert mac[:16] in [bytes(digest) for digest in digests]
    assert mac != real.vault.services.token.index_macs([b"asha"])[0]


@pytest.mark.parametrize(
    "change",
    ["name_digests[1:1]", "name_digests || '\\x00'::bytea", "array_append(name_digests[2:], name_digests[1])"],
)
def test_changed_name_digests_are_found(real: RealVault, asha: CitizenRecord, change: str) -> None:
    with real.changed("directory", f"UPDATE directory SET name_digests = {change} WHERE identity_token = %s",
                      [asha.identity_token]):  # fmt: skip
        with pytest.raises(IntegrityFailure):
            real.vault.services.citizens.profile(real.session, asha.identity_token, Purpose.SUPPORT)
        assert not real.vault.services.check.verify(real.session).whole


def test_name_digests_moved_to_another_citizen_release_nobody(
    real: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    move = """UPDATE directory SET name_digests = (SELECT name_digests FROM directory WHERE identity_token = %s)
              WHERE identity_token = %s"""
    with (
        real.changed("directory", move, [asha.identity_token, ravi.identity_token]),
        pytest.raises(IntegrityFailure),
    ):
        _found(real, "kulkarni")


def test_a_search_beyond_the_limit_is_refused_and_a_restart_does_not_help(real: RealVault, asha: CitizenRecord) -> None:
    with real.limited(listing="2 per minute"):
        other = replace(real.session, operator="tester", actor=replace(real.session.actor, operator="tester"))
        for _ in range(2):
            real.vault.services.citizens.find_by_name(other, "asha", EVERYONE)
        for _ in range(2):
            with pytest.raises(LimitReached, match="Try again in"):
                real.vault.services.citizens.find_by_name(other, "asha", EVERYONE)
            real.vault.services.database.close()  # as after a restart: the counts stand in the database
    real.vault.services.audit.flush()
    [entry] = real.vault.services.audit.search(EntryFilter(action="citizen:search", outcome="refused"), 1)
    assert entry.detail == {"error": "CZ-REF-005"}


def test_too_short_a_name_is_no_search(real: RealVault) -> None:
    before = real.vault.services.audit.size()
    with pytest.raises(InvalidInput, match="three letters"):
        _found(real, "as")
    assert real.vault.services.audit.size() == before


def test_an_auditor_does_not_search_by_name(real: RealVault) -> None:
    with pytest.raises(Refused):
        real.vault.services.citizens.find_by_name(replace(real.session, role=Role.AUDITOR), "asha", EVERYONE)


def test_a_citizen_enrolled_before_names_were_indexed_is_found_after_the_next_change(real: RealVault) -> None:
    token = real.enrol({**RAVI, "aadhaar": None, "pan": None, "gstin": None, "name": "Xavier Olden"}).identity_token
    forget_name_digests(real, token)
    assert _found(real, "xavier") == set()
    real.vault.services.citizens.update(real.session, token, {"district": "Thrissur"})
    assert _found(real, "xavier olden") == {token}
    assert real.vault.services.check.verify(real.session).whole


def test_all_citizens_enrolled_before_names_were_indexed_are_found_after_one_job(real: RealVault) -> None:
    tokens = {real.enrol(_person(f"Quirinus Person{chr(97 + n)}")).identity_token for n in range(4)}
    for token in tokens:
        forget_name_digests(real, token)
    assert real.vault.services.indexing.run(real.session, cancelled=lambda: True).state.value == "cancelled"
    job = real.vault.services.indexing.run(real.session)
    assert (job.state.value, job.counts) == ("finished", {"indexed": 4})
    assert _found(real, "quirinus") == tokens
    assert real.vault.services.indexing.run(real.session).counts == {}
    assert real.vault.services.check.verify(real.session).whole


def forget_name_digests(real: RealVault, token: str) -> None:
    """Make a directory row what it was under schema 0001: without the column, and sealed so."""
    from core.citizens import store

    services = real.vault.services
    with services.database.transaction(seeing="*") as connection:
        row = store.directory_row(connection, token)
        assert row is not None
    [sealed] = services.register._sealer.seal([("directory", {**row.columns, "name_digests": None})])
    real.sql(
        "UPDATE directory SET name_digests = NULL, row_seal = %s WHERE identity_token = %s", [sealed["row_seal"], token]
    )
