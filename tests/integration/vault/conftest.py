"""One real vault per test module."""

from collections.abc import Iterator

import pytest

from core.citizens.model import CitizenRecord
from tests.support.vault import ASHA, RAVI, RealVault, make_vault


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give an unlocked vault."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home", kek_capacity=10_000)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def asha(real: RealVault) -> CitizenRecord:
    """Enrol Asha."""
    return real.enrol(ASHA)


@pytest.fixture(scope="module")
def ravi(real: RealVault) -> CitizenRecord:
    """Enrol Ravi."""
    return real.enrol(RAVI)
