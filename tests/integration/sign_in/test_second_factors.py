"""Authenticators and security keys: asked for, taken once, and found out when the database was changed."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.bootstrap import Vault, open_vault
from app.start import begin
from core.access.factors import AskSecondFactor, FactorAnswer, FactorChallenge, FactorKind
from core.access.model import LoginSession, Role
from core.access.second_operator import Asked
from core.access.security_key_device import SecurityKeyDevice
from core.access.tries import FREE_TRIES
from core.audit.model import EntryFilter, Origin
from core.errors import (
    CitizenZeroError,
    IntegrityFailure,
    InvalidInput,
    NotFound,
    Refused,
    SecondFactorNeeded,
    SignInPaused,
    SignInRefused,
)
from hsm.secret import Secret
from tests.support.operators import Authenticator, add_operator, add_totp
from tests.support.security_key import SoftKey
from tests.support.vault import PASSWORD, RealVault, in_threads

NUMBER = iter(range(1_000))


class Person:
    """An operator of their own, in a process of their own."""

    def __init__(self, real: RealVault, vault: Vault, role: Role = Role.SUPER_ADMIN) -> None:
        self.real, self.vault, self.name = real, vault, f"person.{next(NUMBER)}"
        add_operator(real, self.name, role)
        self.session = self.enter()

    def enter(self, answer: FactorAnswer | None = None) -> LoginSession:
        ask = None if answer is None else (lambda _: answer)
        return self.enter_by(ask)

    def enter_by(self, ask: AskSecondFactor | None) -> LoginSession:
        self.vault.services.sign_in.leave()
        self.session = self.vault.sign_in(self.name, Secret(PASSWORD), Origin.CLI, ask=ask)
        return self.session

    def with_code(self, code: str) -> LoginSession:
        return self.enter(FactorAnswer(code=code))

    def refused_with(self, code: str) -> str:
        with pytest.raises(SecondFactorNeeded) as caught:
            self.with_code(code)
        assert not self.vault.services.token.open
        return caught.value.message

    def add_totp(self) -> tuple[Authenticator, tuple[str, ...]]:
        factors = self.vault.services.factors
        new = factors.begin_totp(self.session)
        authenticator = Authenticator(new.uri)
        code = authenticator.fresh()
        return authenticator, factors.confirm_totp(
            self.session, Secret(PASSWORD), new.factor.factor_id, code
        ).recovery_codes

    def add_key(self, key: SoftKey) -> None:
        factors = self.vault.services.factors
        request = factors.begin_security_key(self.session)
        factors.add_security_key(self.session, Secret(PASSWORD), request, device(key).register(request.options))

    def touch(self, key: SoftKey) -> LoginSession:
        return self.enter_by(lambda challenge: FactorAnswer(assertion=device(key).sign(challenge.request or {})))


def device(key: SoftKey) -> SecurityKeyDevice:
    return SecurityKeyDevice(lambda: [key], wait_seconds=2)


@pytest.fixture
def person(real: RealVault) -> Iterator[Person]:
    """Give an operator without a second factor."""
    vault = open_vault(begin(real.home))
    try:
        yield Person(real, vault)
    finally:
        vault.close()


@contextmanager
def sql(person: Person, table: str, statement: str) -> Iterator[None]:
    """Change a table in SQL; its factors' last uses are put back too."""
    with person.real.changed(table, statement, [person.name] if "%s" in statement else []):
        yield


# --- authenticators ----------------------------------------------------------------------------------


def test_with_an_authenticator_the_password_alone_opens_nothing(person: Person) -> None:
    authenticator, _ = person.add_totp()
    with pytest.raises(SecondFactorNeeded) as caught:
        person.enter()
    assert caught.value.exit_code == 4
    assert not person.vault.services.token.open
    assert person.with_code(authenticator.fresh()).operator == person.name


def test_a_wrong_password_is_refused_before_any_factor_is_asked(person: Person) -> None:
    person.add_totp()
    asked: list[FactorChallenge] = []
    with pytest.raises(SignInRefused, match="Operator or password is wrong"):
        person.vault.sign_in(person.name, Secret("wrong"), Origin.CLI, ask=asked.append)  # type: ignore[arg-type]
    assert asked == []


def test_a_code_is_taken_once_also_by_another_process(person: Person) -> None:
    authenticator, _ = person.add_totp()
    code = authenticator.fresh()
    person.with_code(code)
    other = open_vault(begin(person.real.home))
    try:
        with pytest.raises(SecondFactorNeeded, match="does not fit"):
            other.sign_in(person.name, Secret(PASSWORD), Origin.CLI, ask=lambda _: FactorAnswer(code=code))
    finally:
        other.close()
    assert "does not fit" in person.refused_with(code)


def test_the_code_that_confirmed_the_authenticator_is_used_up(person: Person) -> None:
    factors = person.vault.services.factors
    new = factors.begin_totp(person.session)
    code = Authenticator(new.uri).fresh()
    factors.confirm_totp(person.session, Secret(PASSWORD), new.factor.factor_id, code)
    person.refused_with(code)


def test_one_code_at_once_from_many_lets_one_in(person: Person) -> None:
    authenticator, _ = person.add_totp()
    code, entered = authenticator.fresh(), []

    def enter(_: int) -> None:
        try:
            entered.append(person.with_code(code))
        except CitizenZeroError:
            return

    in_threads(4, enter)
    assert len(entered) == 1


def test_guessing_codes_is_paused_like_guessing_passwords_and_the_password_does_not_lift_it(person: Person) -> None:
    authenticator, _ = person.add_totp()
    said = [person.refused_with("000000") for _ in range(FREE_TRIES)]
    assert said[2] == "The second factor does not fit. 2 tries left, then a pause of 15 minutes."
    with pytest.raises(SignInPaused):
        person.with_code(authenticator.fresh())


def test_a_factor_counts_only_once_it_is_confirmed_and_not_for_ever(person: Person) -> None:
    factors = person.vault.services.factors
    new = factors.begin_totp(person.session)
    with pytest.raises(SecondFactorNeeded, match="nothing was added"):
        factors.confirm_totp(person.session, Secret(PASSWORD), new.factor.factor_id, "000000")
    with pytest.raises(SignInRefused):
        factors.confirm_totp(person.session, Secret("wrong"), new.factor.factor_id, Authenticator(new.uri).fresh())
    with pytest.raises(NotFound):
        factors.confirm_totp(person.session, Secret(PASSWORD), "0" * 16, "000000")
    person.session = person.enter()  # asks for nothing yet
    newer = factors.begin_totp(person.session)
    with pytest.raises(NotFound):  # the older one is given up
        factors.confirm_totp(person.session, Secret(PASSWORD), new.factor.factor_id, "000000")
    assert [item.factor_id for item in factors.factors(person.session)] == [newer.factor.factor_id]


def test_recovery_codes_come_with_the_first_factor_and_each_is_taken_once(person: Person) -> None:
    _, codes = person.add_totp()
    assert len(codes) == 10
    session = person.with_code(codes[4])
    person.refused_with(codes[4])
    left = [item.codes_left for item in person.vault.services.factors.factors(person.with_code(codes[5]))]
    assert left[-1] == 8
    assert session.operator == person.name
    newer = person.vault.services.factors.begin_totp(person.with_code(codes[6]))
    confirmed = person.vault.services.factors.confirm_totp(
        person.with_code(codes[7]), Secret(PASSWORD), newer.factor.factor_id, Authenticator(newer.uri).fresh()
    )
    assert confirmed.recovery_codes == ()


def test_with_the_last_factor_the_recovery_codes_go_and_the_password_is_enough_again(person: Person) -> None:
    authenticator, _ = person.add_totp()
    factors = person.vault.services.factors
    session = person.with_code(authenticator.fresh())
    [totp, recovery] = factors.factors(session)
    assert recovery.kind is FactorKind.RECOVERY
    with pytest.raises(SignInRefused):
        factors.remove(session, totp.factor_id, Asked(Secret("wrong")))
    factors.remove(session, totp.factor_id, Asked(Secret(PASSWORD)))
    assert factors.factors(session) == []
    person.enter()


def test_whoever_lost_a_device_is_helped_by_a_super_admin_and_by_nobody_else(real: RealVault, person: Person) -> None:
    person.add_totp()
    [factor, _] = real.vault.services.factors.factors(real.session, person.name)
    vault = open_vault(begin(real.home))
    try:
        registrar = Person(real, vault, Role.REGISTRAR)
        with pytest.raises(Refused):
            vault.services.factors.factors(registrar.session, person.name)
        with pytest.raises(NotFound):
            vault.services.factors.remove(registrar.session, factor.factor_id, Asked(Secret(PASSWORD)))
    finally:
        vault.close()
    real.vault.services.factors.remove(real.session, factor.factor_id, Asked(Secret(PASSWORD)))
    person.enter()
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:factor_remove"), 1)
    assert (entry.detail["operator"], entry.detail["factor"]) == (person.name, "totp")


def test_there_is_an_end_to_factors_and_labels(person: Person) -> None:
    factors = person.vault.services.factors
    for label in ("x" * 65, "a\x1b[31m"):
        with pytest.raises(InvalidInput):
            factors.begin_totp(person.session, label)
    for _ in range(7):
        person.add_key(SoftKey())
    with pytest.raises(InvalidInput, match="at most"):
        factors.begin_totp(person.session)


# --- what somebody with the database in hand does ----------------------------------------------------


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("operator_factor", "DELETE FROM operator_factor WHERE operator = %s"),
        ("operator_factor", "DELETE FROM operator_factor WHERE kind = 'totp' AND operator = %s"),
        ("operator_factor", "UPDATE operator_factor SET state = 'pending' WHERE operator = %s"),
        ("operator_factor", "UPDATE operator_factor SET operator = 'somebody.else' WHERE operator = %s"),
        ("operator", "UPDATE operator SET factors = NULL WHERE name = %s"),
        ("operator", "UPDATE operator SET factors = factors[2:2] WHERE name = %s"),
    ],
)
def test_a_factor_taken_away_in_sql_is_found_at_sign_in(person: Person, table: str, statement: str) -> None:
    authenticator, _ = person.add_totp()
    with sql(person, table, statement), pytest.raises(IntegrityFailure) as caught:
        person.with_code(authenticator.fresh())
    assert caught.value.exit_code == 5
    assert not person.vault.services.token.open


def test_row_and_factors_taken_away_together_are_found_by_the_seal(person: Person) -> None:
    person.add_totp()
    with sql(person, "operator_factor", "DELETE FROM operator_factor WHERE operator = %s"):
        person.real.sql("UPDATE operator SET factors = NULL WHERE name = %s", [person.name])
        with pytest.raises(IntegrityFailure, match="seal does not fit"):
            person.enter()


def test_the_whole_old_record_put_back_is_found_by_the_log(person: Person) -> None:
    real = person.real
    real.sql("CREATE TEMP TABLE before AS SELECT * FROM operator WHERE name = %s", [person.name])
    person.add_totp()
    real.sql("DELETE FROM operator_factor WHERE operator = %s", [person.name])
    real.sql("DELETE FROM operator WHERE name = %s", [person.name])
    real.sql("INSERT INTO operator TABLE before")
    real.sql("DROP TABLE before")
    with pytest.raises(IntegrityFailure, match="not the newest"):
        person.enter()
    assert not person.vault.services.token.open


def test_a_factor_put_in_by_sql_is_no_factor(person: Person) -> None:
    authenticator, _ = person.add_totp()
    statement = """
        INSERT INTO operator_factor SELECT 'forged', operator, 'totp', label, 'active', secret_sealed, NULL, created_at,
        1, row_seal FROM operator_factor WHERE kind = 'totp' AND operator = %s
    """
    with sql(person, "operator_factor", statement), pytest.raises(IntegrityFailure):
        person.with_code(authenticator.fresh())


def test_another_operators_secret_does_not_open_as_ones_own(real: RealVault, person: Person) -> None:
    person.add_totp()
    vault = open_vault(begin(real.home))
    try:
        thief = Person(real, vault)
        known, _ = thief.add_totp()
        statement = f"""
            UPDATE operator_factor AS victim SET secret_sealed = own.secret_sealed FROM operator_factor AS own
            WHERE own.operator = '{thief.name}' AND own.kind = 'totp' AND victim.kind = 'totp' AND victim.operator = %s
        """
        with sql(person, "operator_factor", statement), pytest.raises(IntegrityFailure):
            person.with_code(known.fresh())
    finally:
        vault.close()


def test_the_database_alone_never_shows_a_secret_or_a_recovery_code(person: Person) -> None:
    authenticator, codes = person.add_totp()
    raw = base64.b32decode(authenticator.secret)
    dumped = "".join(
        row[0] for table in ("operator_factor", "factor_use", "operator", "audit_entry")
        for row in person.real.sql(f"SELECT t::text FROM {table} t")
    )  # fmt: skip
    for value in (authenticator.secret, raw.hex(), codes[0], codes[0].encode().hex(), codes[0].replace("-", "")):
        assert value not in dumped


def test_vault_verify_looks_at_the_factors_too(person: Person) -> None:
    person.add_totp()
    check = person.real.vault.services.check
    with sql(person, "operator_factor", "UPDATE operator_factor SET label = 'x' WHERE kind = 'totp' AND operator = %s"):
        problems = check.verify(person.real.session).problems
    assert any(person.name in name for name in problems)


# --- security keys: a key in software, real CBOR and signatures --------------------------------------


def test_a_security_key_is_asked_for_and_lets_in(person: Person) -> None:
    key = SoftKey()
    person.add_key(key)
    with pytest.raises(SecondFactorNeeded):
        person.enter()
    assert person.touch(key).operator == person.name


def test_another_key_or_no_touch_lets_nobody_in(person: Person) -> None:
    person.add_key(SoftKey())
    stranger = SoftKey()
    with pytest.raises(SecondFactorNeeded, match="no answer"):
        person.touch(stranger)
    untouched = SoftKey(touched=False)
    with pytest.raises(SecondFactorNeeded, match="no answer"):
        person.touch(untouched)
    with pytest.raises(SecondFactorNeeded, match="plugged in"):
        SecurityKeyDevice(list, wait_seconds=0.5).sign({})
    assert not person.vault.services.token.open


def test_a_key_is_registered_once(person: Person) -> None:
    key = SoftKey()
    person.add_key(key)
    person.session = person.touch(key)
    with pytest.raises(SecondFactorNeeded):
        person.add_key(key)


def _answers(person: Person, key: SoftKey) -> list[dict[str, Any]]:
    """Sign in once and return what the key answered."""
    kept: list[dict[str, Any]] = []

    def ask(challenge: FactorChallenge) -> FactorAnswer:
        kept.append(dict(device(key).sign(challenge.request or {})))
        return FactorAnswer(assertion=kept[-1])

    person.enter_by(ask)
    return kept


def test_an_answer_of_before_is_not_taken_again(person: Person) -> None:
    key = SoftKey()
    person.add_key(key)
    [old] = _answers(person, key)
    with pytest.raises(SecondFactorNeeded, match="does not fit"):
        person.enter(FactorAnswer(assertion=old))


def test_a_copied_key_is_found_by_its_counter(person: Person) -> None:
    key = SoftKey()
    person.add_key(key)
    copy = SoftKey(counter=key.counter, credentials=dict(key.credentials))
    person.touch(key)
    person.touch(key)
    with pytest.raises(SecondFactorNeeded, match="does not fit"):
        person.touch(copy)


def test_a_key_that_counts_nothing_is_taken(person: Person) -> None:
    key = SoftKey(counts=False)
    person.add_key(key)
    person.touch(key)
    person.touch(key)


@pytest.mark.parametrize("part", ["signature", "authenticatorData", "clientDataJSON"])
def test_an_answer_with_any_part_changed_is_refused(person: Person, part: str) -> None:
    key = SoftKey()
    person.add_key(key)

    def ask(challenge: FactorChallenge) -> FactorAnswer:
        answer = dict(device(key).sign(challenge.request or {}))
        response = dict(answer["response"])
        padded = response[part] + "=" * (-len(response[part]) % 4)
        raw = bytearray(base64.urlsafe_b64decode(padded))
        raw[len(raw) // 2] ^= 1
        response[part] = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
        return FactorAnswer(assertion={**answer, "response": response})

    with pytest.raises(SecondFactorNeeded, match="does not fit"):
        person.enter_by(ask)


@pytest.mark.parametrize("answer", [{}, {"id": "x"}, {"rawId": 4, "response": None, "id": [], "type": "public-key"}])
def test_a_malformed_answer_is_refused_in_words(person: Person, answer: dict[str, Any]) -> None:
    person.add_key(SoftKey())
    with pytest.raises(SecondFactorNeeded, match="does not fit"):
        person.enter(FactorAnswer(assertion=answer))


def test_a_credential_swapped_in_sql_is_found_though_its_key_signs(real: RealVault, person: Person) -> None:
    person.add_key(SoftKey())
    vault = open_vault(begin(real.home))
    try:
        thief, key = Person(real, vault), SoftKey()
        thief.add_key(key)
        statement = f"""
            UPDATE operator_factor AS victim SET credential = own.credential FROM operator_factor AS own
            WHERE own.operator = '{thief.name}' AND own.kind = 'fido2'
              AND victim.kind = 'fido2' AND victim.operator = %s
        """
        with sql(person, "operator_factor", statement), pytest.raises(IntegrityFailure):
            person.touch(key)
        assert not person.vault.services.token.open
    finally:
        vault.close()


def test_the_first_operator_may_add_a_factor_too(real: RealVault) -> None:
    authenticator, confirmed = add_totp(real, real.session)
    assert confirmed.factor.kind is FactorKind.TOTP
    real.vault.services.factors.remove(real.session, confirmed.factor.factor_id, Asked(Secret(PASSWORD)))
    assert authenticator.secret
