"""Whether a quote stands in a text, to the letter up to white space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cohost import audience
from cohost.errors import InvalidInput
from cohost.model import Passage, Source
from cohost.store import Tx, fulltext, sources
from cohost.suggestion import Destination, Evidence

_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 50  # of a quote, to look for its source; more would say no more
SHOWN_CHARACTERS = 120  # of a quote, in a message
CANDIDATES = 20  # chunks looked into for a quote whose source nobody named
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

    With `hold`, for what is about to be stored or sent, none of it can change before the transaction ends.
    """
    allowed = audience.usable_spaces(audience.sight(tx, community_id), destination)
    in_answers = destination.kind != "moderation_desk"  # what may be used in answers is not what moderators may read
    return _stand(tx, community_id, allowed, items, hold=hold, in_answers=in_answers)


def _stand(
    tx: Tx, community_id: str, allowed: frozenset[str], items: Sequence[Evidence], *, hold: bool = False,
    in_answers: bool = True,
) -> list[Evidence | None]:  # fmt: skip
    wanted = ((e.space_id, e.source_id) for e in items if e.space_id in allowed)
    current = sources.quotable(tx, community_id, wanted, hold=hold, in_answers=in_answers)
    standing: list[Evidence | None] = []
    for item in items:
        source = current.get((item.space_id, item.source_id))
        span = locate(item.quote, source.text, near=item.start) if source else None
        if source is None or span is None:
            standing.append(None)
            continue
        standing.append(_at(tx, item, source, span))
    return standing


def _at(tx: Tx, item: Evidence, source: Source, span: tuple[int, int]) -> Evidence:
    start, end = span
    headings, place = item.headings, item.place
    if (source.version, start) != (item.source_version, item.start):  # moved, or cited for the first time
        headings, place = sources.place_at(tx, source.pk, start)
    return replace(
        item, start=start, end=end, quote=source.text[start:end], source_version=source.version, title=source.title,
        url=source.url, headings=headings, place=place,
    )  # fmt: skip


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


@dataclass(frozen=True)
class Readable:
    """What the readers of one destination may be shown, to look up the quotes of a person's edit in."""

    tx: Tx
    community_id: str
    destination: Destination

    @cached_property
    def spaces(self) -> dict[str, int]:
        """The keys of the spaces that may be quoted, by id."""
        seen = audience.sight(self.tx, self.community_id)
        return {s: seen.spaces[s].pk for s in audience.usable_spaces(seen, self.destination)}

    def prove(self, items: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """The items as they stand now; raises InvalidInput for the first that does not."""
        standing = self._standing(items)
        for item, found in zip(items, standing, strict=True):
            if found is None:
                raise _not_found(item.quote)
        return tuple(item for item in standing if item)

    def find(self, quote: str, likely: Sequence[Evidence]) -> Evidence:
        """Where a quote stands: in one of the likely sources, else in any that may be used; raises InvalidInput."""
        near = [replace(item, quote=quote, source_version=0) for item in likely]
        found = self._first(near) or self._first(self._holding(quote))
        if found is None:
            raise _not_found(quote)
        return found

    def _first(self, items: Sequence[Evidence]) -> Evidence | None:
        return next(filter(None, self._standing(items)), None)

    def _standing(self, items: Sequence[Evidence]) -> list[Evidence | None]:
        return _stand(self.tx, self.community_id, frozenset(self.spaces), items)

    def _holding(self, quote: str) -> list[Evidence]:
        """The quote as it may stand in the sources that share most of its words."""
        space_pks = list(self.spaces.values())
        words = list(dict.fromkeys(_WORD.findall(quote.lower())))[:MAX_WORDS]
        hits = [pk for pk, _ in fulltext.search(self.tx, words, space_pks, limit=CANDIDATES)]
        found = sources.passages(self.tx, self.community_id, hits, space_pks)
        near = (found[pk] for pk in hits if pk in found)
        return [Evidence(p.space_id, p.source_id, 0, p.start, p.end, quote) for p in near]


def _not_found(quote: str) -> InvalidInput:
    short = quote if len(quote) <= SHOWN_CHARACTERS else quote[: SHOWN_CHARACTERS - 1] + "…"
    return InvalidInput(
        f"These words are not in a source that all readers may read: “{short}”."
        " Quote exactly, or say it in your own words.",
        field="payload",
    )
