"""The parameters that NSS softokn starts with."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hsm import softokn, software_token

SOFTOKN = Path("/usr/lib/x86_64-linux-gnu/libsoftokn3.so")


# Hypothesis builds its table of characters on first use, which a busy machine takes a second for.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_the_folder_is_read_back_from_the_parameters_whatever_its_name(name: str) -> None:
    folder = Path("/x") / name
    given_variables = {softokn.PARAMETERS_VARIABLE: softokn.parameters(folder, "label")}
    assert softokn.token_folder(given_variables) == folder


def test_a_label_cannot_add_parameters() -> None:
    assert "flags='readOnly'" not in softokn.parameters(Path("/x"), "a' flags='readOnly")


@pytest.mark.parametrize("given_variables", [{}, {"NSS_LIB_PARAMS": ""}, {"NSS_LIB_PARAMS": "secmod='x'"}])
def test_without_parameters_there_is_no_folder(given_variables: dict[str, str]) -> None:
    assert softokn.token_folder(given_variables) is None


def test_each_module_is_told_of_its_own_folder_only() -> None:
    assert set(software_token.environment(SOFTOKN, Path("/x"), "l")) == {"NSS_LIB_PARAMS"}
    assert set(software_token.environment(Path("/usr/lib/libhsm.so"), Path("/x"), "l")) == {"SOFTHSM2_CONF"}


def test_a_link_to_softokn_is_softokn(tmp_path: Path) -> None:
    link = tmp_path / "hsm.so"
    link.symlink_to(tmp_path / "libsoftokn3.so")
    assert softokn.is_softokn(link)
    assert not softokn.is_softokn(tmp_path / "libsofthsm2.so")
