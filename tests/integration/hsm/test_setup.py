"""Making a token, what the backup key allows, the preflight, and the self-test: on real tokens."""

import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import errors, softhsm, templates, token_setup
from hsm.client import HsmClient
from hsm.model import GCM, TokenBinding, TokenFacts
from hsm.preflight import run_preflight
from hsm.rehearsal import preflight_software_module
from hsm.secret import Secret
from hsm.selftest import self_test
from hsm.templates import KeyKind, KeyTemplate
from tests.support.hsm import PIN, SO_PIN, SOFTHSM, TOKEN_LABEL, backup_public_key, environment


@pytest.fixture(scope="module")
def module() -> Path:
    """Name SoftHSM: setting up NSS softokn has other rules (`test_softokn.py`)."""
    return SOFTHSM


def create(
    folder: Path, *, label: str = TOKEN_LABEL, so_pin: str = SO_PIN, pin: str = PIN, backup: bytes | None = None
) -> TokenFacts:
    softhsm.write_softhsm_conf(folder)
    return token_setup.create_token(
        SOFTHSM,
        environment(folder),
        label=label,
        so_pin=Secret(so_pin),
        pin=Secret(pin),
        backup_public_key=backup,
    )


def test_a_new_token_can_be_logged_in_to(tmp_path: Path) -> None:
    facts = create(tmp_path)
    assert facts.label == TOKEN_LABEL
    assert len(facts.serial) == 16
    with HsmClient(SOFTHSM, environment(tmp_path)) as client:
        client.login(TokenBinding(facts.label, facts.serial), Secret(PIN))
        assert client.find() == []


def test_the_backup_key_stands_on_the_token_trusted(tmp_path: Path) -> None:
    facts = create(tmp_path, backup=backup_public_key())
    with HsmClient(SOFTHSM, environment(tmp_path)) as client:
        client.login(TokenBinding(facts.label, facts.serial), Secret(PIN))
        assert client.public_key(templates.BACKUP_LABEL) == backup_public_key()
        [key] = client.find()
    assert (key.label, key.key_class, key.trusted, key.size) == (templates.BACKUP_LABEL, "public", True, 3072)


def test_two_tokens_of_one_name_are_refused(tmp_path: Path) -> None:
    create(tmp_path)
    with pytest.raises(errors.AlreadyOnToken, match=f"already has a token named {TOKEN_LABEL}"):
        create(tmp_path)
    assert create(tmp_path, label="CZ-TEST-02").label == "CZ-TEST-02"


@pytest.mark.parametrize("so_pin", ["", "1", "1" * 300])
def test_a_security_officer_pin_of_a_wrong_length_is_refused(tmp_path: Path, so_pin: str) -> None:
    with pytest.raises(errors.PinRefused, match="security officer"):
        create(tmp_path, so_pin=so_pin)


@pytest.mark.parametrize("pin", ["1", "1" * 300])
def test_a_user_pin_of_a_wrong_length_is_refused(tmp_path: Path, pin: str) -> None:
    with pytest.raises(errors.PinRefused, match="PIN of this length"):
        create(tmp_path, pin=pin)


@pytest.mark.parametrize("label", ["", "x" * 33, "टोकन टोकन टोकन"])
def test_a_label_that_does_not_fit_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(errors.MechanismFailed, match="1 to 32 bytes"):
        create(tmp_path, label=label)


def test_a_hindi_label_is_kept(tmp_path: Path) -> None:
    assert create(tmp_path, label="तिजोरी").label == "तिजोरी"


def test_a_backup_key_must_be_an_rsa_key(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(errors.MechanismFailed, match="no RSA public key"):
        create(tmp_path, backup=spki)


def test_a_missing_module_makes_no_token(tmp_path: Path) -> None:
    with pytest.raises(errors.ModuleMissing):
        token_setup.create_token(
            tmp_path / "gone.so", {}, label="x", so_pin=Secret(SO_PIN), pin=Secret(PIN), backup_public_key=None
        )


def test_softhsm_passes_the_preflight(client: HsmClient) -> None:
    before = client.find()
    report = run_preflight(client)
    outcomes = {row.name: row.outcome for row in report.rows}
    assert (report.wrap_algorithm, report.log_key) == (GCM, "Ed25519")
    assert report.enforces_trusted
    assert report.data_objects
    assert report.can_run_vault
    assert outcomes.pop("oaep-sha256") == "refused"
    assert outcomes.pop("kwp") == "differs"
    assert set(outcomes.values()) == {"matches", "passes", "kept", "absent"}
    assert client.find() == before
    assert client.get_data_object("cz-preflight") is None


def test_every_trial_that_works_is_timed(client: HsmClient) -> None:
    for row in run_preflight(client).rows:
        assert (row.milliseconds is None) == (row.outcome == "refused"), row


def test_the_preflight_leads_to_keys_that_work(tmp_path: Path) -> None:
    facts = create(tmp_path, backup=backup_public_key())
    with HsmClient(SOFTHSM, environment(tmp_path)) as client:
        client.login(TokenBinding(facts.label, facts.serial), Secret(PIN))
        report = run_preflight(client)
        client.generate_many(templates.vault_key_templates(report))
        rows = self_test(client, kek_label="KEK-0001", algorithm=report.wrap_algorithm)
    assert {row.outcome for row in rows} == {"passes"}
    assert len(rows) == 10


def test_a_preflight_before_any_token_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert preflight_software_module(SOFTHSM).can_run_vault
    assert list(tmp_path.iterdir()) == []


def test_the_self_test_names_a_key_that_is_missing(client: HsmClient) -> None:
    client.destroy(templates.TOKEN_LABEL)
    rows = {row.name: row for row in self_test(client, kek_label="KEK-0001", algorithm=GCM)}
    assert rows[templates.TOKEN_LABEL].outcome == "refused"
    assert rows[templates.TOKEN_LABEL].note == "The key cz-token is not on the token."
    assert rows[templates.INDEX_LABEL].outcome == "passes"


def test_a_site_without_key_backup_has_keys_that_never_leave(tmp_path: Path) -> None:
    facts = create(tmp_path)
    with HsmClient(SOFTHSM, environment(tmp_path)) as client:
        client.login(TokenBinding(facts.label, facts.serial), Secret(PIN))
        key = client.generate(KeyTemplate("KEK-0001", KeyKind.KEK_GCM))
    assert key.never_extractable
    assert not key.wrap_with_trusted
