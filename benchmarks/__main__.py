"""Runs all benchmarks on a throw-away vault and prints the table of `benchmarks/README.md`."""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from app.demo.people import Population
from benchmarks import first_window
from benchmarks.measure import Timing, interleaved, timing
from benchmarks.peer import TABLE, Peer
from core.citizens import store
from core.citizens.csv_file import COLUMNS
from core.citizens.import_model import OnError
from core.citizens.model import CitizenFilter, NewCitizen, Purpose
from core.citizens.names import SHORTEST, words
from core.citizens.service import FOUND_LIMIT
from core.citizens.validation import new_citizen
from core.states import EVERY_STATE
from core.storage.lane import Lane
from core.storage.row_security import let_lane_see
from core.storage.statement import Statement
from tests.support.hsm import SOFTHSM
from tests.support.vault import TODAY, RealVault, make_vault

COMMIT, SELECT = "one-row commit", "SELECT 1"
ROUNDS, EXTRA, WINDOWS = 300, 400, 10
Person = dict[str, str]


def main() -> None:
    """Set up, fill, measure, print, remove."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--citizens", type=int, default=100_000, help="how many are imported before measuring")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--module", type=Path, default=SOFTHSM, help="the PKCS#11 module (SoftHSM)")
    parser.add_argument("--no-credentials", action="store_true", help="measure with nothing issued behind it")
    parser.add_argument("--no-window", action="store_true", help="leave out the first window and the table's scrolling")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        vault = make_vault(Path(folder) / "home", module=options.module, issue_at_once=not options.no_credentials)
        try:
            run(vault, Path(folder) / "people.csv", options.citizens, options.rounds)
            if not options.no_window:
                first_window.show(first_window.measured(vault.home.path, WINDOWS))
        finally:
            vault.close()
    if not options.no_window:
        scroll = Path(__file__).with_name("table_scroll.py")
        subprocess.run([sys.executable, scroll, "--citizens", str(options.citizens)], check=True)


def run(vault: RealVault, file: Path, citizens: int, rounds: int) -> None:
    """Measure everything on one vault."""
    print(f"Making {citizens:,} people…")
    everybody = Population(citizens + rounds + EXTRA, TODAY).people()
    imported = write_people(file, islice(everybody, citizens))
    vault.sql("CREATE TABLE one_row (a serial PRIMARY KEY, b text); GRANT ALL ON one_row, one_row_a_seq TO PUBLIC")
    vault.sql(TABLE)
    began = time.perf_counter()
    report = vault.vault.services.imports.run(vault.session, file, OnError.SKIP)
    seconds = time.perf_counter() - began
    print(f"Imported {report.imported:,}, rejected {report.rejected:,}.")
    began = time.perf_counter()
    vault.vault.services.upkeep.start_job(vault.session)
    if vault.vault.services.upkeep.wait(lambda _: None, lambda: False) is not None:
        print(f"Credentials: {report.imported / (time.perf_counter() - began):,.0f} a second.")
    new = [new_citizen(values, TODAY) for values in everybody]
    # An import leaves the server with work that it does later (vacuum, checkpoint), beside whatever comes next.
    vault.sql("VACUUM ANALYZE")
    vault.sql("CHECKPOINT")
    table = measured(vault, new, imported, rounds)
    searches = prefix_searches(vault, imported, rounds)
    show(table, searches, report.imported / seconds)


def measured(vault: RealVault, new: list[NewCitizen], known: list[Person], rounds: int) -> dict[str, Timing]:
    """Measure the single operations, all in turns."""
    services, session = vault.vault.services, vault.session
    address = services.database.address
    plain = psycopg.connect(
        make_conninfo(**address.parameters, password=address.password.reveal_text()), autocommit=True
    )
    plain.execute("SET citizen_zero.states = '*'")
    peer = Peer(address)
    tokens: list[str] = []
    phones = [row["phone"] for row in known]
    imported = [row[0] for row in plain.execute("SELECT identity_token FROM directory LIMIT 5000").fetchall()]
    digests = [row[0] for row in plain.execute("SELECT phone_digest FROM directory LIMIT 5000").fetchall()]
    # Both as the console sends them: prepared once, on a lane. The first finds out who it is, the second is its own.
    who = "SELECT identity_token FROM directory WHERE phone_digest = %s ORDER BY identity_token LIMIT 200"
    rows = services.citizens._integrity.query(store.of_value("phone_digest", b"", FOUND_LIMIT)).sql  # noqa: SLF001

    def look_up(lane: Lane, sql: str, at: int) -> None:
        digest = digests[at * 7 % len(digests)]
        lane.run([Statement(sql, (digest,) if sql is who else (digest, FOUND_LIMIT))])

    everyone = CitizenFilter()

    def enrol(at: int) -> None:
        tokens.append(services.citizens.enrol(session, new[at]).identity_token)

    enrol(-1)  # steps take turns in any order: what is read was enrolled, or shown, before
    peer.enrol(new[-1])
    services.citizens.show(session, imported[-1])
    lane = services.database._lane()  # noqa: SLF001 (one connection from end to end, as psycopg's)
    let_lane_see(lane, EVERY_STATE)
    steps = {
        COMMIT: lambda _: plain.execute("INSERT INTO one_row (b) VALUES ('x')"),
        SELECT: lambda _: plain.execute("SELECT 1").fetchone(),
        "enrol": enrol,
        "enrol, peer": lambda at: peer.enrol(new[at]),
        "profile read": lambda at: services.citizens.profile(session, tokens[at], Purpose.SUPPORT),
        "record shown": lambda at: services.citizens.show(session, imported[at]),
        "profile read, shown before": lambda at: services.citizens.profile(session, imported[at - 1], Purpose.SUPPORT),
        "profile read, again": lambda at: services.citizens.profile(session, tokens[at - 1], Purpose.SUPPORT),
        "profile read, peer": lambda at: peer.read(at // 2),
        "exact search, database": lambda at: look_up(lane, who, at),
        "exact search, database, all rows": lambda at: look_up(lane, rows, at),
        "exact search": lambda at: services.citizens.find(session, "phone", phones[at * 7 % len(phones)], everyone),
    }
    try:
        return interleaved(steps, rounds, any_order=True)
    finally:
        lane.close()
        plain.close()
        peer.close()


def prefix_searches(vault: RealVault, known: list[Person], rounds: int) -> dict[str, Timing]:
    """Measure the search by name as one types: the first three letters of one word, then of two words."""
    chance = random.Random(1)  # noqa: S311 (the same each time)
    result = {}
    for called, cut in (("prefix search, 3 letters", 1), ("prefix search, 2 words", 2)):
        times = []
        for _ in range(rounds):
            found = [word[:SHORTEST] for word in words(chance.choice(known)["name"]) if len(word) >= SHORTEST]
            typed = " ".join(found[-cut:])
            if not typed:
                continue
            began = time.perf_counter()
            vault.vault.services.citizens.find_by_name(vault.session, typed, CitizenFilter(), None, 50)
            times.append((time.perf_counter() - began) * 1000)
        result[called] = timing(times)
    return result


def write_people(file: Path, people: Iterator[dict[str, object]]) -> list[Person]:
    """Write people as a CSV file; returns what was written."""
    rows: list[Person] = []
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        for person in people:
            cells = {name: "" if value is None else str(value) for name, value in person.items()}
            roles = person["roles"]
            cells["roles"] = ";".join(roles) if isinstance(roles, list) else ""
            writer.writerow(cells)
            rows.append({"name": cells["name"], "phone": cells["phone"]})
    return rows


def show(table: dict[str, Timing], searches: dict[str, Timing], import_rate: float) -> None:
    """Print the table."""
    commit, select = table[COMMIT].p50, table[SELECT].p50
    print("\n| | p50 ms | p95 ms | one-row commits | SELECT 1 |\n|---|---|---|---|---|")
    for name, found in {**table, **searches}.items():
        print(f"| {name} | {found.p50:.3f} | {found.p95:.3f} | {found.p50 / commit:.1f} | {found.p50 / select:.1f} |")
    print(f"\nImport: {import_rate:,.0f} rows a second.")


if __name__ == "__main__":
    main()
