"""Every call of the client against real tokens: what is said of both modules runs on both."""

import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hsm import errors, software_token, templates
from hsm.client import HsmClient
from hsm.model import GCM, KW, RSA_2048, TokenBinding, WrapItem
from hsm.requests import MacPart
from hsm.secret import Secret
from hsm.signatures import holds
from hsm.templates import KEK_KINDS, KeyKind, KeyTemplate
from tests.support.hsm import PIN, SOFTHSM, SOFTOKN, TOKEN_LABEL, environment, on, usual_templates

ITEM = WrapItem(bytes(range(32)), b"idt_1|key-1|KEK-0001")


def test_a_token_with_all_keys_describes_itself(client: HsmClient, binding: TokenBinding) -> None:
    facts = client.token_facts()
    assert (facts.label, facts.serial) == (TOKEN_LABEL, binding.serial)
    assert facts.model in {"SoftHSM v2", "NSS 3"}
    assert not facts.pin_locked


@on(SOFTHSM)
def test_the_module_describes_itself_without_a_log_in(folder: Path, client: HsmClient) -> None:
    with HsmClient(SOFTHSM, environment(folder)) as stranger:
        facts = stranger.module_facts()
    assert (facts.version, facts.cryptoki_version) == ("2.6", "2.40")
    assert [(slot.label, slot.initialised) for slot in facts.slots] == [(TOKEN_LABEL, True), ("", False)]
    assert not facts.slots[1].serial


def test_a_batch_of_digests_equals_single_ones(shared: HsmClient) -> None:
    messages = [b"", b"a", b"b" * 5000, "आधार".encode()]
    batch = shared.mac(templates.INDEX_LABEL, messages)
    assert batch == [shared.mac(templates.INDEX_LABEL, [message])[0] for message in messages]
    assert len(set(batch)) == len(messages)
    assert all(len(digest) == 32 for digest in batch)


def test_an_empty_batch_gives_an_empty_answer(shared: HsmClient, algorithm: str) -> None:
    assert shared.mac(templates.INDEX_LABEL, []) == []
    assert shared.wrap("KEK-0001", algorithm, []) == []
    assert shared.unwrap("KEK-0001", algorithm, []) == []
    assert shared.generate_data_keys("KEK-0001", algorithm, []) == []


def test_different_keys_give_different_digests(shared: HsmClient) -> None:
    labels = (templates.INDEX_LABEL, templates.TOKEN_LABEL, templates.SEAL_LABEL, templates.ENTRY_LABEL)
    assert len({shared.mac(label, [b"x"])[0] for label in labels}) == 4


@pytest.mark.parametrize("label", [templates.LOG_LABEL, templates.AUTHORITY_LABEL, templates.IACA_LABEL])
def test_signatures_hold_outside_the_token(shared: HsmClient, label: str) -> None:
    messages = [b"", b"checkpoint", b"x" * 5000]
    public_key = shared.public_key(label)
    for message, signature in zip(messages, shared.sign(label, messages), strict=True):
        assert len(signature) == 64
        assert holds(public_key, message, signature)
        assert not holds(public_key, message + b"!", signature)


def test_random_bytes_are_never_the_same(shared: HsmClient) -> None:
    assert len(shared.random(10_000)) == 10_000
    assert shared.random(32) != shared.random(32)


@on(SOFTHSM)
def test_data_keys_are_random_and_open_with_their_associated_data(shared: HsmClient) -> None:
    aads = [b"one", b"two", b"three"]
    made = shared.generate_data_keys("KEK-0001", GCM, aads)
    assert len({key.value for key in made}) == 3
    assert all(len(key.value) == 32 and len(key.wrapped) == 12 + 32 + 16 for key in made)
    items = [WrapItem(key.wrapped, aad) for key, aad in zip(made, aads, strict=True)]
    assert shared.unwrap("KEK-0001", GCM, items) == [key.value for key in made]


@on(SOFTHSM)
def test_wrapping_twice_never_repeats_a_nonce(shared: HsmClient) -> None:
    wrapped = shared.wrap("KEK-0001", GCM, [ITEM] * 50) + shared.wrap("KEK-0001", GCM, [ITEM] * 50)
    assert len({blob[:12] for blob in wrapped}) == 100


@on(SOFTHSM)
def test_a_value_moved_to_other_associated_data_does_not_open(shared: HsmClient) -> None:
    blob = shared.wrap("KEK-0001", GCM, [ITEM])[0]
    with pytest.raises(errors.UnwrapFailed, match="does not open under KEK-0001"):
        shared.unwrap("KEK-0001", GCM, [WrapItem(blob, b"idt_2|key-1|KEK-0001")])
    assert shared.unwrap("KEK-0001", GCM, [WrapItem(blob, ITEM.aad)]) == [ITEM.value]


@pytest.mark.parametrize("at", [0, 12, 43, 44, 59])
def test_a_value_with_one_bit_changed_does_not_open(shared: HsmClient, algorithm: str, at: int) -> None:
    blob = bytearray(shared.wrap("KEK-0001", algorithm, [ITEM])[0])
    blob[at % len(blob)] ^= 1
    with pytest.raises(errors.UnwrapFailed):
        shared.unwrap("KEK-0001", algorithm, [WrapItem(bytes(blob), ITEM.aad)])


@pytest.mark.parametrize("length", [0, 1, 27, 28, 59])
def test_a_truncated_value_does_not_open(shared: HsmClient, algorithm: str, length: int) -> None:
    blob = shared.wrap("KEK-0001", algorithm, [ITEM])[0]
    with pytest.raises(errors.UnwrapFailed):
        shared.unwrap("KEK-0001", algorithm, [WrapItem(blob[: min(length, len(blob) - 1)], ITEM.aad)])


def test_the_error_says_which_value_of_a_batch_does_not_open(shared: HsmClient, algorithm: str) -> None:
    blobs = shared.wrap("KEK-0001", algorithm, [ITEM] * 3)
    items = [WrapItem(blob, ITEM.aad) for blob in (blobs[0], blobs[1][:-1] + bytes([blobs[1][-1] ^ 1]), blobs[2])]
    with pytest.raises(errors.UnwrapFailed) as caught:
        shared.unwrap("KEK-0001", algorithm, items)
    assert caught.value.details["Value"] == "2 of 3"


@pytest.mark.parametrize(("other", "overhead"), [(KW, 8), (RSA_2048, 224)])
def test_other_algorithms_wrap_and_find_damage_too(client: HsmClient, other: str, overhead: int) -> None:
    client.generate(templates.kek_template(2, other, extractable_under_trusted=False))
    made = client.generate_data_keys("KEK-0002", other, [b"", b""])
    assert [len(key.wrapped) for key in made] == [32 + overhead] * 2
    assert client.unwrap("KEK-0002", other, [WrapItem(made[0].wrapped)]) == [made[0].value]
    damaged = made[1].wrapped[:-1] + bytes([made[1].wrapped[-1] ^ 1])
    for blob in (damaged, made[1].wrapped[:-8], b"", b"short"):
        with pytest.raises(errors.UnwrapFailed):
            client.unwrap("KEK-0002", other, [WrapItem(blob)])
    assert client.unwrap("KEK-0002", other, [WrapItem(made[1].wrapped)]) == [made[1].value]


def test_an_unknown_algorithm_is_refused_by_name(shared: HsmClient) -> None:
    for call in (shared.wrap, shared.unwrap):
        with pytest.raises(errors.MechanismFailed, match="ROT-13"):
            call("KEK-0001", "ROT-13", [ITEM])


@on(SOFTHSM)
def test_a_key_is_not_used_for_what_it_is_not_for(shared: HsmClient) -> None:
    worker = shared.worker_pid
    with pytest.raises(errors.MechanismFailed, match="KEK-0001 is not made for this use"):
        shared.mac("KEK-0001", [b"x"])
    with pytest.raises(errors.MechanismFailed, match="cz-index is not made for this use"):
        shared.wrap(templates.INDEX_LABEL, GCM, [ITEM])
    with pytest.raises(errors.MechanismFailed, match="KEK-0001 is not made for this use"):
        shared.wrap("KEK-0001", KW, [ITEM])
    assert shared.worker_pid == worker


def test_keys_are_made_as_their_templates_say(shared: HsmClient, module: Path) -> None:
    facts = {key.label: key for key in shared.find() if key.key_class != "public"}
    for template in usual_templates(module, key_backup=software_token.keeps_backup_key(module)):
        key = facts[template.label]
        assert key.sensitive, key
        assert key.always_sensitive
        assert key.local or module == SOFTOKN  # NSS does not say it
        assert not key.modifiable
        assert key.extractable == key.wrap_with_trusted == template.extractable_under_trusted
        assert key.never_extractable is not template.extractable_under_trusted
    assert facts["KEK-0001"].key_type == "AES"
    assert facts["KEK-0001"].size == 256
    assert facts[templates.LOG_LABEL].key_type == ("P-256" if module == SOFTOKN else "Ed25519")
    assert facts[templates.AUTHORITY_LABEL].key_type == "P-256"


@on(SOFTHSM)
def test_only_the_backup_key_is_trusted(shared: HsmClient) -> None:
    assert [key.label for key in shared.find() if key.trusted] == [templates.BACKUP_LABEL]


def test_a_label_is_never_given_twice(client: HsmClient, algorithm: str) -> None:
    with pytest.raises(errors.AlreadyOnToken, match="KEK-0001"):
        client.generate(templates.kek_template(1, algorithm, extractable_under_trusted=True))


def test_keys_are_generated_all_or_none(client: HsmClient, algorithm: str) -> None:
    before = client.find()
    wanted = [KeyTemplate("KEK-0002", KEK_KINDS[algorithm]), KeyTemplate(templates.INDEX_LABEL, KeyKind.HMAC)]
    with pytest.raises(errors.AlreadyOnToken):
        client.generate_many(wanted)
    twice = [KeyTemplate("KEK-0003", KEK_KINDS[algorithm]), KeyTemplate("KEK-0003", KEK_KINDS[algorithm])]
    with pytest.raises(errors.AlreadyOnToken):
        client.generate_many(twice)
    assert client.find() == before


def test_a_key_made_anew_under_an_old_label_is_another_one(client: HsmClient, algorithm: str) -> None:
    template = KeyTemplate("KEK-0002", KEK_KINDS[algorithm])
    first = client.generate(template)
    value = client.key_check_value(["KEK-0002"])
    client.destroy("KEK-0002")
    second = client.generate(template)
    assert first.created_id != second.created_id
    assert client.key_check_value(["KEK-0002"]) != value


def test_check_values_of_pairs_come_from_the_public_key(shared: HsmClient) -> None:
    expected = hashlib.sha256(shared.public_key(templates.LOG_LABEL)).hexdigest()[:6].upper()
    assert shared.key_check_value([templates.LOG_LABEL]) == {templates.LOG_LABEL: expected}


def test_check_values_of_digest_keys_are_a_digest_of_zeros(shared: HsmClient) -> None:
    expected = shared.mac(templates.SEAL_LABEL, [bytes(16)])[0][:3].hex().upper()
    assert shared.key_check_value([templates.SEAL_LABEL]) == {templates.SEAL_LABEL: expected}


def test_a_key_wrapping_key_has_a_stable_check_value(client: HsmClient) -> None:
    client.generate(templates.kek_template(2, KW, extractable_under_trusted=True))
    assert client.key_check_value(["KEK-0002"]) == client.key_check_value(["KEK-0002"])


def test_a_destroyed_key_is_absent_in_a_fresh_process(client: HsmClient, algorithm: str) -> None:
    client.generate(KeyTemplate("KEK-0002", KEK_KINDS[algorithm]))
    assert not client.absent_in_fresh_process("KEK-0002")
    client.destroy("KEK-0002")
    assert client.absent_in_fresh_process("KEK-0002")
    with pytest.raises(errors.ObjectGone, match="KEK-0002"):
        client.destroy("KEK-0002")


def test_both_halves_of_a_pair_are_destroyed(client: HsmClient) -> None:
    client.destroy(templates.IACA_LABEL)
    assert templates.IACA_LABEL not in {key.label for key in client.find()}


def test_a_key_destroyed_by_another_process_is_gone_at_once(
    folder: Path, module: Path, client: HsmClient, algorithm: str
) -> None:
    client.generate(KeyTemplate("KEK-0002", KEK_KINDS[algorithm]))
    client.wrap("KEK-0002", algorithm, [ITEM])
    other = HsmClient(module, environment(folder, module))
    binding = client.binding
    assert binding is not None
    with other:
        other.login(binding, _pin())
        other.destroy("KEK-0002")
    with pytest.raises(errors.ObjectGone, match="KEK-0002 is not on the token"):
        client.wrap("KEK-0002", algorithm, [ITEM])


@on(SOFTHSM)
def test_a_data_object_gives_its_newest_value(client: HsmClient) -> None:
    assert client.get_data_object("anchor") is None
    for value in (b"one", b"", b"three"):
        client.put_data_object("anchor", value)
        assert client.get_data_object("anchor") == value
    assert client.get_data_object("other") is None


@on(SOFTHSM)
def test_a_data_object_outlives_the_worker(folder: Path, client: HsmClient, binding: TokenBinding) -> None:
    client.put_data_object("anchor", b"kept")
    client.logout()
    client.login(binding, _pin())
    assert client.get_data_object("anchor") == b"kept"


@on(SOFTHSM)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.binary(min_size=1, max_size=200), aad=st.binary(max_size=100))
def test_whatever_is_wrapped_opens_again(shared: HsmClient, value: bytes, aad: bytes) -> None:
    blob = shared.wrap("KEK-0001", GCM, [WrapItem(value, aad)])[0]
    assert shared.unwrap("KEK-0001", GCM, [WrapItem(blob, aad)]) == [value]


def test_eight_threads_get_their_own_answers(shared: HsmClient, algorithm: str) -> None:
    expected = {number: shared.mac(templates.INDEX_LABEL, [bytes([number])]) for number in range(8)}
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(25):
            if shared.mac(templates.INDEX_LABEL, [bytes([number])]) != expected[number]:
                wrong.append(number)
            made = shared.generate_data_keys("KEK-0001", algorithm, [b"a"])[0]
            if shared.unwrap("KEK-0001", algorithm, [WrapItem(made.wrapped, b"a")]) != [made.value]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _pin() -> Secret:
    return Secret(PIN)


def test_digests_under_several_keys_come_in_one_exchange(shared: HsmClient) -> None:
    parts = [
        MacPart(templates.TOKEN_LABEL, (b"a", b"b")),
        MacPart(templates.INDEX_LABEL, ()),
        MacPart(templates.INDEX_LABEL, (b"a",)),
        MacPart(templates.INDEX_LABEL, (b"a",), templates.NAME_SUBKEY),
    ]
    token, none, index, names = shared.mac_many(parts)
    assert (token, none, index) == (
        shared.mac(templates.TOKEN_LABEL, [b"a", b"b"]), [], shared.mac(templates.INDEX_LABEL, [b"a"])
    )  # fmt: skip
    assert len(names[0]) == 32
    assert names != index
    assert shared.mac_many(parts)[3] == names


def test_a_subkey_never_leaves_the_worker(shared: HsmClient) -> None:
    for ask in (
        lambda: shared.mac(templates.INDEX_LABEL, [b"x", b"czsub1:names"]),
        lambda: shared.mac_many([MacPart(templates.INDEX_LABEL, (b"czsub1:names",))]),
    ):
        with pytest.raises(errors.MechanismFailed, match="subkey"):
            ask()


@pytest.mark.parametrize(
    ("label", "subkey"),
    [(templates.SEAL_LABEL, templates.NAME_SUBKEY), (templates.INDEX_LABEL, "phones"), (templates.ENTRY_LABEL, "x")],
)
def test_only_the_listed_subkeys_exist(shared: HsmClient, label: str, subkey: str) -> None:
    with pytest.raises(errors.MechanismFailed, match="no such subkey"):
        shared.mac_many([MacPart(label, (b"a",), subkey)])


def test_a_key_made_by_another_process_is_there_at_once_also_under_load(
    folder: Path, module: Path, client: HsmClient, binding: TokenBinding, algorithm: str
) -> None:
    wrong: list[str] = []

    def work(one: HsmClient, number: int) -> None:
        for _ in range(20):
            made = one.generate_data_keys("KEK-0001", algorithm, [b"a"])[0]
            if one.unwrap("KEK-0001", algorithm, [WrapItem(made.wrapped, b"a")]) != [made.value]:
                wrong.append(f"process {number}")

    with HsmClient(module, environment(folder, module)) as other:
        other.login(binding, _pin())
        threads = [threading.Thread(target=work, args=(one, at)) for at, one in enumerate((client, other))]
        for thread in threads:
            thread.start()
        other.generate(KeyTemplate("KEK-0002", KEK_KINDS[algorithm]))
        made = client.generate_data_keys("KEK-0002", algorithm, [b"a"])[0]
        assert other.unwrap("KEK-0002", algorithm, [WrapItem(made.wrapped, b"a")]) == [made.value]
        for thread in threads:
            thread.join()
    assert not wrong
