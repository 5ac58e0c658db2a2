"""SoftHSM's configuration, the search for modules, and what the worker may see of the environment."""

import ast
from pathlib import Path

from hsm import softhsm
from hsm.worker_process import worker_environment
from tests.support.hsm import SOFTHSM

PACKAGE = Path(softhsm.__file__).parent


def test_the_token_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    conf = softhsm.write_softhsm_conf(tmp_path / "home")
    tokens = softhsm.token_folder({softhsm.CONF_VARIABLE: str(conf)})
    assert tokens == tmp_path / "home" / "tokens"
    assert tokens.stat().st_mode & 0o777 == 0o700
    assert conf.stat().st_mode & 0o777 == 0o600


def test_writing_the_configuration_again_keeps_the_tokens(tmp_path: Path) -> None:
    softhsm.write_softhsm_conf(tmp_path)
    (tmp_path / "tokens" / "kept").write_text("x")
    softhsm.write_softhsm_conf(tmp_path)
    assert (tmp_path / "tokens" / "kept").exists()


def test_a_missing_configuration_names_no_token_folder(tmp_path: Path) -> None:
    assert softhsm.token_folder({}) is None
    assert softhsm.token_folder({softhsm.CONF_VARIABLE: str(tmp_path / "none")}) is None


def test_softhsm_is_found_once() -> None:
    found = [module for module in softhsm.find_modules() if module.name == "SoftHSM"]
    assert [module.path.resolve() for module in found] == [SOFTHSM.resolve()]


def test_a_folder_that_is_not_there_is_not_full(tmp_path: Path) -> None:
    assert not softhsm.is_full(tmp_path / "none")


def test_a_folder_with_less_room_than_needed_is_full(tmp_path: Path) -> None:
    assert not softhsm.is_full(tmp_path)
    assert softhsm.is_full(tmp_path, needed=1 << 60)


def test_the_worker_sees_no_password_of_the_console() -> None:
    parent = {"DB_PASSWORD": "x", "REDIS_PASSWORD": "x", "CITIZEN_ZERO_HOME": "/x", "PATH": "/bin"}
    environment = worker_environment(parent, {"SOFTHSM2_CONF": "/c"})
    assert set(environment) == {"PATH", "SOFTHSM2_CONF", "PYTHONPATH", "PYTHONSAFEPATH"}


def test_the_worker_finds_this_package_before_any_other() -> None:
    environment = worker_environment({"PYTHONPATH": "/elsewhere"}, {})
    assert environment["PYTHONPATH"].split(":") == [str(PACKAGE.parent), "/elsewhere"]


def test_only_the_worker_touches_pkcs11() -> None:
    importing = {path for path in PACKAGE.rglob("*.py") if "pkcs11" in _imported(path)}
    assert importing
    assert all(path.parent.name == "inworker" for path in importing)


def test_only_the_worker_imports_what_runs_inside_it() -> None:
    importing = {path for path in PACKAGE.glob("*.py") if "hsm.inworker" in _imported(path)}
    assert {path.name for path in importing} == {"worker.py"}


def test_the_package_needs_nothing_above_it() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert not _imported(path) & {"core", "ui", "app", "PyQt6"}, path


def _imported(path: Path) -> set[str]:
    """Return the top names that a file imports, and hsm.inworker if it imports from there."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    inside = {"hsm.inworker"} if any(name.startswith("hsm.inworker") for name in names) else set()
    return {name.split(".")[0] for name in names} | inside
