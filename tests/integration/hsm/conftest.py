"""A real SoftHSM token with all the vault's keys, for each test its own copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hsm.client import HsmClient
from hsm.model import TokenBinding
from tests.support.hsm import make_token


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder that holds the test's token."""
    return tmp_path / "token"


@pytest.fixture
def client(folder: Path) -> Iterator[HsmClient]:
    """Give a logged-in client and close it afterwards."""
    made, _, _ = make_token(folder)
    yield made
    made.close()


@pytest.fixture
def binding(client: HsmClient) -> TokenBinding:
    """Return the binding that the client is logged in with."""
    assert client.binding is not None
    return client.binding


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HsmClient]:
    """Give a logged-in client for tests that change nothing on the token."""
    made, _, _ = make_token(tmp_path_factory.mktemp("shared"))
    yield made
    made.close()
