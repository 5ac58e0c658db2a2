"""Whoever changes the database outside the console is found: typed integrity errors, no plaintext."""

import pytest

from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter, CitizenRecord, Purpose
from core.errors import IntegrityFailure, LogIntegrityFailure, SignInRefused
from hsm.secret import Secret
from tests.support.vault import OPERATOR, PASSWORD, RealVault

ENCRYPTED = ["name_enc", "phone_enc", "email_enc", "address_enc", "birth_date_enc", "gstin_enc", "attributes_enc"]
VAULT_CHANGES = {
    **{column: f"{column} = set_byte({column}, 20, get_byte({column}, 20) # 1)" for column in ENCRYPTED},
    "user_id": "user_id = gen_random_uuid()",
    "aadhaar_hash": "aadhaar_hash = repeat('0', 64)",
    "pan_hash": "pan_hash = NULL",
    "state": "state = 'GA'",
    "district": "district = 'Panaji'",
    "roles": "roles = roles || 'admin'::text",
    "primary_role": "primary_role = 'admin'",
    "verification_level": "verification_level = 'in_person_verified'",
    "last_verified": "last_verified = now()",
    "status": "status = 'on_hold'",
    "encryption_key_id": "encryption_key_id = gen_random_uuid()",
    "revision": "revision = revision + 1",
    "row_seal": "row_seal = set_byte(row_seal, 0, get_byte(row_seal, 0) # 1)",
    "created_at": "created_at = created_at - interval '1 day'",
    "updated_at": "updated_at = now()",
    "is_deleted": "is_deleted = true",
    "emptied": "email_enc = NULL",
}
DIRECTORY_CHANGES = {
    "user_id": "user_id = gen_random_uuid()",
    "state": "state = 'GA'",
    "aadhaar_hash": "aadhaar_hash = repeat('1', 64)",
    "pan_hash": "pan_hash = NULL",
    "phone_digest": "phone_digest = '\\x00112233445566778899aabbccddeeff'",
    "email_digest": "email_digest = NULL",
    "revision": "revision = revision + 1",
    "row_seal": "row_seal = '\\x00'",
}
DATA_KEY_CHANGES = {
    "data_key_id": "data_key_id = gen_random_uuid()",
    "algorithm": "algorithm = 'AES-256-KW'",
    "wrapped": "wrapped = set_byte(wrapped, 3, get_byte(wrapped, 3) # 1)",
    "created_at": "created_at = now()",
    "revision": "revision = 2",
    "row_seal": "row_seal = '\\x00'",
}
KEK_CHANGES = {
    "state": "state = 'destroyed'",
    "algorithm": "algorithm = 'AES-256-KW'",
    "capacity": "capacity = 5",
    "check_value": "check_value = '000000'",
    "activated_at": "activated_at = now()",
}


def _fails(real: RealVault, citizen: CitizenRecord) -> None:
    """Every way to the citizen, and the check of the whole vault, says that something is wrong."""
    services = real.vault.services
    services.keys.empty_cache()
    for call in (
        lambda: services.citizens.profile(real.session, citizen.identity_token, Purpose.SUPPORT),
        lambda: services.citizens.show(real.session, citizen.identity_token),
    ):
        with pytest.raises(IntegrityFailure):
            call()
    assert not services.check.verify(real.session).whole


@pytest.mark.parametrize("column", VAULT_CHANGES)
def test_a_changed_vault_column_is_found(real: RealVault, ravi: CitizenRecord, column: str) -> None:
    change = f"UPDATE identity_vault SET {VAULT_CHANGES[column]} WHERE identity_token = %s"
    with real.changed("identity_vault", change, [ravi.identity_token]):
        _fails(real, ravi)
        with pytest.raises(IntegrityFailure):
            real.vault.services.citizens.page(real.session, CitizenFilter())


@pytest.mark.parametrize("column", DIRECTORY_CHANGES)
def test_a_changed_directory_column_is_found(real: RealVault, ravi: CitizenRecord, column: str) -> None:
    change = f"UPDATE directory SET {DIRECTORY_CHANGES[column]} WHERE identity_token = %s"
    with real.changed("directory", change, [ravi.identity_token]):
        _fails(real, ravi)


@pytest.mark.parametrize("column", DATA_KEY_CHANGES)
def test_a_changed_data_key_column_is_found(real: RealVault, ravi: CitizenRecord, column: str) -> None:
    change = f"UPDATE data_key SET {DATA_KEY_CHANGES[column]} WHERE identity_token = %s"
    with real.changed("data_key", change, [ravi.identity_token]):
        _fails(real, ravi)


@pytest.mark.parametrize("column", KEK_CHANGES)
def test_a_changed_kek_column_is_found(real: RealVault, ravi: CitizenRecord, column: str) -> None:
    with real.changed("kek", f"UPDATE kek SET {KEK_CHANGES[column]}"):
        _fails(real, ravi)
        with pytest.raises(IntegrityFailure):
            real.vault.services.keys.ledger(real.session)


def _swap(table: str, columns: list[str]) -> str:
    """Return SQL that exchanges columns between two citizens."""
    names = ", ".join(columns)
    return f"""
        WITH pair AS (SELECT identity_token, {names} FROM {table} WHERE identity_token IN (%s, %s))
        UPDATE {table} t SET ({names}) = (SELECT {", ".join(f"p.{c}" for c in columns)} FROM pair p
            WHERE p.identity_token <> t.identity_token)
        WHERE t.identity_token IN (SELECT identity_token FROM pair)"""


@pytest.mark.parametrize("columns", [["name_enc"], ["phone_enc"], ["attributes_enc"], ENCRYPTED])
def test_values_swapped_between_citizens_are_found(
    real: RealVault, asha: CitizenRecord, ravi: CitizenRecord, columns: list[str]
) -> None:
    swap = _swap("identity_vault", columns)
    with real.changed("identity_vault", swap, [asha.identity_token, ravi.identity_token]):
        _fails(real, asha)
        _fails(real, ravi)


def test_wrapped_keys_swapped_between_citizens_are_found(
    real: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    with real.changed("data_key", _swap("data_key", ["wrapped"]), [asha.identity_token, ravi.identity_token]):
        _fails(real, asha)


def test_whole_rows_swapped_between_citizens_are_found(
    real: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    columns = real.sql(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'identity_vault' "
        "AND column_name NOT IN ('identity_token', 'state')"
    )
    swap = _swap("identity_vault", [column for (column,) in columns])
    with real.changed("identity_vault", swap, [asha.identity_token, ravi.identity_token]):
        _fails(real, asha)
        _fails(real, ravi)


def test_a_citizens_whole_set_of_rows_under_another_token_is_found(real: RealVault, asha: CitizenRecord) -> None:
    other = "idt_" + "A" * 22
    with (
        real.changed("directory", "UPDATE directory SET identity_token = %s WHERE identity_token = %s",
                     [other, asha.identity_token]),
        pytest.raises(IntegrityFailure),
    ):  # fmt: skip
        real.vault.services.citizens.show(real.session, other)


def test_a_whole_old_row_put_back_is_found(real: RealVault, ravi: CitizenRecord) -> None:
    old = {
        table: real.sql(f"SELECT * FROM {table} WHERE identity_token = %s", [ravi.identity_token])[0]
        for table in ("directory", "identity_vault")
    }
    real.vault.services.citizens.update(real.session, ravi.identity_token, {"district": "Thrissur"})
    now = {
        table: real.sql(f"SELECT * FROM {table} WHERE identity_token = %s", [ravi.identity_token])[0]
        for table in ("directory", "identity_vault")
    }

    def put(rows: dict[str, tuple[object, ...]]) -> None:
        real.sql("SET session_replication_role = replica")
        for table, row in rows.items():
            real.sql(f"DELETE FROM {table} WHERE identity_token = %s", [ravi.identity_token])
            real.sql(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)

    put(old)
    try:
        _fails(real, ravi)
    finally:
        put(now)
    assert real.vault.services.check.verify(real.session).whole


@pytest.mark.parametrize("table", ["identity_vault", "directory", "data_key"])
def test_a_removed_row_is_found(real: RealVault, asha: CitizenRecord, table: str) -> None:
    with real.changed(table, f"DELETE FROM {table} WHERE identity_token = %s", [asha.identity_token]):
        _fails(real, asha)


def test_a_citizen_removed_from_all_tables_is_missed_by_the_log(real: RealVault, asha: CitizenRecord) -> None:
    with real.changed("directory", "DELETE FROM directory WHERE identity_token = %s", [asha.identity_token]):
        problems = real.vault.services.check.verify(real.session).problems
        assert "the log knows it" in problems[asha.identity_token]


def test_a_failed_read_is_recorded(real: RealVault, asha: CitizenRecord) -> None:
    with (
        real.changed("identity_vault", "UPDATE identity_vault SET district = 'x' WHERE identity_token = %s",
                     [asha.identity_token]),
        pytest.raises(IntegrityFailure),
    ):  # fmt: skip
        real.vault.services.citizens.profile(real.session, asha.identity_token, Purpose.SUPPORT)
    real.vault.services.audit.flush()
    [entry] = real.vault.services.audit.search(EntryFilter(identity_token=asha.identity_token, outcome="failed"), 1)
    assert entry.detail == {"error": "CZ-INT-001"}


# --- operators and settings ------------------------------------------------------------------------


def test_an_operator_copied_under_another_name_cannot_sign_in(real: RealVault) -> None:
    columns = "role, state, salt, argon2_memory_kib, argon2_passes, argon2_lanes, encryption_public, signing_public, \
        private_sealed, pin_sealed, owner_password_sealed, recovery_secret_sealed, created_at, revision, row_seal"
    forge = f"INSERT INTO operator (name, {columns}) SELECT 'mallory', {columns} FROM operator"
    with real.changed("operator", forge):
        with pytest.raises(IntegrityFailure):
            real.vault.sign_in("mallory", Secret(PASSWORD), Origin.CLI)
        real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        with pytest.raises(IntegrityFailure):
            real.vault.services.operators.operators(real.session)
        assert not real.vault.services.check.verify(real.session).whole


@pytest.mark.parametrize("change", ["role = 'auditor'", "created_at = now()", "revision = 7"])
def test_a_changed_operator_cannot_sign_in(real: RealVault, change: str) -> None:
    with real.changed("operator", f"UPDATE operator SET {change}"), pytest.raises(IntegrityFailure):
        real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_a_forged_password_cost_never_reaches_the_hash(real: RealVault) -> None:
    with (
        real.changed("operator", "UPDATE operator SET argon2_memory_kib = 2000000000"),
        pytest.raises(IntegrityFailure),
    ):
        real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_a_changed_setting_stops_sign_in(real: RealVault) -> None:
    change = "UPDATE setting SET value = 'true' WHERE name = 'dual_control'"
    with real.changed("setting", change), pytest.raises(IntegrityFailure):
        real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_unknown_operator_and_wrong_password_get_the_same_words(real: RealVault) -> None:
    said = []
    for name, password in ((OPERATOR, "wrong password, quite long"), ("nobody.at.all", PASSWORD)):
        with pytest.raises(SignInRefused) as refused:
            real.vault.sign_in(name, Secret(password), Origin.CLI)
        said.append((refused.value.message, refused.value.remedy, refused.value.code))
    assert said[0] == said[1]
    entries = real.vault.services.audit.search(EntryFilter(action="operator:sign_in", outcome="refused"), 2)
    assert [entry.operator for entry in entries] == ["unknown", OPERATOR]


# --- the log ---------------------------------------------------------------------------------------


def _verdict(real: RealVault) -> tuple[int | None, str | None]:
    verdict = real.vault.services.audit.verify()
    return verdict.first_bad, verdict.problem


LOG_CHANGES = {
    "time": "time = time + interval '1 second'",
    "operator": "operator = 'mallory'",
    "origin": "origin = 'api'",
    "login_session": "login_session = 'x'",
    "action": "action = 'citizen:show'",
    "outcome": "outcome = 'refused'",
    "identity_token": "identity_token = 'idt_0000000000000000000000'",
    "purpose": "purpose = 'support'",
    "reason": "reason = 'because'",
    "citizen_revision": "citizen_revision = 9",
    "entry": "entry = set_byte(entry, 9, get_byte(entry, 9) # 1)",
    "mac": "mac = set_byte(mac, 9, get_byte(mac, 9) # 1)",
    "no mac": "mac = NULL",
}


@pytest.mark.parametrize("column", LOG_CHANGES)
def test_a_changed_log_column_is_found_at_its_entry(real: RealVault, column: str) -> None:
    with real.changed("audit_entry", f"UPDATE audit_entry SET {LOG_CHANGES[column]} WHERE index = 5"):
        assert _verdict(real)[0] == 5


def test_a_forged_entry_is_found(real: RealVault, asha: CitizenRecord) -> None:
    size = real.vault.services.audit.size()
    forge = (
        "INSERT INTO audit_entry SELECT %s, time, operator, origin, login_session, action, outcome, identity_token, "
        "purpose, reason, citizen_revision, entry, mac FROM audit_entry WHERE index = 3"
    )
    with real.changed("audit_entry", forge, [size]):
        assert _verdict(real)[0] == size
        with pytest.raises(LogIntegrityFailure, match=f"entry {size}"):
            real.vault.services.citizens.show(real.session, asha.identity_token)


@pytest.mark.parametrize("statement", ["DELETE FROM audit_entry WHERE index = 4",
                                       "UPDATE audit_entry SET index = -index WHERE index = 4"])  # fmt: skip
def test_a_missing_entry_is_found(real: RealVault, statement: str) -> None:
    with real.changed("audit_entry", statement):
        assert _verdict(real)[0] in {0, 4}


def test_two_entries_that_changed_places_are_found(real: RealVault) -> None:
    out_of_the_way = "UPDATE audit_entry SET index = CASE index WHEN 4 THEN -5 ELSE -4 END WHERE index IN (4, 5)"
    with real.changed("audit_entry", out_of_the_way):
        real.sql("UPDATE audit_entry SET index = -index WHERE index < 0")
        assert _verdict(real)[0] == 4


def test_a_cut_tail_is_found_while_the_head_counts_it(real: RealVault) -> None:
    size = real.vault.services.audit.size()
    with real.changed("audit_entry", "DELETE FROM audit_entry WHERE index >= %s", [size - 2]):
        assert _verdict(real)[0] == size - 2
