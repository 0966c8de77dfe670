"""Connections and transactions on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from cohost.errors import Busy, CohostError, Misconfigured
from cohost.store.overload import translated

Tx = sa.Connection

log = structlog.get_logger()
PATIENCE_S = 10.0  # how long one queues, for a lock or a connection, before the caller is told to come back
# PostgreSQL on another machine that vanished is noticed within a minute; by default it takes two hours.
_KEEPALIVE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class Store:
    """Opens transactions; `read` sees one consistent state, `write` commits or leaves nothing.

    Both raise Busy when the database is under load for longer than `patience_s`, or out of reach.
    """

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        self.url = url
        self.engine = _engine(url, patience_s)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._closed = False
        event.listen(self.engine, "checkin", self._close_late)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A read-only transaction in which every statement sees the state of the first one, however long it takes."""
        with translated(), self.engine.connect() as tx:
            if not self.sqlite:  # there each statement would see a state of its own
                tx = tx.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with tx.begin():
                yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A short write transaction; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
        with translated(), self.engine.connect() as tx:
            tx = tx.execution_options(cohost_write=True)
            with tx.begin():
                yield tx

    def answers(self) -> bool:
        """Whether the database is there, with its tables."""
        try:
            with self.read() as tx:
                tx.execute(sa.text("SELECT 1 FROM communities LIMIT 1"))
        except (SQLAlchemyError, CohostError) as error:
            log.warning("store.no_answer", error=type(error).__name__)
            return False
        return True

    @contextmanager
    def rebuild(self) -> Iterator[Tx]:
        """A write transaction for changes of shape: no other process is in one at the same time.

        SQLite replaces tables by copies, and dropping the old one would take rows that refer to it along: foreign keys
        rest meanwhile and are checked before the commit.
        """
        with translated(), self.engine.connect() as tx:
            tx = tx.execution_options(cohost_write=True)
            if self.sqlite:
                _pragma_outside(tx, "foreign_keys=OFF")
            try:
                with tx.begin():
                    if not self.sqlite:
                        tx.exec_driver_sql("SET LOCAL lock_timeout = 0")  # a change of shape may take minutes
                        tx.execute(_ALONE)
                    yield tx
                    _refuse_broken_references(tx)
            finally:
                if self.sqlite:
                    _pragma_outside(tx, "foreign_keys=ON")

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the database file and empty it: deleted bytes must not wait there (SQLite)."""
        if self.sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # a checkpoint cannot run inside a transaction
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")

    def compact(self) -> None:
        """Rewrite the database file, so that no byte of what was deleted is left in it or in its log (SQLite).

        `secure_delete` alone is not enough: when SQLite moves rows between pages, it may leave copies of their bytes
        behind. Raises Busy when somebody still reads the old state; then the bytes are still there.
        """
        if not self.sqlite:
            return
        with translated(), self.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # neither can run inside a transaction
            try:
                connection.exec_driver_sql("VACUUM")
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            finally:
                connection.exec_driver_sql("BEGIN")
        if busy:
            raise Busy("The database is in use, so deleted bytes are still in its log. Call again in a moment.")

    def close(self) -> None:
        """Give back all connections, and each one that is still in use when its transaction ends."""
        self._closed = True
        self.engine.dispose()

    def _close_late(self, connection: Any, record: ConnectionPoolEntry) -> None:
        """The pool that it comes from was disposed of: nobody else would close it."""
        if self._closed and connection is not None:
            record.invalidate()


# one lock for each schema of a PostgreSQL database; the number is ours alone by being arbitrary
_ALONE = sa.text("SELECT pg_advisory_xact_lock(727274, hashtext(current_schema()))")


def _pragma_outside(tx: Tx, pragma: str) -> None:
    """SQLite ignores this pragma within a transaction."""
    raw = tx.connection.driver_connection
    assert raw is not None  # noqa: S101  a checked-out connection has one
    raw.execute(f"PRAGMA {pragma}")


def _refuse_broken_references(tx: Tx) -> None:
    if tx.dialect.name == "sqlite":
        broken = tx.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise Misconfigured(
                f"A row of {broken[0]} refers to a row of {broken[2]} that is not there; nothing was changed."
            )


Rows = TypeVar("Rows", bound=tuple[Any, ...])


def locked(tx: Tx, query: sa.Select[Rows], *, skip_held: bool = False) -> sa.Select[Rows]:
    """Within `write`: what is read to decide on cannot change until the commit. SQLite needs no row locks for that.

    Lock spaces before suggestions before publications; then nobody waits in a circle.
    """
    # rows that refer to it may still be added
    return query.with_for_update(key_share=True, skip_locked=skip_held) if _writes(tx) else query


def kept(tx: Tx, query: sa.Select[Rows]) -> sa.Select[Rows]:
    """Within `write`: what is found is not deleted before the commit; it may be changed, and others may keep it too."""
    return query.with_for_update(read=True, key_share=True) if _writes(tx) else query


def _writes(tx: Tx) -> bool:
    return bool(tx.get_execution_options().get("cohost_write", False))


def _engine(url: str, patience_s: float) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise Misconfigured(f"COHOST_DATABASE_URL is not a database URL: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, patience_s)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, patience_s)
    raise Misconfigured("COHOST_DATABASE_URL must start with sqlite: or postgresql:")


def _postgresql(url: sa.URL, patience_s: float) -> sa.Engine:
    engine = sa.create_engine(
        url, pool_size=10, max_overflow=20, pool_pre_ping=True, pool_timeout=patience_s,
        connect_args={name: value for name, value in _KEEPALIVE.items() if name not in url.query},
    )  # fmt: skip

    def limit_waiting(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {patience_s * 1000:.0f}")
        connection.commit()

    event.listen(engine, "connect", limit_waiting)
    return engine


def _sqlite(url: sa.URL, patience_s: float) -> sa.Engine:
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = (
        {"poolclass": StaticPool} if in_memory else {"pool_size": 20, "max_overflow": 40, "pool_timeout": patience_s}
    )
    # isolation_level None: the driver must not open transactions of its own, `begin` below does
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": patience_s},
        **options,
    )
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _pragmas(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an approval that was answered with 200 survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # deleted text is overwritten, not only unlinked
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(tx: sa.Connection) -> None:
    tx.exec_driver_sql("BEGIN IMMEDIATE" if _writes(tx) else "BEGIN")
