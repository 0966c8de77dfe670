"""A document cut into chunks by its structure: sections, paragraphs, and code or tables kept whole."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cohost.store.sources import Chunk
from knowledge.extract.document import Document, Heading, Place
from knowledge.sentences import sentence_spans
from knowledge.tokens import CountTokens

MAX_TOKENS = 224  # MiniLM reads 256; the rest is for title, heading trail and special tokens
MAX_WHOLE_TOKENS = 1200  # a longer code block or table is cut at lines: nobody reads it as one passage
_LONGEST_TOKEN = 16  # characters on average; what is longer is over the limit without counting, which takes memory
_LONGEST_PARAGRAPH = 50_000  # characters; beyond that it is a dump, and has no sentences to look for
_PARAGRAPH = re.compile(r"[^\n](?:[^\n]|\n(?!\s*\n))*")
_LINE = re.compile(r"[^\n]+")
_QUOTED = re.compile(r"(?m)^(?:[ \t]*>[^\n]*(?:\n|\Z))+")  # what a reply repeats of another post


@dataclass(frozen=True)
class _Block:
    """A paragraph, list, code block or table that should stay together."""

    start: int
    end: int
    whole: bool


def cut(document: Document, *, count_tokens: CountTokens, embedder: str, reply: bool = False) -> list[Chunk]:
    """Chunks in text order; each ends before the embedder stops reading, code blocks apart.

    What a reply quotes is found where it was said first, so it is left out here, unless nothing else is there.
    """
    chunks = []
    places = [place.start for place in document.places]
    for section_start, section_end, trail in _own_words(document) if reply else _sections(document):
        for start, end in _pack(document, section_start, section_end, count_tokens):
            text = document.text[start:end]
            titles = tuple(h.title for h in trail if h.title != document.title)
            digest = chunk_hash(embedder, document.title, titles, text)
            at = bisect_right(places, start) - 1
            place = _named(document.places[at]) if at >= 0 else _anchor(trail)
            chunks.append(Chunk(start, end, titles, place, text, digest))
    return chunks


def chunk_hash(embedder: str, title: str, headings: Sequence[str], text: str) -> str:
    """What tells whether a vector has to be made again: of the embedder and all that it reads."""
    return sha256("\x00".join((embedder, embedded_text(title, headings, text))).encode()).hexdigest()


def embedded_text(title: str, headings: Sequence[str], text: str) -> str:
    """What the embedder reads of a chunk: where it stands, then its words."""
    return "\n".join(line for line in (title, " › ".join(headings), text) if line)


def _sections(document: Document) -> Iterator[tuple[int, int, tuple[Heading, ...]]]:
    trail: list[Heading] = []
    starts = [h.start for h in document.headings] + [len(document.text)]
    if starts[0] > 0:
        yield 0, starts[0], ()
    for heading, end in zip(document.headings, starts[1:], strict=True):
        trail = [h for h in trail if h.level < heading.level] + [heading]
        # the heading's own line travels in the trail; alone it would be a passage without content
        line_end = document.text.find("\n", heading.start, end)
        yield (end if line_end < 0 else line_end), end, tuple(trail)


def _own_words(document: Document) -> Iterator[tuple[int, int, tuple[Heading, ...]]]:
    """Sections without their quoted lines; a span never reaches over them."""
    quoted = [(m.start(), m.end()) for m in _QUOTED.finditer(document.text)]
    if not _QUOTED.sub("", document.text).strip():
        quoted = []
    for start, end, trail in _sections(document):
        at = start
        for quote_start, quote_end in ((a, b) for a, b in quoted if start <= a < end):
            yield at, quote_start, trail
            at = quote_end
        yield at, end, trail


def _pack(document: Document, start: int, end: int, count_tokens: CountTokens) -> Iterator[tuple[int, int]]:
    """Join neighbouring blocks while they fit."""
    first: int | None = None
    last, tokens = start, 0
    for block in _blocks(document, start, end, count_tokens):
        size = max(count_tokens(document.text[block.start : block.end]), (block.end - block.start) // _LONGEST_TOKEN)
        if first is not None and tokens + size > MAX_TOKENS:
            yield first, last
            first, tokens = None, 0
        first = block.start if first is None else first
        last, tokens = block.end, tokens + size
    if first is not None:
        yield first, last


def _blocks(document: Document, start: int, end: int, count_tokens: CountTokens) -> Iterator[_Block]:
    at = start
    for whole_start, whole_end in document.whole[bisect_left(document.whole, (start, start)) :]:
        if whole_start >= end:
            break
        if whole_end <= end:
            yield from _split_prose(document.text, at, whole_start, count_tokens)
            yield from _split_whole(document.text, whole_start, whole_end, count_tokens)
            at = whole_end
    yield from _split_prose(document.text, at, end, count_tokens)


def _split_prose(text: str, start: int, end: int, count_tokens: CountTokens) -> Iterator[_Block]:
    for found in _PARAGRAPH.finditer(text, start, end):
        paragraph = _Block(found.start(), found.start() + len(found.group().rstrip()), False)
        if _fits(text[paragraph.start : paragraph.end], MAX_TOKENS, count_tokens):
            yield paragraph
        else:
            yield from _split_paragraph(text, paragraph, count_tokens)


def _split_paragraph(text: str, paragraph: _Block, count_tokens: CountTokens) -> Iterator[_Block]:
    if paragraph.end - paragraph.start > _LONGEST_PARAGRAPH:
        yield from _split_words(text, paragraph)
        return
    for start, end in sentence_spans(text[paragraph.start : paragraph.end]):
        sentence = _Block(paragraph.start + start, paragraph.start + end, False)
        if _fits(text[sentence.start : sentence.end], MAX_TOKENS, count_tokens):
            yield sentence
        else:
            yield from _split_words(text, sentence)


def _split_words(text: str, sentence: _Block) -> Iterator[_Block]:
    """A 'sentence' over the limit is a dump of some kind: cut at white space, or hard where there is none."""
    step = MAX_TOKENS * 2  # characters; even one token for two characters fits
    at = sentence.start
    while at < sentence.end:
        stop = min(at + step, sentence.end)
        space = text.rfind(" ", at + step // 2, stop) if stop < sentence.end else -1
        stop = space if space > at else stop
        piece = text[at:stop].strip()
        if piece:
            begin = text.index(piece[0], at)
            yield _Block(begin, begin + len(piece), False)
        at = stop


def _split_whole(text: str, start: int, end: int, count_tokens: CountTokens) -> Iterator[_Block]:
    if _fits(text[start:end], MAX_WHOLE_TOKENS, count_tokens):
        yield _Block(start, end, True)
        return
    for found in _LINE.finditer(text, start, end):
        line = _Block(found.start(), found.end(), False)
        yield from [line] if _fits(found.group(), MAX_TOKENS, count_tokens) else _split_words(text, line)


def _fits(text: str, most_tokens: int, count_tokens: CountTokens) -> bool:
    # A word of two million letters is one unknown token: the number of characters counts too.
    return len(text) <= most_tokens * _LONGEST_TOKEN and count_tokens(text) <= most_tokens


def _named(place: Place) -> str:
    return place.value if place.kind == "time" else f"{place.kind} {place.value}"


def _anchor(trail: Sequence[Heading]) -> str:
    return f"#{trail[-1].slug}" if trail and trail[-1].slug else ""
