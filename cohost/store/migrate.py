"""Bring a database to this version's shape, or refuse one that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cohost.errors import Misconfigured
from cohost.store.engine import Store, Tx

FOLDER = Path(__file__).with_name("migrations")


def migrate(store: Store, revision: str = "head") -> None:
    """Upgrade in one go; raises Misconfigured when the database was made by a version this one does not know."""
    with store.read() as tx:
        current = _current(tx)
    _refuse_unknown(current)
    if revision == "head" and current == revisions()[:1]:
        return  # most starts, and they need no lock
    with _alone(store) as (config, tx):
        _refuse_unknown(_current(tx))  # whoever was first may have been a newer version
        command.upgrade(config, revision)


def downgrade(store: Store, revision: str) -> None:
    """Go back to an older shape; what only the newer one can hold is lost."""
    with _alone(store) as (config, _):
        command.downgrade(config, revision)


@contextmanager
def _alone(store: Store) -> Iterator[tuple[Config, Tx]]:
    """A transaction for changes of shape: one process at a time, the others wait and then find nothing to do."""
    config = _config()
    with store.rebuild() as tx:
        config.attributes["connection"] = tx
        yield config, tx


def _current(tx: Tx) -> tuple[str, ...]:
    return MigrationContext.configure(tx).get_current_heads()


def _refuse_unknown(current: tuple[str, ...]) -> None:
    for revision in current:
        if revision not in revisions():
            raise Misconfigured(
                f"The database has revision {revision}, which this version of Cohost does not know."
                " Start the version that made it, or a newer one."
            )


@cache
def revisions() -> tuple[str, ...]:
    """All revisions that this version knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
