"""NSS softokn as the vault's module: how its token is made, and what the preflight leaves out and puts in its place."""

from pathlib import Path

import pytest

from hsm import errors, softokn, software_token, templates, token_setup
from hsm.client import HsmClient
from hsm.model import KW, RSA_3072, TokenBinding, TokenFacts
from hsm.preflight import run_preflight
from hsm.rehearsal import preflight_software_module, throw_away_token
from hsm.secret import Secret
from hsm.selftest import self_test
from tests.support.hsm import PIN, SO_PIN, SOFTOKN, TOKEN_LABEL

pytestmark = pytest.mark.skipif(not SOFTOKN.is_file(), reason="NSS softokn (package libnss3) is not installed")


def create(folder: Path, label: str = TOKEN_LABEL) -> TokenFacts:
    return token_setup.create_token(
        SOFTOKN,
        software_token.prepare(SOFTOKN, folder, label),
        label=label,
        so_pin=Secret(SO_PIN),
        pin=Secret(PIN),
        backup_public_key=None,
    )


def client_of(folder: Path, label: str = TOKEN_LABEL) -> HsmClient:
    return HsmClient(SOFTOKN, software_token.environment(SOFTOKN, folder, label))


@pytest.mark.parametrize("label", ["CZ-VAULT-01", "तिजोरी", "O'Neil \\ 1", "two words"])
def test_a_new_token_carries_its_label_and_can_be_logged_in_to(tmp_path: Path, label: str) -> None:
    facts = create(tmp_path, label)
    assert facts.label == label
    with client_of(tmp_path, label) as client:
        client.login(TokenBinding(label, facts.serial), Secret(PIN))
        assert client.find() == []


def test_a_folder_with_a_quote_in_its_name_works(tmp_path: Path) -> None:
    folder = tmp_path / "it's \\ here"
    create(folder)
    assert (folder / "nss" / "key4.db").is_file()


def test_the_tokens_files_are_for_nobody_else(tmp_path: Path) -> None:
    create(tmp_path)
    folder = tmp_path / "nss"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_second_token_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    create(tmp_path)
    with pytest.raises(errors.AlreadyOnToken, match=f"already has a token named {TOKEN_LABEL}"):
        create(tmp_path)


def test_another_token_with_the_same_name_and_serial_is_told_by_its_keys(tmp_path: Path) -> None:
    facts = create(tmp_path / "ours")
    assert create(tmp_path / "other").serial == facts.serial, "softokn gives every token the same serial"
    template = templates.KeyTemplate(templates.SEAL_LABEL, templates.KeyKind.HMAC)
    bare = TokenBinding(facts.label, facts.serial)
    values = {}
    for name in ("ours", "other"):
        with client_of(tmp_path / name) as client:
            client.login(bare, Secret(PIN))
            client.generate(template)
            values[name] = client.key_check_value([templates.SEAL_LABEL])
    with client_of(tmp_path / "other") as client, pytest.raises(errors.OtherToken, match="another key cz-seal"):
        client.login(TokenBinding(facts.label, facts.serial, values["ours"]), Secret(PIN))


def test_a_token_of_another_label_is_not_ours(tmp_path: Path) -> None:
    facts = create(tmp_path, "CZ-OTHER")
    with client_of(tmp_path, "CZ-OTHER") as client, pytest.raises(errors.TokenMissing):
        client.login(TokenBinding("CZ-VAULT-01", facts.serial), Secret(PIN))


def test_the_preflight_falls_back_and_says_what_that_means() -> None:
    report = preflight_software_module(SOFTOKN)
    assert report.can_run_vault
    assert (report.wrap_algorithm, report.log_key) == (KW, "P-256")
    assert not report.enforces_trusted
    assert not report.data_objects
    verdicts = {row.name: (row.verdict, row.why) for row in report.functions}
    assert verdicts["Citizens' data keys"][0] == "another_way"
    assert "only the row seal binds a data key to its citizen" in verdicts["Citizens' data keys"][1]
    assert verdicts["Signed audit log"] == (
        "another_way",
        "Ed25519 does not work here. The log is signed with P-256.",
    )
    assert verdicts["Log anchor on the token"][0] == "another_way"
    assert verdicts["Key backup under the trusted key"][0] == "not_possible"
    assert "losing the token loses every record" in verdicts["Key backup under the trusted key"][1]


def test_the_fallbacks_lead_to_keys_that_work_and_never_leave() -> None:
    with throw_away_token(SOFTOKN) as client:
        report = run_preflight(client)
        wanted = templates.vault_key_templates(report)
        assert not any(template.extractable_under_trusted for template in wanted)
        client.generate_many(wanted)
        rows = self_test(client, kek_label="KEK-0001", algorithm=report.wrap_algorithm)
        assert {row.outcome for row in rows} == {"passes"}
        assert all(key.never_extractable for key in client.find() if key.key_class != "public")


def test_rsa_stays_available_for_sites_that_ask_for_it() -> None:
    with throw_away_token(SOFTOKN) as client:
        client.generate(templates.kek_template(1, RSA_3072, extractable_under_trusted=False))
        [made] = client.generate_data_keys("KEK-0001", RSA_3072, [b""])
        assert len(made.wrapped) == 384


def test_parameters_of_somebody_else_do_not_reach_softhsm(tmp_path: Path) -> None:
    from tests.support.hsm import SOFTHSM

    given = {**software_token.prepare(SOFTHSM, tmp_path, "x"), softokn.PARAMETERS_VARIABLE: "configdir='sql:/nowhere'"}
    with HsmClient(SOFTHSM, given) as client:
        assert client.module_facts().description


def test_softokn_without_parameters_is_a_module_that_does_not_start() -> None:
    with HsmClient(SOFTOKN, {}) as client, pytest.raises(errors.ModuleInvalid, match="does not start"):
        client.module_facts()
