"""SQL of the citizens: the directory that owns uniqueness and routing, and the vault rows by state."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    and_,
    func,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.citizens.model import CitizenFilter, PageKey
from core.storage.exchange import Beside, Condition, add_rows, columns_of, insertion, send
from core.storage.schema import metadata
from core.storage.seal import SealedRow
from core.storage.statement import Statement

directory = Table(
    "directory",
    metadata,
    Column("identity_token", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("aadhaar_hash", String(64), unique=True),
    Column("pan_hash", String(64), unique=True),
    Column("phone_digest", LargeBinary),
    Column("email_digest", LargeBinary),
    # 16 bytes for each prefix; NULL for citizens enrolled before there was a search by name.
    Column("name_digests", ARRAY(LargeBinary)),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
)

# The same rows under the same policy, as a view: on the table itself the policy would keep the planner from the index
# of names, because "contains" may tell of its operands (it is not leakproof) and so must come after the policy.
named_directory = Table(
    "named_directory",
    MetaData(),
    *(Column(column.name, column.type, primary_key=column.primary_key) for column in directory.columns),
)

vault = Table(
    "identity_vault",
    metadata,
    Column("identity_token", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("name_enc", LargeBinary),
    Column("phone_enc", LargeBinary),
    Column("email_enc", LargeBinary),
    Column("address_enc", LargeBinary),
    Column("birth_date_enc", LargeBinary),
    Column("gstin_enc", LargeBinary),
    Column("attributes_enc", LargeBinary),
    Column("aadhaar_hash", String(64)),
    Column("pan_hash", String(64)),
    Column("state", Text, primary_key=True),
    Column("district", Text),
    Column("roles", ARRAY(Text), nullable=False),
    Column("primary_role", Text, nullable=False),
    Column("verification_level", Text, nullable=False),
    Column("last_verified", DateTime(timezone=True)),
    Column("status", Text, nullable=False),
    Column("encryption_key_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("row_seal", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("is_deleted", Boolean, nullable=False),
)

UNIQUE = ("aadhaar_hash", "pan_hash", "user_id")
PAGE_ORDER = (vault.c.state, vault.c.identity_token)


def add(connection: Connection, directory_rows: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store sealed directory and vault rows of new citizens."""
    add_rows(connection, directory, directory_rows, row_security=True)
    add_rows(connection, vault, rows, row_security=True)


def addition(directory_row: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[Statement, Statement]:
    """Return the statements that store one new citizen's sealed rows."""
    return insertion(directory, directory_row), insertion(vault, row)


def taken(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, object]]:
    """Return those (column, value) pairs of new directory rows that a citizen in the vault has already."""
    found: set[tuple[str, object]] = set()
    for column in UNIQUE:
        values = [row[column] for row in rows if row[column] is not None]
        if values:
            query = select(directory.c[column]).where(directory.c[column].in_(values))
            found |= {(column, value) for (value,) in connection.execute(query)}
    return found


def replace(
    connection: Connection, directory_row: Mapping[str, Any], row: Mapping[str, Any], old_revision: int
) -> bool:
    """Store a citizen's new sealed rows; False where somebody else changed them meanwhile.

    A new state moves the vault row to that state's partition.
    """
    token = row["identity_token"]
    held = update(directory).where(directory.c.identity_token == token, directory.c.revision == old_revision)
    if connection.execute(held.values(**directory_row)).rowcount != 1:
        return False
    changed = update(vault).where(vault.c.identity_token == token, vault.c.revision == old_revision)
    return connection.execute(changed.values(**row)).rowcount == 1


def directory_row(connection: Connection, token: str) -> SealedRow | None:
    """Return the directory row of an identity token."""
    return directory_rows(connection, [token]).get(token)


# Directory and vault row of a citizen, for a query that other subjects join: they join `WHOSE`.
WHOSE = "d.identity_token"
PARTS = (
    Beside(directory, "d", "directory d"),
    Beside(vault, "v", "LEFT JOIN LATERAL vault_row(d.state, d.identity_token) v ON true"),
)


def of_token(token: str) -> Condition:
    """Return the condition for one citizen."""
    return Condition(f"{WHOSE} = %s", (token,))


def of_tokens(tokens: Sequence[str]) -> Condition:
    """Return the condition for several citizens."""
    return Condition(f"{WHOSE} = ANY(%s::text[])", (list(tokens),))


def of_value(column: str, value: object, limit: int) -> Condition:
    """Return the condition for citizens whose directory row has a value: a digest, a user id, an identity token."""
    return Condition(f"d.{column} = %s ORDER BY {WHOSE} LIMIT %s", (value, limit))


def named(
    connection: Connection, digests: Sequence[bytes], wanted: CitizenFilter, after: PageKey | None, limit: int
) -> list[tuple[SealedRow, SealedRow]]:
    """Return directory and vault rows of citizens who have all the name digests, in the order of pages."""
    directory = named_directory
    here = (directory.c.state, directory.c.identity_token)
    found_here = select(directory).where(directory.c.name_digests.contains(list(digests)))
    if wanted.within is not None:
        found_here = found_here.where(directory.c.state.in_(sorted(wanted.within)))
    if wanted.state is not None:
        found_here = found_here.where(directory.c.state == wanted.state)
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


def directory_rows(connection: Connection, tokens: Sequence[str]) -> dict[str, SealedRow]:
    """Return the directory rows of identity tokens."""
    sql = f"SELECT {columns_of(directory, 'd')} FROM directory d WHERE identity_token = ANY(%(tokens)s)"  # noqa: S608
    [found] = send(connection, [Statement(sql, {"tokens": list(tokens)})])
    return {row["identity_token"]: sealed_directory(row) for row in found.rows}


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


def directory_after(connection: Connection, token: str, limit: int) -> list[SealedRow]:
    """Return the next directory rows by identity token."""
    query = select(directory).where(directory.c.identity_token > token).order_by(directory.c.identity_token)
    return [sealed_directory(dict(row)) for row in connection.execute(query.limit(limit)).mappings()]


def without_name_digests(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next identity tokens of citizens whose names were never indexed."""
    query = (
        select(directory.c.identity_token)
        .where(directory.c.name_digests.is_(None), directory.c.identity_token > after)
        .order_by(directory.c.identity_token)
        .limit(limit)
    )
    return [str(row[0]) for row in connection.execute(query)]


def unindexed(connection: Connection) -> int:
    """Count the citizens whose names were never indexed."""
    query = select(func.count()).select_from(directory).where(directory.c.name_digests.is_(None))
    return int(connection.execute(query).scalar_one())


def sample_directory(connection: Connection, size: int) -> list[SealedRow]:
    """Return some directory rows, chosen at random by the database."""
    rows = connection.execute(select(directory).order_by(func.random()).limit(size)).mappings()
    return [sealed_directory(dict(row)) for row in rows]


def sealed_directory(columns: dict[str, Any]) -> SealedRow:
    """Name a directory row for checks."""
    return SealedRow(directory.name, columns, f"directory row of {columns['identity_token']}")


def sealed_vault(columns: dict[str, Any]) -> SealedRow:
    """Name a vault row for checks."""
    return SealedRow(vault.name, columns, f"record of {columns['identity_token']}")


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
