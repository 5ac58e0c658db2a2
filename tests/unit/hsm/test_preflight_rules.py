"""What follows from the trials, without a token: every missing mechanism has a stated consequence."""

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap, aes_key_wrap_with_padding

from hsm import model, preflight, requests, templates
from hsm.inworker import known_answers as known
from hsm.model import MechanismResult, PreflightReport, TokenFacts

ALL = (
    ("aes-keygen", "passes"),
    ("gcm", "matches"),
    ("kw-wrap", "matches"),
    ("kw-unwrap", "matches"),
    ("hmac", "matches"),
    ("hmac-2", "matches"),
    ("ed25519-keygen", "passes"),
    ("ed25519", "matches"),
    ("p256-keygen", "passes"),
    ("p256", "matches"),
    ("rsa-keygen", "passes"),
    ("oaep-sha256", "refused"),
    ("oaep-sha1", "matches"),
    ("oaep-wrap-key", "matches"),
    ("trusted", "matches"),
    ("data", "kept"),
)
SOFTHSM = TokenFacts("l", "s", "SoftHSM project", "SoftHSM v2", "2.6", "2.6", 1, False, False)


def report(**changed: model.Outcome) -> PreflightReport:
    outcomes = dict(ALL) | {name.replace("_", "-"): outcome for name, outcome in changed.items()}
    rows = [MechanismResult(name, name, "", outcome) for name, outcome in outcomes.items()]  # type: ignore[arg-type]
    return preflight.conclude(rows, SOFTHSM)


def verdict(found: PreflightReport, name: str) -> str:
    return next(row.verdict for row in found.functions if row.name == name)


def test_a_module_that_can_do_all_gets_the_best_of_each() -> None:
    found = report()
    assert (found.wrap_algorithm, found.log_key) == (model.GCM, "Ed25519")
    assert found.enforces_trusted
    assert found.data_objects
    assert found.can_run_vault


@pytest.mark.parametrize("outcome", ["differs", "refused"])
def test_without_gcm_data_keys_are_wrapped_by_rfc_3394(outcome: model.Outcome) -> None:
    found = report(gcm=outcome)
    assert found.wrap_algorithm == model.KW
    assert verdict(found, model.DATA_KEYS) == "another_way"
    assert found.can_run_vault


def test_without_gcm_and_rfc_3394_rsa_remains() -> None:
    found = report(gcm="refused", kw_unwrap="refused")
    assert found.wrap_algorithm == model.RSA_3072
    assert verdict(found, model.DATA_KEYS) == "another_way"


def test_without_any_wrapping_the_module_cannot_run_the_vault() -> None:
    found = report(gcm="refused", kw_unwrap="differs", oaep_sha1="refused")
    assert verdict(found, model.DATA_KEYS) == "not_possible"
    assert not found.can_run_vault


def test_without_ed25519_the_log_is_signed_with_p256() -> None:
    found = report(ed25519="refused")
    assert found.log_key == "P-256"
    assert verdict(found, model.SIGNED_LOG) == "another_way"
    labels = {item.label: item.kind for item in templates.vault_key_templates(found)}
    assert labels[templates.LOG_LABEL] is templates.KeyKind.P256


def test_without_any_signature_the_module_cannot_run_the_vault() -> None:
    found = report(ed25519="refused", p256="differs")
    assert verdict(found, model.SIGNED_LOG) == "not_possible"
    assert verdict(found, model.PROOFS_AND_DOCUMENTS) == "not_possible"
    assert not found.can_run_vault


def test_without_hmac_the_module_cannot_run_the_vault() -> None:
    assert not report(hmac="differs").can_run_vault


@pytest.mark.parametrize("missing", ["trusted", "oaep_wrap_key"])
def test_where_the_trusted_rule_does_not_hold_no_key_is_extractable(missing: str) -> None:
    changed: dict[str, model.Outcome] = {missing: "differs"}
    found = report(**changed)
    assert verdict(found, "Key backup under the trusted key") == "not_possible"
    assert not any(item.extractable_under_trusted for item in templates.vault_key_templates(found))
    assert found.can_run_vault


def test_a_site_without_key_backup_has_no_extractable_key() -> None:
    assert not any(item.extractable_under_trusted for item in templates.vault_key_templates(report(), key_backup=False))


def test_signing_keys_are_never_extractable() -> None:
    leaving = {item.label for item in templates.vault_key_templates(report()) if item.extractable_under_trusted}
    assert leaving == {"KEK-0001", "cz-index", "cz-token", "cz-seal", "cz-entry"}


def test_an_rsa_kek_is_never_extractable() -> None:
    assert not templates.kek_template(3, model.RSA_3072, extractable_under_trusted=True).extractable_under_trusted


def test_keks_are_counted_from_one() -> None:
    assert templates.kek_label(17) == "KEK-0017"
    with pytest.raises(ValueError, match="counted"):
        templates.kek_label(0)


def test_a_module_without_data_objects_is_told_to_keep_the_anchor_elsewhere() -> None:
    found = report(data="refused")
    assert not found.data_objects
    assert verdict(found, "Log anchor on the token") == "another_way"


def test_a_signature_that_holds_only_inside_the_token_differs() -> None:
    evidence = requests.Evidence(bytes(91), b"message", bytes(64))
    trial = requests.Trial("p256", "CKM_ECDSA", "Authority key", "matches", 0.1, "", evidence)
    assert preflight.verified(trial).outcome == "differs"


def test_softhsm_is_said_never_to_lock_a_pin() -> None:
    assert verdict(report(), "PIN lock-out by the module") == "not_possible"


def test_the_known_answers_are_those_of_another_implementation() -> None:
    assert aes_key_wrap(known.KW_KEK, known.KW_PLAIN) == known.KW_WRAPPED
    assert aes_key_wrap_with_padding(known.KWP_KEK, known.KWP_PLAIN) == known.KWP_WRAPPED
