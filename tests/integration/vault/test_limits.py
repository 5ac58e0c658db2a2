"""Limits on a real vault: exact, for operator and citizen, in every process, whatever restarts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from limits import parse
from limits.strategies import MovingWindowRateLimiter

from app.bootstrap import open_vault
from app.start import begin
from core.access.limits.service import waiting_time
from core.access.limits.storage import PostgresStorage
from core.access.model import LoginSession
from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter, CitizenRecord, CitizenRole, Purpose
from core.errors import DatabaseUnavailable, IntegrityFailure, InvalidInput, LimitReached, NotFound
from core.settings.limits import MOST, Limited, LimitSettings
from hsm.secret import Secret
from tests.support.cli import CommandLine
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RAVI, RealVault, in_threads, make_vault

NOBODY = "idt_0000000000000000000000"
PROCESSES = 4
PROCESS = """
import sys
from pathlib import Path
from app.bootstrap import open_vault
from app.start import begin
from core.audit.model import Origin
from core.citizens.model import Purpose
from core.errors import LimitReached
from core.storage.home import Home
from hsm.secret import Secret

home, operator, password, token, tries = sys.argv[1:]
vault = open_vault(begin(Home(Path(home))))
session = vault.sign_in(operator, Secret(password), Origin.CLI)
print("ready", flush=True)
sys.stdin.readline()
allowed = 0
for _ in range(int(tries)):
    try:
        vault.services.citizens.profile(session, token, Purpose.SUPPORT)
        allowed += 1
    except LimitReached:
        pass
print(allowed, flush=True)
vault.close()
"""


@pytest.fixture
def counted(real: RealVault) -> Iterator[RealVault]:
    """Give a vault in which nothing was counted yet."""
    real.sql("DELETE FROM limit_use")
    yield real
    real.sql("DELETE FROM limit_use")


def _as(real: RealVault, operator: str) -> LoginSession:
    return replace(real.session, operator=operator, actor=replace(real.session.actor, operator=operator))


def _read(real: RealVault, token: str, session: LoginSession | None = None) -> None:
    real.vault.services.citizens.profile(session or real.session, token, Purpose.SUPPORT)


def _pass(real: RealVault, seconds: float) -> None:
    """Let time pass: every use was that much earlier."""
    real.sql("UPDATE limit_use SET at = at - make_interval(secs => %s)", [seconds])


def _uses(real: RealVault) -> int:
    return int(real.sql("SELECT count(*) FROM limit_use")[0][0])


def _allowed(real: RealVault, what: Limited, tries: int, *citizens: str) -> int:
    allowed = 0
    for _ in range(tries):
        try:
            real.vault.services.limits.take(real.session, what, *citizens)
            allowed += 1
        except LimitReached:
            continue
    return allowed


@pytest.mark.parametrize(
    ("what", "steps"),
    [
        (Limited.METADATA, [(5, 0.0), (5, 1.0), (5, 1.0), (5, 1.0), (5, 1.0), (5, 1.0), (0, 1.0), (5, 55.0)]),
        (Limited.PROFILE, [(3, 0.0), (3, 1.0), (3, 1.0), (1, 1.0), (0, 1.0), (3, 57.0)]),
        (Limited.PROOF, [(5, 0.0), (5, 1.0), (5, 1.0), (0, 1.0), (5, 58.0)]),
        (Limited.EXPORT, [(3, 0.0), (0, 3000.0), (2, 600.0), (0, 3600.0), (3, 86400.0)]),
        (Limited.ERASURE, [(1, 0.0), (0, 86000.0), (1, 400.0)]),
        (Limited.ROLE_UPDATE, [(5, 0.0), (0, 59.0), (5, 1.0)]),
        (Limited.LISTING, [(120, 0.0), (0, 59.0), (120, 1.0)]),
        (Limited.PASSWORD, [(5, 0.0), (0, 59.0), (5, 1.0)]),
    ],
)
def test_a_new_vault_has_the_specified_limits_exact_to_the_request(
    counted: RealVault, what: Limited, steps: list[tuple[int, float]]
) -> None:
    with counted.limited(**LimitSettings().document()):
        for number, (allowed, passed) in enumerate(steps):
            _pass(counted, passed)
            assert _allowed(counted, what, allowed + 3) == allowed, f"step {number}"


def test_a_window_moves_it_does_not_begin_with_the_clocks_minute(counted: RealVault) -> None:
    with counted.limited(role_update="4 per minute"):
        for _ in range(4):
            _pass(counted, 14.0)
            assert _allowed(counted, Limited.ROLE_UPDATE, 1) == 1
        assert _allowed(counted, Limited.ROLE_UPDATE, 9) == 0
        _pass(counted, 18.1)  # the first was 60 seconds ago, the second not yet
        assert _allowed(counted, Limited.ROLE_UPDATE, 9) == 1


def test_a_refused_use_counts_nowhere_and_does_not_make_anybody_wait_longer(
    counted: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    with counted.limited(profile="2 per minute"):
        _read(counted, asha.identity_token)
        _read(counted, asha.identity_token)
        before = _uses(counted)
        for _ in range(20):
            with pytest.raises(LimitReached):
                _read(counted, ravi.identity_token)
        assert _uses(counted) == before  # also not with Ravi, who was refused because of the operator
        _read(counted, ravi.identity_token, _as(counted, "other.one"))


def test_a_limit_is_held_per_citizen_whoever_reads(
    counted: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    with counted.limited(profile="3 per minute"):
        for number in range(3):
            _read(counted, asha.identity_token, _as(counted, f"operator{number}"))
        with pytest.raises(LimitReached) as refused:
            _read(counted, asha.identity_token, _as(counted, "operator3"))
        assert "one citizen" in refused.value.remedy
        _read(counted, ravi.identity_token, _as(counted, "operator3"))


def test_a_limit_is_held_per_operator_over_all_citizens(
    counted: RealVault, asha: CitizenRecord, ravi: CitizenRecord
) -> None:
    with counted.limited(profile="2 per minute"):
        _read(counted, asha.identity_token)
        _read(counted, ravi.identity_token)
        with pytest.raises(LimitReached) as refused:
            _read(counted, ravi.identity_token)
        assert "one operator" in refused.value.remedy


def test_trying_tokens_of_nobody_counts(counted: RealVault) -> None:
    citizens = counted.vault.services.citizens
    with counted.limited(metadata="3 per minute"):
        for number in range(3):
            with pytest.raises(NotFound):
                citizens.show(counted.session, NOBODY[:-1] + str(number))
        with pytest.raises(LimitReached):
            citizens.show(counted.session, "no token at all")


def test_exact_searches_and_shown_records_share_one_limit_but_lists_have_their_own(
    counted: RealVault, asha: CitizenRecord
) -> None:
    citizens, everyone = counted.vault.services.citizens, CitizenFilter()
    with counted.limited(metadata="2 per minute", listing="2 per minute"):
        citizens.show(counted.session, asha.identity_token)
        assert citizens.find(counted.session, "phone", ASHA["phone"], everyone)
        with pytest.raises(LimitReached):
            citizens.find(counted.session, "user_id", str(asha.user_id), everyone)
        citizens.page(counted.session, everyone)
        citizens.find_by_name(counted.session, "asha", everyone)
        with pytest.raises(LimitReached):
            citizens.page(counted.session, everyone)


def test_a_search_counts_for_the_citizens_that_it_finds(counted: RealVault, asha: CitizenRecord) -> None:
    citizens = counted.vault.services.citizens
    with counted.limited(metadata="2 per minute"):
        for number in range(2):
            citizens.find(_as(counted, f"operator{number}"), "phone", ASHA["phone"], CitizenFilter())
        with pytest.raises(LimitReached, match="Try again in"):
            citizens.show(_as(counted, "operator2"), asha.identity_token)


def test_roles_change_five_times_a_minute(counted: RealVault, ravi: CitizenRecord) -> None:
    citizens = counted.vault.services.citizens
    roles = (CitizenRole.CITIZEN, CitizenRole.BUSINESS)
    with counted.limited(role_update="1 per minute"):
        citizens.set_roles(counted.session, ravi.identity_token, roles)
        with pytest.raises(LimitReached):
            citizens.set_roles(counted.session, ravi.identity_token, roles)


def test_the_refusal_says_when_and_the_same_after_that_time_is_allowed(counted: RealVault, asha: CitizenRecord) -> None:
    with counted.limited(profile="1 per minute"):
        _read(counted, asha.identity_token)
        _pass(counted, 18.0)
        with pytest.raises(LimitReached, match=r"Try again in 0:4[12]\.") as refused:
            _read(counted, asha.identity_token)
        assert refused.value.exit_code == 4
        assert refused.value.code == "CZ-REF-005"
        assert refused.value.seconds in {41, 42}
        _pass(counted, float(refused.value.seconds or 0))
        _read(counted, asha.identity_token)


def test_the_longest_wait_is_the_one_that_is_said(counted: RealVault) -> None:
    with counted.limited(export="3 per hour; 5 per day"):
        assert _allowed(counted, Limited.EXPORT, 3) == 3
        _pass(counted, 3600)
        assert _allowed(counted, Limited.EXPORT, 3) == 2
        with pytest.raises(LimitReached, match=r"Try again in 2[23]:\d\d:\d\d"):
            counted.vault.services.limits.take(counted.session, Limited.EXPORT)


def test_a_refused_read_leaves_an_entry_and_decrypts_nothing(
    counted: RealVault, asha: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted.limited(profile="1 per minute"):
        _read(counted, asha.identity_token)
        monkeypatch.setattr(counted.vault.services.keys, "open_data_key", None)
        with pytest.raises(LimitReached):
            _read(counted, asha.identity_token)
    counted.vault.services.audit.flush()
    [entry] = counted.vault.services.audit.search(EntryFilter(action="citizen:profile", outcome="refused"), 1)
    assert (entry.identity_token, entry.detail) == (asha.identity_token, {"error": "CZ-REF-005"})


def test_a_refused_read_leaves_no_intent_and_the_next_one_is_none_the_worse(
    counted: RealVault, asha: CitizenRecord
) -> None:
    audit, database = counted.vault.services.audit, counted.vault.services.database
    with counted.limited(profile="1 per minute"):
        _read(counted, asha.identity_token)
        intents = len(audit.search(EntryFilter(action="citizen:profile", outcome="intent"), 500))
        resting = len(database._lanes)
        for _ in range(3):
            with pytest.raises(LimitReached):
                _read(counted, asha.identity_token)
        assert len(audit.search(EntryFilter(action="citizen:profile", outcome="intent"), 500)) == intents
        assert len(database._lanes) == resting  # a refusal costs no connection
        _pass(counted, 60)
        _read(counted, asha.identity_token)


@pytest.mark.parametrize("token", ["nobody", NOBODY])
def test_a_read_of_nobody_counts_however_the_token_looks(counted: RealVault, token: str) -> None:
    with counted.limited(profile="2 per minute"):
        for _ in range(2):
            with pytest.raises(NotFound):
                _read(counted, token)
        with pytest.raises(LimitReached):
            _read(counted, token)


def test_what_cannot_be_counted_is_refused(
    counted: RealVault, asha: CitizenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = counted.vault.services.database.address.parameters["user"]
    monkeypatch.setattr(counted.vault.services.keys, "open_data_key", None)
    counted.sql(f'REVOKE INSERT ON limit_use FROM "{role}"')
    try:
        with pytest.raises(DatabaseUnavailable):
            _read(counted, asha.identity_token)
    finally:
        counted.sql(f'GRANT INSERT ON limit_use TO "{role}"')


def test_threads_that_ask_at_once_get_exactly_the_limit(counted: RealVault) -> None:
    allowed: list[int] = []
    with counted.limited(profile="50 per day"):
        raised = in_threads(6, lambda _: allowed.append(_allowed(counted, Limited.PROFILE, 20, NOBODY)))
    assert raised == []
    assert sum(allowed) == 50


def test_holders_named_in_another_order_never_block_each_other(counted: RealVault) -> None:
    tokens = [NOBODY[:-1] + letter for letter in "abcdef"]
    limits = counted.vault.services.limits

    def work(number: int) -> None:
        mine = tokens if number % 2 else tokens[::-1]
        for _ in range(40):
            limits.take(_as(counted, f"operator{number}"), Limited.METADATA, *mine)

    assert in_threads(4, work) == []


def test_old_uses_go_by_themselves(counted: RealVault) -> None:
    with counted.limited(role_update="100 per second"):
        _allowed(counted, Limited.ROLE_UPDATE, 60, NOBODY)
        counted.sql("UPDATE limit_use SET at = at - interval '1 day', until = until - interval '1 day'")
        before = _uses(counted)
        assert _allowed(counted, Limited.ROLE_UPDATE, 30, NOBODY) == 30
    assert before >= 100
    assert _uses(counted) <= 60


def test_a_changed_limit_does_not_begin_at_nought(counted: RealVault) -> None:
    with counted.limited(role_update="3 per minute"):
        assert _allowed(counted, Limited.ROLE_UPDATE, 9) == 3
    with counted.limited(role_update="4 per minute"):
        assert _allowed(counted, Limited.ROLE_UPDATE, 9) == 1
    with counted.limited(role_update="2 per minute; 1 per second"):
        assert _allowed(counted, Limited.ROLE_UPDATE, 9) == 0


def test_settings_whose_seals_were_found_right_are_read_again_without_the_hsm(
    real: RealVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = real.vault.services.settings
    known, macs = settings.read_checked(), settings._sealer._macs
    asked: list[int] = []

    def counted_macs(messages: Sequence[bytes]) -> list[bytes]:
        asked.append(len(messages))
        return macs(messages)

    monkeypatch.setattr(settings._sealer, "_macs", counted_macs)
    assert settings.read_checked() == known
    assert asked == []
    with (
        real.changed("setting", "UPDATE setting SET revision = revision + 1 WHERE name = 'limit_profile'"),
        pytest.raises(IntegrityFailure),
    ):
        settings.read_checked()
    with real.changed("setting", "UPDATE setting SET row_seal = sha256(row_seal)"), pytest.raises(IntegrityFailure):
        settings.read_checked()
    assert settings.read_checked() == known
    assert asked[0] == 1


def test_a_limit_edited_in_sql_is_no_limit_but_a_forgery(real: RealVault, asha: CitizenRecord) -> None:
    change = "UPDATE setting SET value = replace(value, '100000', '99999') WHERE name = 'limit_profile'"
    with real.changed("setting", change):
        real.vault.services.limits._known = None
        with pytest.raises(IntegrityFailure):
            _read(real, asha.identity_token)
    real.vault.services.limits._known = None
    _read(real, asha.identity_token)


def test_a_vault_from_before_the_limits_has_the_usual_ones(real: RealVault) -> None:
    with real.changed("setting", "DELETE FROM setting WHERE name LIKE 'limit_%%'"):
        assert real.vault.services.settings.read_checked().limits == LimitSettings()


def test_the_librarys_own_strategy_works_on_the_same_counts(counted: RealVault) -> None:
    strategy = MovingWindowRateLimiter(PostgresStorage(counted.vault.services.database))
    item = parse("3 per minute")
    assert [strategy.hit(item, "somebody") for _ in range(5)] == [True, True, True, False, False]
    assert not strategy.test(item, "somebody")
    assert strategy.get_window_stats(item, "somebody").remaining == 0
    assert strategy.test(item, "somebody else")
    strategy.clear(item, "somebody")
    assert strategy.hit(item, "somebody")


def test_one_operator_runs_one_import_at_a_time(real: RealVault) -> None:
    limits, other = real.vault.services.limits, _as(real, "other.one")
    with real.limited(imports_at_once=1), limits.import_slot(real.session):
        with pytest.raises(LimitReached, match="running already"), limits.import_slot(real.session):
            pass
        with limits.import_slot(other):
            pass
    with real.limited(imports_at_once=1), limits.import_slot(real.session):
        pass


def _together(home: Path, tokens: list[str], tries: int) -> list[int]:
    """Let processes that are all signed in read at once; return how many reads each was allowed."""
    words = [[sys.executable, "-c", PROCESS, str(home), OPERATOR, PASSWORD, token, str(tries)] for token in tokens]
    running = []
    for line in words:
        process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        running.append(process)
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [int(process.communicate(timeout=60)[0]) for process in running]


@pytest.mark.slow
def test_four_processes_at_once_get_exactly_the_limit_and_nothing_after_a_restart(tmp_path: Path) -> None:
    real = make_vault(tmp_path / "home", limits=replace(LimitSettings(), profile="10 per hour"))
    try:
        tokens = [real.enrol({**person, "name": person["name"]}).identity_token for person in (ASHA, RAVI)]
        real.owner.close()
        real.vault.close()  # the last user: the server stops, and starts again with the processes
        assert sum(_together(real.home.path, tokens * 2, 8)) == 10
        again = open_vault(begin(real.home))
        session = again.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        try:
            with pytest.raises(LimitReached, match=r"Try again in (59:\d\d|1:00:00)"):
                again.services.citizens.profile(session, tokens[0], Purpose.SUPPORT)
        finally:
            again.close()
        assert sum(_together(real.home.path, tokens * 2, 2)) == 0
    finally:
        real.vault.server.destroy()
        real.home.remove()


@pytest.mark.slow
def test_a_read_that_was_allowed_is_still_counted_when_the_server_was_killed(tmp_path: Path) -> None:
    real = make_vault(tmp_path / "home", limits=replace(LimitSettings(), profile="2 per hour"))
    try:
        token = real.enrol(ASHA).identity_token
        _read(real, token)
        _read(real, token)
        data = Path(real.vault.server.facts()["data_folder"])
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        real.vault.services.database.close()  # the processes behind connections outlive the server for a moment
        with pytest.raises(LimitReached, match=r"Try again in (59:|1:00:00)"):
            _until_the_server_is_back(lambda: _read(real, token))
    finally:
        real.close()


def _until_the_server_is_back(use: Callable[[], None]) -> None:
    """Try again while the first calls still meet the connections that died."""
    for _ in range(20):
        try:
            return use()
        except DatabaseUnavailable:
            time.sleep(0.5)
    raise AssertionError


@pytest.mark.slow
def test_the_command_line_is_limited_from_command_to_command(tmp_path: Path) -> None:
    real = make_vault(tmp_path / "home", limits=replace(LimitSettings(), role_update="2 per hour"))
    try:
        token = real.enrol(ASHA).identity_token
        (tmp_path / "password").write_text(PASSWORD)
        cli = CommandLine(real.home.path, OPERATOR, tmp_path / "password")
        answers = [cli.run("citizen", "roles", token, "--set", "citizen") for _ in range(3)]
        assert [answer.code for answer in answers] == [0, 0, 4]
        assert answers[2].error == "CZ-REF-005"
        assert answers[2].document["error"]["message"].startswith("The limit is reached. Try again in ")
        logged = cli.run("audit", "search", "--action", "citizen:roles", "--outcome", "refused").document["items"]
        assert [entry["detail"] for entry in logged] == [{"error": "CZ-REF-005"}]
    finally:
        real.close()


@pytest.mark.parametrize(
    "text",
    ["", "0 per minute", "10", "10 per week", "-1 per day", "10 per minute; 5 per minute", f"{MOST + 1} per day",
     "10 per minute;", "ten per minute", "10 / minute", "1e3 per day", "10 per minute\x00"],
)  # fmt: skip
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        LimitSettings().changed("profile", text)


def test_a_limit_has_one_spelling() -> None:
    assert LimitSettings().changed("profile", "  20  per minute;4 per   second").profile == (
        "20 per minute; 4 per second"
    )


@pytest.mark.parametrize(("name", "value"), [("unheard", "1 per day"), ("imports_at_once", "0"), ("__init__", "1")])
def test_what_is_no_setting_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        LimitSettings().changed(name, value)


@pytest.mark.parametrize("value", [{"profile": 7}, {"imports_at_once": True}, {"imports_at_once": "1"}])
def test_a_sealed_setting_with_another_type_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        LimitSettings.from_document(json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.01, "0:01"), (41.2, "0:42"), (60.0, "1:00"), (3599.5, "1:00:00"), (86399.0, "23:59:59")]
)
def test_a_waiting_time_is_rounded_up(seconds: float, words: str) -> None:
    assert waiting_time(seconds) == words
