"""The demo's people are plausible, valid, in every state, and the same for the same seed."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from app.demo.people import Population
from app.demo.places import PLACES
from core.citizens.model import CitizenRole, age_on
from core.citizens.validation import new_citizen
from core.states import states

TODAY = date(2026, 7, 14)


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return list(Population(1_000, TODAY).people())


def test_everybody_passes_the_rules_of_enrolment(people: list[dict[str, Any]]) -> None:
    assert len([new_citizen(person, TODAY) for person in people]) == 1_000


def test_there_are_people_in_every_state_however_few_they_are(people: list[dict[str, Any]]) -> None:
    assert {place.state for place in PLACES} == set(states())
    assert {person["state"] for person in people} == set(states())
    few = Counter(person["state"] for person in Population(36, TODAY).people())
    assert len(few) == 36


def test_the_same_seed_gives_the_same_people(people: list[dict[str, Any]]) -> None:
    assert list(Population(1_000, TODAY).people()) == people


def test_nobody_shares_an_aadhaar_number_or_a_pan(people: list[dict[str, Any]]) -> None:
    for field in ("aadhaar", "pan"):
        values = [person[field] for person in people if person.get(field)]
        assert len(set(values)) == len(values)


def test_ages_incomes_families_and_roles_are_plausible(people: list[dict[str, Any]]) -> None:
    citizens = [new_citizen(person, TODAY) for person in people]
    ages = [age_on(TODAY, person.birth_date) for person in citizens if person.birth_date]
    assert len(ages) == 1_000
    assert sum(age < 18 for age in ages) > 150
    assert max(ages) < 100
    guardians = [person for person in citizens if CitizenRole.GUARDIAN in person.roles]
    assert guardians
    assert all(age_on(TODAY, person.birth_date) >= 18 for person in guardians if person.birth_date)
    children = [person for person in citizens if person.birth_date and age_on(TODAY, person.birth_date) < 18]
    assert all(person.roles == (CitizenRole.CITIZEN,) and person.pan is None for person in children)
    homes = Counter(person.address for person in citizens)
    assert max(homes.values()) >= 4
