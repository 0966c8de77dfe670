"""Databases of every age, with rows in every table: brought up, back, and up again."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from databases import empty_schema, sqlite_url

from cohost.errors import Misconfigured
from cohost.store import Store, tables
from cohost.store.migrate import downgrade, migrate, revisions

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        made = Store(sqlite_url(tmp_path / "cohost.db"))
        yield made
        made.close()
        return
    with empty_schema() as url:
        made = Store(url)
        yield made
        made.close()


def fill(tx):
    """A row in every table, which refers to those in the others."""
    for table in tables.metadata.sorted_tables:
        values = {column.name: value_for(tx, column) for column in table.columns if not counts_up(column)}
        tx.execute(table.insert().values(values))


def counts_up(column):
    return column is column.table.autoincrement_column


def value_for(tx, column):
    for key in column.foreign_keys:
        return tx.execute(sa.select(key.column)).scalars().first()
    kinds = {
        tables.Instant: AT, sa.Boolean: True, sa.Integer: 1, sa.Float: 0.5, sa.LargeBinary: b"\0\1", sa.JSON: {"a": ["é"]},
        sa.Date: AT.date(),
    }  # fmt: skip
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), f"{column.name} é")


def rows(store):
    """All rows as the database has them, by table."""
    found = sa.MetaData()
    found.reflect(store.engine)
    with store.read() as tx:
        return {
            name: [dict(row._mapping) for row in tx.execute(sa.select(table))]
            for name, table in found.tables.items()
            if not name.startswith(("alembic", "chunk_text_"))
        }


def as_far_as(newer, older):
    """The newer rows as far as the older shape can hold them."""
    return {
        name: [{column: row[column] for column in row if column in there[0]} for row in newer[name]]
        for name, there in older.items()
        if there and name in newer
    }


def test_going_back_and_up_again_loses_nothing_that_the_older_shape_can_hold(store):
    migrate(store)
    with store.write() as tx:
        fill(tx)
    full = rows(store)
    assert all(full[table.name] for table in tables.metadata.sorted_tables)
    for older in revisions()[1:]:
        downgrade(store, older)
        left = rows(store)
        assert {name for name, kept in left.items() if not kept} <= {"chunk_text"}
        assert as_far_as(full, left) == as_far_as(left, left)
    migrate(store)
    again = rows(store)
    assert as_far_as(again, left) == as_far_as(left, left)
    assert set(again) == set(full)
    downgrade(store, "base")
    migrate(store)
    assert {name for name, kept in rows(store).items() if kept} == set()


def bring_up(url):
    """What each of several processes does at its start."""
    store = Store(url)
    migrate(store)
    store.close()


def test_processes_that_start_at_once_migrate_once(store):
    with multiprocessing.get_context("forkserver").Pool(3) as pool:
        pool.map(bring_up, [store.url] * 3)
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == list(revisions()[:1])


def test_a_database_of_an_unknown_version_is_refused_in_one_line(store):
    migrate(store)
    with store.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="revision 9999") as refused:
        migrate(store)
    assert "\n" not in refused.value.message
