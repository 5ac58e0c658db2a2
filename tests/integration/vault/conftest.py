"""One real vault per test module."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.citizens.model import CitizenRecord
from tests.support.hsm import SOFTHSM
from tests.support.vault import ASHA, RAVI, Program, RealVault, make_vault


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


@pytest.fixture
def program(real: RealVault) -> Iterator[Program]:
    """Give connections as the program's role, as somebody with its password would open them."""
    address, made = real.vault.services.database.address, []

    def connect(setting: str | None = None) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            make_conninfo(**address.parameters, password=address.password.reveal_text()), autocommit=True
        )
        if setting is not None:
            connection.execute("SELECT set_config('citizen_zero.states', %s, false)", [setting])
        made.append(connection)
        return connection

    yield connect
    for connection in made:
        connection.close()


@pytest.fixture(autouse=True)
def _nothing_on_its_way(request: pytest.FixtureRequest) -> None:
    """Write the outcomes that the test before left for later, so that this one can count entries."""
    if "real" in request.fixturenames:
        vault: RealVault = request.getfixturevalue("real")
        if vault.vault.services.token.open:
            vault.vault.services.audit.flush()
