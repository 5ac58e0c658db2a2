"""Overview, Keys & HSM and Audit on a real vault, and the rules about what needs a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.access.model import Operator, Role
from core.errors import HsmNotAnswering
from core.keys.model import Kek, KeyState
from core.monitor.health import PartHealth, PartState
from tests.gui.pages.bench import Bench
from tests.support.gui import all_strings, texts
from ui.models.key_table import by_attention
from ui.models.overview_facts import OverviewFacts, in_days, needs_of
from ui.pages.audit import AuditPage
from ui.pages.keys import KeysPage
from ui.pages.overview import OverviewPage
from ui.widgets.words import number

NOW = datetime(2026, 7, 14, 9, 2, tzinfo=UTC)
READY = tuple(PartHealth(part, PartState.READY, {"entries": 12}) for part in ("hsm", "database", "log"))
ANJALI = Operator("anjali", Role.SUPER_ADMIN, "active", NOW)


def kek(number: int, *, age_days: int, state: KeyState = KeyState.ACTIVE, members: int = 10) -> Kek:
    begun = NOW - timedelta(days=age_days)
    return Kek(f"KEK-{number:04}", state, "AES-256-GCM", 10_000, members, 90, "440066", "serial", begun, begun)


def facts(**changed: object) -> OverviewFacts:
    return replace(OverviewFacts(NOW, 10, READY, False, keks=(), operators=(ANJALI,)), **changed)  # type: ignore[arg-type]


def test_nothing_needs_a_person_when_all_is_well() -> None:
    assert needs_of(facts(keks=(kek(1, age_days=10),))) == []


def test_a_key_needs_a_person_from_fourteen_days_before_its_end_on() -> None:
    assert needs_of(facts(keks=(kek(1, age_days=75),))) == []
    [need] = needs_of(facts(keks=(kek(1, age_days=88), kek(2, age_days=10))))
    assert need.title == "1 key reaches the end of its cryptoperiod"
    assert need.detail == "KEK-0001 · 10 citizens"
    assert need.age == "in 2 days"
    assert need.page == "keys"


def test_a_key_that_is_not_in_use_is_not_due() -> None:
    assert needs_of(facts(keks=(kek(1, age_days=100, state=KeyState.DESTROYED),))) == []


def test_dual_control_with_one_operator_is_a_standing_item() -> None:
    [need] = needs_of(facts(dual_control=True))
    assert need.age == "standing"
    second = replace(ANJALI, name="suresh")
    assert needs_of(facts(dual_control=True, operators=(ANJALI, second))) == []
    assert len(needs_of(facts(dual_control=True, operators=(ANJALI, replace(second, state="disabled"))))) == 1


def test_a_part_that_fails_comes_first() -> None:
    silent = replace(READY[0], state=PartState.MISSING, error=HsmNotAnswering("The HSM does not answer."))
    needs = needs_of(facts(parts=(silent, *READY[1:]), dual_control=True, keks=(kek(1, age_days=95),)))
    assert [need.tone for need in needs] == ["danger", "warning", "warning"]
    assert needs[0].title == "HSM does not answer"


@pytest.mark.parametrize(
    ("days", "words"), [(2, "in 2 days"), (1, "in 1 day"), (0, "today"), (-1, "1 day ago"), (-3, "3 days ago")]
)
def test_a_date_is_said_by_its_distance(days: int, words: str) -> None:
    assert in_days(NOW + timedelta(days=days), NOW) == words


def test_keys_are_ordered_by_what_needs_attention() -> None:
    keys = [
        kek(1, age_days=95, state=KeyState.DESTROYED),
        kek(2, age_days=10),
        kek(3, age_days=85),
        kek(4, age_days=5, state=KeyState.COMPROMISED),
    ]
    assert [key.kek_id for key in by_attention(keys, NOW)] == ["KEK-0004", "KEK-0003", "KEK-0002", "KEK-0001"]


def test_overview_counts_the_vault(bench: Bench) -> None:
    page = bench.open(OverviewPage)
    assert isinstance(page, OverviewPage)
    total = bench.desk.keys.citizen_total()
    bench.until(lambda: number(total) in texts(page.numbers))  # other tests of this vault may have made thousands
    said = all_strings(page)
    assert "Nothing waits for a person." in said
    assert "Karnataka" in said
    assert "operator" in said  # one of them


def test_the_keys_page_shows_the_token_and_one_key_in_its_life(bench: Bench) -> None:
    page = bench.open(KeysPage)
    assert isinstance(page, KeysPage)
    bench.until(lambda: page.model.rowCount() > 0)
    page.table.choose(0)
    said = all_strings(page)
    assert bench.desk.settings.token.serial in said
    assert "KEK-0001" in said
    assert page.detail.isVisible()


def test_the_audit_page_lists_the_newest_first_and_filters(bench: Bench) -> None:
    page = bench.open(AuditPage)
    assert isinstance(page, AuditPage)
    bench.until(lambda: page.model.rowCount() > 0)
    indexes = [entry.index for entry in page.model.entries]
    assert indexes == sorted(indexes, reverse=True)
    page.action.set_value("citizen:enrol")
    page.action.picked.emit("citizen:enrol")
    bench.until(lambda: {entry.action for entry in page.model.entries} == {"citizen:enrol"})


def test_older_entries_come_as_one_scrolls_down(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.pages.audit.PAGE", 40)
    page = bench.open(AuditPage)
    assert isinstance(page, AuditPage)
    bench.until(lambda: page.model.rowCount() >= 40)
    before = page.model.rowCount()
    page.table.scrollToBottom()
    bench.until(lambda: page.model.rowCount() > before)
    indexes = [entry.index for entry in page.model.entries]
    assert indexes == sorted(set(indexes), reverse=True)


def test_verify_says_that_the_log_is_whole(bench: Bench) -> None:
    page = bench.open(AuditPage)
    assert isinstance(page, AuditPage)
    page.verify()
    bench.until(page.verdict.isVisible)
    assert "The log is whole." in texts(page.verdict)


def test_verify_names_the_first_bad_entry(bench: Bench) -> None:
    real = bench.populated.real
    [[operator]] = real.sql("SELECT operator FROM audit_entry WHERE index = 5")
    real.sql("SET session_replication_role = replica")
    real.sql("UPDATE audit_entry SET operator = 'somebody' WHERE index = 5")
    try:
        page = bench.open(AuditPage)
        assert isinstance(page, AuditPage)
        page.action.set_value("vault:set_up")  # entries that are as they were
        page.action.picked.emit("vault:set_up")
        bench.until(lambda: page.model.rowCount() == 1 or bench.errors)
        if bench.report.dialog is not None:  # the list itself met the bad entry before the filter held
            bench.report.dialog.reject()
        page.verify()
        bench.until(page.verdict.isVisible)
        assert "The log has been changed. First bad entry: 5." in texts(page.verdict)
    finally:
        real.sql("UPDATE audit_entry SET operator = %s WHERE index = 5", (operator,))
    bench.errors.clear()
