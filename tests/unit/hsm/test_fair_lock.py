"""The lock that no busy caller can hog."""

import contextlib
import threading
import time

from hsm.fair_lock import FairLock


def test_turns_are_granted_in_the_order_of_asking() -> None:
    lock = FairLock()
    order: list[int] = []

    def ask(number: int) -> None:
        with lock:
            order.append(number)

    threads = []
    with lock:
        for number in range(6):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            _until(lambda: len(lock._waiting) == len(threads))
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_a_caller_in_a_loop_does_not_starve_another() -> None:
    lock = FairLock()
    stop = threading.Event()
    turns = 0

    def job() -> None:
        nonlocal turns
        while not stop.is_set():
            with lock:
                turns += 1
                time.sleep(0.002)

    thread = threading.Thread(target=job)
    thread.start()
    _until(lambda: turns > 0)
    before = turns
    with lock:
        waited = turns - before
    stop.set()
    thread.join()
    assert waited <= 2


def test_an_error_inside_gives_the_lock_back() -> None:
    lock = FairLock()
    with contextlib.suppress(ZeroDivisionError), lock:
        _ = 1 // 0
    with lock:
        assert lock._held


def _until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.0005)
