"""SQL of lists of citizens: pages in their order, counts, places, and those who have all the digests of a name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    func,
    select,
    text,
    true,
    tuple_,
)

from core.citizens.model import CitizenFilter, PageKey
from core.citizens.store import directory, sealed_directory, sealed_vault, vault
from core.storage.exchange import send
from core.storage.seal import SealedRow
from core.storage.statement import Statement

PAGE_ORDER = (vault.c.state, vault.c.identity_token)

# The same rows under the same policy, as a view: on the table itself the policy would keep the planner from the index
# of names, because "contains" may tell of its operands (it is not leakproof) and so must come after the policy.
named_directory = Table(
    "named_directory",
    MetaData(),
    *(Column(column.name, column.type, primary_key=column.primary_key) for column in directory.columns),
)


def named(
    connection: Connection, digests: Sequence[bytes], wanted: CitizenFilter, after: PageKey | None, limit: int
) -> list[tuple[SealedRow, SealedRow]]:
    """Return directory and vault rows of citizens who have all the name digests, in the order of pages."""
    here = (named_directory.c.state, named_directory.c.identity_token)
    found_here = select(named_directory).where(named_directory.c.name_digests.contains(list(digests)))
    if wanted.within is not None:
        found_here = found_here.where(named_directory.c.state.in_(sorted(wanted.within)))
    if wanted.state is not None:
        found_here = found_here.where(named_directory.c.state == wanted.state)
    if after is not None:
        found_here = found_here.where(tuple_(*here) > tuple_(after.state, after.identity_token))
    if set(wanted.named()) <= {"state"}:
        found_here = found_here.order_by(*here).limit(limit)  # all of them will be on the page
    # Few match and the vault is large: they are looked up first, and then their rows one by one (OFFSET keeps the
    # planner from reading the vault as a whole instead).
    matching = found_here.cte("matching").prefix_with("MATERIALIZED")
    place = (vault.c.state == matching.c.state, vault.c.identity_token == matching.c.identity_token)
    rows = select(vault).where(*place, *_conditions(wanted, None)).offset(0).lateral("rows")
    query = select(matching, rows).join(rows, true()).order_by(rows.c.state, rows.c.identity_token).limit(limit)
    split = len(directory.columns)
    found = []
    for row in connection.execute(query):
        first = dict(zip(directory.columns.keys(), row[:split], strict=True))
        second = dict(zip(vault.columns.keys(), row[split:], strict=True))
        found.append((sealed_directory(first), sealed_vault(second)))
    return found


def page(connection: Connection, wanted: CitizenFilter, after: PageKey | None, limit: int) -> list[SealedRow]:
    """Return the vault rows that fit, in the order (state, identity token), after a key."""
    query = select(vault).where(*_conditions(wanted, after)).order_by(*PAGE_ORDER).limit(limit)
    return [sealed_vault(dict(row)) for row in connection.execute(query).mappings()]


def page_keys(
    connection: Connection, wanted: CitizenFilter, after: PageKey | None, step: int, rows: int
) -> list[PageKey]:
    """Return every `step`-th key among the next `rows` rows: where later pages begin."""
    keys = select(*PAGE_ORDER).where(*_conditions(wanted, after)).order_by(*PAGE_ORDER).limit(rows).subquery()
    numbered = select(
        keys, func.row_number().over(order_by=(keys.c.state, keys.c.identity_token)).label("n")
    ).subquery()
    query: Select[Any] = (
        select(numbered.c.state, numbered.c.identity_token).where(numbered.c.n % step == 0).order_by(numbered.c.n)
    )
    return [PageKey(row[0], row[1]) for row in connection.execute(query)]


def count(connection: Connection, wanted: CitizenFilter) -> int:
    """Count the citizens that fit."""
    query = select(func.count()).select_from(vault).where(*_conditions(wanted, None))
    return int(connection.execute(query).scalar_one())


def count_up_to(connection: Connection, wanted: CitizenFilter, limit: int) -> int:
    """Count the citizens that fit, but look at no more than `limit` of them."""
    some = select(vault.c.state).where(*_conditions(wanted, None)).limit(limit).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def expected(connection: Connection, wanted: CitizenFilter) -> int:
    """Return how many citizens the planner expects to fit, from statistics that ANALYZE keeps.

    The planner takes the policy of row-level security for a filter that lets few through, so only the share of those
    that fit is its own; of how many, the sizes of the states' tables say.
    """
    parts = text(
        "SELECT coalesce(sum(greatest(part.reltuples, 0)), 0) "
        "FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid "
        "WHERE inhparent = 'identity_vault'::regclass "
        "AND (CAST(:within AS text[]) IS NULL OR upper(right(part.relname, 2)) = ANY (CAST(:within AS text[])))"
    )
    within = None if wanted.within is None else sorted(wanted.within)
    everybody = float(connection.execute(parts, {"within": within}).scalar_one())
    of_all = _planned(connection, CitizenFilter(within=wanted.within))
    return round(everybody * min(1.0, _planned(connection, wanted) / max(of_all, 1)))


def _planned(connection: Connection, wanted: CitizenFilter) -> int:
    """Return the rows that the planner expects."""
    query = select(vault.c.state).where(*_conditions(wanted, None))
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    [(plan,)] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", dict(compiled.params)).all()
    return int(plan[0]["Plan"]["Plan Rows"])


def keys_before(connection: Connection, keys: Sequence[PageKey], key: PageKey) -> int:
    """Count which of the keys come before one, in the database's own order of letters."""
    sql = """SELECT count(*) FROM unnest(%s::text[], %s::text[]) AS known (state, token)
             WHERE (known.state, known.token) < (%s::text, %s::text)"""
    states, tokens = [known.state for known in keys], [known.identity_token for known in keys]
    [found] = send(connection, [Statement(sql, (states, tokens, key.state, key.identity_token))])
    return int(found.records[0][0])


def place_of(
    connection: Connection, wanted: CitizenFilter, key: PageKey, page_rows: int, since: PageKey | None = None
) -> tuple[int, PageKey | None]:
    """Return how many rows come before a key, and after which key the page of `page_rows` with it begins.

    With `since`, only rows behind that key are counted: the caller knows how many there are up to it, and that
    they fill whole pages.
    """
    before = (*_conditions(wanted, since), tuple_(*PAGE_ORDER) < tuple_(key.state, key.identity_token))
    row = int(connection.execute(select(func.count()).select_from(vault).where(*before)).scalar_one())
    if row < page_rows:
        return row, since
    backwards = [column.desc() for column in PAGE_ORDER]
    query = select(*PAGE_ORDER).where(*before).order_by(*backwards).offset(row % page_rows).limit(1)
    found = connection.execute(query).one()
    return row, PageKey(found[0], found[1])


def counts_by_state(connection: Connection, wanted: CitizenFilter) -> dict[str, int]:
    """Count citizens by state."""
    counted = select(vault.c.state, func.count().label("citizens")).where(*_conditions(wanted, None))
    rows = connection.execute(counted.group_by(vault.c.state)).mappings()
    return {str(row["state"]): int(row["citizens"]) for row in rows}


def _conditions(wanted: CitizenFilter, after: PageKey | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.within is not None:
        conditions.append(vault.c.state.in_(sorted(wanted.within)))
    if wanted.state is not None:
        conditions.append(vault.c.state == wanted.state)
    if wanted.district is not None:
        conditions.append(func.lower(vault.c.district) == wanted.district.lower())
    if wanted.role is not None:
        conditions.append(vault.c.roles.contains([wanted.role.value]))
    if wanted.level is not None:
        conditions.append(vault.c.verification_level == wanted.level.value)
    if wanted.status is not None:
        conditions.append(vault.c.status == wanted.status.value)
    if after is not None:
        keys = tuple_(*PAGE_ORDER) > tuple_(after.state, after.identity_token)
        conditions.append(and_(keys))
    return conditions
