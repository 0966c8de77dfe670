"""Bring a database to this version's shape, or refuse one that is newer."""

from __future__ import annotations

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
    with store.rebuild() as tx:
        _refuse_unknown(_current(tx))  # whoever was first may have been a newer version
        upgrade_within(tx, revision)


def downgrade(store: Store, revision: str) -> None:
    """Go back to an older shape; what only the newer one can hold is lost."""
    with store.rebuild() as tx:
        downgrade_within(tx, revision)


def upgrade_within(tx: Tx, revision: str) -> None:
    """Upgrade as a part of a transaction."""
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def downgrade_within(tx: Tx, revision: str) -> None:
    """Downgrade as a part of a transaction; "base" leaves an empty database."""
    _refuse_unknown(_current(tx))
    config = _config()
    config.attributes["connection"] = tx
    command.downgrade(config, revision)


def check_known(revision: str) -> None:
    """Raise Misconfigured for a shape that only another version can read."""
    if revision not in revisions():
        raise Misconfigured(
            f"The database has revision {revision}, which this version of Cohost does not know."
            " Start the version that made it, or a newer one."
        )


def _current(tx: Tx) -> tuple[str, ...]:
    return MigrationContext.configure(tx).get_current_heads()


def _refuse_unknown(current: tuple[str, ...]) -> None:
    for revision in current:
        check_known(revision)


@cache
def revisions() -> tuple[str, ...]:
    """All revisions that this version knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
