"""Whether a quote stands in a text, to the letter up to white space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cohost import audience
from cohost.model import Passage
from cohost.store import Tx, sources
from cohost.suggestion import Destination, Evidence

MAX_QUOTE_CHARACTERS = 20_000  # a longer one is no quote; also bounds the pattern below


def locate(quote: str, text: str, *, near: int = 0) -> tuple[int, int] | None:
    """The span `[start, end)` of `text` that holds `quote`; of several, the one that begins nearest to `near`."""
    words = quote.split()
    if not words or len(quote) > MAX_QUOTE_CHARACTERS:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    spans = [m.span() for m in pattern.finditer(text)]
    return min(spans, key=lambda span: abs(span[0] - near), default=None)


def stand(
    tx: Tx, community_id: str, destination: Destination, items: Sequence[Evidence], *, hold: bool = False
) -> list[Evidence | None]:
    """Each item as it stands now, at its current offsets; None where the destination's readers may not read the source,
    where it is gone or not a person's, where its author keeps it out of answers, or where the quote is no longer in it.

    With `hold`, for what is about to be stored or sent, none of it can change before the transaction ends."""
    allowed = audience.usable_spaces(audience.sight(tx, community_id), destination)
    wanted = ((e.space_id, e.source_id) for e in items if e.space_id in allowed)
    current = sources.quotable(tx, community_id, wanted, hold=hold)
    standing: list[Evidence | None] = []
    for item in items:
        source = current.get((item.space_id, item.source_id))
        span = locate(item.quote, source.text, near=item.start) if source else None
        if source is None or span is None:
            standing.append(None)
            continue
        start, end = span
        standing.append(
            replace(item, start=start, end=end, quote=source.text[start:end], source_version=source.version,
                    title=source.title, url=source.url)
        )  # fmt: skip
    return standing


def all_stand(standing: Iterable[Evidence | None]) -> tuple[Evidence, ...] | None:
    """The evidence if every item stands, else None."""
    items = tuple(standing)
    return tuple(item for item in items if item) if None not in items else None


def still_allowed(
    tx: Tx, community_id: str, destination: Destination, passages: Sequence[Passage], *, hold: bool = False
) -> list[Passage]:
    """The passages that may be used for this destination now: readable by all its readers, let, and unchanged."""
    allowed = audience.usable_spaces(audience.sight(tx, community_id), destination)
    wanted = ((p.space_id, p.source_id) for p in passages if p.space_id in allowed)
    current = sources.quotable(tx, community_id, wanted, hold=hold)
    kept = []
    for passage in passages:
        source = current.get((passage.space_id, passage.source_id))
        if source and source.text[passage.start : passage.end] == passage.text:
            kept.append(passage)
    return kept
