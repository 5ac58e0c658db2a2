"""Tries to sign in: counted before the password is looked at, by name, known or not, for all processes together.

Five tries, then a pause of 15 minutes; after it each try that fails doubles the pause, up to a day. A name
is kept only as one of 65,536 buckets: the table is bounded, and a password that was typed in the place of
the name cannot be guessed from it. Two names may share a bucket; that costs them a shared pause and gives
nothing away. Time is the database's, so no workstation's clock shortens a pause.

Whoever can write to the table can lift a pause, and could as well guess offline against the operator's row:
what stands between is Argon2id and the second factor. Nothing here knows whether an operator exists.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Column, DateTime, Integer, Table, text

from core.errors import SignInPaused
from core.storage.database import Database
from core.storage.schema import metadata

FREE_TRIES = 5
FIRST_PAUSE_SECONDS = 900
LONGEST_PAUSE_SECONDS = 86_400
_IN_FLIGHT_SECONDS = 30  # a try without a result for so long was killed, and counts as failed
_LOOK_SECONDS = 0.05
_BUCKETS = 65_536

sign_in_try = Table(
    "sign_in_try",
    metadata,
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False),
    Column("paused_until", DateTime(timezone=True)),
)

# A try is taken where one of five is left, where a pause has just ended (one try), or where a day passed since.
_TAKE = text(f"""
INSERT INTO sign_in_try AS seen (bucket, tries, tried_at) VALUES (:bucket, 1, statement_timestamp())
ON CONFLICT (bucket) DO UPDATE SET
    tries = CASE WHEN {(old := "greatest(seen.tried_at, seen.paused_until) < statement_timestamp() - interval '1 day'")}
        THEN 1 ELSE seen.tries + 1 END,
    tried_at = statement_timestamp(),
    paused_until = NULL
WHERE {old} OR seen.paused_until <= statement_timestamp() OR (seen.paused_until IS NULL AND seen.tries < {FREE_TRIES})
RETURNING tries
""")  # noqa: S608 (the program's own words)
_LOOK = text("""
SELECT extract(epoch FROM paused_until - statement_timestamp()) AS pause,
    extract(epoch FROM statement_timestamp() - tried_at) AS age
FROM sign_in_try WHERE bucket = :bucket
""")
_FAIL = text(f"""
UPDATE sign_in_try SET paused_until = CASE WHEN tries >= {FREE_TRIES} THEN statement_timestamp() + least(
    interval '1 second' * {FIRST_PAUSE_SECONDS} * power(2, least(tries, 30) - {FREE_TRIES}),
    interval '1 second' * {LONGEST_PAUSE_SECONDS}) END
WHERE bucket = :bucket
RETURNING tries, extract(epoch FROM paused_until - statement_timestamp()) AS pause
""")  # noqa: S608 (the program's own numbers)
# The one try after a pause stays one try.
_GIVE_BACK = text(f"""
UPDATE sign_in_try SET tries = greatest(tries - 1, 0),
    paused_until = CASE WHEN tries > {FREE_TRIES} THEN statement_timestamp() END
WHERE bucket = :bucket
""")  # noqa: S608
_FORGIVE = text("UPDATE sign_in_try SET tries = 0, paused_until = NULL WHERE bucket = :bucket AND tries > 0")


@dataclass(frozen=True)
class Standing:
    """What is left after a try that failed: tries, or the seconds until the next one is taken."""

    tries_left: int
    pause_seconds: int

    def words(self) -> str:
        """Return one sentence for people."""
        if self.pause_seconds:
            return f"The next try is taken in {duration(self.pause_seconds)}."
        tries = "1 try" if self.tries_left == 1 else f"{self.tries_left} tries"
        return f"{tries} left, then a pause of {duration(FIRST_PAUSE_SECONDS)}."


class Attempt:
    """One try that was taken: it fails, or is given back when nothing was decided by it."""

    def __init__(self, fail: Callable[[], Standing]) -> None:
        self._fail = fail
        self.decided = False

    def failed(self) -> Standing:
        """Let it count."""
        self.decided = True
        return self._fail()


class SignInTries:
    """The tries of all processes on one database. Each step is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def one(self, name: str) -> Iterator[Attempt]:
        """Take a try under a name. Raises SignInPaused. Waits where five others are being decided at this moment."""
        bucket = bucket_of(name)
        self._take(bucket)
        attempt = Attempt(lambda: self._failed(bucket))
        try:
            yield attempt
        finally:
            if not attempt.decided:
                self._give_back(bucket)

    def forgive(self, name: str) -> None:
        """Forget all tries under a name: somebody has signed in under it, with everything that it takes."""
        with self._database.autocommit() as connection:
            connection.execute(_FORGIVE, {"bucket": bucket_of(name)})

    def _take(self, bucket: int) -> None:
        until = time.monotonic() + _IN_FLIGHT_SECONDS
        while True:
            with self._database.autocommit() as connection:
                if connection.execute(_TAKE, {"bucket": bucket}).first() is not None:
                    return
                seen = connection.execute(_LOOK, {"bucket": bucket}).one()
            if seen.pause is not None and seen.pause > 0:
                raise _paused(int(seen.pause) + 1)
            if seen.pause is None and (seen.age > _IN_FLIGHT_SECONDS or time.monotonic() > until):
                raise _paused(self._failed(bucket).pause_seconds)
            time.sleep(_LOOK_SECONDS)

    def _failed(self, bucket: int) -> Standing:
        with self._database.autocommit() as connection:
            tries, pause = connection.execute(_FAIL, {"bucket": bucket}).one()
        return Standing(max(0, FREE_TRIES - tries), 0 if pause is None else round(pause))

    def _give_back(self, bucket: int) -> None:
        with self._database.autocommit() as connection:
            connection.execute(_GIVE_BACK, {"bucket": bucket})


def bucket_of(name: str) -> int:
    """Return the bucket of a name, the same for all processes."""
    return int.from_bytes(hashlib.sha256(b"sign-in " + name.encode(errors="replace")).digest()[:4], "big") % _BUCKETS


def duration(seconds: int) -> str:
    """Return a time in words, rounded up: minutes, from two hours on hours."""
    minutes = -(-seconds // 60)
    if minutes == 1:
        return "1 minute"
    return f"{minutes} minutes" if minutes < 120 else f"{-(-minutes // 60)} hours"  # noqa: PLR2004 (two hours)


def _paused(seconds: int) -> SignInPaused:
    return SignInPaused(f"Too many tries failed. The next one is taken in {duration(seconds)}.", seconds=seconds)
