"""A worker that hangs, dies or is interrupted: an error within the deadline, and the next call works."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hsm import errors, templates
from hsm.client import HsmClient
from hsm.model import GCM, TokenBinding
from hsm.secret import Secret
from tests.support.hsm import PIN, SOFTHSM, environment, make_token

DEADLINE = 0.5
SLACK = 1.0  # for a busy machine; what it must not be confused with takes seconds
LONG_BATCH = [bytes(64)] * 60_000  # takes the token about two seconds


@pytest.fixture(scope="module")
def module() -> Path:
    """Name one module: a worker's life and death are the same whatever it holds."""
    return SOFTHSM


def pid(client: HsmClient) -> int:
    assert client.worker_pid is not None
    return client.worker_pid


def works(client: HsmClient) -> bool:
    return len(client.mac(templates.INDEX_LABEL, [b"x"])[0]) == 32


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except errors.HsmError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, caught


def test_a_stopped_worker_is_ended_at_the_deadline(client: HsmClient, binding: TokenBinding) -> None:
    stopped = pid(client)
    os.kill(stopped, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(errors.NotAnswering, match=r"^The HSM does not answer\.$") as caught:
        client.mac(templates.INDEX_LABEL, [b"x"], deadline=DEADLINE)
    assert DEADLINE <= time.monotonic() - began < DEADLINE + SLACK
    waited = caught.value.details.pop("Waited")
    assert re.fullmatch(r"[01]\.\d s, then the HSM worker was ended", waited)
    assert caught.value.details == {
        "Doing": "compute digests with cz-index",
        "Module": str(SOFTHSM),
        "Token": binding.label,
        "Serial": binding.serial,
    }
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)
    assert works(client)


def test_a_stopped_worker_with_a_full_pipe_is_ended_at_the_deadline(client: HsmClient) -> None:
    os.kill(pid(client), signal.SIGSTOP)
    with pytest.raises(errors.NotAnswering):
        client.mac(templates.INDEX_LABEL, LONG_BATCH, deadline=DEADLINE)
    assert works(client)


def test_a_long_call_is_ended_at_the_deadline(client: HsmClient) -> None:
    began = time.monotonic()
    with pytest.raises(errors.NotAnswering):
        client.mac(templates.INDEX_LABEL, LONG_BATCH, deadline=DEADLINE)
    assert time.monotonic() - began < DEADLINE + SLACK
    assert works(client)


def test_a_worker_killed_in_mid_call_is_reported_at_once(client: HsmClient) -> None:
    thread, caught = in_thread(lambda: client.mac(templates.INDEX_LABEL, LONG_BATCH, deadline=30))
    time.sleep(0.2)
    killed = time.monotonic()
    os.kill(pid(client), signal.SIGKILL)
    thread.join()
    assert time.monotonic() - killed < SLACK
    assert [type(error) for error in caught] == [errors.NotAnswering]
    assert "SIGKILL" in caught[0].details["Waited"]  # type: ignore[attr-defined]
    assert works(client)


def test_a_worker_stopped_and_then_killed_in_mid_call_is_not_asked_again(client: HsmClient) -> None:
    os.kill(pid(client), signal.SIGSTOP)
    thread, caught = in_thread(lambda: client.destroy("KEK-0001", deadline=30))
    time.sleep(0.2)
    os.kill(pid(client), signal.SIGKILL)
    thread.join()
    assert [type(error) for error in caught] == [errors.NotAnswering]
    assert "KEK-0001" in {key.label for key in client.find()}


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_a_worker_killed_while_idle_is_not_noticed(client: HsmClient, pause: float) -> None:
    for _ in range(3):
        before = pid(client)
        os.kill(before, signal.SIGKILL)
        time.sleep(pause)
        assert works(client)
        assert pid(client) != before


def test_a_stopped_worker_that_goes_on_in_time_answers(client: HsmClient) -> None:
    stopped = pid(client)
    os.kill(stopped, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (stopped, signal.SIGCONT)).start()
    assert works(client)
    assert pid(client) == stopped


def test_a_deadline_counts_from_the_moment_of_the_turn(client: HsmClient) -> None:
    stopped = pid(client)
    os.kill(stopped, signal.SIGSTOP)
    threading.Timer(0.6, os.kill, (stopped, signal.SIGCONT)).start()
    first, first_errors = in_thread(lambda: client.mac(templates.INDEX_LABEL, [b"x"], deadline=5))
    time.sleep(0.05)
    second, second_errors = in_thread(lambda: client.mac(templates.INDEX_LABEL, [b"x"], deadline=0.4))
    first.join()
    second.join()
    assert not first_errors
    assert not second_errors


def test_an_operator_is_served_between_the_batches_of_a_job(client: HsmClient) -> None:
    stop = threading.Event()

    def job() -> None:
        while not stop.is_set():
            client.generate_data_keys("KEK-0001", GCM, [b""] * 200)

    thread, caught = in_thread(job)
    try:
        waits = []
        for _ in range(10):
            began = time.monotonic()
            assert works(client)
            waits.append(time.monotonic() - began)
    finally:
        stop.set()
        thread.join()
    assert not caught
    assert sorted(waits)[5] < 0.2


def test_an_interrupted_call_does_not_answer_the_next_one(client: HsmClient, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = pid(client)

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    worker = client._connection._worker
    with monkeypatch.context() as patch:
        patch.setattr(worker, "receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.mac(templates.INDEX_LABEL, [b"one"])
    assert client.mac(templates.SEAL_LABEL, [b"two"]) == client.mac(templates.SEAL_LABEL, [b"two"])
    assert pid(client) != interrupted


def test_log_out_ends_the_worker_and_refuses_what_waits(client: HsmClient, binding: TokenBinding) -> None:
    ended = pid(client)
    client.logout()
    assert not client.logged_in
    assert client.worker_pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(ended, 0)
    with pytest.raises(errors.NotLoggedIn):
        client.mac(templates.INDEX_LABEL, [b"x"])
    client.login(binding, Secret(PIN))
    assert works(client)


def test_log_out_lets_a_call_finish_and_refuses_those_that_wait(client: HsmClient) -> None:
    stopped = pid(client)
    os.kill(stopped, signal.SIGSTOP)
    running, running_errors = in_thread(lambda: works(client))
    time.sleep(0.1)
    waiting, waiting_errors = in_thread(lambda: works(client))
    time.sleep(0.1)
    leaving = threading.Thread(target=client.logout)
    leaving.start()
    time.sleep(0.1)
    assert not client.logged_in
    os.kill(stopped, signal.SIGCONT)
    for thread in (running, waiting, leaving):
        thread.join()
    assert not running_errors
    assert [type(error) for error in waiting_errors] == [errors.NotLoggedIn]


def test_log_out_of_a_stopped_worker_takes_no_longer_than_a_second(client: HsmClient) -> None:
    os.kill(pid(client), signal.SIGSTOP)
    began = time.monotonic()
    client.logout()
    assert time.monotonic() - began < 1.5


def test_a_log_in_that_hangs_leaves_nothing_behind(folder: Path, client: HsmClient, binding: TokenBinding) -> None:
    with HsmClient(SOFTHSM, environment(folder)) as other:
        assert other.module_facts().slots
        os.kill(pid(other), signal.SIGSTOP)
        with pytest.raises(errors.NotAnswering):
            other.login(binding, Secret(PIN), deadline=DEADLINE)
        assert not other.logged_in
        other.login(binding, Secret(PIN))
        assert works(other)


def test_a_key_destroyed_elsewhere_does_not_stop_a_log_in_from_being_restored(
    folder: Path, client: HsmClient, binding: TokenBinding
) -> None:
    with HsmClient(SOFTHSM, environment(folder)) as other:
        other.login(binding, Secret(PIN))
        other.destroy("KEK-0001")
    os.kill(pid(client), signal.SIGKILL)
    assert works(client)
    with pytest.raises(errors.ObjectGone, match="KEK-0001"):
        client.generate_data_keys("KEK-0001", GCM, [b""])


def test_starting_early_does_not_wait_and_is_used_by_the_log_in(
    folder: Path, client: HsmClient, binding: TokenBinding
) -> None:
    with HsmClient(SOFTHSM, environment(folder)) as early:
        began = time.monotonic()
        early.start()
        assert time.monotonic() - began < DEADLINE
        started = pid(early)
        early.start()
        early.login(binding, Secret(PIN))
        assert pid(early) == started


def test_a_second_log_in_has_a_worker_of_its_own(client: HsmClient, binding: TokenBinding) -> None:
    before = pid(client)
    client.login(binding, Secret(PIN))
    assert pid(client) != before
    with pytest.raises(errors.PinRefused):
        client.login(binding, Secret("000000"))


def test_a_worker_that_cannot_start_is_an_hsm_that_does_not_answer(folder: Path, binding: TokenBinding) -> None:
    for command in (["/nonexistent/worker"], [sys.executable, "-c", "raise SystemExit(3)"]):
        with HsmClient(SOFTHSM, environment(folder), command=command) as client, pytest.raises(errors.NotAnswering):
            client.login(binding, Secret(PIN))


def test_a_worker_that_talks_nonsense_is_not_believed(folder: Path, binding: TokenBinding) -> None:
    script = "import os; os.write(1, bytes([0,0,0,3]) + b'abc' + bytes(range(256)) * 10)"
    command = [sys.executable, "-c", script]
    with HsmClient(SOFTHSM, environment(folder), command=command) as client, pytest.raises(errors.NotAnswering):
        client.login(binding, Secret(PIN))


def test_what_a_module_prints_does_not_disturb_the_pipe(folder: Path, client: HsmClient, binding: TokenBinding) -> None:
    compiler = next((path for path in ("/usr/bin/cc", "/usr/bin/gcc") if Path(path).exists()), None)
    if compiler is None:
        pytest.skip("a chatty module needs a C compiler")
    source, module = folder / "chatty.c", folder / "chatty.so"
    source.write_text(
        "#include <dlfcn.h>\n#include <unistd.h>\n"
        "unsigned long C_GetFunctionList(void *list) {\n"
        '  if (write(1, "chatter on stdout\\n", 18) < 0 || read(0, list, 0) < 0) return 5;\n'
        f'  void *real = dlopen("{SOFTHSM}", RTLD_NOW);\n'
        '  return ((unsigned long (*)(void *)) dlsym(real, "C_GetFunctionList"))(list);\n}\n'
    )
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(module), str(source)], check=True)
    with HsmClient(module, environment(folder)) as chatty:
        chatty.login(binding, Secret(PIN))
        assert works(chatty)


def test_the_worker_dumps_no_core_and_ignores_ctrl_c(client: HsmClient) -> None:
    status = Path(f"/proc/{pid(client)}/limits").read_text()
    assert "Max core file size        0                    0" in status
    os.kill(pid(client), signal.SIGINT)
    before = pid(client)
    assert works(client)
    assert pid(client) == before


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    client, _, _ = make_token(tmp_path)
    client.close()
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom hsm.client import HsmClient\n"
        f"client = HsmClient(Path({str(SOFTHSM)!r}), {environment(tmp_path)!r})\n"
        "client.start(); client.module_facts(); print(client.worker_pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    orphan = Path(f"/proc/{int(parent.stdout)}")
    deadline = time.monotonic() + 5
    while orphan.exists() and "State:\tZ" not in (orphan / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
