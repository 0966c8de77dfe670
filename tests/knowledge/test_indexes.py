"""What every vector index does, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from index_case import Library, library, settings_for, settled, unit, wait_until

from cohost.ports import VectorIndex
from knowledge.indexes import build_index

KINDS = ["exact", "auto", "chroma", "server"]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Library]:
    made = library(f"sqlite:///{tmp_path / 'cohost.db'}")
    yield made
    made.store.close()


@pytest.fixture(params=KINDS)
def index(request: pytest.FixtureRequest, tmp_path: Path, books: Library) -> Iterator[VectorIndex]:
    url = f"{request.getfixturevalue('chroma_url')}/{tmp_path.name}" if request.param == "server" else ""
    made = build_index(settings_for(tmp_path, request.param, url), books.store, books.embedder)
    yield made
    made.close()


def test_every_index_tells_the_same_story(index: VectorIndex, books: Library) -> None:
    """One story, since each step needs the one before: fill, ask, add, replace, forget, ask again."""
    course, lounge, empty = books.space("course"), books.space("lounge"), books.space("empty")
    books.put(course, unit(300, 1))
    books.put(lounge, unit(200, 2))
    question = unit(1, 1)[0]
    both = [course, lounge, empty]
    assert books.found(index, question, both) == books.truth(question, both, 10)  # before anything was built
    wait_until(lambda: settled(index))
    assert books.found(index, question, both) == books.truth(question, both, 10)
    assert books.found(index, question, [lounge]) == books.truth(question, [lounge], 10)
    assert index.search(question, {}, 10) == []
    assert books.found(index, question, [empty]) == []

    (newest,) = books.put(course, question[None, :], "answer")
    assert books.found(index, question, both)[0] == newest  # at once, not when the index has followed
    books.put(course, unit(1, 9), "answer")
    assert books.found(index, question, both, 5) == books.truth(question, both, 5)
    wait_until(lambda: settled(index))
    hits = index.search(question, books.versions(*both), 10)
    assert newest not in {hit.chunk_pk for hit in hits}
    assert [hit.cosine_similarity for hit in hits] == sorted((hit.cosine_similarity for hit in hits), reverse=True)

    index.forget(course)
    assert books.found(index, question, both) == books.truth(question, both, 10)
    wait_until(lambda: settled(index))
    assert books.found(index, question, both) == books.truth(question, both, 10)
