"""Sentences of posts and lessons, in offsets of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cohost.model import Source
from cohost.suggestion import Evidence

SHORTEST, LONGEST = 15, 300  # characters of a sentence that is worth quoting
_BLOCK = re.compile(r"(?:[^\n]|\n(?!\s*\n))+")  # an empty line ends a sentence, a line break alone does not
# After a full stop; not after an initial or "e.g.", whose next word begins with a capital just as often.
_END = re.compile(r"(?<=[.!?…])(?<!\b[A-Za-z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\b(?:Dr|Mr|Ms)\.)[\"”’)]*\s+(?=[^\sa-z])")
_MARKUP = re.compile(r"[|<>{}\[\]#*_~=`\\]|https?:|^\W")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans `[start, end)` of sentences without surrounding white space."""
    for block in _BLOCK.finditer(text):
        start = block.start()
        for end in (*(block.start() + m.start() for m in _END.finditer(block[0])), block.end()):
            piece = text[start:end]
            if piece.strip():
                yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
            start = end


def plain(text: str) -> bool:
    """Whether a sentence is whole, of a good length, and free of markup."""
    whole = SHORTEST <= len(text) <= LONGEST and text[0].isupper() and text[-1] in ".!?…"
    return whole and not _MARKUP.search(text) and "\n\n" not in text


def outside(span: tuple[int, int], apart: Sequence[tuple[int, int]]) -> bool:
    """Whether a span touches none of the blocks that are code, tables and the like."""
    return all(end <= span[0] or span[1] <= start for start, end in apart)


def evidence(source: Source, span: tuple[int, int] | None = None) -> Evidence:
    """A span of a source; its first sentence unless told."""
    start, end = span or next(sentences(source.text), (0, len(source.text)))
    return Evidence(
        source.space_id, source.id, source.version, start, end, source.text[start:end], title=source.title,
        url=source.url,
    )  # fmt: skip
