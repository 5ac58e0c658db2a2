"""Processes that start SoftHSM while another one rewrites the token's file: nobody is told that the token is gone."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hsm import errors
from hsm.client import HsmClient
from hsm.inworker.looking import PAUSES
from hsm.model import TokenBinding
from hsm.secret import Secret
from tests.support.hsm import PIN, SOFTHSM, environment

PROCESSES, LOG_INS = 6, 8
A_MOMENT = 0.12


@pytest.fixture(scope="module")
def module() -> Path:
    """Name one module: only SoftHSM rewrites a file at each log-in."""
    return SOFTHSM


@contextmanager
def half_written(folder: Path, bytes_left: int, seconds: float) -> Iterator[None]:
    """Cut the token's file as a process in the middle of writing it leaves it, and put it back after a while."""
    [path] = (folder / "tokens").glob("*/token.object")
    whole = path.read_bytes()
    os.truncate(path, bytes_left)
    finish = threading.Timer(seconds, path.write_bytes, [whole])
    finish.start()
    try:
        yield
    finally:
        finish.cancel()
        finish.join()
        path.write_bytes(whole)


@pytest.mark.parametrize("bytes_left", [0, 8, 100, 200])
def test_a_token_file_that_is_just_being_written_is_read_again(
    folder: Path, client: HsmClient, binding: TokenBinding, bytes_left: int
) -> None:
    with half_written(folder, bytes_left, A_MOMENT), HsmClient(SOFTHSM, environment(folder)) as other:
        assert other.login(binding, Secret(PIN)).serial == binding.serial
    with half_written(folder, bytes_left, A_MOMENT), HsmClient(SOFTHSM, environment(folder)) as stranger:
        assert binding.serial in {slot.serial for slot in stranger.module_facts(serial=binding.serial).slots}


def test_a_token_that_is_really_gone_is_told_after_a_moment(
    folder: Path, client: HsmClient, binding: TokenBinding
) -> None:
    began = time.monotonic()
    with (
        half_written(folder, 0, 60),
        HsmClient(SOFTHSM, environment(folder)) as other,
        pytest.raises(errors.TokenMissing),
    ):
        other.login(binding, Secret(PIN))
    assert sum(PAUSES) < time.monotonic() - began < sum(PAUSES) + 3


def test_a_wrong_pin_is_given_to_the_token_once(folder: Path, client: HsmClient, binding: TokenBinding) -> None:
    began = time.monotonic()
    with HsmClient(SOFTHSM, environment(folder)) as other:
        other.start()
        other.module_facts()
        began = time.monotonic()
        with pytest.raises(errors.PinRefused):
            other.login(binding, Secret("97531"))
    assert time.monotonic() - began < sum(PAUSES)


def _log_in_often(folder: Path, binding: TokenBinding, failures: "multiprocessing.Queue[str]") -> None:
    for _ in range(LOG_INS):
        with HsmClient(SOFTHSM, environment(folder)) as client:
            try:
                client.login(binding, Secret(PIN))
            except errors.HsmError as error:
                failures.put(f"{type(error).__name__}: {error.message} {error.details}")
    failures.put("")


def test_processes_that_start_at_the_same_instant_all_log_in(
    folder: Path, client: HsmClient, binding: TokenBinding
) -> None:
    spawn = multiprocessing.get_context("spawn")
    failures: multiprocessing.Queue[str] = spawn.Queue()
    processes = [spawn.Process(target=_log_in_often, args=(folder, binding, failures)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    found: list[str] = []
    while found.count("") < PROCESSES:
        found.append(failures.get(timeout=60))
    for process in processes:
        process.join()
    assert set(found) == {""}
