"""An index that an older version wrote is as good after the migration as one written now."""

from __future__ import annotations

import pytest
from conftest import HERE, Cast

from cohost.bootstrap import App
from cohost.store import fulltext, places
from cohost.store.migrate import downgrade, migrate

pytestmark = pytest.mark.usefixtures("cast")


def ranked(core: App, *terms: str) -> list[tuple[int, float]]:
    with core.store.read() as tx:
        return fulltext.search(tx, terms, [places.space(tx, HERE, "course").pk], limit=10)


def test_words_of_a_body_count_again_after_the_migration(core: App, cast: Cast) -> None:
    before = ranked(core, "mooring")
    downgrade(core.store, "0002")
    migrate(core.store)
    assert ranked(core, "mooring") == before
    assert before[0][1] > 0


def test_more_of_the_words_in_a_body_rank_higher(core: App, cast: Cast) -> None:
    (best, high), (_, low) = ranked(core, "water", "mooring", "highest")
    assert high > low > 0
    assert best == ranked(core, "mooring")[0][0]
