"""What a database says under load, or when a connection breaks, in our words: come back in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from cohost.errors import Busy

BUSY = "The database is busy. Nothing was changed; try again in a moment."
UNREACHABLE = "The database cannot be reached. Nothing was changed; try again in a moment."
LOST = (
    "The connection to the database was lost. What was being written is there as a whole or not at all:"
    " look before you do it again."
)
# SQLSTATE: serialization failure, deadlock, lock not available, too many connections; and what only a race can
# violate, since each write looks first: unique and foreign keys.
_PASSING = {"40001", "40P01", "55P03", "53300", "23505", "23503"}
_ENDING = ("57P", "08")  # the server stops or starts; the connection failed


@contextmanager
def translated() -> Iterator[None]:
    """Raises Busy for what passes by itself; everything else as it comes."""
    try:
        yield
    except exc.TimeoutError as error:  # no connection came free
        raise Busy(BUSY) from error
    except exc.DBAPIError as error:
        if _is_passing(error):
            raise Busy(BUSY) from error
        if _is_lost(error):
            raise Busy(UNREACHABLE if "connection failed" in str(error.orig) else LOST) from error
        raise


def _is_passing(error: exc.DBAPIError) -> bool:
    text = str(error.orig).lower()
    return _sqlstate(error) in _PASSING or ("sqlite" in type(error.orig).__module__ and " is locked" in text)


def _is_lost(error: exc.DBAPIError) -> bool:
    state = _sqlstate(error)
    unreachable = isinstance(error, exc.OperationalError) and "psycopg" in type(error.orig).__module__ and state is None
    return error.connection_invalidated or unreachable or (state or "").startswith(_ENDING)


def _sqlstate(error: exc.DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state
