"""Codes: RFC 6238's own values, the window, single use of recovery codes, and who is asked for what."""

import base64

import pytest

from core.access.factors import (
    RECOVERY_CODES,
    FactorKind,
    FactorState,
    asked_kinds,
    codes_left,
    is_recovery_code,
    new_recovery_codes,
    new_totp_secret,
    recovery_bit,
    totp_step,
    totp_uri,
)
from hsm.secret import Secret

# RFC 6238, appendix B: SHA-1, the last six of its eight digits.
RFC_SECRET = Secret(base64.b32encode(b"12345678901234567890"))
RFC_CODES = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.parametrize(("unix_time", "code"), RFC_CODES.items())
def test_the_codes_are_those_of_the_standard(unix_time: int, code: str) -> None:
    assert totp_step(RFC_SECRET, code, unix_time) == unix_time // 30


@pytest.mark.parametrize(("shift", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_before_and_after_is_taken_and_no_more(shift: int, taken: bool) -> None:
    assert (totp_step(RFC_SECRET, RFC_CODES[1234567890], 1234567890 + shift) is not None) is taken


@pytest.mark.parametrize("code", ["", "5924", "0059240", "00592x", "००५९२४", "\ud800", "-05924", "005924" * 500])
def test_what_is_not_the_code_is_refused(code: str) -> None:
    assert totp_step(RFC_SECRET, code, 1234567890) is None


def test_a_code_may_be_typed_with_a_blank() -> None:
    assert totp_step(RFC_SECRET, "005 924", 1234567890) == 1234567890 // 30


def test_the_uri_names_vault_and_operator_and_each_secret_is_new() -> None:
    secret = new_totp_secret()
    assert totp_uri(secret, "asha devi").startswith("otpauth://totp/Citizen%20Zero:asha%20devi?secret=")
    assert len(base64.b32decode(secret.reveal())) == 20
    assert secret.reveal() != new_totp_secret().reveal()


def test_each_recovery_code_has_its_own_bit_however_it_is_typed() -> None:
    codes = new_recovery_codes()
    lines = codes.reveal_text().splitlines()
    assert len(set(lines)) == RECOVERY_CODES
    assert [recovery_bit(codes, line) for line in lines] == [1 << position for position in range(RECOVERY_CODES)]
    assert recovery_bit(codes, lines[3].upper().replace("-", " ")) == 8
    assert recovery_bit(codes, "aaaa-aaaa-aaaa") is None
    assert codes_left(0b1011) == RECOVERY_CODES - 3
    assert all(is_recovery_code(line) for line in lines)
    assert not is_recovery_code("123456")


def test_recovery_codes_alone_and_factors_that_wait_ask_for_nothing() -> None:
    active, pending = FactorState.ACTIVE, FactorState.PENDING
    assert asked_kinds([]) == frozenset()
    assert asked_kinds([(FactorKind.TOTP, pending)]) == frozenset()
    assert asked_kinds([(FactorKind.RECOVERY, active)]) == frozenset()
    assert asked_kinds([(FactorKind.FIDO2, active), (FactorKind.RECOVERY, active)]) == {
        FactorKind.FIDO2,
        FactorKind.RECOVERY,
    }
