"""Every screen and dialog, grabbed to be looked at beside the design: named, and without a word cut off."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QWidget

from core.citizens.model import CitizenFilter, Field
from core.errors import HsmNotAnswering, HsmTokenMissing
from core.setup.wizard import WizardStep
from tests.gui.pages.bench import Bench, PopulatedVault, Running, Start, type_text
from tests.support.gui import assert_all_named, assert_no_elided_labels, screenshot, settle
from tests.support.vault import ASHA, OPERATOR, PASSWORD
from ui.console import Console
from ui.dialogs.reveal import RevealDialog
from ui.pages.audit import AuditPage
from ui.pages.citizens.page import CitizensPage
from ui.pages.keys import KeysPage
from ui.pages.overview import OverviewPage
from ui.theme.theme import Appearance
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
    page._ask_reveal(fields)
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
    page.list.show_counts(0, 0, searched=None)
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
