"""However a text is built, its chunks are small, cover it, and take little time to cut."""

from __future__ import annotations

import pytest

from knowledge.chunk import MAX_TOKENS, MAX_WHOLE_TOKENS, cut
from knowledge.extract.document import Document
from knowledge.extract.writer import Writer

LONGEST = 16 * MAX_WHOLE_TOKENS  # characters of any chunk


def by_words(text: str) -> int:
    """A counter for which a word is one token, however long: as unknown words are for the real one."""
    return len(text.split())


def written(*, paragraph: str = "", code: str = "") -> Document:
    writer = Writer()
    writer.paragraph(paragraph)
    writer.verbatim(code)
    return writer.document("dump.txt", "lesson")


@pytest.mark.parametrize(
    "document",
    [written(paragraph="x" * 300_000), written(paragraph="no end " * 50_000), written(code="y" * 300_000)],
    ids=["one word", "one sentence", "one line of code"],
)
def test_a_dump_becomes_chunks_that_can_be_read_and_stored(document: Document) -> None:
    chunks = cut(document, count_tokens=by_words, embedder="test")
    assert max(len(chunk.text) for chunk in chunks) <= LONGEST
    assert sum(len(chunk.text.replace(" ", "")) for chunk in chunks) == len(document.text.replace(" ", ""))


def test_a_long_dump_is_not_counted_as_a_whole() -> None:
    """Counting takes a hundred bytes for each character, in the worker's own process."""
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return by_words(text)

    cut(written(paragraph="word " * 50_000, code="z = 1\n" * 50_000), count_tokens=count, embedder="test")
    assert max(counted) <= 16 * max(MAX_TOKENS, MAX_WHOLE_TOKENS)


def test_each_chunk_of_many_sections_has_its_own_code_and_place() -> None:
    writer = Writer()
    for number in range(300):
        writer.place("page", str(number))
        writer.heading(2, f"Part {number}")
        writer.verbatim(f"code = {number}")
    chunks = cut(writer.document("a.md", "lesson"), count_tokens=by_words, embedder="test")
    assert [(c.text, c.place, c.headings) for c in chunks][1:] == [
        (f"code = {n}", f"page {n}", (f"Part {n}",)) for n in range(1, 300)
    ]
