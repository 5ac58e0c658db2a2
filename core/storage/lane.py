"""A connection for the few paths where the way to the server costs more than the work.

Statements are prepared once, and sent without waiting for the answers to earlier ones (libpq's pipeline
mode), so that the database works while the HSM does, and the HSM while the database waits for its disk.
Each group that is sent together is a transaction of its own, unless it begins one.

It speaks to libpq through psycopg's wrapper (`psycopg.pq`), because a cursor waits for its answer. Values
travel as psycopg adapts them. Connecting, lending and giving back are `core/storage/database.py`'s.
"""

import re
import select
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from core.storage.statement import Result, Statement, StatementFailed

# A lane looks rows up by their keys and nothing else. Its plans are made once, perhaps while the tables are
# still empty, and must not be such as would read a whole table when there are a million rows in it.
OPTIONS = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
BEGIN, COMMIT = Statement("BEGIN", ()), Statement("COMMIT", ())

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[bs]")
_ENDED = "the server ended the connection"


class _Prepared:
    """A statement that the server has planned: its name there, its values' names, and how its results are read."""

    def __init__(self, name: bytes, values: tuple[str, ...], connection: psycopg.Connection[Any]) -> None:
        self.name = name
        self.values = values
        self._connection = connection
        self._transformer = Transformer(connection)
        self._columns: tuple[str, ...] | None = None

    def result(self, answer: PGresult) -> Result:
        """Return what it gave. The server gives the same columns each time, so they are looked at once."""
        first = self._columns is None
        if self._columns is None:
            encoding = self._connection.info.encoding
            names = [(answer.fname(at) or b"").decode(encoding) for at in range(answer.nfields)]
            self._columns = tuple(names)
        if not self._columns:
            return Result((), (), answer.command_tuples or 0)
        self._transformer.set_pgresult(answer, set_loaders=first)
        return Result(self._columns, self._transformer.load_rows(0, answer.ntuples, tuple), answer.ntuples)


class _Command(NamedTuple):
    """One thing that libpq owes an answer to: that of a statement, or (None) that of its preparation."""

    statement: _Prepared | None


class Lane:
    """Sends groups of statements and receives their results, in order. Used by one thread at a time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._transformer = Transformer(connection)
        self._prepared: dict[str, _Prepared] = {}
        self._under_way: deque[list[_Command]] = deque()
        self.seeing: str | None = None  # what of the citizens it sees: see `row_security.py`
        self._broken = False
        self._libpq.nonblocking = 1
        self._libpq.enter_pipeline_mode()
        self._poll = select.poll()
        self._poll.register(self._libpq.socket, select.POLLIN)

    def send(self, *statements: Statement) -> None:
        """Send a group on its way. Raises psycopg.OperationalError where there is no way any more."""
        commands: list[_Command] = []
        self._broken = True  # until the group is whole
        for statement in statements:
            known = self._prepared.get(statement.sql)
            if known is None:
                known = self._prepare(statement.sql)
                commands.append(_Command(None))
            values = _in_order(statement.values, known.values)
            formats = [_format(value) for value in values]
            sent = self._transformer.dump_sequence(values, formats)
            self._libpq.send_query_prepared(known.name, sent, self._transformer.formats, 1)
            commands.append(_Command(known))
        self._libpq.pipeline_sync()
        self._under_way.append(commands)
        self._flush()
        self._broken = False

    def receive(self) -> list[Result]:
        """Return the results of the group that was sent first. Raises StatementFailed for the first that failed."""
        results: list[Result] = []
        failed: StatementFailed | None = None
        self._flush()
        for command in self._under_way.popleft():
            answer = self._answer()
            if answer.status in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                if command.statement is not None:
                    results.append(command.statement.result(answer))
            elif failed is None:
                failed = StatementFailed(len(results), error_from_result(answer, self._connection.info.encoding))
            if self._next() is not None:
                raise psycopg.OperationalError(_ENDED)
        if self._answer().status != ExecStatus.PIPELINE_SYNC:
            raise psycopg.OperationalError(_ENDED)
        if failed is not None:
            self._broken = True  # what was to be prepared behind it is not
            raise failed from failed.cause
        return results

    def run(self, statements: Sequence[Statement]) -> list[Result]:
        """Send a group and return its results."""
        self.send(*statements)
        return self.receive()

    def settle(self) -> None:
        """Wait for what is under way, whatever becomes of it: for a caller that failed meanwhile."""
        with suppress(StatementFailed, psycopg.Error):
            while self._under_way:
                self.receive()

    def usable(self) -> bool:
        """Tell whether the lane can serve again: nothing is under way, no transaction open, the server still there.

        A connection that the server has ended has something to read while nothing was asked.
        """
        rested = not self._under_way and self._libpq.transaction_status == TransactionStatus.IDLE
        return not self._broken and rested and not self._connection.closed and not self._poll.poll(0)

    def close(self) -> None:
        """Give the connection back to the server; what is not committed never happened."""
        self._connection.close()

    def _prepare(self, text: str) -> _Prepared:
        sql, names = _numbered(text)
        prepared = self._prepared[text] = _Prepared(b"lane%d" % len(self._prepared), names, self._connection)
        self._libpq.send_prepare(prepared.name, sql.encode())
        return prepared

    def _answer(self) -> PGresult:
        answer = self._next()
        if answer is None:
            self._broken = True
            raise psycopg.OperationalError(_ENDED)
        return answer

    def _next(self) -> PGresult | None:
        """Return libpq's next result; None ends those of one command."""
        try:
            while self._libpq.is_busy():
                self._poll.poll()
                self._libpq.consume_input()
            return self._libpq.get_result()
        except BaseException:
            self._broken = True  # lost, or interrupted by Ctrl+C in the middle
            raise

    def _flush(self) -> None:
        """Write what libpq could not write at once; a server that waits to be read is read meanwhile."""
        while self._libpq.flush():
            both = select.poll()
            both.register(self._libpq.socket, select.POLLIN | select.POLLOUT)
            if any(event & select.POLLIN for _, event in both.poll()):
                self._libpq.consume_input()


def _format(value: object) -> PyFormat:
    """Send bytes as they are, alone and in arrays: written out as text, an array of digests takes ten times as long."""
    binary = isinstance(value[0] if value and isinstance(value, list) else value, bytes)
    return PyFormat.BINARY if binary else PyFormat.TEXT


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with PostgreSQL's own placeholders ($1, …), and the names in their order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found.group(1) or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACEHOLDER.sub(number, sql), tuple(names)


def _in_order(values: Sequence[object] | Mapping[str, object], names: Sequence[str]) -> list[object]:
    return [values[name] for name in names] if isinstance(values, Mapping) else list(values)
