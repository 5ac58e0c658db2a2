"""Which entry counts as what: every action has its place, and nothing counts twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.activity import BEGUN_BY_INTENT, Series, series_of
from core.audit.model import Action, Outcome


@given(st.text())
def test_whatever_was_refused_or_failed_counts_as_refused(action: str) -> None:
    assert series_of(action, Outcome.REFUSED) is series_of(action, Outcome.FAILED) is Series.REFUSED


@pytest.mark.parametrize("action", list(Action))
def test_an_action_counts_at_its_intent_or_when_done_and_never_at_both(action: Action) -> None:
    counted = [outcome for outcome in (Outcome.INTENT, Outcome.DONE) if series_of(action, outcome) is not None]
    assert counted == [Outcome.INTENT if action in BEGUN_BY_INTENT else Outcome.DONE]


@pytest.mark.parametrize(
    ("action", "outcome", "series"),
    [
        (Action.CITIZEN_SHOW, Outcome.DONE, Series.READS),
        (Action.CITIZEN_SEARCH, Outcome.DONE, Series.READS),
        (Action.CITIZEN_PROFILE, Outcome.INTENT, Series.READS),
        (Action.AUDIT_VERIFY, Outcome.DONE, Series.READS),
        (Action.CITIZEN_ENROL, Outcome.DONE, Series.CHANGES),
        (Action.CITIZEN_UPDATE, Outcome.INTENT, Series.CHANGES),
        (Action.OPERATOR_ADD, Outcome.DONE, Series.CHANGES),
        (Action.VAULT_SET_UP, Outcome.DONE, Series.CHANGES),
        (Action.KEY_GENERATE, Outcome.DONE, Series.KEYS),
        (Action.KEY_LIST, Outcome.DONE, Series.KEYS),
        (Action.OPERATOR_SIGN_IN, Outcome.DONE, Series.SIGN_IN),
        (Action.OPERATOR_LOCK, Outcome.DONE, Series.SIGN_IN),
        ("proof:ask", Outcome.DONE, Series.PROOFS),
        ("credential:issue", Outcome.DONE, Series.PROOFS),
        ("something:new", Outcome.DONE, Series.CHANGES),
    ],
)
def test_an_action_counts_in_its_series(action: str, outcome: Outcome, series: Series) -> None:
    assert series_of(action, outcome) is series


def test_the_series_stand_in_the_order_of_the_chart_colours() -> None:
    assert [series.value for series in Series] == ["reads", "changes", "proofs", "keys", "sign_in", "refused"]
