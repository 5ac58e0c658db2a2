"""Every screen and dialog, grabbed to be looked at beside the design: named, and without a word cut off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QWidget

from core.citizens.model import CitizenCount, CitizenFilter, Field
from core.errors import HsmNotAnswering, HsmTokenMissing
from core.keys.model import Kek, KeyState
from core.setup.wizard import WizardStep
from tests.gui.pages.bench import Bench, PopulatedVault, Running, Start, type_text
from tests.support.gui import assert_all_named, assert_no_elided_labels, screenshot, settle
from tests.support.vault import ASHA, OPERATOR, PASSWORD
from ui.console import Console
from ui.dialogs.reveal import RevealDialog
from ui.models.overview_facts import read_overview
from ui.pages.audit import AuditPage
from ui.pages.citizens.page import CitizensPage
from ui.pages.keys import KeysPage
from ui.pages.overview import OverviewPage
from ui.theme.appearance import Appearance
from ui.widgets.secret_field import SecretState
from ui.wizards.setup import SetupScreen

LOOKS = [Appearance.LIGHT, Appearance.DARK]
SIZES = [(1440, 900), (1180, 720)]


@pytest.fixture(params=LOOKS, ids=lambda look: look.value)
def console(request: pytest.FixtureRequest, start: Start, populated_vault: PopulatedVault, theme: Any) -> Running:
    """Give an unlocked console in each look."""
    theme.set_appearance(request.param)
    running = start(populated_vault.real.home.path)
    running.sign_in()
    return running


def take(running: Running, name: str, root: QWidget | None = None) -> None:
    """Look at a window by the rules, then keep its picture."""
    settle()
    assert_all_named(running.window)
    assert_no_elided_labels(root or running.window)
    screenshot(running.window, name, running.console._theme)


def quiet(running: Running) -> None:
    """Wait until nothing is being read."""
    running.qtbot.wait(350)
    running.until(lambda: not running.desktop.tasks._running)
    settle()


def in_both_sizes(running: Running, name: str) -> None:
    for width, height in SIZES:
        running.window.resize(width, height)
        quiet(running)
        take(running, name if width == SIZES[0][0] else f"{name}-small")
    running.window.resize(*SIZES[0])
    settle()


def citizens_page(running: Running) -> CitizensPage:
    page = running.window.open_page("citizens")
    assert isinstance(page, CitizensPage)
    running.until(lambda: page.list.panel is not None)
    page.list._on_filter_changed(CitizenFilter(state="KA"))
    quiet(running)
    row = page.model.row_of(ASHA_TOKEN[0])
    assert row is not None
    page.list.table.choose(row)
    quiet(running)
    return page


ASHA_TOKEN: list[str] = []


@pytest.fixture(autouse=True)
def _asha(populated_vault: PopulatedVault) -> None:
    ASHA_TOKEN[:] = [populated_vault.asha.identity_token]


def reveal(running: Running, page: CitizensPage, *fields: Field) -> RevealDialog:
    page.revealing.ask(fields)
    dialog = running.dialog("reveal_dialog")
    assert isinstance(dialog, RevealDialog)
    dialog.purpose.set_value("support")
    dialog.purpose.picked.emit("support")
    dialog.reason.set_text("Caller could not complete the address change; ticket 2026-0714-118.")
    return dialog


def test_the_page_citizens_and_its_dialogs(console: Running) -> None:
    page = citizens_page(console)
    in_both_sizes(console, "citizens-masked")
    dialog = reveal(console, page, Field.PHONE, Field.EMAIL)
    take(console, "reveal", dialog)
    dialog.boxes[Field.EMAIL].setChecked(False)
    dialog.action.click()
    console.until(lambda: page.detail.profile.fields[Field.PHONE].state is SecretState.REVEALED)
    in_both_sizes(console, "citizens")
    for tab in ("timeline", "roles", "keys"):
        page.detail.tabs.open(tab)
        quiet(console)
        take(console, f"citizen-{tab}")
    page.list.filters.click()
    take(console, "filters")
    page.list.filters.click()
    page.list.search.setText("9999912345")
    page.list._on_search()
    quiet(console)
    take(console, "citizens-none")


def test_the_enrol_and_change_dialogs(console: Running) -> None:
    page = citizens_page(console)
    page.enrol()
    dialog: Any = console.dialog("enrol_dialog")
    take(console, "enrol", dialog)
    dialog.form.fields["aadhaar"].set_text("2345 6789 0123")
    dialog.action.click()
    take(console, "enrol-problems", dialog)
    console.window.resize(*SIZES[1])
    take(console, "enrol-small", dialog)
    console.window.resize(*SIZES[0])
    dialog.reject()
    page.detail.change.click()
    dialog = console.dialog("change_dialog")
    take(console, "change", dialog)
    dialog.reject()


@pytest.mark.parametrize("key", ["overview", "keys", "audit"])
def test_the_other_pages(console: Running, key: str) -> None:
    page = console.window.open_page(key)
    quiet(console)
    if isinstance(page, KeysPage):
        page.table.choose(0)
    if isinstance(page, AuditPage):
        page.verify()
        console.until(page.verdict.isVisible)
    in_both_sizes(console, key)


def test_a_day_with_work_and_a_vault_with_many_keys(console: Running) -> None:
    page = console.window.open_page("overview")
    assert isinstance(page, OverviewPage)
    quiet(console)
    desk = console.console.desk
    assert desk is not None
    keks = tuple(many_keys(desk.vault.now()))
    facts = replace(read_overview(desk), keks=keks, dual_control=True)
    page.left()
    page.show_facts(facts)
    in_both_sizes_of(console, "overview-needs")
    keys = console.window.open_page("keys")
    assert isinstance(keys, KeysPage)
    console.until(lambda: keys._read is not None)
    quiet(console)
    assert keys._read is not None
    keys._read = replace(keys._read, keks=keks, on_token=len(keks) + 8, keks_on_token=len(keks))
    keys.facts.show_facts(keys._read, "AES-256-GCM")
    keys._show_keks()
    keys.table.choose(5)
    in_both_sizes_of(console, "keys-many")


def many_keys(now: datetime) -> Iterator[Kek]:
    """Make up a row of keys in every state."""
    for number in range(1, 33):
        age = 88 if number in {7, 11, 12} else 62 - number
        begun = now - timedelta(days=age, hours=number)
        state = KeyState.ACTIVE
        if number == 29:
            state = KeyState.COMPROMISED
        elif number < 6:
            state = KeyState.DESTROYED
        members = 0 if state is KeyState.DESTROYED else 10_000 - number * 17 if number < 32 else 3106
        yield Kek(f"KEK-{number:04}", state, "AES-256-GCM", 10_000, members, 90, f"{number * 7919 % 0xFFFFFF:06X}",
                  "3f2a91c07be4d815", begun, begun)  # fmt: skip


def in_both_sizes_of(running: Running, name: str) -> None:
    """Take pictures of what is shown, without reading again in between."""
    for width, height in SIZES:
        running.window.resize(width, height)
        settle()
        take(running, name if width == SIZES[0][0] else f"{name}-small")
    running.window.resize(*SIZES[0])


def test_the_lock_and_an_error(console: Running) -> None:
    details = {"Doing": "unwrap data key for a reveal", "Waited": "5.0 s, then the HSM worker was ended"}
    console.console.report(HsmNotAnswering("The HSM does not answer.", details=details), lambda: None)
    take(console, "error-hsm", console.dialog("error"))
    console.console._on_lock_asked()
    take(console, "unlock")
    console.console.unlock.show_refused("Operator or password is wrong.")
    take(console, "unlock-refused")


def test_the_degraded_screen(console: Running) -> None:
    from ui.models import part_words

    vault = console.console.vault
    assert vault is not None
    parts = vault.health.parts()
    error = HsmTokenMissing("No slot holds the token with serial 3f2a91c07be4d815.")
    parts[0] = replace(parts[0], error=error)
    console.console._on_lock_asked()
    console.console._show_degraded(part_words.degraded_by_parts(parts))
    in_both_sizes(console, "degraded")


def test_an_empty_vault_says_what_would_be_here(bench: Bench) -> None:
    page = bench.open(CitizensPage)
    assert isinstance(page, CitizensPage)
    bench.qtbot.wait(400)
    bench.until(lambda: not bench.runner._running)
    page.model.show_found(())
    page.list.show_counts(CitizenCount(0), 0, searched=None)
    assert bench.window is not None
    assert_no_elided_labels(bench.window)
    screenshot(bench.window, "citizens-empty", bench.theme)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.value)
def test_the_set_up_wizard(start: Start, tmp_path: Path, theme: Any, look: Appearance) -> None:
    theme.set_appearance(look)
    running = start(tmp_path / "vault")
    screen = running.console.setup
    assert isinstance(screen, SetupScreen)
    running.until(lambda: screen.wizard.choices.module is not None)
    in_both_sizes(running, "wizard-module")
    steps: list[tuple[str, Callable[[], None]]] = [
        ("wizard-token", lambda: None),
        ("wizard-operator", lambda: _type_operator(screen)),
        ("wizard-run", lambda: None),
    ]
    for name, act in steps:
        before = screen.wizard.step
        screen.next.click()
        running.until(partial(_moved, screen, before))
        if name == "wizard-token":
            screen.token.typed.radio.click()
            type_text("12345678", screen.token.so_pin.first.editor)
            quiet(running)
            in_both_sizes(running, "wizard-token-own")
            screen.token.made.radio.click()
        act()
        in_both_sizes(running, name)
    screen.next.click()
    running.until(lambda: screen.wizard.result is not None)
    take(running, "wizard-run-done")
    screen.next.click()
    in_both_sizes(running, "wizard-result")
    _remove(running.console)


def _moved(screen: SetupScreen, before: WizardStep) -> bool:
    return screen.wizard.step is not before


def _type_operator(screen: SetupScreen) -> None:
    type_text(OPERATOR, screen.operator.operator.editor)
    type_text(PASSWORD, screen.operator.password.first.editor)
    type_text(PASSWORD, screen.operator.password.again.editor)


def _remove(console: Console) -> None:
    """Remove the vault that the wizard made."""
    from app.bootstrap import open_vault
    from app.start import begin
    from core.storage.home import Home

    vault = open_vault(begin(Home(console._doors.home)))
    vault.close()
    vault.server.destroy()


def test_every_page_reads_as_its_title(console: Running) -> None:
    titles = {"overview": OverviewPage, "citizens": CitizensPage, "audit": AuditPage, "keys": KeysPage}
    for key, kind in titles.items():
        page = console.window.open_page(key)
        assert isinstance(page, kind)
        assert page.accessibleName() == page.header.title.text() != ""
    assert ASHA["name"] not in console.window.windowTitle()


def test_the_search_by_name_and_what_others_did(console: Running, populated_vault: PopulatedVault) -> None:
    page = citizens_page(console)
    page.close_detail()
    page.list._on_filter_changed(CitizenFilter())
    quiet(console)
    page.list.search.setFocus()
    type_text("kulkarni", page.list.search)
    console.until(lambda: page.list._count.text().endswith("found by name"))
    quiet(console)
    take(console, "citizens-name")
    page.list.search.clear()
    quiet(console)
    page.listing._new, page.listing._changed = 3, 1
    page.listing._show_news()
    page.list.table.choose(4)
    in_both_sizes_with_news(console)


def in_both_sizes_with_news(running: Running) -> None:
    for width, height in SIZES:
        running.window.resize(width, height)
        quiet(running)
        take(running, "citizens-news" if width == SIZES[0][0] else "citizens-news-small")
    running.window.resize(*SIZES[0])
