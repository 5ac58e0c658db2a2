"""Whether the console may move into a database: each rule alone, and the sentence that people read."""

from dataclasses import replace

import pytest

from core.errors import AlreadyExists, DatabaseUnavailable, DatabaseVersion
from core.storage.site import DatabaseSite, Holds, ProgramRole, findings, require

PROGRAM = "citizen_zero_program"
GOOD = DatabaseSite(
    role="owner",
    version="16.14",
    number=160_014,
    encoding="UTF8",
    may_create_tables=True,
    may_create_roles=True,
    durable=True,
    read_only=False,
    encrypted=True,
    tables=(),
    holds=Holds.NOTHING,
    table_owner=None,
    program=None,
)
ORDINARY = ProgramRole(powerful=False, may_sign_in=True, is_owner=False)


def judge(site: DatabaseSite, role: str = PROGRAM, *, password_given: bool = False) -> None:
    require(site, findings(site, role, password_given=password_given))


def test_an_empty_database_of_the_oldest_version_will_do() -> None:
    judge(GOOD)


def test_tables_that_a_killed_set_up_left_are_in_nobodys_way() -> None:
    judge(replace(GOOD, holds=Holds.UNFINISHED, tables=("setting",)))


@pytest.mark.parametrize("number", [150_018, 130_000, 90_600])
def test_an_older_server_is_refused_by_version(number: int) -> None:
    with pytest.raises(DatabaseVersion, match=r"PostgreSQL 15\.18; the vault needs 16 or newer"):
        judge(replace(GOOD, number=number, version="15.18"))


@pytest.mark.parametrize("number", [160_000, 180_004, 190_000])
def test_a_newer_server_is_taken(number: int) -> None:
    judge(replace(GOOD, number=number))


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (replace(GOOD, encoding="LATIN1"), "LATIN1"),
        (replace(GOOD, may_create_tables=False), "owner may not create tables"),
        (replace(GOOD, durable=False), "may lose what it has confirmed"),
        (replace(GOOD, read_only=True), "standby"),
        (replace(GOOD, may_create_roles=False), "--program-role"),
        (replace(GOOD, program=replace(ORDINARY, powerful=True)), "could rewrite the log"),
        (replace(GOOD, program=replace(ORDINARY, is_owner=True)), "could rewrite the log"),
        (replace(GOOD, program=replace(ORDINARY, may_sign_in=False)), "may not sign in"),
        (replace(GOOD, program=ORDINARY), "DB_PROGRAM_PASSWORD"),
    ],
)
def test_what_keeps_the_vault_out_is_said_in_words(site: DatabaseSite, words: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        judge(site)
    assert words in caught.value.message
    assert "neither a token nor a table" in caught.value.meaning


def test_a_role_that_is_there_will_do_with_its_password() -> None:
    judge(replace(GOOD, program=ORDINARY, may_create_roles=False), password_given=True)


def test_the_owner_cannot_be_the_programs_role() -> None:
    with pytest.raises(DatabaseUnavailable, match="does not own the tables"):
        judge(GOOD, role="owner", password_given=True)


@pytest.mark.parametrize("holds", [Holds.VAULT, Holds.OTHER])
def test_a_database_in_use_is_refused(holds: Holds) -> None:
    with pytest.raises(AlreadyExists) as caught:
        judge(replace(GOOD, holds=holds, tables=("a", "b", "c", "d")))
    assert caught.value.remedy == "Name an empty database."


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        judge(replace(GOOD, encoding="LATIN1", durable=False))
    assert "LATIN1" in caught.value.message
    assert "confirmed" in caught.value.message
