"""Without HSM, without database, without either: the console opens, says what that prevents, and goes on later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.proofs.prover import present
from core.proofs.response import response_document
from tests.gui.pages.bench import Running, Start
from tests.support.cli import CommandLine
from tests.support.eligibility import AUDIENCE, Authority, ask, claim
from tests.support.gui import settle, texts
from tests.support.vault import OPERATOR, PASSWORD, make_vault
from ui.dialogs.verify_proof import VerifyProofDialog
from ui.widgets.button import Button


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Give the folders of a closed vault: its home, its tokens, its database."""
    real = make_vault(tmp_path_factory.mktemp("degraded") / "home")
    folders = {
        "home": real.home.path,
        "hsm": real.home.path / "tokens",
        "database": Path(str(real.vault.server.facts()["data_folder"])),
    }
    (real.home.path.parent / "password").write_text(PASSWORD)
    real.owner.close()
    real.vault.close()
    yield folders
    real.vault.server.destroy()
    real.home.remove()


@contextmanager
def without(parts: dict[str, Path], *missing: str) -> Iterator[None]:
    """Take parts away for a while."""
    for part in missing:
        parts[part].rename(parts[part].with_name(f"{parts[part].name}-away"))
    try:
        yield
    finally:
        for part in missing:
            parts[part].with_name(f"{parts[part].name}-away").rename(parts[part])


def degraded(running: Running) -> str:
    running.until(lambda: running.console.degraded is not None and running.console.degraded.isVisible())
    settle()
    assert running.console.degraded is not None
    return " ".join(texts(running.console.degraded))


@pytest.mark.parametrize("missing", [("hsm",), ("database",), ("hsm", "database")], ids="+".join)
def test_the_console_opens_says_what_is_missing_and_goes_on_when_it_is_back(
    start: Start, parts: dict[str, Path], missing: tuple[str, ...]
) -> None:
    with without(parts, *missing):
        running = start(parts["home"])
        said = degraded(running)
        assert ("Connect the token that the vault was set up with." in said) == ("hsm" in missing)
        assert ("no citizen can be found, and no audit entry written" in said) == ("database" in missing)
        assert "Not asked" not in said
        assert f"Until the {'database' if 'database' in missing else 'HSM'} is back you cannot" in said
        assert PASSWORD not in said
    running.console._retry()
    running.until(running.console.unlock.isVisible)
    running.sign_in()


def test_a_proof_is_verified_without_hsm_and_database(start: Start, parts: dict[str, Path], tmp_path: Path) -> None:
    authority, claims, now = Authority(), (claim("age", ">=", 18),), int(datetime.now(UTC).timestamp())
    proven = present(authority.issue(issued=now), ask(claims, issued=now))
    proof, key = tmp_path / "proof.json", tmp_path / "authority.pem"
    proof.write_text(json.dumps(response_document(proven.presentation.encoded(), proven.context)))
    key.write_bytes(authority.pem())
    with without(parts, "hsm", "database"):
        running = start(parts["home"])
        degraded(running)
        assert running.console.degraded is not None
        button = running.console.degraded.findChild(Button, "verify_proof_here")
        assert button is not None
        button.click()
        dialog = running.dialog("verify_proof")
        assert isinstance(dialog, VerifyProofDialog)
        dialog.proof.set_text(str(proof))
        dialog.authority.set_text(str(key))
        dialog.action.click()
        running.until(lambda: "The proof holds" in texts(dialog))
        assert AUDIENCE in texts(dialog)
        dialog.reject()
        settle()


@pytest.mark.parametrize(("missing", "code"), [("hsm", 6), ("database", 7)])
def test_the_command_line_says_which_part_is_missing_by_its_exit_code(
    parts: dict[str, Path], missing: str, code: int
) -> None:
    cli = CommandLine(parts["home"], OPERATOR, parts["home"].parent / "password")
    with without(parts, missing):
        for words in (("status",), ("citizen", "search")):
            answer = cli.run(*words)
            assert answer.code == code, answer.stdout
            assert answer.document
    assert cli.run("status").code == 0
