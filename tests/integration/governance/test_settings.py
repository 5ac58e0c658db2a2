"""Settings: listed with bounds, changed with a history, each change in plain words in the log."""

from collections.abc import Iterator

import pytest

from core.access.model import Role
from core.audit.model import EntryFilter
from core.errors import AlreadyExists, InvalidInput, Refused
from tests.support.operators import Console, own, with_operator
from tests.support.vault import OPERATOR, RealVault, make_vault


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealVault]:
    """Give a vault without dual control."""
    made = make_vault(tmp_path_factory.mktemp("vault") / "home")
    try:
        yield made
    finally:
        made.close()


def change(who: Console, name: str, value: str, reason: str | None = None) -> str:
    """Change a setting; return the difference."""
    return who.services.policies.change(who.session, name, value, who.asked(reason=reason)).difference


def test_a_change_stands_in_setting_history_and_log_in_plain_words(real: RealVault, first: Console) -> None:
    said = change(first, "idle_seconds", "300", "a busy hall")
    assert said == "Time without input until the console locks: 10 min → 5 min"
    assert real.vault.services.settings.read_checked().idle_seconds == 300
    [item] = first.services.policies.history(first.session, "idle_seconds")
    assert (item.difference, item.changed_by, item.approved_by, item.reason) == (said, OPERATOR, None, "a busy hall")
    [entry] = real.vault.services.audit.search(EntryFilter(action="setting:change"), 1)
    assert entry.detail == {"setting": "idle_seconds", "from": "600 s", "to": "300 s", "revision": 2}
    assert entry.reason == "a busy hall"


def test_the_history_is_newest_first_and_whole(first: Console) -> None:
    for value in ("11", "12", "13"):
        change(first, "reveal_seconds", value)
    items = first.services.policies.history(first.session)
    assert [item.new for item in items if item.name == "reveal_seconds"] == [13, 12, 11]
    assert [item.changed_at for item in items] == sorted((item.changed_at for item in items), reverse=True)


def test_what_cannot_be_is_refused_and_leaves_nothing(real: RealVault, first: Console) -> None:
    before = real.sql("SELECT * FROM setting ORDER BY name")
    for name, value in (("idle_seconds", "1"), ("idle_seconds", "soon"), ("token", "x"), ("approval_policy", "all")):
        with pytest.raises(InvalidInput):
            change(first, name, value)
    with pytest.raises(AlreadyExists):
        change(first, "kek_capacity", "10000")
    with pytest.raises(InvalidInput, match="reason"):
        change(first, "kek_capacity", "500", "x" * 501)
    assert real.sql("SELECT * FROM setting ORDER BY name") == before


def test_dual_control_is_not_turned_on_where_nobody_could_approve(real: RealVault, first: Console) -> None:
    with pytest.raises(Refused, match="only one"):
        change(first, "dual_control", "on")
    with_operator(real, "second.admin", Role.SUPER_ADMIN)
    assert change(first, "dual_control", "on") == "Dual control: off → on"
    assert own(real).services.dual_control.facts().state == "on"


def test_a_setting_that_an_older_vault_has_not_stored_has_its_default_and_can_be_changed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = make_vault(tmp_path_factory.mktemp("older") / "home")
    try:
        made.sql("DELETE FROM setting WHERE name = 'invitation_hours'")
        first = own(made)
        assert change(first, "invitation_hours", "48") == "Time until an invitation expires: 24 h → 48 h"
        assert made.vault.services.settings.read_current().invitation_hours == 48
        assert made.vault.services.check.verify(made.session).whole
        assert len(first.services.policies.history(first.session, "invitation_hours")) == 1
    finally:
        made.close()
