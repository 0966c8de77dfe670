"""Neighbouring chunks of one section, found by one query, are one passage to whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cohost.model import Passage
from cohost.store import Tx, sources

GAP = 4  # characters of white space that chunking leaves between neighbours at most, some line breaks
LONGEST = 2400  # characters of a merged passage: about two chunks, a screen of text


def joined(tx: Tx, ranked: Sequence[Passage], top_k: int) -> list[Passage]:
    """The first `top_k` with neighbours among them made one, at the better one's place; the next ones fill up.

    One that ends with a colon goes on with what the colon leads to.
    """
    kept: list[Passage] = []
    for passage in ranked:
        at = next((n for n, other in enumerate(kept) if _neighbours(other, passage)), None)
        if at is not None:
            kept[at] = _one(tx, kept[at], passage)
        elif len(kept) < top_k:
            kept.append(passage)
        else:
            break
    return [_to_the_end(tx, passage) for passage in kept]


def _to_the_end(tx: Tx, passage: Passage) -> Passage:
    """A list or code that chunking has cut off from the line above it comes along."""
    if not passage.text.rstrip().endswith((":", "：")):
        return passage
    below = sources.next_chunk(tx, passage.chunk_pk, passage.end)
    if below is None or below[2] != passage.headings or not 0 <= below[0] - passage.end <= GAP:
        return passage
    if below[1] - passage.start > LONGEST:
        return passage
    more = sources.span(tx, passage.chunk_pk, passage.end, below[1])
    return replace(passage, end=below[1], text=passage.text + more)


def _neighbours(one: Passage, other: Passage) -> bool:
    same = (one.space_id, one.source_id, one.headings) == (other.space_id, other.source_id, other.headings)
    first, second = sorted((one, other), key=lambda p: p.start)
    return same and 0 <= second.start - first.end <= GAP and second.end - first.start <= LONGEST


def _one(tx: Tx, better: Passage, other: Passage) -> Passage:
    first, second = sorted((better, other), key=lambda p: p.start)
    between = sources.span(tx, better.chunk_pk, first.end, second.start)
    return replace(
        better, start=first.start, end=second.end, place=first.place, text=f"{first.text}{between}{second.text}",
        cosine_similarity=max(first.cosine_similarity, second.cosine_similarity),
        lexical_score=max(first.lexical_score, second.lexical_score),
    )  # fmt: skip
