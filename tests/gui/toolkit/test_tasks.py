"""TaskRunner: order, side by side, cancel, errors, closing; all without an asyncio loop."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from core.errors import CitizenZeroError, HsmNotAnswering, LoginSessionEnded, VaultLocked
from tests.support.gui import settle
from ui.models.page_tasks import PageTasks
from ui.pending import Pending
from ui.tasks import Job, JobState, JobStopped, TaskRunner


class Reported:
    """A report that keeps what it got."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.retries: list[object] = []

    def __call__(self, error: BaseException, retry: object = None, /) -> None:
        self.errors.append(error)
        self.retries.append(retry)


@pytest.fixture
def reported() -> Reported:
    return Reported()


@pytest.fixture
def runner(qtbot: QtBot, reported: Reported) -> Iterator[TaskRunner]:
    runner = TaskRunner(reported)
    yield runner
    qtbot.waitUntil(runner.close().done)


def _soon(value: str, seconds: float = 0.0) -> str:
    time.sleep(seconds)
    return value


def test_commands_run_one_at_a_time_and_in_the_order_asked(qtbot: QtBot, runner: TaskRunner) -> None:
    seen: list[str] = []

    def work(name: str, seconds: float) -> None:
        seen.append(f"{name} begins")
        time.sleep(seconds)
        seen.append(f"{name} ends")

    first = runner.command(lambda: work("slow", 0.05))
    second = runner.command(lambda: work("quick", 0))
    qtbot.waitUntil(lambda: first.done() and second.done())
    assert seen == ["slow begins", "slow ends", "quick begins", "quick ends"]


def test_queries_run_side_by_side_and_beside_a_command(qtbot: QtBot, runner: TaskRunner) -> None:
    meet = threading.Barrier(3, timeout=3)
    pendings: list[Pending[int]] = [runner.query(meet.wait), runner.query(meet.wait), runner.command(meet.wait)]
    qtbot.waitUntil(lambda: all(pending.done() for pending in pendings))
    assert sorted(pending.result() for pending in pendings) == [0, 1, 2]


def test_work_runs_off_the_qt_thread_and_goes_on_on_it(qtbot: QtBot, runner: TaskRunner) -> None:
    threads: list[threading.Thread] = []

    async def act() -> None:
        threads.append(await runner.query(threading.current_thread))
        threads.append(threading.current_thread())

    runner.start(act())
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_a_coroutine_awaits_several_things_in_turn(qtbot: QtBot, runner: TaskRunner) -> None:
    got: list[str] = []

    async def act() -> None:
        one = runner.query(lambda: _soon("one", 0.02))
        two = runner.query(lambda: _soon("two"))
        got.append(await one)
        got.append(await two)
        got.append(await runner.command(lambda: _soon("three")))

    task = runner.start(act())
    qtbot.waitUntil(lambda: task.done)
    assert got == ["one", "two", "three"]


def test_an_error_that_nobody_catches_reaches_the_one_report(
    qtbot: QtBot, runner: TaskRunner, reported: Reported
) -> None:
    def fail() -> None:
        raise HsmNotAnswering("The HSM does not answer.")

    async def act() -> None:
        await runner.command(fail)

    def again() -> None:
        """Try again."""

    runner.start(act(), retry=again)
    qtbot.waitUntil(lambda: bool(reported.errors))
    assert isinstance(reported.errors[0], HsmNotAnswering)
    assert reported.retries == [again]


def test_an_error_that_is_caught_is_not_reported(qtbot: QtBot, runner: TaskRunner, reported: Reported) -> None:
    caught: list[BaseException] = []

    def fail() -> None:
        raise ValueError

    async def act() -> None:
        try:
            await runner.query(fail)
        except ValueError as error:
            caught.append(error)

    task = runner.start(act())
    qtbot.waitUntil(lambda: task.done)
    assert len(caught) == 1
    assert reported.errors == []


def test_a_failure_that_nobody_awaits_is_reported_all_the_same(
    qtbot: QtBot, runner: TaskRunner, reported: Reported
) -> None:
    def fail() -> None:
        raise RuntimeError("lost?")

    runner.command(fail)
    qtbot.waitUntil(lambda: bool(reported.errors))
    assert str(reported.errors[0]) == "lost?"


def test_a_fault_between_awaits_is_reported_too(qtbot: QtBot, runner: TaskRunner, reported: Reported) -> None:
    async def act() -> None:
        await runner.query(lambda: 1)
        raise KeyError("slip")

    runner.start(act())
    qtbot.waitUntil(lambda: bool(reported.errors))
    assert isinstance(reported.errors[0], KeyError)


def test_awaiting_something_that_nothing_can_wake_is_a_fault_not_a_hang(
    qtbot: QtBot, runner: TaskRunner, reported: Reported
) -> None:
    class Strange:
        def __await__(self) -> Iterator[int]:
            yield 1

    async def act() -> None:
        await Strange()  # type: ignore[misc]  # on purpose

    runner.start(act())
    qtbot.waitUntil(lambda: bool(reported.errors))
    assert isinstance(reported.errors[0], TypeError)


def test_a_cancelled_coroutine_ends_where_it_waits_and_cleans_up(
    qtbot: QtBot, runner: TaskRunner, reported: Reported
) -> None:
    seen: list[str] = []
    release = threading.Event()

    async def act() -> None:
        try:
            await runner.query(release.wait)
            seen.append("went on")
        finally:
            seen.append("cleaned up")

    task = runner.start(act())
    qtbot.wait(20)
    task.cancel()
    qtbot.waitUntil(lambda: task.done)
    release.set()
    qtbot.wait(20)
    assert seen == ["cleaned up"]
    assert reported.errors == []


def test_a_command_given_up_before_its_turn_never_runs(qtbot: QtBot, runner: TaskRunner) -> None:
    ran: list[str] = []
    release = threading.Event()
    runner.command(release.wait)
    waiting = runner.command(lambda: ran.append("ran"))
    assert waiting.cancel()
    release.set()
    qtbot.waitUntil(waiting.done)
    with pytest.raises(asyncio.CancelledError):
        waiting.result()
    assert ran == []


def test_a_job_tells_how_far_it_is_and_always_its_end(qtbot: QtBot, runner: TaskRunner) -> None:
    told: list[JobState] = []
    ended: list[JobState] = []
    runner.job_advanced.connect(told.append)
    runner.job_ended.connect(ended.append)

    def work(job: Job) -> str:
        for done in range(101):
            job.progress(done, 100)
        return "all"

    pending = runner.job("Re-wrapping", work)
    assert [job.title for job in runner.jobs] == ["Re-wrapping"]
    qtbot.waitUntil(pending.done)
    assert pending.result() == "all"
    assert told[-1].done == 100
    assert len(told) < 100
    assert [job.done for job in ended] == [100]
    assert runner.jobs == ()


def test_a_result_never_overtakes_whoever_asked_for_it(qtbot: QtBot, runner: TaskRunner) -> None:
    told: list[str] = []
    runner.job_started.connect(lambda job: told.append(f"{job.title} began"))
    runner.job_ended.connect(lambda job: told.append(f"{job.title} ended"))
    for number in range(50):
        pending = runner.job(str(number), lambda _: None)
        time.sleep(0.0005)  # long enough for the work to be over
        assert not pending.done()
    qtbot.waitUntil(lambda: len(told) == 100)
    assert all(told.index(f"{n} began") < told.index(f"{n} ended") for n in range(50))


def test_a_job_asked_to_stop_ends_at_its_next_safe_point(qtbot: QtBot, runner: TaskRunner, reported: Reported) -> None:
    reached: list[int] = []

    def work(job: Job) -> int:
        for done in range(10_000):
            if job.stopped:
                return done
            reached.append(done)
            time.sleep(0.001)
        return 10_000

    pending = runner.job("Rotating", work)
    qtbot.waitUntil(lambda: len(reached) > 3)
    runner.stop_job(runner.jobs[0].number)
    qtbot.waitUntil(pending.done)
    assert pending.result() == len(reached) < 10_000
    assert reported.errors == []


def test_a_job_stopped_before_its_turn_does_nothing_and_is_no_error(
    qtbot: QtBot, runner: TaskRunner, reported: Reported
) -> None:
    ran: list[str] = []
    release = threading.Event()
    runner.job("Importing", lambda _: release.wait())

    async def act() -> None:
        await runner.job("Rotating", lambda _: ran.append("ran"))

    task = runner.start(act())
    qtbot.waitUntil(lambda: len(runner.jobs) == 2)
    runner.stop_job(runner.jobs[1].number)
    release.set()
    qtbot.waitUntil(lambda: task.done)
    assert ran == []
    assert reported.errors == []


def test_a_job_that_must_not_stop_is_not_stopped(qtbot: QtBot, runner: TaskRunner) -> None:
    def work(job: Job) -> bool:
        time.sleep(0.02)
        return job.stopped

    pending = runner.job("Destroying", work, stoppable=False)
    runner.stop_job(runner.jobs[0].number)
    qtbot.waitUntil(pending.done)
    assert pending.result() is False


def test_closing_waits_for_the_command_that_runs_and_takes_nothing_new(qtbot: QtBot, reported: Reported) -> None:
    runner = TaskRunner(reported)
    done: list[str] = []

    async def act() -> None:
        await runner.command(lambda: _soon("x", 0.05))
        done.append("first")
        await runner.command(lambda: done.append("must not run"))
        done.append("must not go on")

    runner.start(act())
    qtbot.waitUntil(lambda: runner._running == 1)
    with qtbot.waitSignal(runner.closed):
        runner.close()
    assert done == ["first"]
    assert reported.errors == []


def test_closing_ends_a_coroutine_that_waits_for_a_person(qtbot: QtBot, reported: Reported) -> None:
    runner = TaskRunner(reported)
    never: Pending[None] = Pending()

    async def act() -> None:
        await never

    task = runner.start(act())
    qtbot.wait(10)
    qtbot.waitUntil(runner.close().done)
    assert task.done


def test_nothing_starts_after_closing(qtbot: QtBot, reported: Reported) -> None:
    runner = TaskRunner(reported)
    qtbot.waitUntil(runner.close().done)
    ran: list[str] = []

    async def act() -> None:
        ran.append("ran")

    assert runner.start(act()).done
    assert ran == []


def test_a_pending_result_can_be_awaited_by_asyncio_as_well() -> None:
    async def main() -> str:
        pending: Pending[str] = Pending()
        asyncio.get_running_loop().call_soon(lambda: pending.set_result("here"))
        return await pending

    assert asyncio.run(main()) == "here"


def test_only_the_first_outcome_counts() -> None:
    pending: Pending[str] = Pending()
    pending.set_result("first")
    pending.set_exception(ValueError())
    assert pending.result() == "first"


def test_a_stopped_job_is_told_by_an_exception_of_its_own() -> None:
    job = Job(JobState(1, "x"), lambda _: None)
    job.check()
    job.stop()
    with pytest.raises(JobStopped):
        job.check()


@pytest.mark.parametrize("error", [VaultLocked("Not logged in."), LoginSessionEnded("Over.")], ids=["locked", "ended"])
def test_what_fails_because_a_page_was_locked_is_not_told_to_whoever_signs_in_next(
    qtbot: QtBot, runner: TaskRunner, reported: Reported, error: CitizenZeroError
) -> None:
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(5)
        raise error

    async def page() -> None:
        await tasks.query(work)

    tasks = PageTasks(runner)
    tasks.start(page())
    qtbot.waitUntil(lambda: runner._running == 1)
    tasks.end()
    go_on.set()
    qtbot.waitUntil(lambda: runner._running == 0)
    gc.collect()
    settle()
    assert reported.errors == []


def test_another_failure_after_a_lock_is_still_told(qtbot: QtBot, runner: TaskRunner, reported: Reported) -> None:
    tasks = PageTasks(runner)
    pending = tasks.command(lambda: 1 / 0)
    tasks.end()
    qtbot.waitUntil(pending.done)
    del pending
    gc.collect()
    qtbot.waitUntil(lambda: len(reported.errors) == 1)
    assert isinstance(reported.errors[0], ZeroDivisionError)
