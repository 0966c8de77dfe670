"""All rows out of a database and into another, the same for SQLite and PostgreSQL.

A dump is portable: rows as JSON, read within one snapshot while others write. What is derived (the full-text index) and
what is worthless later (sessions, sign-in links, stored replies) is left out.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from cohost.store.engine import Tx
from cohost.store.tables import metadata

LEFT_OUT = frozenset({"sessions", "sign_in_links", "idempotency"})
ROWS_AT_ONCE = 500
FRESH_KEYS = {
    "spaces": "pk",
    "sources": "pk",
    "chunks": "pk",
    "decisions": "id",
    "audit": "id",
}  # counted by the database


def revision(tx: Tx) -> str | None:
    """The shape of the database; None for an empty one."""
    return MigrationContext.configure(tx).get_current_revision()


def names() -> list[str]:
    """Tables of a dump, those that others refer to first."""
    return [table.name for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def has_rows(tx: Tx) -> bool:
    """Whether the database holds a community."""
    return "communities" in sa.inspect(tx).get_table_names() and (
        tx.execute(sa.text("SELECT 1 FROM communities LIMIT 1")).one_or_none() is not None
    )


def lines(tx: Tx, name: str) -> Iterator[str]:
    """Each row of a table as one line of JSON."""
    rows = tx.execution_options(yield_per=ROWS_AT_ONCE).execute(sa.select(_reflected(tx, name)))
    for row in rows.mappings():
        yield json.dumps({key: _plain(value) for key, value in row.items()}, ensure_ascii=False) + "\n"


def fill(tx: Tx, name: str, rows: Iterable[str]) -> int:
    """Insert the lines of a dump into a table of the same shape; how many."""
    table, waiting, count = _reflected(tx, name), iter(rows), 0
    while part := [_row(table, line) for line in islice(waiting, ROWS_AT_ONCE)]:
        tx.execute(table.insert(), part)
        count += len(part)
    if count and name in FRESH_KEYS and tx.dialect.name == "postgresql":
        _count_on(tx, name, FRESH_KEYS[name])
    return count


def _reflected(tx: Tx, name: str) -> sa.Table:
    """The table as it is in this database, which may be of an older shape than the code."""
    table = sa.Table(name, sa.MetaData(), autoload_with=tx, resolve_fks=False)
    for column in table.columns:
        if isinstance(column.type, sa.JSON):
            column.type.none_as_null = True
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return {"base64": b64encode(value).decode()} if isinstance(value, (bytes, memoryview)) else value


def _row(table: sa.Table, line: str) -> dict[str, Any]:
    return {key: _typed(table.columns[key].type, value) for key, value in json.loads(line).items()}


def _typed(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value)
    return b64decode(value["base64"]) if isinstance(kind, sa.LargeBinary) else value


def _count_on(tx: Tx, name: str, column: str) -> None:
    """PostgreSQL counts keys by itself; tell it how far they go."""
    counter = sa.func.pg_get_serial_sequence(name, column)
    highest = sa.select(sa.func.max(sa.column(column))).select_from(sa.table(name)).scalar_subquery()
    tx.execute(sa.select(sa.func.setval(counter, highest)))


def space_keys(tx: Tx) -> list[int]:
    """Keys of all spaces, in a database of whatever shape."""
    return [int(pk) for pk in tx.execute(sa.text("SELECT pk FROM spaces")).scalars()]
