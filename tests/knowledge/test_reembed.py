"""A change of the embedder: what the old one made is found as far as it can be, and `reindex` makes it anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from conftest import HERE, Cast

from cohost.bootstrap import App
from cohost.ports import Query
from cohost.store import embeddings, places
from cohost.store.embeddings import comparable
from cohost.suggestion import in_space
from cohost.testing import HashEmbedder
from knowledge.index import ExactIndex
from knowledge.reembed import reembed
from knowledge.vectors import StoredVectors


class Renamed(HashEmbedder):
    """The same vectors under another name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def cosines(core: App, embedder: HashEmbedder) -> list[float]:
    """Of what a search with this embedder finds by meaning."""
    index = ExactIndex(StoredVectors(core.store, embedder))
    search = replace(core.search, embedder=embedder, index=index)  # type: ignore[type-var]
    return [p.cosine_similarity for p in search.search(Query(HERE, "When do spring tides come?", in_space("course")))]


def test_integers_and_floats_of_one_model_are_compared() -> None:
    assert set(comparable("minilm")) == set(comparable("minilm@int8")) == {"minilm", "minilm@int8"}
    assert "minilm" not in comparable("mpnet@int8")


def test_an_upgraded_database_is_searched_as_before(core: App, cast: Cast) -> None:
    assert cosines(core, Renamed("hash-384@int8")) == pytest.approx(cosines(core, HashEmbedder()))
    assert max(cosines(core, HashEmbedder())) > 0.3


def test_reindex_embeds_again_what_another_embedder_made(core: App, cast: Cast) -> None:
    new = Renamed("another")
    assert not any(cosines(core, new))
    with core.store.read() as tx:
        before = {space.pk: space.version for space in places.all_spaces(tx, HERE)}
        held = sum(embeddings.counts(tx).values())

    seen: list[tuple[int, int, str]] = []
    assert reembed(core.store, new, HERE, on_progress=lambda *step: seen.append(step)) == held
    core.intake.reindex(HERE)

    assert seen[-1] == (held, held, "")
    assert max(cosines(core, new)) > 0.3
    with core.store.read() as tx:
        assert embeddings.counts(tx) == {"another": held}
        assert all(space.version > before[space.pk] for space in places.all_spaces(tx, HERE))
    assert reembed(core.store, new, HERE, on_progress=lambda *step: None) == 0


def test_reembedding_leaves_other_communities_alone(core: App, cast: Cast) -> None:
    assert reembed(core.store, Renamed("another"), "elsewhere", on_progress=lambda *step: None) == 0
    with core.store.read() as tx:
        assert set(embeddings.counts(tx)) == {"hash-384"}


def test_a_reembedded_chunk_has_the_hash_that_ingesting_gives(core: App, cast: Cast) -> None:
    hashes = sa.text("SELECT hash FROM chunks ORDER BY pk")
    with core.store.read() as tx:
        before = tx.execute(hashes).scalars().all()
    reembed(core.store, Renamed("another"), HERE, on_progress=lambda *step: None)
    reembed(core.store, HashEmbedder(), HERE, on_progress=lambda *step: None)
    with core.store.read() as tx:
        assert tx.execute(hashes).scalars().all() == before
