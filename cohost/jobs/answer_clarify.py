"""A question that names nothing gets a question back: which of the places that come near it is meant?"""

from __future__ import annotations

from collections.abc import Sequence

from cohost.jobs.answer_payload import Claim, folded, quote_of
from cohost.jobs.tutor import opening
from cohost.model import Passage
from cohost.suggestion import Evidence

PLACES = 3  # to choose from; more would be a search result
RATIONALE = "The question does not say what it is about, so the draft asks back."


def asked_back(passages: Sequence[Passage]) -> tuple[list[Claim], list[Evidence]]:
    """What may be meant, each with its place; nothing where only one place comes near."""
    places: dict[tuple[str, str, tuple[str, ...]], Passage] = {}
    for passage in passages:
        places.setdefault((passage.space_id, passage.source_id, passage.headings), passage)
    found = [item for passage in list(places.values())[:PLACES] if (item := opening(passage))]
    if len(found) < 2:
        return [], []
    return [Claim(text=_offer(item, n), quotes=(quote_of(item),)) for n, item in enumerate(found)], found


def _offer(item: Evidence, n: int) -> str:
    begins = f"what begins with “{folded(item.quote)} …”?"
    return f"Or is it {begins}" if n else f"Could you say a little more about what you mean? Is it {begins}"
