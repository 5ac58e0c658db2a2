"""Makes the throw-away vault: set-up, people, a week of activity, all by the real services.

The services get a clock that this module sets, so that the log tells of a week. What an operator does
in it is drawn from the same seed as the people.
"""

import random
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.bootstrap import Vault, open_vault, vault_setup
from app.demo.people import SEED, Population
from app.settings import Settings
from app.start import begin
from core.access.model import LoginSession
from core.audit.model import Origin
from core.citizens.model import CitizenFilter, CitizenRole, Field, NewCitizen, Purpose, VerificationLevel
from core.citizens.validation import KOLKATA, new_citizen
from core.errors import BudgetExhausted, InvalidInput, NotFound
from core.proofs.claims import checked_claims
from core.proofs.model import ProofRequest
from core.proofs.presentation import NONCE_BYTES
from core.settings.limits import MOST, Limited, LimitSettings
from core.setup.model import SetupPlan
from core.setup.modules import default_module
from core.storage.embedded import EmbeddedServer
from core.storage.home import Home, write_private
from hsm.secret import Secret

OPERATOR = "demo"
BATCH = 50
DAYS = 7
MOST_CITIZENS = 1_000_000
# The limits of the week while it is made; whoever opens the demo meets the usual ones.
WEEK_IN_SECONDS = LimitSettings.from_document(dict.fromkeys(Limited, f"{MOST} per second"))
LEVELS = (VerificationLevel.PHONE, VerificationLevel.DOCUMENT, VerificationLevel.IN_PERSON)
READS = ((Field.NAME, Field.PHONE), (Field.PHONE,), (Field.ADDRESS,), (Field.NAME, Field.BIRTH_DATE), (Field.EMAIL,))
PURPOSES = (Purpose.SERVICE_DELIVERY, Purpose.SUPPORT, Purpose.SUPPORT, Purpose.ELIGIBILITY_CHECK)
# Who asks what about people: offices with their own thresholds.
QUESTIONS = (
    ("https://pension.example", ({"attribute": "age", "operator": ">=", "value": 60},
                                 {"attribute": "income_annual", "operator": "<=", "value": 500_000})),
    ("https://scholarship.example", ({"attribute": "age", "operator": "<", "value": 25},)),
    ("https://ration.example", ({"attribute": "bpl_status", "operator": "==", "value": True},)),
    ("https://seeds.example", ({"attribute": "land_holding", "operator": "<=", "value": 2},
                               {"attribute": "state", "operator": "==", "value": "KA"})),
)  # fmt: skip


_BEFORE_NOW = timedelta(minutes=2)  # the week has ended when somebody opens it


class DemoClock:
    """A clock that stands where it was put, and moves a little with every look. What is to come it never tells."""

    def __init__(self, start: datetime) -> None:
        self._time = start
        self._latest = datetime.now(UTC) - _BEFORE_NOW

    def __call__(self) -> datetime:
        """Return the time, and let a few milliseconds pass."""
        self._time += timedelta(milliseconds=3)
        return self._time

    def move_to(self, time: datetime) -> None:
        """Go on to a later time; never back, and never to one that is still to come."""
        self._time = max(self._time, min(time, self._latest))


@dataclass(frozen=True)
class DemoVault:
    """A made demo: how to open it, and how to get rid of it."""

    settings: Settings
    password: Secret
    citizens: int

    @property
    def credentials(self) -> tuple[str, Secret]:
        """Return operator and password."""
        return OPERATOR, self.password

    @classmethod
    def make(cls, settings: Settings, citizens: int, say: Callable[[str], object] | None = None) -> "DemoVault":
        """Make the vault. In the home that the command line names, else in a new temporary folder."""
        if not 1 <= citizens <= MOST_CITIZENS:
            raise InvalidInput(f"A demo has 1 to {MOST_CITIZENS:,} citizens.", field="citizens")
        say = say or (lambda _: None)
        path = settings.home if settings.home_named else Path(tempfile.mkdtemp(prefix="citizen-zero-demo-"))
        password, clock = Secret(secrets.token_urlsafe(12)), DemoClock(_days_ago(DAYS))
        home = Home(path)
        plan = SetupPlan(OPERATOR, password, default_module(), token_label="CZ-DEMO", dual_control=False, demo=True)  # noqa: S106 (a label)
        say("Setting up a throw-away vault…")
        vault_setup(home, Origin.SYSTEM, clock).run(plan)
        write_private(path / "demo-password", password.reveal())
        demo = cls(replace(settings, home=path, operator=OPERATOR), password, citizens)
        say(f"Enrolling {citizens:,} synthetic people and living a week…")
        demo._live(home, clock)
        return demo

    def facts(self) -> dict[str, Any]:
        """Return what a script needs to go on."""
        return {
            "home": self.settings.home,
            "operator": OPERATOR,
            "password_file": self.settings.home / "demo-password",
            "citizens": self.citizens,
        }

    def remove(self) -> None:
        """Remove the home, the token and the database."""
        home = Home(self.settings.home)
        EmbeddedServer(home.path, home_id=home.config().home_id).destroy()
        home.remove()

    def _live(self, home: Home, clock: DemoClock) -> None:
        vault = open_vault(begin(home), clock, WEEK_IN_SECONDS)
        try:
            session = vault.sign_in(OPERATOR, self.password, Origin.CONSOLE)
            _Week(vault, session, clock, self.citizens).live()
            vault.lock(session)
        finally:
            vault.close()


class _Week:
    """Seven days at the desk: enrolments, verifications, searches, reads, changes, slips."""

    def __init__(self, vault: Vault, session: LoginSession, clock: DemoClock, citizens: int) -> None:
        self._citizens = vault.services.citizens
        self._proofs = vault.services.proofs
        self._upkeep = vault.services.upkeep
        self._session = session
        self._clock = clock
        self._count = citizens
        self._random = random.Random(SEED)  # noqa: S311 (a demo, the same each time)
        self._known: list[tuple[str, NewCitizen]] = []

    def live(self) -> None:
        """Enrol everybody over the week, with the day's work in between."""
        today = datetime.now(UTC).astimezone(KOLKATA).date()
        people = [new_citizen(values, today) for values in Population(self._count, today).people()]
        batches = [people[start : start + BATCH] for start in range(0, len(people), BATCH)]
        start, end = _days_ago(DAYS), datetime.now(UTC) - timedelta(minutes=5)
        for number, batch in enumerate(batches):
            self._clock.move_to(_office_hours(start + (end - start) * (number + 1) / len(batches), end))
            for record, person in zip(self._citizens.enrol_many(self._session, batch), batch, strict=True):
                self._known.append((record.identity_token, person))
            self._work(len(batch))
            self._upkeep.issue_waiting()  # within the week, and not half a second of ours later

    def _work(self, enrolled: int) -> None:
        newest = self._known[-enrolled:]
        for token, _ in newest:
            if self._random.random() < 0.6:  # noqa: PLR2004
                self._clock.move_to(self._clock() + timedelta(seconds=self._random.randint(5, 40)))
                self._citizens.set_level(self._session, token, self._random.choices(LEVELS, (3, 4, 3))[0])
        for _ in range(max(1, enrolled // 6)):
            self._clock.move_to(self._clock() + timedelta(seconds=self._random.randint(20, 240)))
            self._one_errand(*self._random.choice(self._known))

    def _one_errand(self, token: str, person: NewCitizen) -> None:
        errand = self._random.choices(("read", "find", "change", "roles", "slip", "prove"), (45, 22, 10, 8, 7, 8))[0]
        if errand == "read":
            purpose = self._random.choice(PURPOSES)
            self._citizens.profile(self._session, token, purpose, self._random.choice(READS))
        elif errand == "find":
            self._citizens.find(self._session, "phone", person.phone, CitizenFilter())
        elif errand == "change":
            self._citizens.update(self._session, token, {"dependents_count": self._random.randint(0, 5)})
        elif errand == "roles" and CitizenRole.BUSINESS not in person.roles:
            roles = tuple(dict.fromkeys((*person.roles, CitizenRole.GUARDIAN)))
            self._citizens.set_roles(self._session, token, roles)
        elif errand == "prove":
            self._prove(token)
        else:
            self._slip(token)

    def _prove(self, token: str) -> None:
        """Answer what an office asks; some records lack an attribute, and some answers would tell too much."""
        audience, asked = self._random.choice(QUESTIONS)
        request = ProofRequest(checked_claims(asked), audience, secrets.token_bytes(NONCE_BYTES))
        with suppress(InvalidInput, BudgetExhausted):
            self._proofs.prove(self._session, token, request)

    def _slip(self, token: str) -> None:
        """Ask for somebody who is not there: a mistyped token."""
        wrong = token[:-4] + "".join(self._random.choices("0123456789", k=4))
        try:
            self._citizens.show(self._session, wrong)
        except NotFound:
            return


def _days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _office_hours(time: datetime, latest: datetime) -> datetime:
    """Move a time into the desk's hours, 9 to 18 in India, and not past `latest`."""
    local = time.astimezone(KOLKATA)
    if not 9 <= local.hour < 18:  # noqa: PLR2004 (the hours themselves)
        local = local.replace(hour=9 + local.hour % 9)
    return min(local.astimezone(UTC), latest)
