"""Whoever has the database in hand edits requests, approvals, operators and settings: nothing runs, exit 5."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from core.access.model import Role
from core.audit.model import Origin
from core.errors import CitizenZeroError, IntegrityFailure
from hsm.secret import Secret
from tests.integration.governance.test_approvals import ask, go_on
from tests.support.operators import Console, console, password_of, with_operator
from tests.support.vault import OPERATOR, RealVault

REQUEST_EDITS = {
    "status": "status = 'approved'",
    "operation": "operation = 'operator:invite'",
    "target": "target = 'setting idle_seconds'",
    "target_revision": "target_revision = 9",
    "parameters": "parameters = replace(parameters, ' s\"', '9 s\"')",
    "requester": "requester = 'vikram.shetty'",
    "requester_key": "requester_key = (SELECT signing_public FROM operator WHERE name = 'vikram.shetty')",
    "reason": "reason = 'harmless'",
    "created_at": "created_at = created_at - interval '1 day'",
    "expires_at": "expires_at = expires_at + interval '1 year'",
    "log_index": "log_index = log_index - 1",
    "log_hash": "log_hash = set_byte(log_hash, 3, get_byte(log_hash, 3) # 1)",
    "signature": "signature = set_byte(signature, 3, get_byte(signature, 3) # 1)",
    "revision": "revision = revision + 1",
    "row_seal": "row_seal = set_byte(row_seal, 3, get_byte(row_seal, 3) # 1)",
}
APPROVAL_EDITS = {
    "operator": f"operator = '{OPERATOR}'",
    "operator_key": f"operator_key = (SELECT signing_public FROM operator WHERE name = '{OPERATOR}')",
    "verdict": "verdict = 'reject'",
    "reason": "reason = 'fine'",
    "decided_at": "decided_at = decided_at + interval '1 hour'",
    "signature": "signature = set_byte(signature, 3, get_byte(signature, 3) # 1)",
    "revision": "revision = 7",
    "row_seal": "row_seal = set_byte(row_seal, 3, get_byte(row_seal, 3) # 1)",
}


def _fails(work: Any, *arguments: Any) -> None:
    with pytest.raises(CitizenZeroError) as failed:
        work(*arguments)
    assert isinstance(failed.value, IntegrityFailure), failed.value
    assert failed.value.exit_code == 5


@pytest.fixture(scope="module")
def approved(real: RealVault, second: Console) -> UUID:
    """Have a request approved that nobody has used."""
    from tests.support.operators import own

    request = ask(own(real), 61)
    second.approve(request)
    return request


@pytest.fixture(scope="module")
def waiting(real: RealVault, second: Console) -> UUID:
    """Have a request that nobody has approved."""
    from tests.support.operators import own

    return ask(own(real), 62)


@pytest.mark.parametrize("column", REQUEST_EDITS)
def test_an_edited_request_neither_runs_nor_is_approved(
    real: RealVault, first: Console, second: Console, approved: UUID, waiting: UUID, column: str
) -> None:
    change = REQUEST_EDITS[column]
    if column != "status":
        with real.changed(
            "approval_request", f"UPDATE approval_request SET {change} WHERE request_id = %s", [approved]
        ):
            _fails(go_on, first, 61, approved)
    with real.changed("approval_request", f"UPDATE approval_request SET {change} WHERE request_id = %s", [waiting]):
        _fails(go_on, first, 62, waiting)
        _fails(second.approve, waiting)
        assert not real.vault.services.check.verify(real.session).whole


@pytest.mark.parametrize("column", APPROVAL_EDITS)
def test_an_edited_approval_lets_nothing_run(
    real: RealVault, first: Console, second: Console, approved: UUID, column: str
) -> None:
    change = f"UPDATE approval SET {APPROVAL_EDITS[column]} WHERE request_id = %s"
    with real.changed("approval", change, [approved]):
        _fails(go_on, first, 61, approved)
        assert not real.vault.services.check.verify(real.session).whole


def test_an_inserted_approval_lets_nothing_run(
    real: RealVault, first: Console, second: Console, approved: UUID, waiting: UUID
) -> None:
    columns = "operator, operator_key, verdict, reason, decided_at, signature, revision, row_seal"
    forge = f"INSERT INTO approval (request_id, {columns}) SELECT %s, {columns} FROM approval WHERE request_id = %s"
    status = "UPDATE approval_request SET status = 'approved' WHERE request_id = %s"
    with real.changed("approval", forge, [waiting, approved]):
        _fails(go_on, first, 62, waiting)
        real.sql(status, [waiting])
        _fails(go_on, first, 62, waiting)
        real.sql("UPDATE approval_request SET status = 'waiting' WHERE request_id = %s", [waiting])


def test_a_removed_approval_lets_nothing_run(real: RealVault, first: Console, approved: UUID) -> None:
    with real.changed("approval", "DELETE FROM approval WHERE request_id = %s", [approved]):
        _fails(go_on, first, 61, approved)


def test_the_approval_of_one_request_does_not_serve_another(
    real: RealVault, first: Console, approved: UUID, waiting: UUID
) -> None:
    whole = "(SELECT {0} FROM approval_request WHERE request_id = %s)"
    names = ("status", "revision", "row_seal")
    copied = ", ".join(f"{name} = {whole.format(name)}" for name in names)
    change = f"UPDATE approval_request SET {copied} WHERE request_id = %s"
    with real.changed("approval_request", change, [approved, approved, approved, waiting]):
        _fails(go_on, first, 62, waiting)


def test_a_used_approval_whose_old_row_is_put_back_does_not_serve_again(
    real: RealVault, first: Console, second: Console
) -> None:
    request = ask(first, 63)
    second.approve(request)
    with _put_back(real, "approval_request", "request_id = %s", [request]) as put_back:
        go_on(first, 63, request)
        put_back()
        _fails(go_on, first, 63, request)
        assert not real.vault.services.check.verify(real.session).whole


def test_a_rejected_request_whose_old_row_is_put_back_cannot_be_approved(
    real: RealVault, first: Console, second: Console
) -> None:
    request = ask(first, 64)
    with _put_back(real, "approval_request", "request_id = %s", [request]) as put_back:
        second.services.approvals.reject(second.session, request, "no", Secret(password_of(second.name)))
        put_back()
        _fails(second.approve, request)


# --- operators and settings ------------------------------------------------------------------------


def test_the_same_key_under_another_name_is_found(
    real: RealVault, first: Console, second: Console, waiting: UUID
) -> None:
    columns = "salt, argon2_memory_kib, argon2_passes, argon2_lanes, encryption_public, signing_public, private_sealed"
    copied = f"UPDATE operator SET ({columns}) = (SELECT {columns} FROM operator WHERE name = %s) WHERE name = %s"
    with real.changed("operator", copied, [OPERATOR, second.name]):
        _fails(second.approve, waiting)
        _fails(second.services.operators.operators, second.session)


def test_a_key_that_joining_did_not_certify_signs_nothing(
    real: RealVault, first: Console, second: Console, waiting: UUID
) -> None:
    """Also where somebody could make a seal that fits."""
    columns = {**real.vault.services.register.one(second.name).columns, "signing_public": b"\x07" * 32}
    [sealed] = real.vault.services.register._sealer.seal([("operator", columns)])
    forged = "UPDATE operator SET signing_public = %s, row_seal = %s WHERE name = %s"
    with real.changed("operator", forged, [b"\x07" * 32, sealed["row_seal"], second.name]):
        _fails(second.approve, waiting)
        assert "operators" in real.vault.services.check.verify(real.session).problems


@pytest.mark.parametrize(
    "change", ["role = 'super_admin'", "state = 'active', revision = 1", "person = 'another'", "invited_by = 'x'"]
)
def test_an_edited_operator_can_do_nothing(
    real: RealVault, first: Console, second: Console, others: dict[Role, str], change: str
) -> None:
    name = others[Role.REGISTRAR]
    if "state" in change:
        change = "state = 'disabled'"
    with (
        real.changed("operator", f"UPDATE operator SET {change} WHERE name = %s", [name]),
        pytest.raises(IntegrityFailure if "state" not in change else CitizenZeroError),
        console(real, name),
    ):
        pass


def test_a_former_role_that_is_put_back_cannot_sign_in(real: RealVault, first: Console, second: Console) -> None:
    with_operator(real, "was.admin", Role.SUPER_ADMIN, by=second)
    with _put_back(real, "operator", "name = 'was.admin'") as put_back:
        _governed(first, second, "was.admin", Role.AUDITOR)
        put_back()
        with pytest.raises(IntegrityFailure, match="not the newest"):
            real.vault.sign_in("was.admin", Secret(password_of("was.admin")), Origin.CLI)
        real.session = real.vault.sign_in(OPERATOR, Secret(password_of(OPERATOR)), Origin.CLI)
        problems = real.vault.services.check.verify(real.session).problems
        assert "operators" in problems


def test_an_edited_setting_stops_whoever_relies_on_it(real: RealVault, first: Console, second: Console) -> None:
    for name, value in (("dual_control", "false"), ("approval_policy", "[]"), ("approval_hours", "9999")):
        with real.changed("setting", "UPDATE setting SET value = %s WHERE name = %s", [value, name]):
            _fails(ask_quietly, first, 65)
            _fails(first.services.policies.listing, first.session)


def test_a_former_setting_that_is_put_back_is_found(real: RealVault, first: Console, second: Console) -> None:
    with _put_back(real, "setting", "name = 'reveal_seconds'") as put_back:
        request = ask(first, 66)
        second.approve(request)
        go_on(first, 66, request)
        put_back()
        _fails(first.services.policies.listing, first.session)
        with pytest.raises(IntegrityFailure, match="not the newest"):
            real.vault.sign_in(OPERATOR, Secret(password_of(OPERATOR)), Origin.CLI)
    real.session = real.vault.sign_in(OPERATOR, Secret(password_of(OPERATOR)), Origin.CLI)


def test_an_edited_or_missing_line_of_the_history_is_found(real: RealVault, first: Console, second: Console) -> None:
    request = ask(first, 67)
    second.approve(request)
    go_on(first, 67, request)
    for change in ("UPDATE setting_change SET changed_by = 'nobody'", "DELETE FROM setting_change"):
        with real.changed("setting_change", change):
            _fails(first.services.policies.history, first.session)


def test_a_removed_setting_that_was_changed_is_missed(real: RealVault, first: Console) -> None:
    with real.changed("setting", "DELETE FROM setting WHERE name = 'reveal_seconds'"):
        _fails(first.services.policies.listing, first.session)


def ask_quietly(who: Console, value: int) -> None:
    """Ask for a change; whatever comes is the caller's."""
    who.services.policies.change(who.session, "reveal_seconds", str(value), who.asked())


def _governed(first: Console, second: Console, name: str, role: Role) -> None:
    from core.errors import ApprovalNeeded

    with pytest.raises(ApprovalNeeded) as needed:
        first.services.operators.set_role(first.session, name, role, first.asked())
    request = UUID(needed.value.approval_id)
    second.approve(request)
    first.services.operators.set_role(first.session, name, role, first.asked(request))


@contextmanager
def _put_back(real: RealVault, table: str, where: str, values: list[Any] | None = None) -> Iterator[Any]:
    """Keep a row as it is now; give what puts it back whole, seal and all; leave the newest one at the end."""
    [old] = real.sql(f"SELECT * FROM {table} WHERE {where}", values or [])
    newest: list[tuple[Any, ...]] = []

    def put(row: tuple[Any, ...]) -> None:
        real.sql("SET session_replication_role = replica")
        real.sql(f"DELETE FROM {table} WHERE {where}", values or [])
        real.sql(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)

    def put_back() -> None:
        newest.extend(real.sql(f"SELECT * FROM {table} WHERE {where}", values or []))
        put(old)

    try:
        yield put_back
    finally:
        if newest:
            put(newest[0])
