"""Rows or one array for the prefixes of names: the measurement behind `docs/adr/0009`.

Run `python -m benchmarks.name_index`. Digests are plain SHA-256 here: what they cost stands elsewhere.
"""

import hashlib
import os
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.demo.people import Population
from benchmarks.measure import Timing, timing
from core.citizens.names import prefixes
from tests.support.postgres import throw_away_server
from tests.support.vault import TODAY

CITIZENS, SINGLE, BATCH, SEARCHES = 100_000, 1_000, 200, 200
STATES = "UP MH BR WB MP TN RJ KA GJ AP".split()  # noqa: SIM905


@dataclass(frozen=True)
class Variant:
    """One way to store digests: its tables, how a citizen is put in, how one word more is looked for."""

    name: str
    tables: str
    array: bool


VARIANTS = (
    Variant(
        "rows",
        """CREATE TABLE {n} (token text PRIMARY KEY, state text NOT NULL);
           CREATE TABLE {n}_digest (digest bytea, state text, token text REFERENCES {n},
                                    PRIMARY KEY (digest, state, token));
           CREATE INDEX ON {n}_digest (token)""",
        array=False,
    ),
    *(
        Variant(
            f"bytea[], GIN, fastupdate {pending}",
            f"""CREATE TABLE {{n}} (token text PRIMARY KEY, state text NOT NULL, digests bytea[]);
                CREATE INDEX ON {{n}} USING gin (digests) WITH (fastupdate = {pending})""",
            array=True,
        )
        for pending in ("off", "on")
    ),
)


def main() -> None:
    """Measure all variants on one server."""
    names = [str(person["name"]) for person in Population(CITIZENS, TODAY).people()]
    with (
        throw_away_server(Path(tempfile.mkdtemp())) as server,
        server.new_database().connect(autocommit=True) as database,
    ):
        for number, variant in enumerate(VARIANTS):
            measure(database, f"v{number}", variant, names)


def measure(database: psycopg.Connection[Any], table: str, variant: Variant, names: list[str]) -> None:
    """Fill one variant and print its figures."""
    chance = random.Random(1)  # noqa: S311 (the same each time)
    people = [(f"idt_{os.urandom(11).hex()}", chance.choice(STATES), digests(name)) for name in names]
    database.execute(variant.tables.format(n=table).encode())
    began = time.perf_counter()
    for start in range(0, CITIZENS - SINGLE, BATCH):
        with database.transaction():
            fill(database, table, variant, people[start : start + BATCH])
    bulk = (time.perf_counter() - began) / (CITIZENS - SINGLE) * 1e6
    database.execute("ANALYZE")
    single = timing([_timed(lambda p=p: put(database, table, variant, p)) for p in people[-SINGLE:]])
    print(f"{variant.name}: batches {bulk:.0f} us a citizen, single {_words(single)}")
    for letters, words in ((3, 1), (5, 1), (4, 2)):
        found = []
        for _ in range(SEARCHES):
            wanted = [word[:letters].encode() for word in chance.choice(names).casefold().split()[-words:]]
            looked_for = [hashlib.sha256(word).digest()[:16] for word in wanted if len(word) > 2]  # noqa: PLR2004
            if looked_for:
                found.append(_timed(lambda d=looked_for: search(database, table, variant, d)))
        print(f"    {words} word(s) of {letters} letters: {_words(timing(found))}")


def digests(name: str) -> list[bytes]:
    """Return stand-ins for a name's digests."""
    return [hashlib.sha256(prefix).digest()[:16] for prefix in prefixes(name)]


def fill(database: psycopg.Connection[Any], table: str, variant: Variant, people: list[Any]) -> None:
    """Store a batch by COPY."""
    with database.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for token, state, found in people:
            copy.write_row((token, state, found) if variant.array else (token, state))
    if not variant.array:
        with database.cursor().copy(f"COPY {table}_digest FROM STDIN".encode()) as copy:
            for token, state, found in people:
                for digest in found:
                    copy.write_row((digest, state, token))


def put(database: psycopg.Connection[Any], table: str, variant: Variant, person: Any) -> None:
    """Store one citizen in a transaction of its own."""
    token, state, found = person
    if variant.array:
        database.execute(f"INSERT INTO {table} VALUES (%s, %s, %s)".encode(), person)  # noqa: S608
        return
    with database.transaction():
        database.execute(f"INSERT INTO {table} VALUES (%s, %s)".encode(), (token, state))  # noqa: S608
        database.execute(
            f"INSERT INTO {table}_digest SELECT digest, %s, %s FROM unnest(%s::bytea[]) digest".encode(),  # noqa: S608
            (state, token, found),
        )


def search(database: psycopg.Connection[Any], table: str, variant: Variant, wanted: list[bytes]) -> object:
    """Return the first page of those who have all digests."""
    if variant.array:
        sql = f"SELECT state, token FROM {table} WHERE digests @> %s ORDER BY state, token LIMIT 101"  # noqa: S608
        return database.execute(sql.encode(), [wanted]).fetchall()
    joins = "".join(
        f" JOIN {table}_digest d{at} ON d{at}.token = d.token AND d{at}.state = d.state AND d{at}.digest = %s"
        for at in range(1, len(wanted))
    )
    sql = f"SELECT d.state, d.token FROM {table}_digest d{joins} WHERE d.digest = %s ORDER BY 1, 2 LIMIT 101"  # noqa: S608
    return database.execute(sql.encode(), [*wanted[1:], wanted[0]]).fetchall()


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _words(found: Timing) -> str:
    return f"{found.p50:.3f} / {found.p95:.3f} ms"


if __name__ == "__main__":
    main()
