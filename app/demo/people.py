"""Synthetic people: households with plausible ages, incomes and roles, the same for the same seed.

Names come from Faker's Indian list; Aadhaar numbers, PANs and GSTINs are valid by their check digits
and belong to nobody on purpose. Pure: nothing here reads or writes.
"""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.demo.places import PLACES, Place

SEED = 20_260_714
ADULT, MAJORITY = 22, 18
_CONSONANTS = string.ascii_uppercase


@dataclass(frozen=True)
class _Household:
    place: Place
    district: str
    surname: str
    address: str
    phone: str
    income: int
    rural: bool


class Population:
    """Makes `count` people as the plain values of `citizen create`, at least one in every state."""

    def __init__(self, count: int, today: date, seed: int = SEED) -> None:
        from faker import Faker  # noqa: PLC0415 (0.3 s to import, and only for demos)

        self._count = count
        self._today = today
        self._random = random.Random(seed)  # noqa: S311 (people for a demo, the same each time)
        self._faker = Faker("en_IN")
        self._faker.seed_instance(seed)
        self._taken: set[str] = set()

    def people(self) -> Iterator[dict[str, Any]]:
        """Give the people, household by household."""
        made = 0
        states = list(PLACES)
        self._random.shuffle(states)
        while made < self._count:
            # Every state first, with one person each; then whole families, where most people live.
            alone = bool(states)
            place = states.pop() if alone else self._random.choices(PLACES, [place.lakh for place in PLACES])[0]
            for person in self._household_of(place):
                if made == self._count:
                    return
                made += 1
                yield person
                if alone:
                    break

    def _household_of(self, place: Place) -> Iterator[dict[str, Any]]:
        home = self._home(place)
        head_age = int(self._random.triangular(ADULT, 78, 41))
        married = head_age >= 24 and self._random.random() < 0.78  # noqa: PLR2004
        children = self._random.choices((0, 1, 2, 3, 4), (18, 27, 33, 15, 7))[0] if married else 0
        gender = "female" if self._random.random() < 0.31 else "male"  # noqa: PLR2004
        status = "married" if married else self._random.choice(("single", "widowed", "divorced"))
        yield self._adult(home, head_age, gender, status, children, head=True)
        if married:
            other = "female" if gender == "male" else "male"
            yield self._adult(home, max(ADULT, head_age + self._random.randint(-5, 3)), other, "married", 0, head=False)
        for _ in range(children):
            age = self._random.randint(0, max(1, min(27, head_age - 20)))
            yield self._child(home, age)

    def _home(self, place: Place) -> _Household:
        rural = self._random.random() < 0.62  # noqa: PLR2004
        district = self._random.choice(place.districts)
        income = int(self._random.lognormvariate(12.1 if rural else 12.7, 0.65) // 100) * 100
        address = f"{self._random.randint(1, 480)}, {self._faker.street_name()}\n{district} {self._faker.postcode()}"
        return _Household(place, district, self._faker.last_name(), address, self._phone(), income, rural)

    def _adult(
        self, home: _Household, age: int, gender: str, status: str, children: int, *, head: bool
    ) -> dict[str, Any]:
        roles = ["citizen"]
        farmer = home.rural and self._random.random() < (0.55 if head else 0.25)
        business = head and not farmer and self._random.random() < 0.16  # noqa: PLR2004
        roles += ["farmer"] * farmer + ["business"] * business + ["guardian"] * (children > 0)
        pan = self._pan(home.surname) if self._random.random() < (0.85 if head else 0.55) else None
        income = home.income if head else int(home.income * self._random.choice((0, 0, 0.2, 0.5)))
        person = self._person(home, age, gender) | {
            "roles": roles,
            "pan": pan,
            "income_annual": income,
            "bpl_status": home.income < 120_000,  # noqa: PLR2004
            "marital_status": status,
            "dependents_count": children + self._random.choice((0, 0, 1)) if head else 0,
        }
        if farmer:
            person["land_holding"] = round(self._random.lognormvariate(0.1, 0.8), 4)
        if business:
            person["gstin"] = self._gstin(home.surname)
        return person

    def _child(self, home: _Household, age: int) -> dict[str, Any]:
        person = self._person(home, age, self._random.choice(("female", "male")))
        return person | {"roles": ["citizen"], "marital_status": "single", "bpl_status": home.income < 120_000}  # noqa: PLR2004

    def _person(self, home: _Household, age: int, gender: str) -> dict[str, Any]:
        first = self._faker.first_name_female() if gender == "female" else self._faker.first_name_male()
        own_phone = age >= MAJORITY and self._random.random() < 0.7  # noqa: PLR2004
        person: dict[str, Any] = {
            "name": f"{first} {home.surname}",
            "phone": self._phone() if own_phone else home.phone,
            "birth_date": (self._today - timedelta(days=int(age * 365.25) + self._random.randint(0, 364))).isoformat(),
            "gender": gender,
            "aadhaar": self._aadhaar(),
            "address": home.address,
            "state": home.place.state,
            "district": home.district,
        }
        if age >= MAJORITY and self._random.random() < 0.6:  # noqa: PLR2004
            name = f"{first}.{home.surname}".lower().replace(" ", "")
            person["email"] = f"{name}{self._random.randint(1, 999)}@post.example"
        return person

    def _phone(self) -> str:
        return self._once(lambda: f"+91{self._random.choice('6789')}{self._random.randrange(10**8, 10**9)}")

    def _aadhaar(self) -> str:
        from stdnum import verhoeff  # noqa: PLC0415 (demo only)
        from stdnum.in_ import aadhaar  # noqa: PLC0415

        def number() -> str:
            digits = f"{self._random.randrange(2 * 10**10, 10**11)}"
            whole = digits + str(verhoeff.calc_check_digit(digits))
            return whole if aadhaar.is_valid(whole) else number()

        return self._once(number)

    def _pan(self, surname: str) -> str:
        def number() -> str:
            letters = "".join(self._random.choices(_CONSONANTS, k=3))
            return (
                f"{letters}P{surname[0].upper()}{self._random.randrange(1, 9999):04d}{self._random.choice(_CONSONANTS)}"
            )

        return self._once(number)

    def _gstin(self, surname: str) -> str:
        from stdnum import luhn  # noqa: PLC0415 (demo only)

        alphabet = string.digits + string.ascii_uppercase
        body = f"29{self._pan(surname)}1Z"
        return body + str(luhn.calc_check_digit(body, alphabet))

    def _once(self, make: Any) -> str:
        value = str(make())
        while value in self._taken:
            value = str(make())
        self._taken.add(value)
        return value
