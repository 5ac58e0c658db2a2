"""One real vault per test module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.citizens.model import CitizenRecord
from tests.support.hsm import SOFTHSM
from tests.support.vault import ASHA, RAVI, RealVault, make_vault


@pytest.fixture(scope="module")
def module() -> Path:
    """Return the PKCS#11 module of the vault; the main job runs on both."""
    return SOFTHSM


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, module: Path) -> Iterator[RealVault]:
    """Give an unlocked vault."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home", module=module, kek_capacity=10_000)
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


@pytest.fixture(autouse=True)
def _nothing_on_its_way(request: pytest.FixtureRequest) -> None:
    """Write the outcomes that the test before left for later, so that this one can count entries."""
    if "real" in request.fixturenames:
        vault: RealVault = request.getfixturevalue("real")
        if vault.vault.services.token.open:
            vault.vault.services.audit.flush()
