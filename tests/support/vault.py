"""Real vaults for tests: SoftHSM, PostgreSQL and all services, set up as `init` does it.

Setting one up takes two seconds, so tests share one per module and put back what they changed.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from app.bootstrap import Vault, open_vault, vault_setup
from app.start import begin
from core.access.model import LoginSession
from core.access.operator_keys import open_keys, stored_keys
from core.access.records import OWNER_PURPOSE
from core.audit.model import Origin
from core.citizens.model import CitizenRecord, NewCitizen
from core.citizens.validation import new_citizen
from core.settings.limits import MOST, Limited, LimitSettings
from core.setup.model import SetupPlan
from core.storage.embedded import OWNER_ROLE, EmbeddedServer
from core.storage.home import Home
from hsm.secret import Secret
from tests.support.hsm import SOFTHSM

OPERATOR = "anjali.raghavan"
PASSWORD = "four unrelated words: lamp river slate"
TODAY = date(2026, 7, 14)
# Tests do in a second what operators do in a day.
GENEROUS = LimitSettings.from_document({**dict.fromkeys(Limited, f"{MOST} per second"), "imports_at_once": 4})

# Aadhaar numbers and PANs valid by check digit; the people are invented.
ASHA: dict[str, Any] = {
    "name": "Asha Devi Kulkarni",
    "phone": "+919886041277",
    "email": "asha.kulkarni@mysuru.example",
    "address": "12, Temple Road\nMysuru 570001",
    "birth_date": "1984-02-29",
    "aadhaar": "234567890124",
    "pan": "ABCPK1234F",
    "state": "KA",
    "district": "Mysuru",
    "roles": ["citizen", "farmer"],
    "income_annual": 250000,
    "bpl_status": False,
    "land_holding": 1.5,
    "gender": "female",
    "marital_status": "married",
    "dependents_count": 2,
}
RAVI: dict[str, Any] = {
    "name": "Ravi Shankar Pillai",
    "phone": "+919447012345",
    "email": "ravi.pillai@kochi.example",
    "address": "4, Marine Drive\nErnakulam 682031",
    "birth_date": "1971-11-05",
    "aadhaar": "987654321096",
    "pan": "XYZPP9876K",
    "state": "KL",
    "district": "Ernakulam",
    "roles": ["citizen", "business"],
    "gstin": "32XYZPP9876K1ZH",
    "income_annual": 1200000,
    "gender": "male",
}
Program = Callable[..., psycopg.Connection[Any]]  # (states as the setting names them) -> a connection


def new_person(values: dict[str, Any]) -> NewCitizen:
    """Return somebody to enrol."""
    return new_citizen(values, TODAY)


@dataclass
class RealVault:
    """An unlocked vault, and a way to its database that the console does not have: the owner's."""

    home: Home
    vault: Vault
    session: LoginSession
    owner: psycopg.Connection[Any]

    def enrol(self, values: dict[str, Any]) -> CitizenRecord:
        """Enrol somebody."""
        return self.vault.services.citizens.enrol(self.session, new_person(values))

    def sql(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement as the owner, as somebody with the database in hand would."""
        with self.owner.cursor() as cursor:
            cursor.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def changed(self, table: str, statement: str, parameters: Sequence[Any] = ()) -> Iterator[None]:
        """Change a table in SQL for a while, then put every row of it back as it was."""
        self.sql("DROP TABLE IF EXISTS saved_rows")
        self.sql(f"CREATE TEMP TABLE saved_rows AS TABLE {table}")
        self.sql("SET session_replication_role = replica")  # puts rows back without regard to their references
        try:
            self.sql(statement, parameters)
            yield
        finally:
            self.sql(f"DELETE FROM {table}")
            self.sql(f"INSERT INTO {table} TABLE saved_rows")
            self.vault.services.keys.empty_cache()

    @contextmanager
    def limited(self, **limits: Any) -> Iterator[None]:
        """Have other limits for a while in this process, as if they stood in the settings; all counts are kept."""
        rates = self.vault.services.limits
        read, rates._read, rates._known = rates._read, lambda: replace(GENEROUS, **limits), None
        try:
            yield
        finally:
            rates._read, rates._known = read, None

    def close(self) -> None:
        """Close the vault and remove all of it."""
        self.owner.close()
        self.vault.close()
        self.vault.server.destroy()
        self.home.remove()


def make_vault(folder: Path, *, issue_at_once: bool = False, **plan: Any) -> RealVault:
    """Set up a vault in a folder and unlock it. Credentials are not issued at once, so that tests may count entries."""
    home = Home(folder)
    vault_setup(home, Origin.CLI).run(
        SetupPlan(OPERATOR, Secret(PASSWORD), **{"module": SOFTHSM, "dual_control": False, "limits": GENEROUS, **plan})
    )
    vault = open_vault(begin(home), issue_at_once=issue_at_once)
    session = vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    return RealVault(home, vault, session, connect_as_owner(vault))


def opened(vault: Vault, column: str, purpose: str) -> Secret:
    """Open what is sealed to the first operator: the PIN, the owner's password."""
    columns = vault.services.register.one(OPERATOR).columns
    keys = open_keys(stored_keys(columns), Secret(PASSWORD))
    assert keys is not None
    return keys.open(columns[column], purpose)


@contextmanager
def destroyed(home: Home) -> Iterator[None]:
    """Remove a home with its embedded server afterwards."""
    try:
        yield
    finally:
        if home.holds_vault:
            EmbeddedServer(home.path, home_id=home.config().home_id).destroy()
        home.remove()


def connect_as_owner(vault: Vault) -> psycopg.Connection[Any]:
    """Connect as the database's owner, with the password that is sealed to the first operator."""
    password = opened(vault, "owner_password_sealed", OWNER_PURPOSE).reveal_text()
    parameters = vault.server.connection_parameters(OWNER_ROLE)
    options = "-c idle_in_transaction_session_timeout=0"
    return psycopg.connect(make_conninfo(**parameters, password=password, options=options), autocommit=True)


def in_threads(count: int, work: Any) -> list[BaseException]:
    """Run `work(number)` in some threads at once; return what they raised."""
    raised: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 (whatever it is, the test shall see it)
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
