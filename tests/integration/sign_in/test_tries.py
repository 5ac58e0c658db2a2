"""Guessing: counted for all processes, paused for longer and longer, and nobody learns who exists."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.bootstrap import Vault, open_vault
from app.start import begin
from core.access.model import Role
from core.access.tries import FREE_TRIES, Standing, bucket_of, duration
from core.audit.model import EntryFilter, Origin
from core.errors import Refused, SignInPaused
from hsm.secret import Secret
from tests.support.cli import CommandLine
from tests.support.operators import add_operator
from tests.support.vault import OPERATOR, PASSWORD, RealVault, in_threads

pytestmark = pytest.mark.slow
WRONG = Secret("not the password at all")


@contextmanager
def another_process(real: RealVault) -> Iterator[Vault]:
    """Give the vault as another process has it: own worker, own connections."""
    vault = open_vault(begin(real.home))
    try:
        yield vault
    finally:
        vault.close()


def refused(vault: Vault, name: str = OPERATOR, password: Secret = WRONG) -> str:
    with pytest.raises(Refused) as caught:
        vault.sign_in(name, password, Origin.CLI)
    return caught.value.message


def let_pass(real: RealVault, interval: str) -> None:
    """Let time pass in the database."""
    real.sql(
        "UPDATE sign_in_try SET paused_until = paused_until - %s::interval, tried_at = tried_at - %s::interval",
        [interval, interval],
    )


def test_after_five_tries_there_is_a_pause_of_15_minutes_and_the_words_count_down(real: RealVault) -> None:
    with another_process(real) as vault:
        said = [refused(vault) for _ in range(FREE_TRIES)]
        assert said == [
            "Operator or password is wrong. 4 tries left, then a pause of 15 minutes.",
            "Operator or password is wrong. 3 tries left, then a pause of 15 minutes.",
            "Operator or password is wrong. 2 tries left, then a pause of 15 minutes.",
            "Operator or password is wrong. 1 try left, then a pause of 15 minutes.",
            "Operator or password is wrong. The next try is taken in 15 minutes.",
        ]
        assert refused(vault) == "Too many tries failed. The next one is taken in 15 minutes."


def test_during_a_pause_the_right_password_is_not_taken_either_in_no_process(real: RealVault) -> None:
    with another_process(real) as vault:
        for _ in range(FREE_TRIES):
            refused(vault)
    with another_process(real) as later:  # a restart forgets nothing
        with pytest.raises(SignInPaused) as caught:
            later.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        assert 890 < caught.value.seconds <= 901
        assert caught.value.exit_code == 4
        let_pass(real, "15 minutes 1 second")
        later.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        assert refused(later).endswith("4 tries left, then a pause of 15 minutes.")  # and all is forgiven


def test_each_try_that_fails_after_a_pause_doubles_it_up_to_a_day(real: RealVault) -> None:
    with another_process(real) as vault:
        for _ in range(FREE_TRIES):
            refused(vault)
        for words in ("30 minutes", "60 minutes", "2 hours", "4 hours", "8 hours", "16 hours", "24 hours", "24 hours"):
            real.sql("UPDATE sign_in_try SET paused_until = now()")
            assert refused(vault) == f"Operator or password is wrong. The next try is taken in {words}."
            assert "Too many tries failed" in refused(vault)


def test_a_day_without_a_try_forgets_them(real: RealVault) -> None:
    with another_process(real) as vault:
        for _ in range(FREE_TRIES - 1):
            refused(vault)
        let_pass(real, "25 hours")
        assert refused(vault).endswith("4 tries left, then a pause of 15 minutes.")


@pytest.fixture(scope="module")
def said_to_the_known(real: RealVault) -> list[str]:
    """Return what an operator is told at each wrong try, until one is not taken any more."""
    real.sql("DELETE FROM sign_in_try")  # this runs before what clears them for each test
    with another_process(real) as vault:
        said = [refused(vault) for _ in range(FREE_TRIES + 1)]
    real.sql("DELETE FROM sign_in_try")
    return said


@pytest.mark.parametrize("name", ["nobody.at.all", "", " ", "a/b", "a\0b", "x" * 4_000, "\ud800", "' OR 1=1 --"])
def test_an_unknown_name_is_answered_in_the_same_words_and_paused_likewise(
    real: RealVault, said_to_the_known: list[str], name: str
) -> None:
    with another_process(real) as vault:
        assert refused(vault, name) == said_to_the_known[0]
        real.sql("UPDATE sign_in_try SET tries = %s", [FREE_TRIES - 1])
        assert [refused(vault, name), refused(vault, name)] == said_to_the_known[-2:]


def test_a_disabled_operator_is_answered_in_the_same_words(real: RealVault) -> None:
    with another_process(real) as vault, real.changed("operator", "UPDATE operator SET state = 'disabled'"):
        assert refused(vault, OPERATOR, Secret(PASSWORD)) == (
            "Operator or password is wrong. 4 tries left, then a pause of 15 minutes."
        )


def test_a_pause_is_one_names_alone(real: RealVault) -> None:
    add_operator(real, "ravi.pillai", Role.REGISTRAR)
    with another_process(real) as vault:
        for _ in range(FREE_TRIES):
            refused(vault)
        assert vault.sign_in("ravi.pillai", Secret(PASSWORD), Origin.CLI).role is Role.REGISTRAR


def test_an_unknown_operator_costs_the_same_statements_and_the_same_time(real: RealVault) -> None:
    with another_process(real) as vault:
        counts: dict[str, list[int]] = {}
        seconds: dict[str, list[float]] = {}
        statements: list[str] = []
        engine = vault.services.database._engine
        event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        for turn in range(24):
            name = OPERATOR if turn % 2 else "nobody.at.all"
            real.sql("DELETE FROM sign_in_try")
            statements.clear()
            since = time.perf_counter()
            refused(vault, name)
            seconds.setdefault(name, []).append(time.perf_counter() - since)
            counts.setdefault(name, []).append(len(statements))
    assert set(counts[OPERATOR]) == set(counts["nobody.at.all"])
    known, unknown = (statistics.median(seconds[name]) for name in (OPERATOR, "nobody.at.all"))
    assert abs(known - unknown) < 0.25 * known  # Argon2id is nine tenths of it


def test_no_name_stands_in_the_table_and_it_is_bounded(real: RealVault) -> None:
    with another_process(real) as vault:
        refused(vault, "my password, typed in the wrong place")
    [(row,)] = real.sql("SELECT sign_in_try::text FROM sign_in_try")
    assert "password" not in row
    assert 0 <= bucket_of("my password, typed in the wrong place") < 65_536


def test_guesses_at_once_by_many_processes_are_five_and_no_more(real: RealVault) -> None:
    said: list[str] = []

    def guess(_: int) -> None:
        for _ in range(3):
            try:
                vault.sign_in(OPERATOR, WRONG, Origin.CLI)
            except Refused as error:
                said.append(error.message)

    with another_process(real) as vault:
        assert in_threads(6, guess) == []
    assert sum(words.startswith("Operator or password") for words in said) == FREE_TRIES
    assert sum(words.startswith("Too many") for words in said) == 18 - FREE_TRIES


def test_many_commands_at_once_with_the_right_password_do_not_pause_each_other(real: RealVault) -> None:
    password = real.home.path.parent / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    line = CommandLine(real.home.path, OPERATOR, password)
    running = [line.start("operator", "sessions") for _ in range(8)]
    ends = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 8, ends


def test_a_killed_try_counts_as_failed_after_half_a_minute(real: RealVault) -> None:
    real.sql("INSERT INTO sign_in_try VALUES (%s, 5, now() - interval '31 seconds')", [bucket_of(OPERATOR)])
    with another_process(real) as vault:
        assert refused(vault, OPERATOR, Secret(PASSWORD)).startswith("Too many tries failed")


def test_what_is_not_the_persons_fault_costs_no_try(real: RealVault) -> None:
    with another_process(real) as vault:
        refused(vault)
        with (
            real.changed("operator", "UPDATE operator SET argon2_passes = 99"),
            pytest.raises(Exception, match="not what the console stored"),
        ):
            vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        assert refused(vault).endswith("3 tries left, then a pause of 15 minutes.")


def test_each_refusal_is_in_the_log_without_the_name_that_was_typed(real: RealVault) -> None:
    with another_process(real) as vault:
        refused(vault, "somebody unknown")
    [entry] = real.vault.services.audit.search(EntryFilter(action="operator:sign_in", outcome="refused"), 1)
    assert entry.operator == "unknown"
    assert b"somebody" not in entry.entry
    assert real.vault.services.check.verify(real.session).whole


def test_the_words_of_a_pause() -> None:
    assert [duration(seconds) for seconds in (1, 60, 61, 900, 7_199, 7_200, 7_201, 86_400)] == [
        "1 minute", "1 minute", "2 minutes", "15 minutes", "2 hours", "2 hours", "3 hours", "24 hours",
    ]  # fmt: skip
    assert Standing(2, 0).words() == "2 tries left, then a pause of 15 minutes."
