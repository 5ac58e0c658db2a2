"""Several requests under way in one turn: their order, their failures, and a worker that dies or hangs meanwhile."""

import os
import signal
import threading
import time

import pytest

from hsm import errors, templates
from hsm.client import HsmClient
from hsm.requests import MacPart
from tests.support.hsm import SOFTHSM, on

DEADLINE = 0.5
SLACK = 1.0


def one(label: str, *messages: bytes) -> list[MacPart]:
    return [MacPart(label, messages)]


def test_replies_belong_to_their_requests_in_whatever_order_they_are_read(shared: HsmClient) -> None:
    with shared.turn() as turn:
        first = turn.mac_many(one(templates.SEAL_LABEL, b"a"))
        second = turn.mac_many(one(templates.ENTRY_LABEL, b"a", b"b"))
        third = turn.mac_many(one(templates.INDEX_LABEL))
        read = (third(), second(), first())
    assert read == (
        [[]], [shared.mac(templates.ENTRY_LABEL, [b"a", b"b"])], [shared.mac(templates.SEAL_LABEL, [b"a"])]
    )  # fmt: skip
    assert first() == read[2], "asked again, it is the same answer"


def test_what_nobody_waited_for_is_out_of_the_pipe(shared: HsmClient) -> None:
    with shared.turn() as turn:
        turn.mac_many(one(templates.SEAL_LABEL, b"forgotten"))
        left = turn.mac_many(one(templates.ENTRY_LABEL, b"read later"))
    assert shared.mac(templates.TOKEN_LABEL, [b"x"]) != left()[0]
    assert left() == [shared.mac(templates.ENTRY_LABEL, [b"read later"])]


def test_a_request_that_fails_leaves_the_others_alone(shared: HsmClient, algorithm: str) -> None:
    with shared.turn() as turn:
        before = turn.mac_many(one(templates.SEAL_LABEL, b"a"))
        missing = turn.generate_data_keys("KEK-0404", algorithm, [b"aad"])
        after = turn.mac_many(one(templates.SEAL_LABEL, b"a"))
        with pytest.raises(errors.ObjectGone) as gone:
            missing()
        assert gone.value.details["Doing"] == "make data keys under KEK-0404"
        assert before() == after()


def test_a_fault_of_the_caller_gives_the_turn_back(shared: HsmClient) -> None:
    def fails() -> None:
        with shared.turn() as turn:
            turn.mac_many(one(templates.SEAL_LABEL, b"a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert shared.mac(templates.SEAL_LABEL, [b"a"])


@on(SOFTHSM)
def test_a_worker_killed_while_idle_is_not_noticed_by_a_turn(client: HsmClient) -> None:
    before = client.worker_pid
    os.kill(before or 0, signal.SIGKILL)
    with client.turn() as turn:
        first = turn.mac_many(one(templates.SEAL_LABEL, b"a"))
        second = turn.mac_many(one(templates.ENTRY_LABEL, b"a"))
        assert second() != first()
    assert client.worker_pid != before
    assert first() == [client.mac(templates.SEAL_LABEL, [b"a"])]


@on(SOFTHSM)
def test_a_worker_killed_between_two_replies_is_not_asked_again(client: HsmClient) -> None:
    with client.turn() as turn:
        first = turn.mac_many(one(templates.SEAL_LABEL, b"a"))
        first()
        os.kill(client.worker_pid or 0, signal.SIGSTOP)
        second = turn.mac_many(one(templates.ENTRY_LABEL, b"a"))
        third = turn.mac_many(one(templates.ENTRY_LABEL, b"b"))
        os.kill(client.worker_pid or 0, signal.SIGKILL)
        for lost in (second, third):
            with pytest.raises(errors.NotAnswering):
                lost()
    assert client.mac(templates.SEAL_LABEL, [b"a"]) == first()[0]


@on(SOFTHSM)
def test_one_deadline_ends_a_turn_whose_worker_hangs(client: HsmClient) -> None:
    os.kill(client.worker_pid or 0, signal.SIGSTOP)
    began = time.monotonic()
    with client.turn(deadline=DEADLINE) as turn:
        for lost in [turn.mac_many(one(templates.SEAL_LABEL, bytes([number]))) for number in range(5)]:
            with pytest.raises(errors.NotAnswering):
                lost()
    assert time.monotonic() - began < DEADLINE + SLACK
    assert client.mac(templates.SEAL_LABEL, [b"a"])


@on(SOFTHSM)
def test_a_locked_client_gives_no_turn(client: HsmClient) -> None:
    client.logout()
    with pytest.raises(errors.NotLoggedIn), client.turn():
        pytest.fail("there is nothing to ask")


def test_others_wait_until_a_turn_is_over(shared: HsmClient) -> None:
    order: list[str] = []

    def other() -> None:
        shared.mac(templates.SEAL_LABEL, [b"other"])
        order.append("other")

    with shared.turn() as turn:
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.05)
        turn.mac_many(one(templates.SEAL_LABEL, b"mine"))()
        order.append("mine")
    thread.join()
    assert order == ["mine", "other"]
