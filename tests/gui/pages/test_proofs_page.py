"""The page Proofs on a real vault, and the verdict on a file as a person reads it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QWidget

from core.citizens.model import Purpose
from core.proofs.claims import Claim
from core.proofs.model import ProofRequest
from core.proofs.reasons import Reason
from tests.gui.pages.bench import Bench, Running, Start
from tests.support.eligibility import claim
from tests.support.gui import all_strings, assert_all_named, assert_no_elided_labels, screenshot, settle, texts
from ui.dialogs.proof_qr import qr_matrix
from ui.dialogs.verify_proof import VerifyProofDialog
from ui.models import proof_words
from ui.pages.proofs.page import ProofsPage
from ui.theme.appearance import Appearance

AUDIENCE = "https://pension.example"
COARSE = (claim("age", ">=", 18), claim("income_annual", "<=", 500_000), claim("state", "==", "KA"))


def opened(bench: Bench) -> ProofsPage:
    page = bench.open(ProofsPage)
    assert isinstance(page, ProofsPage)
    return page


def fill(page: ProofsPage, token: str, claims: tuple[Claim, ...], audience: str = AUDIENCE) -> None:
    page.ask_about(token)
    page.ask.rows[0].set_claim(claims[0])
    for one in claims[1:]:
        page.ask.add_claim(one)
    page.ask.audience.set_text(audience)
    page.ask.draw.click()


def make(bench: Bench, page: ProofsPage, claims: tuple[Claim, ...] = COARSE) -> None:
    fill(page, bench.populated.asha.identity_token, claims)
    page.ask.forecast.click()
    bench.until(page.ask.prove.isEnabled)
    page.ask.prove.click()
    bench.until(lambda: page.result.answer is not None)
    settle()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("age", ">=", 60), "Age is at least 60 years"),
        (("income_annual", "<=", 500_000), "Annual income is at most ₹5,00,000"),
        (("land_holding", "<", 2.5), "Land held is less than 2.5 ha"),
        (("state", "!=", "UP"), "State is not Uttar Pradesh"),
        (("birth_date", "<=", "1966-07-14"), "Birth date is on or before 14 Jul 1966"),
        (("bpl_status", "==", True), "Below poverty line is yes"),
        (("gender", "==", "female"), "Gender is female"),
        (("dependents_count", ">", 2), "Dependents is more than 2"),
    ],
)
def test_a_claim_is_said_in_plain_words(asked: tuple[str, str, Any], sentence: str) -> None:
    from decimal import Decimal

    value = Decimal(str(asked[2])) if isinstance(asked[2], float) else asked[2]
    assert proof_words.claim_sentence(claim(asked[0], asked[1], value)) == sentence


def test_every_reason_has_its_sentence() -> None:
    assert len({proof_words.reason_words(reason) for reason in Reason}) == len(Reason)


def test_what_an_answer_could_tell_is_seen_before_it_can_be_asked(bench: Bench) -> None:
    page = opened(bench)
    fill(page, bench.populated.asha.identity_token, COARSE)
    assert not page.ask.prove.isEnabled()
    page.ask.forecast.click()
    bench.until(page.ask.prove.isEnabled)
    said = texts(page.ask)
    assert "What an answer could tell" in said
    assert any("of 5 bits" in text for text in said)
    page.ask.rows[0].value.setText("21")
    page.ask.rows[0].value.textEdited.emit("21")
    assert not page.ask.prove.isEnabled()


def test_a_proof_is_made_shown_saved_and_stands_in_the_history(bench: Bench, tmp_path: Path) -> None:
    page = opened(bench)
    make(bench, page)
    said = texts(page.result)
    assert said.count("Proven true") == 3
    assert "Annual income is at most ₹5,00,000" in said
    assert "250000" not in " ".join(all_strings(page))
    file = tmp_path / "proof.json"
    page.result.save_asked.emit()
    assert page._picker is not None
    page._picker.fileSelected.emit(str(file))
    page._picker.close()
    bench.until(file.exists)
    page.ask.forecast.click()
    bench.until(lambda: any(text.startswith("Learnt by all:") for text in texts(page.ask)))
    answer = page.result.answer
    assert answer is not None
    assert json.loads(file.read_text()) == answer.document
    bench.until(lambda: page.history.rowCount() >= 1)
    assert page.history.cell(0, 2).text == AUDIENCE


def test_a_large_proof_says_why_it_has_no_qr_code_and_a_small_one_has(bench: Bench) -> None:
    page = opened(bench)
    make(bench, page)
    code = page.result.findChild(QWidget, "proof_show_qr")
    assert code is not None
    assert not code.isEnabled()
    assert "Too large for a QR code: hand out the file" in texts(page.result)
    small = opened(bench)
    make(bench, small, (claim("state", "==", "KA"),))
    small.result.qr_asked.emit()
    dialog = bench.dialog("proof_qr")
    assert_all_named(dialog)
    screenshot(bench.window or small, "proof-qr", bench.theme)
    dialog.reject()
    settle()


def test_a_code_holds_what_fits_and_no_more() -> None:
    assert qr_matrix("a" * 2_953) is not None
    assert qr_matrix("a" * 2_954) is None


def test_a_question_that_could_tell_too_much_cannot_be_asked(bench: Bench) -> None:
    page = opened(bench)
    fill(page, bench.populated.ravi.identity_token, (claim("income_annual", "==", 1_200_000),))
    page.ask.forecast.click()
    bench.until(lambda: "An answer could tell too much" in texts(page.ask))
    assert not page.ask.prove.isEnabled()
    assert "The learning budget does not allow it" in texts(page.ask)


def test_what_is_wrong_is_said_at_its_field(bench: Bench) -> None:
    page = opened(bench)
    page.ask.forecast.click()
    assert "identity token" in page.ask.token.error
    page.ask_about(bench.populated.asha.identity_token)
    page.ask.rows[0].value.setText("sixty")
    page.ask.forecast.click()
    assert page.ask.audience.error
    assert page.ask.nonce.error
    assert "whole number" in page.ask.rows[0].sentence.text()


def test_a_legal_ground_asks_for_its_reason(bench: Bench) -> None:
    page = opened(bench)
    fill(page, bench.populated.asha.identity_token, COARSE)
    assert page.ask.reason.isHidden()
    page.ask.purpose.set_value(Purpose.LEGAL_OBLIGATION.value)
    page.ask.purpose.editor.picked.emit(Purpose.LEGAL_OBLIGATION.value)
    assert not page.ask.reason.isHidden()
    page.ask.forecast.click()
    assert page.ask.reason.error


def test_a_claim_is_removed_but_never_the_last(bench: Bench) -> None:
    page = opened(bench)
    first = page.ask.rows[0]
    assert first.remove.isHidden()
    second = page.ask.add_claim(claim("gender", "==", "female"))
    assert second.operator.count() == 2
    second.remove.click()
    assert page.ask.rows == [first]
    for _ in range(9):
        page.ask.add_claim()
    assert not page.ask.add.isEnabled()


# --- a file ----------------------------------------------------------------------------------------


@pytest.fixture
def files(bench: Bench, tmp_path: Path) -> tuple[Path, Path, ProofRequest]:
    services, session = bench.desk.vault.services, bench.desk.session
    asked = ProofRequest(COARSE, AUDIENCE, os.urandom(32))
    answer = services.proofs.prove(session, bench.populated.asha.identity_token, asked)
    proof, key = tmp_path / "proof.json", tmp_path / "authority.pem"
    proof.write_text(json.dumps(answer.document))
    key.write_bytes(services.proofs.authority(session)[0])
    return proof, key, asked


def verifying(bench: Bench, proof: Path, key: Path) -> VerifyProofDialog:
    page = opened(bench)
    button = page.findChild(QWidget, "proof_verify_file")
    assert button is not None
    button.click()  # type: ignore[attr-defined]
    dialog = bench.dialog("verify_proof")
    assert isinstance(dialog, VerifyProofDialog)
    dialog.proof.set_text(str(proof))
    dialog.authority.set_text(str(key))
    return dialog


def test_a_verdict_says_what_was_proven_by_whom_for_whom_and_how_fresh(
    bench: Bench, files: tuple[Path, Path, ProofRequest]
) -> None:
    proof, key, asked = files
    dialog = verifying(bench, proof, key)
    dialog.audience.set_text(AUDIENCE)
    dialog.nonce.set_text(asked.nonce.hex())
    dialog.action.click()
    bench.until(lambda: "The proof holds" in texts(dialog))
    said = " ".join(texts(dialog))
    for expected in ("Proven true", "Age is at least 18 years", AUDIENCE, "Made for you and for this request.", "ago"):
        assert expected in said
    settle()
    assert_all_named(dialog)
    assert_no_elided_labels(dialog)
    screenshot(bench.window or dialog, "verify-proof", bench.theme)
    dialog.reject()


def test_a_verdict_says_what_was_not_compared(bench: Bench, files: tuple[Path, Path, ProofRequest]) -> None:
    dialog = verifying(bench, files[0], files[1])
    dialog.action.click()
    bench.until(lambda: "The proof holds" in texts(dialog))
    assert any("Not compared: for whom it was made" in text for text in texts(dialog))
    dialog.reject()


def test_a_changed_file_is_refused_with_its_reason(bench: Bench, files: tuple[Path, Path, ProofRequest]) -> None:
    proof, key, _ = files
    document = json.loads(proof.read_text())
    document["results"][0]["result"] = False
    proof.write_text(json.dumps(document))
    dialog = verifying(bench, proof, key)
    dialog.action.click()
    bench.until(lambda: any("response_differs" in text for text in texts(dialog)))
    assert "Proven true" not in texts(dialog)
    dialog.reject()


def test_a_file_that_is_no_key_is_said_at_its_field(bench: Bench, files: tuple[Path, Path, ProofRequest]) -> None:
    dialog = verifying(bench, files[0], files[0])
    dialog.action.click()
    bench.until(lambda: dialog.authority.error)
    dialog.reject()


def test_a_proof_is_verified_before_anybody_signs_in(start: Start, bench: Bench, files: Any) -> None:
    running: Running = start(bench.populated.real.home.path)
    running.until(running.console.unlock.isVisible)
    running.console.unlock.verify_asked.emit()
    dialog = running.dialog("verify_proof")
    assert isinstance(dialog, VerifyProofDialog)
    dialog.proof.set_text(str(files[0]))
    dialog.authority.set_text(str(files[1]))
    dialog.action.click()
    running.until(lambda: "The proof holds" in texts(dialog))
    dialog.reject()
    settle()


@pytest.mark.parametrize("look", [Appearance.LIGHT, Appearance.DARK], ids=lambda look: look.value)
@pytest.mark.parametrize("size", [(1440, 900), (1180, 720)], ids=str)
def test_the_page_is_named_and_no_word_is_cut_off(
    bench: Bench, theme: Any, look: Appearance, size: tuple[int, int]
) -> None:
    theme.set_appearance(look)
    page = bench.open(ProofsPage, width=size[0], height=size[1])
    assert isinstance(page, ProofsPage)
    make(bench, page)
    page.ask.forecast.click()
    bench.until(page.ask.prove.isEnabled)
    bench.until(lambda: page.history.rowCount() > 0)
    settle()
    assert_all_named(page)
    assert_no_elided_labels(page)
    screenshot(bench.window or page, f"proofs-{size[0]}", theme)
