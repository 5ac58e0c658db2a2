"""Operators who are bound to states: what core gives them, and what the database gives anybody."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from core.access.model import LoginSession, Role
from core.access.second_operator import Asked
from core.access.states import checked_states
from core.audit.model import EntryFilter, Origin
from core.citizens import listing as citizen_listing
from core.citizens import service as citizen_service
from core.citizens.import_model import ENROLLED, OTHER_STATE, OnError
from core.citizens.model import (
    CitizenFilter,
    CitizenRecord,
    CitizenRole,
    PageKey,
    Purpose,
    VerificationLevel,
)
from core.citizens.service import CitizenService
from core.citizens.validation import new_citizen
from core.errors import AlreadyExists, CitizenZeroError, IntegrityFailure, InvalidInput, NotFound, Refused
from core.states import states
from core.storage import database as storage
from core.storage.row_security import let_see
from hsm.secret import Secret
from tests.support.cli import CommandLine
from tests.support.operators import add_operator
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI, TODAY, Program, RealVault, in_threads

NOBODY = "idt_0000000000000000000000"
BOUND = "kavya.shetty"
EVERYONE = CitizenFilter()


@pytest.fixture
def bound(real: RealVault, asha: CitizenRecord, ravi: CitizenRecord) -> LoginSession:
    """Return a login session bound to Karnataka, where Asha lives and Ravi does not."""
    return _bound(real, "KA")


@pytest.fixture
def bound_operator(real: RealVault, request: pytest.FixtureRequest) -> str:
    """Give the name of a registrar who can sign in, bound to no state yet: one of its own for each test."""
    name = f"{BOUND}.{abs(hash(request.node.nodeid)) % 10**8}"
    add_operator(real, name, Role.REGISTRAR)
    return name


def _bound(real: RealVault, *codes: str) -> LoginSession:
    return replace(real.session, states=frozenset(codes))


def _uses(citizens: CitizenService, session: LoginSession, token: str) -> dict[str, Callable[[], object]]:
    return {
        "show": lambda: citizens.show(session, token),
        "profile": lambda: citizens.profile(session, token, Purpose.SUPPORT),
        "update": lambda: citizens.update(session, token, {"district": "Udupi"}),
        "roles": lambda: citizens.set_roles(session, token, (CitizenRole.CITIZEN, CitizenRole.BUSINESS)),
        "level": lambda: citizens.set_level(session, token, VerificationLevel.PHONE),
        "index": lambda: citizens.index_name(session, token),
    }


def _error(use: Callable[[], object]) -> CitizenZeroError:
    with pytest.raises(CitizenZeroError) as raised:
        use()
    return raised.value


# --- through the services ------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["show", "profile", "update", "roles", "level", "index"])
def test_a_citizen_of_another_state_is_answered_like_one_whom_nobody_knows(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, use: str
) -> None:
    citizens = real.vault.services.citizens
    forbidden = _error(_uses(citizens, bound, ravi.identity_token)[use])
    unknown = _error(_uses(citizens, bound, NOBODY)[use])
    assert isinstance(forbidden, NotFound)
    for name in ("message", "meaning", "remedy", "details", "code", "exit_code"):
        assert getattr(forbidden, name) == getattr(unknown, name)
    real.vault.services.audit.flush()
    newest, before = real.vault.services.audit.search(EntryFilter(outcome="failed"), 2)
    assert (newest.action, newest.detail) == (before.action, before.detail)


def test_the_citizens_of_the_own_states_are_there_as_ever(
    real: RealVault, bound: LoginSession, asha: CitizenRecord
) -> None:
    for use in ("show", "profile", "update", "level"):
        _uses(real.vault.services.citizens, bound, asha.identity_token)[use]()


@pytest.mark.parametrize("criterion", ["phone", "email", "aadhaar", "pan"])
def test_an_exact_search_finds_nobody_of_another_state(real: RealVault, bound: LoginSession, criterion: str) -> None:
    find = real.vault.services.citizens.find
    assert find(real.session, criterion, str(RAVI[criterion]), EVERYONE)
    assert find(bound, criterion, str(RAVI[criterion]), EVERYONE) == []
    assert find(bound, criterion, str(ASHA[criterion]), EVERYONE)


def test_a_search_by_token_or_user_id_finds_nobody_of_another_state(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord
) -> None:
    find = real.vault.services.citizens.find
    assert find(bound, "identity_token", ravi.identity_token, EVERYONE) == []
    assert find(bound, "user_id", str(ravi.user_id), EVERYONE) == []


def test_lists_counts_places_and_names_know_the_own_states_only(
    real: RealVault, bound: LoginSession, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    citizens, kerala = real.vault.services.citizens, CitizenFilter(state="KL")
    everybody = citizens.count(real.session, EVERYONE)
    own = citizens.count(bound, EVERYONE)
    assert 0 < own < everybody
    assert {item.state for item in citizens.page(bound, EVERYONE).items} == {"KA"}
    assert citizens.page(bound, kerala).items == ()
    assert citizens.count(bound, kerala) == citizens.counted(bound, kerala).number == 0
    assert citizens.counted(bound, EVERYONE).number == own
    assert citizens.counted(bound, EVERYONE, limit=0).number <= own
    assert citizens.counts_by_state(bound) == {"KA": own}
    assert {key.state for key in citizens.page_keys(bound, EVERYONE, None, 1, 100)} == {"KA"}
    assert citizens.place_of(bound, EVERYONE, PageKey("WB", "z"), 10).row == own
    assert citizens.find_by_name(bound, "ravi", EVERYONE).items == ()
    assert citizens.find_by_name(bound, "kulkarni", EVERYONE).items
    assert citizens.find_by_name(bound, "ravi", kerala).items == ()
    assert citizens.find_by_name(real.session, "ravi", EVERYONE).items


def test_an_operator_bound_to_states_of_whom_nobody_lives_there_sees_nobody(
    real: RealVault, bound: LoginSession
) -> None:
    for session in (_bound(real, "LD"), _bound(real)):
        assert real.vault.services.citizens.count(session, EVERYONE) == 0


def test_nobody_is_enrolled_in_or_moved_to_another_state(
    real: RealVault, bound: LoginSession, asha: CitizenRecord
) -> None:
    citizens, before = real.vault.services.citizens, real.sql("SELECT count(*) FROM directory")
    person = new_citizen({**ASHA, "aadhaar": None, "pan": None, "state": "KL"}, TODAY)
    with pytest.raises(Refused, match="You work for KA, not for KL"):
        citizens.enrol(bound, person)
    with pytest.raises(Refused, match="You work for KA, not for KL"):
        citizens.update(bound, asha.identity_token, {"state": "KL"})
    assert real.sql("SELECT count(*) FROM directory") == before
    assert real.sql("SELECT state FROM directory WHERE identity_token = %s", [asha.identity_token]) == [("KA",)]


@pytest.mark.parametrize("known", ["aadhaar", "pan"])
def test_a_person_of_another_state_is_not_enrolled_again_and_nothing_more_is_told(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, known: str
) -> None:
    values = {**ASHA, "aadhaar": None, "pan": None, "email": None, known: RAVI[known]}
    enrol, person = real.vault.services.citizens.enrol, new_citizen(values, TODAY)
    answers = [_error(partial(enrol, session, person)) for session in (bound, real.session)]
    assert all(isinstance(answer, AlreadyExists) for answer in answers)
    assert answers[0].message == answers[1].message
    assert answers[0].details == {}


def test_a_file_with_people_of_another_state_or_known_there_sets_them_aside(
    real: RealVault, bound: LoginSession, tmp_path: Path
) -> None:
    plain = {"name": "Imported Person", "phone": "+919886041277", "state": "KA", "district": "Mysuru"}
    rows = [plain, {**plain, "state": "KL"}, {**plain, "aadhaar": RAVI["aadhaar"]}]
    with (tmp_path / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*plain, "aadhaar"])
        writer.writeheader()
        writer.writerows(rows)
    imports = real.vault.services.imports
    report = imports.run(bound, tmp_path / "people.csv", OnError.SKIP)
    found = {(item.line, item.field, item.reason) for item in imports.rejections(bound, report.job)}
    assert report.imported == 1
    assert found == {(3, "state", OTHER_STATE), (4, "aadhaar", ENROLLED)}


def test_the_whole_vault_is_verified_whoever_asks(real: RealVault, bound: LoginSession) -> None:
    verdict = real.vault.services.check.verify(bound)
    assert verdict.whole
    assert verdict.citizens == real.vault.services.citizens.count(real.session, EVERYONE)


# --- each of the two guards alone ----------------------------------------------------------------------


def test_core_alone_hides_other_states(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "let_see", lambda connection, _seeing: let_see(connection, "*"))
    citizens = real.vault.services.citizens
    assert isinstance(_error(lambda: citizens.show(bound, ravi.identity_token)), NotFound)
    assert citizens.find(bound, "phone", str(RAVI["phone"]), EVERYONE) == []
    assert {item.state for item in citizens.page(bound, EVERYONE).items} == {"KA"}
    assert set(citizens.counts_by_state(bound)) == {"KA"}
    assert citizens.find_by_name(bound, "ravi", EVERYONE).items == ()


def test_the_database_alone_hides_other_states(
    real: RealVault, bound: LoginSession, ravi: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (citizen_service, citizen_listing):
        monkeypatch.setattr(module, "seen_by", lambda _session, wanted: wanted)
    monkeypatch.setattr(LoginSession, "may_see", lambda _session, _state: True)
    citizens = real.vault.services.citizens
    assert isinstance(_error(lambda: citizens.show(bound, ravi.identity_token)), NotFound)
    assert citizens.find(bound, "phone", str(RAVI["phone"]), EVERYONE) == []
    assert {item.state for item in citizens.page(bound, EVERYONE).items} == {"KA"}
    assert set(citizens.counts_by_state(bound)) == {"KA"}
    person = new_citizen({**ASHA, "aadhaar": None, "pan": None, "state": "KL"}, TODAY)
    before = real.sql("SELECT count(*) FROM directory")
    assert _error(lambda: citizens.enrol(bound, person)).exit_code == 7
    assert real.sql("SELECT count(*) FROM directory") == before


def test_operators_who_share_connections_each_see_their_own(real: RealVault, bound: LoginSession) -> None:
    citizens = real.vault.services.citizens
    sessions = [bound, real.session, _bound(real, "KL"), _bound(real, "KA", "KL")]
    expected = [citizens.counts_by_state(session) for session in sessions]

    def work(number: int) -> None:
        for turn in range(30):
            at = (number + turn) % len(sessions)
            assert citizens.counts_by_state(sessions[at]) == expected[at]

    assert in_threads(6, work) == []


def test_a_transaction_that_is_undone_does_not_change_what_the_next_one_sees(
    real: RealVault, bound: LoginSession
) -> None:
    database = real.vault.services.database
    count = real.vault.services.citizens.count
    own = count(bound, EVERYONE)
    for _ in range(8):
        with pytest.raises(RuntimeError), database.transaction(seeing="*"):
            raise RuntimeError
        assert count(bound, EVERYONE) == own


# --- in SQL, as the program's role ---------------------------------------------------------------------


@pytest.mark.parametrize("table", ["directory", "identity_vault", "named_directory"])
@pytest.mark.parametrize("setting", [None, "", "LD", "ka", "KA KL", "**", "KA*", "{KA}"])
def test_without_the_right_setting_nothing_is_visible(
    real: RealVault, bound: LoginSession, program: Program, table: str, setting: str | None
) -> None:
    assert program(setting).execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


@pytest.mark.parametrize("table", ["directory", "identity_vault", "named_directory"])
def test_the_setting_of_a_state_shows_that_state_only(
    real: RealVault, bound: LoginSession, program: Program, table: str
) -> None:
    rows = program("KL").execute(f"SELECT DISTINCT state FROM {table}".encode()).fetchall()
    assert rows == [("KL",)]
    assert len(program("*").execute(f"SELECT DISTINCT state FROM {table}".encode()).fetchall()) > 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE directory SET state = 'KL'",
        "UPDATE identity_vault SET state = 'KL'",
        (
            "INSERT INTO directory (identity_token, user_id, state, revision, row_seal) "
            "VALUES ('idt_x', gen_random_uuid(), 'KL', 1, '')"
        ),
        "SELECT * FROM identity_vault_kl",
        "UPDATE identity_vault_kl SET district = 'x'",
        "SET row_security = off; SELECT * FROM identity_vault",
        "SET row_security = off; SELECT * FROM directory",
        "ALTER TABLE directory DISABLE ROW LEVEL SECURITY",
        "DROP POLICY by_state ON directory",
        "CREATE POLICY all_of_it ON directory USING (true)",
        "INSERT INTO named_directory (identity_token) VALUES ('x')",
    ],
)
def test_the_programs_role_bound_to_a_state_may_not(
    real: RealVault, bound: LoginSession, program: Program, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        program("KA").execute(statement.encode())


@pytest.mark.parametrize("table", ["directory", "identity_vault"])
def test_rows_of_other_states_are_not_changed_by_accident(
    real: RealVault, ravi: CitizenRecord, program: Program, table: str
) -> None:
    statement = f"UPDATE {table} SET revision = 99 WHERE identity_token = %s"
    assert program("KA").execute(statement.encode(), [ravi.identity_token]).rowcount == 0


def test_a_partition_that_somebody_grants_shows_nothing_either(
    real: RealVault, ravi: CitizenRecord, program: Program
) -> None:
    role = real.vault.services.database.address.parameters["user"]
    real.sql(f'GRANT SELECT ON identity_vault_kl TO "{role}"')
    try:
        assert program("*").execute("SELECT count(*) FROM identity_vault_kl").fetchone() == (0,)
    finally:
        real.sql(f'REVOKE SELECT ON identity_vault_kl FROM "{role}"')


def test_every_table_of_citizens_and_each_part_of_it_is_closed(real: RealVault) -> None:
    rows = real.sql(
        "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p') "
        "AND (starts_with(relname, 'identity_vault') "
        "OR relname IN ('directory', 'eligibility_credential', 'learning_budget'))"
    )
    assert len(rows) == len(states()) + 4
    assert all(secured for _, secured in rows)


def test_the_indexes_are_used_as_without_policies(real: RealVault, program: Program) -> None:
    connection = program("*")
    connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
    after = "(state, identity_token) > ('KA', 'x')"
    for query, index in (
        ("SELECT * FROM directory WHERE phone_digest = 'x'", "directory_phone"),
        ("SELECT * FROM directory WHERE identity_token = 'x'", "directory_pkey"),
        (f"SELECT * FROM identity_vault WHERE {after} ORDER BY state, identity_token", "identity_vault_ka_pkey"),
        ("SELECT * FROM identity_vault WHERE state = 'KL' AND identity_token = 'x'", "identity_vault_kl_pkey"),
    ):  # fmt: skip
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {query}".encode()).fetchall())
        assert index in plan, plan
        assert "Index Cond" in plan, plan
        assert "Sort" not in plan, plan
    names = program("*")
    names.execute("SET enable_seqscan = off")
    query = "EXPLAIN SELECT * FROM named_directory WHERE name_digests @> ARRAY['x'::bytea]"
    assert "Bitmap Index Scan on directory_names" in "\n".join(row[0] for row in names.execute(query).fetchall())


# --- binding an operator -------------------------------------------------------------------------------


def test_a_bound_operator_signs_in_bound(real: RealVault, bound: LoginSession, bound_operator: str) -> None:
    operators, vault = real.vault.services.operators, real.vault
    operators.set_states(real.session, bound_operator, frozenset({"KA"}), Asked())
    session = vault.sign_in(bound_operator, Secret(PASSWORD), Origin.CLI)
    assert session.states == frozenset({"KA"})
    assert set(vault.services.citizens.counts_by_state(session)) == {"KA"}
    [entry] = vault.services.audit.search(EntryFilter(action="operator:states"), 1)
    assert entry.detail == {"operator": bound_operator, "states": "KA", "from": "all", "revision": 2}
    shown = {operator.name: operator.states for operator in operators.operators(real.session)}
    assert shown[bound_operator] == frozenset({"KA"})
    assert shown[real.session.operator] is None
    operators.set_states(real.session, bound_operator, None, Asked())
    assert vault.sign_in(bound_operator, Secret(PASSWORD), Origin.CLI).states is None


@pytest.mark.parametrize("edit", ["NULL", "'{UP}'", "'{KA,KL}'", "'{}'"])
def test_states_edited_in_sql_are_a_forgery(real: RealVault, bound_operator: str, edit: str) -> None:
    real.vault.services.operators.set_states(real.session, bound_operator, frozenset({"KA"}), Asked())
    with real.changed("operator", f"UPDATE operator SET states = {edit} WHERE name = %s", [bound_operator]):
        with pytest.raises(IntegrityFailure):
            real.vault.services.operators.set_states(real.session, bound_operator, None, Asked())
        with pytest.raises(IntegrityFailure):
            real.vault.sign_in(bound_operator, Secret(PASSWORD), Origin.CLI)
    real.session = real.vault.sign_in(real.session.operator, Secret(PASSWORD), Origin.CLI)


def test_only_who_may_change_operators_binds_them(real: RealVault, bound_operator: str) -> None:
    for role in (Role.REGISTRAR, Role.AUDITOR, Role.CUSTODIAN):
        with pytest.raises(Refused):
            real.vault.services.operators.set_states(
                replace(real.session, role=role), bound_operator, frozenset({"KA"}), Asked()
            )


@pytest.mark.parametrize("wanted", [None, frozenset({"KL"}), frozenset({"KA", "KL"})])
def test_a_bound_admin_gives_no_states_that_are_not_their_own(
    real: RealVault, bound: LoginSession, bound_operator: str, wanted: frozenset[str] | None
) -> None:
    with pytest.raises(Refused, match="give no others"):
        real.vault.services.operators.set_states(bound, bound_operator, wanted, Asked())


def test_an_operator_is_bound_to_one_state_at_least(real: RealVault, bound_operator: str) -> None:
    with pytest.raises(InvalidInput):
        real.vault.services.operators.set_states(real.session, bound_operator, frozenset(), Asked())
    with pytest.raises(NotFound):
        real.vault.services.operators.set_states(real.session, "nobody", frozenset({"KA"}), Asked())


def test_nobody_binds_themselves_and_one_super_admin_stays_unbound(real: RealVault, bound_operator: str) -> None:
    operators = real.vault.services.operators
    with pytest.raises(Refused, match="Nobody"):
        operators.set_states(real.session, real.session.operator, frozenset({"KA"}), Asked())
    second = f"{bound_operator}.admin"
    add_operator(real, second, Role.SUPER_ADMIN)
    as_second = replace(real.session, operator=second)
    operators.set_states(real.session, second, frozenset({"KA"}), Asked())
    with pytest.raises(Refused, match="must remain"):
        operators.set_states(as_second, real.session.operator, frozenset({"KA"}), Asked())


def test_the_command_line_binds_and_then_knows_the_own_states_only(
    real: RealVault, bound: LoginSession, bound_operator: str, ravi: CitizenRecord, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "ravi.json").write_text(json.dumps({**ASHA, "aadhaar": None, "pan": None, "state": "KL"}))
    admin = CommandLine(real.home.path, real.session.operator, tmp_path / "password")
    clerk = replace(admin, operator=bound_operator)
    assert admin.run("operator", "states", bound_operator, "--set", "KA,XX").code == 2
    assert admin.run("operator", "states", "nobody", "--set", "KA").code == 3
    assert admin.run("operator", "states", OPERATOR, "--set", "KA").code == 4
    answer = admin.run("operator", "states", bound_operator, "--set", "mh,KA")
    assert (answer.code, answer.document) == (0, {"operator": bound_operator, "states": ["KA", "MH"]})
    assert clerk.run("operator", "states", bound_operator, "--set", "all").code == 4
    shown, unknown = (clerk.run("citizen", "show", token) for token in (ravi.identity_token, NOBODY))
    assert (shown.code, shown.document) == (unknown.code, unknown.document) == (3, unknown.document)
    listed = clerk.run("citizen", "search", "--limit", "500").document["items"]
    assert {item["state"] for item in listed} == {"KA"}
    created = clerk.run("citizen", "create", "--file", str(tmp_path / "ravi.json"))
    assert (created.code, created.error) == (4, "CZ-REF-001")
    assert "not for KL" in created.document["error"]["message"]


@pytest.mark.parametrize("text", ["", "XX", "KA,", "KA;KL", "all,KA", "*", "KA,\x00"])
def test_what_is_no_list_of_states_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        checked_states(text)


def test_states_are_read_as_people_write_them() -> None:
    assert checked_states(" up, IN-MH ,TG") == frozenset({"UP", "MH", "TS"})
    assert checked_states("All") is None


def test_detail_of_an_entry_names_no_citizen_of_another_state(real: RealVault, bound: LoginSession) -> None:
    real.vault.services.citizens.find(bound, "phone", str(RAVI["phone"]), EVERYONE)
    [entry] = real.vault.services.audit.search(EntryFilter(action="citizen:search"), 1)
    assert entry.detail == {"criterion": "phone", "matches": 0}
