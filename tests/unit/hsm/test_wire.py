"""The language of the worker pipe: nothing but the expected shapes gets through."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm import requests, wire
from hsm.model import GeneratedDataKey, KeyFacts, ModuleFacts, SlotFacts, TokenFacts, WrapItem
from hsm.templates import KeyKind, KeyTemplate

SAMPLES = [
    requests.Open("/usr/lib/x.so"),
    requests.Login("label", "serial", {"b": "010203", "a": "AABBCC"}, restoring=True, pin=b"1234"),
    requests.Mac("cz-index", (b"", b"x" * 70000)),
    requests.Wrap("KEK-0001", "AES-256-GCM", (WrapItem(b"v", b"a"), WrapItem(b"w"))),
    requests.Generate((KeyTemplate("cz-log", KeyKind.ED25519), KeyTemplate("cz-index", KeyKind.HMAC, True))),
    requests.Find(None),
    requests.Find("KEK-0001"),
    requests.RunTrials(),
]
ANSWERS = [
    requests.Done(),
    requests.Failed("PinRefused", "The token refused the PIN.", {"Doing": "log in"}, ends_worker=False),
    requests.DataKeys((GeneratedDataKey(b"v", b"w"),)),
    requests.Keys(
        (KeyFacts("l", "secret", "AES", 256, True, False, False, True, True, True, False, False, "00ff"),),
    ),
    requests.ModuleDescribed(ModuleFacts("p", "d", "m", "2.6", "2.40", (SlotFacts(1, "s", "", "", "m", False),))),
    requests.TokenDescribed(TokenFacts("l", "s", "m", "x", "1.0", "2.0", 7, False, False)),
    requests.Trials(
        (
            requests.Trial("gcm", "CKM_AES_GCM", "Wrap", "matches", 0.05, "", None),
            requests.Trial("p256", "CKM_ECDSA", "Sign", "refused", None, "", requests.Evidence(b"k", b"m", b"s")),
        )
    ),
]


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_a_request_survives_the_pipe(message: object) -> None:
    assert wire.unpack(wire.pack(message)[wire.HEADER :], requests.REQUESTS) == message


@pytest.mark.parametrize("message", ANSWERS, ids=lambda message: type(message).__name__)
def test_a_reply_survives_the_pipe(message: object) -> None:
    assert wire.unpack(wire.pack(message)[wire.HEADER :], requests.REPLIES) == message


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_batch_survives_the_pipe(messages: list[bytes]) -> None:
    request = requests.Mac("cz-index", tuple(messages))
    assert wire.unpack(wire.pack(request)[wire.HEADER :], requests.REQUESTS) == request


def test_equal_messages_have_equal_bytes() -> None:
    one = requests.Login("l", "s", {"a": "1", "b": "2"}, restoring=False, pin=b"1")
    two = requests.Login("l", "s", {"b": "2", "a": "1"}, restoring=False, pin=b"1")
    assert wire.pack(one) == wire.pack(two)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(noise: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(noise, {})


@pytest.mark.parametrize(
    "parts",
    [
        [],
        ["Mac"],
        ["Mac", "label"],
        ["Mac", "label", [1]],
        ["Mac", "label", b"not an array"],
        ["Mac", b"label", [b"m"]],
        ["Random", True],
        ["Random", 1.0],
        ["Wrap", "k", "a", [[b"v"]]],
        ["Generate", [["label", "no such kind", False]]],
        ["Login", "l", "s", [], False, b"1"],
        ["Login", "l", "s", {"a": 1}, False, b"1"],
        ["__reduce__", "os.system"],
        {"Mac": 1},
        "Mac",
    ],
)
def test_a_message_of_another_shape_is_refused(parts: object) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(cbor2.dumps(parts), requests.REQUESTS)


def test_a_reply_outside_the_choices_is_refused() -> None:
    parts = ["Trials", [["gcm", "CKM_AES_GCM", "Wrap", "wonderful", 0.05, "", None]]]
    with pytest.raises(wire.WireError):
        wire.unpack(cbor2.dumps(parts), requests.REPLIES)


def test_a_frame_that_announces_too_much_is_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.body_length((wire.MAX_FRAME + 1).to_bytes(4, "big"))


@pytest.mark.parametrize(
    "message",
    [
        requests.Login("l", "s", {}, restoring=False, pin=b"135790"),
        requests.ChangePin(b"135790", b"135790"),
        requests.InitialiseToken("m", "l", b"135790"),
        requests.PersonaliseToken("l", b"", b"135790", b"135790"),
        requests.Mac("k", (b"135790",)),
        requests.Values((b"135790",)),
        GeneratedDataKey(b"135790", b""),
        WrapItem(b"135790"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_message_prints_its_secret(message: object) -> None:
    assert "135790" not in repr(message)
