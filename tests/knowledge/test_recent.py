"""What was read a moment ago is not read again, and comes back the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cohost.ports import FloatArray, TokenVectors
from cohost.testing import HashEmbedder
from knowledge import recent
from knowledge.recent import Recent


class Counting(HashEmbedder):
    """Knows what it was asked to read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.in_words: list[str] = []

    def embed(self, texts: Sequence[str]) -> FloatArray:
        if not self.in_words:  # it reads each word as a text
            self.read.extend(texts)
        return super().embed(texts)

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        self.in_words.extend(texts)
        return super().embed_tokens(texts)


@pytest.fixture
def embedder() -> Counting:
    return Counting()


def test_a_text_is_read_once(embedder: Counting) -> None:
    kept = Recent(embedder)
    first = kept.embed(["salt", "flour", "salt"])
    again = kept.embed(["flour", "water", "salt"])
    assert embedder.read == ["salt", "flour", "water"]
    assert np.array_equal(again[[2, 0]], first[:2])
    assert np.array_equal(first[2], first[0])
    assert np.array_equal(again, HashEmbedder().embed(["flour", "water", "salt"]))


def test_no_text_has_no_vector(embedder: Counting) -> None:
    assert Recent(embedder).embed([]).shape == (0, embedder.dimensions)
    assert Recent(embedder).embed_tokens([]) == []


def test_words_are_read_once_and_apart_from_whole_texts(embedder: Counting) -> None:
    kept = Recent(embedder)
    kept.embed(["salt and flour"])
    first = kept.embed_tokens(["salt and flour"])[0]
    assert kept.embed_tokens(["salt and flour"])[0] is first
    assert embedder.in_words == ["salt and flour"]


def test_what_was_not_asked_for_longest_is_forgotten_first(embedder: Counting) -> None:
    kept = Recent(embedder)
    kept.embed(["first", "second"])
    kept.embed([str(number) for number in range(recent.VECTORS - 2)])
    kept.embed(["first"])
    kept.embed(["one more"])
    embedder.read.clear()
    kept.embed(["first", "second"])
    assert embedder.read == ["second"]


def test_vectors_of_another_embedder_are_not_taken_for_its_own(embedder: Counting) -> None:
    kept = Recent(embedder)
    kept.embed(["salt"])
    embedder.name = "another"
    kept.embed(["salt"])
    assert embedder.read == ["salt", "salt"]
