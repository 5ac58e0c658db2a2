"""A vault under dual control, with two super admins and one operator of every other role."""

from collections.abc import Iterator

import pytest

from core.access.model import Role
from tests.support.operators import SECOND, Console, console, own, with_operator
from tests.support.vault import RealVault, make_vault

OTHERS = {Role.CUSTODIAN: "kavya.nair", Role.REGISTRAR: "ravi.menon", Role.AUDITOR: "meera.joshi"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault under dual control that two super admins have completed."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home", dual_control=True)
    try:
        with_operator(made)
        yield made
    finally:
        made.close()


@pytest.fixture
def first(real: RealVault) -> Console:
    """Give the first super admin's console."""
    return own(real)


@pytest.fixture(scope="module")
def second(real: RealVault) -> Iterator[Console]:
    """Give the second super admin's console."""
    with console(real, SECOND) as opened:
        yield opened


@pytest.fixture(scope="module")
def others(real: RealVault, second: Console) -> dict[Role, str]:
    """Add an operator of each other role; returns their names."""
    for role, name in OTHERS.items():
        with_operator(real, name, role, by=second)
    return OTHERS
