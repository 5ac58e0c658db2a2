"""One plain connection in one transaction, without the pool: for what a set-up does as the database's owner."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from core.errors import DatabaseUnavailable
from core.storage.connection_words import connection_failure
from core.storage.database import CONNECT_SECONDS, DatabaseAddress

_OPTIONS = "-c search_path=public -c lock_timeout=4000"


@contextmanager
def direct_connection(address: DatabaseAddress, failed: str) -> Iterator[psycopg.Connection]:
    """Give a connection: committed at the end, rolled back on any error.

    Raises DatabaseUnavailable: why no connection came about, or `failed` when a statement was refused. The
    server's own words are left out of that: they may quote a statement.
    """
    try:
        with psycopg.connect(
            **address.parameters,  # type: ignore[arg-type]  # libpq's keywords, all of them text
            password=address.password.reveal_text(),
            connect_timeout=CONNECT_SECONDS,
            options=_OPTIONS,
        ) as connection:
            yield connection
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise connection_failure(str(error)) from error
        details = {"PostgreSQL": f"{type(error).__name__} ({error.sqlstate})"}
        raise DatabaseUnavailable(failed, details=details) from error
