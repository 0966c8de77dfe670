"""Empty databases of both kinds, quickly: the revisions run once in a test process, and each test starts from their result."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import sqlalchemy as sa

from cohost.store import Store
from cohost.store.migrate import migrate

POSTGRESQL = os.environ.get("COHOST_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
REQUIRE_ALL = os.environ.get("COHOST_REQUIRE_ALL") == "1"
# A row that a test left locked fails the next one with a word, and no test waits for the disk.
_OPTIONS = "-clock_timeout=20s -csynchronous_commit=off"


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


class Databases:
    """Hands out databases in this version's shape; one of each kind at a time.

    Without rows, or `filled`: what `fill` puts into a database is made once for each kind and copied from then on.
    """

    def __init__(self, folder: Path, fill: Callable[[str], Any]) -> None:
        self._folder = folder
        self._fill = fill
        self._opened = ExitStack()
        self._compiled: dict[str, tuple[sa.Dialect, dict[Any, Any]]] = {}

    def store(self, url: str) -> Store:
        """A store whose statements are compiled once in a test process; each engine alone would compile them anew."""
        store = Store(url)
        dialect, compiled = self._compiled.setdefault(store.engine.name, (store.engine.dialect, {}))
        store.engine.dialect = dialect  # a part of each statement's key
        store.engine.update_execution_options(compiled_cache=compiled)
        return store

    def sqlite(self, path: Path, *, filled: bool = False) -> str:
        """A new file."""
        copyfile(self._filled_file[0] if filled else self._file, path)
        return sqlite_url(path)

    def postgresql(self, *, filled: bool = False) -> str:
        """The schema of this test process, emptied: milliseconds, where TRUNCATE of all tables takes 0.3 s."""
        store = self._schema
        with store.engine.begin() as connection:
            for table in self._filled_last:
                connection.execute(sa.delete(table))
            if filled:
                self._copy_rows(connection)
        return store.url

    def what_filled(self, url: str) -> Any:
        """What `fill` gave back for the rows of such a database."""
        return (self._filled_file if url.startswith("sqlite") else self._filled_schema)[1]

    def _copy_rows(self, connection: sa.Connection) -> None:
        name = self._filled_schema[0]
        for table in reversed(self._filled_last):
            connection.execute(sa.text(f'INSERT INTO "{table.name}" SELECT * FROM "{name}"."{table.name}"'))  # noqa: S608
            for column in table.primary_key:
                if "nextval" in str(getattr(column.server_default, "arg", "")):
                    self._count_on(connection, table.name, column.name)

    def _count_on(self, connection: sa.Connection, table: str, column: str) -> None:
        """Copied keys do not move the counter that gave them."""
        sequence = f"pg_get_serial_sequence('\"{table}\"', '{column}')"
        next_one = f'(SELECT coalesce(max("{column}"), 0) + 1 FROM "{table}")'  # noqa: S608
        connection.execute(sa.text(f"SELECT setval({sequence}, {next_one}, false)"))

    def close(self) -> None:
        """Drop the schemas."""
        self._opened.close()

    @cached_property
    def _file(self) -> Path:
        path = self._folder / "migrated.db"
        store = Store(sqlite_url(path))
        migrate(store)
        store.checkpoint()
        store.close()
        return path

    @cached_property
    def _filled_file(self) -> tuple[Path, Any]:
        path = self._folder / "filled.db"
        copyfile(self._file, path)
        given = self._fill(sqlite_url(path))
        store = Store(sqlite_url(path))
        store.checkpoint()
        store.close()
        return path, given

    @cached_property
    def _filled_schema(self) -> tuple[str, Any]:
        """Its name, and what filling it gave back."""
        store = Store(self._opened.enter_context(empty_schema()))
        migrate(store)
        with store.read() as tx:
            name = tx.execute(sa.text("SELECT current_schema()")).scalar_one()
        store.close()
        return name, self._fill(store.url)

    @cached_property
    def _schema(self) -> Store:
        store = Store(self._opened.enter_context(empty_schema()))
        self._opened.callback(store.close)
        migrate(store)
        return store

    @cached_property
    def _filled_last(self) -> list[sa.Table]:
        """All tables, those that refer to others first."""
        found = sa.MetaData()
        found.reflect(self._schema.engine)
        return [table for table in reversed(found.sorted_tables) if table.name != "alembic_version"]


@contextmanager
def empty_schema() -> Iterator[str]:
    """A schema of its own on the PostgreSQL server, without tables; skips the test where none answers."""
    name, admin = f"t{os.getpid()}_{secrets.token_hex(4)}", _answering()
    with admin.begin() as connection:
        connection.execute(sa.text(f'CREATE SCHEMA "{name}"'))
    try:
        options = f"-csearch_path={name} {_OPTIONS}"
        yield sa.make_url(POSTGRESQL).update_query_dict({"options": options}).render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(sa.text(f'DROP SCHEMA "{name}" CASCADE'))
        admin.dispose()


def _answering() -> sa.Engine:
    engine = sa.create_engine(POSTGRESQL, connect_args={"connect_timeout": 2})
    try:
        engine.connect().close()
    except sa.exc.OperationalError as error:
        if REQUIRE_ALL:
            raise
        pytest.skip(f"no PostgreSQL answers ({type(error.orig).__name__}); set COHOST_TEST_POSTGRESQL")
    return engine
