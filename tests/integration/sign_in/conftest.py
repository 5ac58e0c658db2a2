"""One real vault per test module; its operator signs in with the password alone until a test adds more."""

from collections.abc import Iterator

import pytest

from tests.support.vault import RealVault, make_vault


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give an unlocked vault."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _no_tries_left_over(request: pytest.FixtureRequest) -> None:
    """Let no test begin with the pause of another."""
    if "real" in request.fixturenames:
        request.getfixturevalue("real").sql("DELETE FROM sign_in_try")
