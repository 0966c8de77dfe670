"""Connections and transactions on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import StaticPool

from cohost.errors import Busy, CohostError, Misconfigured

Tx = sa.Connection

log = structlog.get_logger()
BUSY_TIMEOUT_MS = 10_000  # how long a writer queues behind others before the caller is told to come back


class Store:
    """Opens transactions; `read` sees one consistent state, `write` commits or leaves nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A read-only transaction."""
        with self._translated(), self.engine.connect() as tx, tx.begin():
            yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A short write transaction; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
        with self._translated(), self.engine.connect() as tx:
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
        with self._translated(), self.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # neither can run inside a transaction
            try:
                connection.exec_driver_sql("VACUUM")
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            finally:
                connection.exec_driver_sql("BEGIN")
        if busy:
            raise Busy("The database is in use, so deleted bytes are still in its log. Call again in a moment.")

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """A read-only transaction in which every statement sees the state of the first one, however long it takes."""
        with self._translated(), self.engine.connect() as tx:
            if not self.sqlite:
                tx = tx.execution_options(isolation_level="REPEATABLE READ")
            with tx.begin():
                yield tx

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionFree as error:
            raise Busy(
                "All connections to the database are in use. Nothing was changed; try again in a moment."
            ) from error
        except DBAPIError as error:
            if _is_busy(error):
                raise Busy("The database is busy. Nothing was changed; try again in a moment.") from error
            if self._is_away(error):
                raise Busy("The database does not answer. Look what was stored, and try again in a moment.") from error
            raise

    def _is_away(self, error: DBAPIError) -> bool:
        """PostgreSQL reports as operational what is about the connection or the server, never about the statement."""
        return error.connection_invalidated or (not self.sqlite and isinstance(error, sa.exc.OperationalError))


def _is_busy(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return "database is locked" in text or "deadlock" in text or "lock timeout" in text


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise Misconfigured(f"COHOST_DATABASE_URL is not a database URL: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, pool_size=10, max_overflow=20, pool_pre_ping=True)
    raise Misconfigured("COHOST_DATABASE_URL must start with sqlite: or postgresql:")


def _sqlite(url: sa.URL) -> sa.Engine:
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"pool_size": 20, "max_overflow": 40}
    # isolation_level None: the driver must not open transactions of its own, `begin` below does
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
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
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(tx: sa.Connection) -> None:
    writing = tx.get_execution_options().get("cohost_write", False)
    tx.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
