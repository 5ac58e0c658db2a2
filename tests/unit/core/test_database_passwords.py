"""Where the passwords of an external database come from, and where they never go."""

from pathlib import Path

import pytest

from app.passwords import PROGRAM, database_password, given_password
from core.errors import DatabaseUnavailable, InvalidInput
from core.storage.home import Home, HomeConfig
from hsm.secret import Secret
from hsm.worker_process import worker_environment


def test_the_variable_comes_before_the_file_and_the_file_before_the_prompt(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from file\n")
    file.chmod(0o600)
    both = {"DB_PASSWORD": "from variable", "DB_PASSWORD_FILE": str(file)}
    assert database_password(both).reveal_text() == "from variable"
    assert database_password({"DB_PASSWORD_FILE": str(file)}).reveal_text() == "from file"
    assert database_password({}, ask=lambda _: Secret("typed")).reveal_text() == "typed"


def test_nobody_to_ask_is_an_error_that_names_the_variables() -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        database_password({})
    assert "DB_PASSWORD_FILE" in caught.value.remedy
    assert caught.value.exit_code == 7


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        given_password({"DB_PASSWORD_FILE": str(tmp_path / "gone")}, "DB_PASSWORD")


def test_a_file_that_others_may_read_is_used_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "password"
    file.write_text("open")
    file.chmod(0o644)
    assert given_password({f"{PROGRAM}_FILE": str(file)}, PROGRAM) is not None
    assert "others may read" in capsys.readouterr().err


def test_the_hsm_worker_gets_no_database_password() -> None:
    parent = {"DB_PASSWORD": "a", "DB_PROGRAM_PASSWORD": "b", "PATH": "/bin"}
    assert not {"DB_PASSWORD", "DB_PROGRAM_PASSWORD"} & set(worker_environment(parent, {}))


@pytest.mark.parametrize(
    ("url", "tokens"), [(None, None), ("postgresql://p@h:5432/d?sslmode=require", Path('/srv/tokens "x"'))]
)
def test_a_homes_facts_are_read_back_as_they_were_written(tmp_path: Path, url: str | None, tokens: Path | None) -> None:
    home = Home(tmp_path / "home")
    home.begin("id")
    config = HomeConfig("id", Path("/m.so"), "तिजोरी", "00", database_url=url, token_folder=tokens)
    home.finish(config)
    assert home.config() == config
