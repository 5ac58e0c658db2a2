"""Roles x permissions: the table as published, and what is not in it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.access.model import GRANTS, PERMISSIONS, LoginSession, Permission, Role, checked_person, person_of, require
from core.access.published import published_table
from core.access.second_operator import GOVERNED
from core.audit.model import Actor, Origin
from core.errors import InvalidInput, Refused, SecondOperatorMissing

PUBLISHED = Path(__file__).parents[3] / "docs/permissions.md"


class Ready:
    """A vault that may serve."""

    def require_complete(self) -> None:
        """Let it pass."""


class Waiting:
    """A vault that waits for its second operator."""

    def require_complete(self) -> None:
        """Refuse."""
        raise SecondOperatorMissing("Dual control waits.")


def _session(role: Role, readiness: Ready | Waiting | None) -> LoginSession:
    return LoginSession("v.rao", role, Actor("v.rao", Origin.CLI, "s"), datetime.now(UTC), readiness)


def test_the_published_table_is_the_programs() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == published_table()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_gets_exactly_what_the_published_line_says(role: Role, permission: Permission) -> None:
    [line] = [line for line in PUBLISHED.read_text(encoding="utf-8").splitlines() if f"`{permission.value}`" in line]
    says = [cell.strip() for cell in line.split("|")[3:-1]][list(Role).index(role)] == "yes"
    try:
        require(_session(role, Ready()), permission)
        may = True
    except Refused:
        may = False
    assert may == says == (permission in PERMISSIONS[role])


def test_an_auditor_reads_the_log_and_never_personal_data() -> None:
    granted = {permission.value for permission in PERMISSIONS[Role.AUDITOR]}
    assert not {name for name in granted if name.startswith("citizen")}
    assert not {name for name in granted if name.endswith(("change", "invite", "disable", "role", "give"))}


def test_a_permission_without_a_row_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {permission: grant for permission, grant in GRANTS.items() if permission is not Permission.KEY_LIST}
    monkeypatch.setattr("core.access.model.GRANTS", rows)
    for role in Role:
        with pytest.raises(Refused):
            require(_session(role, Ready()), Permission.KEY_LIST)


def test_while_dual_control_waits_only_what_touches_no_person_is_open() -> None:
    for permission, grant in GRANTS.items():
        session = _session(Role.SUPER_ADMIN, Waiting())
        if grant.before_dual_control:
            require(session, permission)
        else:
            with pytest.raises(SecondOperatorMissing):
                require(session, permission)


def test_a_session_that_no_sign_in_made_gets_no_personal_data() -> None:
    with pytest.raises(Refused, match="personal data"):
        require(_session(Role.SUPER_ADMIN, None), Permission.CITIZEN_READ)


@pytest.mark.parametrize("same", ["ASHA  Devi", " asha devi ", "Ａｓｈａ Devi"])  # noqa: RUF001 (full-width letters)
def test_a_person_is_compared_by_what_is_read(same: str) -> None:
    assert person_of(same) == person_of("Asha Devi") == checked_person(same)


@pytest.mark.parametrize("wrong", ["", "  ", "x" * 65, "two\x00", "\udc80"])
def test_a_person_is_named_in_a_few_printable_letters(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        checked_person(wrong)


def test_the_published_table_says_who_approves_what() -> None:
    text = PUBLISHED.read_text(encoding="utf-8")
    for kind, governed in GOVERNED.items():
        [line] = [line for line in text.splitlines() if f"`{kind.value}`" in line]
        assert all(role.value in line for role in governed.approvers)
        assert ("always" in line) == governed.always
