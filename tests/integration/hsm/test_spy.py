"""What really reaches the module, seen by pkcs11-spy: templates, and values that are never asked for."""

import re

import pytest

from hsm import softhsm, templates, token_setup
from hsm.client import HsmClient
from hsm.model import GCM, KW, TokenBinding, WrapItem
from hsm.secret import Secret
from tests.support.hsm import PIN, PKCS11_SPY, SO_PIN, SOFTHSM, backup_public_key, environment, softhsm_templates

LABEL = "CZ-SPIED"


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the spy's record of a whole life of a token, one text a call."""
    if not PKCS11_SPY.exists():
        pytest.skip("pkcs11-spy.so (package opensc) is not installed")
    folder = tmp_path_factory.mktemp("spied")
    log = folder / "spy.log"
    softhsm.write_softhsm_conf(folder)
    spied = {**environment(folder), "PKCS11SPY": str(SOFTHSM), "PKCS11SPY_OUTPUT": str(log)}
    facts = token_setup.create_token(
        PKCS11_SPY, spied, label=LABEL, so_pin=Secret(SO_PIN), pin=Secret(PIN), backup_public_key=backup_public_key()
    )
    with HsmClient(PKCS11_SPY, spied) as client:
        client.login(TokenBinding(facts.label, facts.serial), Secret(PIN))
        use_everything(client)
    return re.split(r"\n(?=\d+: C_)", log.read_text(errors="replace"))


def use_everything(client: HsmClient) -> None:
    wanted = softhsm_templates()
    client.generate_many(wanted)
    client.generate(templates.kek_template(2, KW, extractable_under_trusted=True))
    client.find()
    client.key_check_value([item.label for item in wanted] + ["KEK-0002"])
    for label, algorithm in (("KEK-0001", GCM), ("KEK-0002", KW)):
        made = client.generate_data_keys(label, algorithm, [b"aad"])[0]
        client.unwrap(label, algorithm, [WrapItem(made.wrapped, b"aad")])
    client.mac(templates.INDEX_LABEL, [b"x"])
    for label in (templates.LOG_LABEL, templates.AUTHORITY_LABEL):
        client.sign(label, [b"x"])
        client.public_key(label)
    client.put_data_object("anchor", b"value")
    client.get_data_object("anchor")
    client.destroy("KEK-0002")


def of(calls: list[str], function: str) -> list[str]:
    return [call for call in calls if f": {function}\n" in call]


def names(call: str) -> set[str]:
    """Return the attributes that a call names."""
    return set(re.findall(r"\bCKA_[A-Z0-9_]+", call))


def is_set(call: str, attribute: str) -> bool:
    """Return whether a call gives an attribute as true; the spy shows some only as the byte 01."""
    return bool(re.search(rf"\bCKA_{attribute}\s+(True|[0-9a-f]+ / 1\s+00000000\s+01)\b", call))


def generated_handles(calls: list[str]) -> set[str]:
    """Return the handles of all generated secret and private keys."""
    made = of(calls, "C_GenerateKey") + of(calls, "C_GenerateKeyPair")
    return {handle for call in made for handle in re.findall(r"\[out\] \*?\w*Key = (0x[0-9a-fA-F]+)", call)}


def test_the_value_of_a_long_lived_key_is_never_asked_for(calls: list[str]) -> None:
    asked = [call for call in of(calls, "C_GetAttributeValue") if "CKA_VALUE" in names(call)]
    handles = {match for call in asked for match in re.findall(r"hObject = (0x[0-9a-fA-F]+)", call)}
    assert handles, "data objects and unwrapped session objects are read"
    assert len(generated_handles(calls)) == 6 + 2 * 4  # KEK-0001, KEK-0002, four HMAC keys, four pairs
    assert not handles & generated_handles(calls)
    private = {"CKA_PRIVATE_EXPONENT", "CKA_PRIME_1", "CKA_PRIME_2", "CKA_EXPONENT_1", "CKA_COEFFICIENT"}
    assert not [call for call in of(calls, "C_GetAttributeValue") if private & names(call)]


def test_every_generated_key_is_private_sensitive_and_fixed(calls: list[str]) -> None:
    made = of(calls, "C_GenerateKey") + of(calls, "C_GenerateKeyPair")
    assert len(made) == len(softhsm_templates()) + 1
    for call in made:
        assert re.search(r"CKA_TOKEN\s+True", call)
        assert re.search(r"CKA_PRIVATE\s+True", call)
        assert re.search(r"CKA_SENSITIVE\s+True", call)
        assert re.search(r"CKA_MODIFIABLE\s+False", call)
        assert not re.search(r"CKA_MODIFIABLE\s+True", call)
        assert "CKA_VALUE" not in names(call)


def test_a_key_is_extractable_only_together_with_the_trusted_rule(calls: list[str]) -> None:
    for call in of(calls, "C_GenerateKey"):
        assert is_set(call, "EXTRACTABLE")
        assert is_set(call, "WRAP_WITH_TRUSTED")
    for call in of(calls, "C_GenerateKeyPair"):
        assert re.search(r"CKA_EXTRACTABLE\s+False", call)
        assert "CKA_WRAP_WITH_TRUSTED" not in names(call)


@pytest.mark.parametrize(
    ("mechanism", "allowed"),
    [
        ("CKM_AES_KEY_GEN", ({"ENCRYPT", "DECRYPT"}, {"WRAP", "UNWRAP"})),
        ("CKM_GENERIC_SECRET_KEY_GEN", ({"SIGN", "VERIFY"},)),
        ("CKM_EC_KEY_PAIR_GEN", ({"SIGN", "VERIFY"},)),
    ],
)
def test_each_key_has_one_use(calls: list[str], mechanism: str, allowed: tuple[set[str], ...]) -> None:
    uses = "ENCRYPT|DECRYPT|WRAP|UNWRAP|SIGN|VERIFY|DERIVE"
    made = [call for call in calls if f"type = {mechanism} " in call and "C_Generate" in call]
    assert made
    for call in made:
        assert set(re.findall(rf"CKA_({uses})\s+True", call)) in allowed


def test_only_short_lived_objects_carry_a_value_in(calls: list[str]) -> None:
    created = [call for call in of(calls, "C_CreateObject") if "CKA_VALUE" in names(call)]
    assert created
    for call in created:
        assert re.search(r"CKA_TOKEN\s+False", call) or "CKO_DATA" in call
    unwrapped = of(calls, "C_UnwrapKey")
    assert unwrapped
    assert all(re.search(r"CKA_TOKEN\s+False", call) for call in unwrapped)


def test_the_backup_key_is_trusted_public_and_only_wraps(calls: list[str]) -> None:
    created = [call for call in of(calls, "C_CreateObject") if "CKA_TRUSTED" in names(call)]
    assert len(created) == 1
    assert is_set(created[0], "TRUSTED")
    assert is_set(created[0], "WRAP")
    assert not any(is_set(created[0], name) for name in ("PRIVATE", "ENCRYPT", "VERIFY", "MODIFIABLE"))


def test_the_token_is_initialised_through_the_module_path(calls: list[str]) -> None:
    assert len(of(calls, "C_InitToken")) == 1
    assert len(of(calls, "C_InitPIN")) == 1


def test_a_log_in_happens_once_for_each_process(calls: list[str]) -> None:
    assert len(of(calls, "C_Login")) == 2  # the security officer at set-up, the user afterwards


def test_nothing_is_ever_made_extractable_by_mistake(calls: list[str]) -> None:
    assert not of(calls, "C_SetAttributeValue")
    assert not of(calls, "C_CopyObject")
