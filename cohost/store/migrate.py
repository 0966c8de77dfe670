"""Bring a database to this version's shape, or refuse one that is newer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cohost.errors import Misconfigured
from cohost.store.engine import Store

FOLDER = Path(__file__).with_name("migrations")


def migrate(store: Store, revision: str = "head") -> None:
    """Upgrade in one go; raises Misconfigured when the database was made by a version this one does not know."""
    with store.read() as tx:
        current = MigrationContext.configure(tx).get_current_heads()
    _refuse_unknown(current)
    if revision == "head" and current == _revisions()[:1]:
        return  # most starts, and they need no lock
    config = _config()
    with store.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, revision)


def downgrade(store: Store, revision: str) -> None:
    """Go back to an older shape; what only the newer one can hold is lost."""
    config = _config()
    with store.write() as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, revision)


def _refuse_unknown(current: tuple[str, ...]) -> None:
    for revision in current:
        if revision not in _revisions():
            raise Misconfigured(
                f"The database has revision {revision}, which this version of Cohost does not know."
                " Start the version that made it, or a newer one."
            )


@cache
def _revisions() -> tuple[str, ...]:
    """All revisions that this version knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
