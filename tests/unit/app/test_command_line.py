"""Words, output and logs of the command line, without a vault."""

import json
import logging
from pathlib import Path

import pytest

from app.cli.citizen import cursor, page_key, read_object
from app.cli.output import Output, print_text
from app.logs import start_logging
from app.main import hoist_options
from core.citizens.model import PageKey
from core.errors import InvalidFields, InvalidInput
from hsm.secret import Secret


def test_shared_options_may_stand_anywhere() -> None:
    words = ["citizen", "show", "idt_x", "--json", "--home", "/h", "-v"]
    assert hoist_options(words) == ["--json", "--home", "/h", "--verbose", "citizen", "show", "idt_x"]
    signing_in = ["operator", "list", "--totp", "123456", "--oidc"]
    assert hoist_options(signing_in) == ["--totp", "123456", "--oidc", "operator", "list"]
    assert hoist_options(["a", "--", "--json"]) == ["a", "--", "--json"]
    assert hoist_options(["status", "--home=/x y"]) == ["--home=/x y", "status"]


def test_a_cursor_is_opaque_and_comes_back() -> None:
    key = PageKey("KA", "idt_" + "A" * 22)
    assert page_key(cursor(key)) == key
    assert cursor(None) is None
    for text in ("", "x", "MSBLQQ", "ÿ"):
        with pytest.raises(InvalidInput):
            page_key(text)


def test_control_and_direction_characters_are_shown_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    print_text("a\x1b[31mb\u202ec\u200dd")
    assert capsys.readouterr().out == "a\\u001b[31mb\\u202ec\u200dd\n"


def test_an_error_is_one_json_document_or_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidFields({"phone": "This is no phone number."})
    Output(json=True).error(error)
    assert json.loads(capsys.readouterr().out)["error"]["fields"] == {"phone": "This is no phone number."}
    Output(json=False).error(error)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == "Code CZ-INP-002"


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(b'\xef\xbb\xbf{"name": "A"}')
    assert read_object(str(file)) == {"name": "A"}


def test_a_secret_never_prints() -> None:
    secret = Secret("correct horse")
    assert "horse" not in f"{secret} {secret!r} {[secret]}"
    secret.wipe()
    assert not secret


def test_the_log_takes_listed_fields_and_no_text_of_exceptions(tmp_path: Path) -> None:
    logger = start_logging(tmp_path, verbose=False)
    logger.info("vault closed", extra={"seconds": 1.5, "phone": "+919886041277"})
    try:
        int("+919886041277 is no number")
    except ValueError:
        logger.exception("unexpected fault")
    logger.warning("said %s", "+919886041277")
    logging.shutdown()
    lines = [json.loads(line) for line in (tmp_path / "citizen-zero.log").read_text().splitlines()]
    assert lines[0]["seconds"] == 1.5
    assert lines[1]["fault"] == "ValueError"
    assert "9886041277" not in (tmp_path / "citizen-zero.log").read_text()
    assert (tmp_path / "citizen-zero.log").stat().st_mode & 0o777 == 0o600
