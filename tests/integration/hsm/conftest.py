"""A real token with all the vault's keys, for each test its own copy: SoftHSM's and NSS softokn's in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hsm.client import HsmClient
from hsm.model import TokenBinding
from tests.support.hsm import SOFTHSM, SOFTOKN, make_token, usual_algorithm


@pytest.fixture(scope="module", params=[SOFTHSM, SOFTOKN], ids=["softhsm", "softokn"])
def module(request: pytest.FixtureRequest) -> Path:
    """Return the PKCS#11 module; a test that is for one of them names it (`tests.support.hsm.on`)."""
    path: Path = request.param
    if not path.is_file():
        pytest.skip(f"{path} is not installed: softhsm2 and libnss3 have the modules")
    return path


@pytest.fixture(scope="module")
def algorithm(module: Path) -> str:
    """Return the algorithm that KEK-0001 is for."""
    return usual_algorithm(module)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder that holds the test's token."""
    return tmp_path / "token"


@pytest.fixture
def client(folder: Path, module: Path) -> Iterator[HsmClient]:
    """Give a logged-in client and close it afterwards."""
    made, _, _ = make_token(folder, module=module)
    yield made
    made.close()


@pytest.fixture
def binding(client: HsmClient) -> TokenBinding:
    """Return the binding that the client is logged in with."""
    assert client.binding is not None
    return client.binding


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, module: Path) -> Iterator[HsmClient]:
    """Give a logged-in client for tests that change nothing on the token."""
    made, _, _ = make_token(tmp_path_factory.mktemp("shared"), module=module)
    yield made
    made.close()
