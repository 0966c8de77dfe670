"""The passages that a theme is about, among those every reader of a space may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cohost.model import Passage, SourceKind
from cohost.ports import Query, Search
from cohost.suggestion import Destination

LOOKED_AT: Final = 30
NEAR: Final = 0.25  # cosine with the theme; a passage that has its words is near in any case
LESSONS: Final[frozenset[SourceKind]] = frozenset({"lesson", "transcript", "page"})


def passages(search: Search, community_id: str, theme: str, to: Destination) -> list[Passage]:
    """Of lessons, nearest first; none where the material does not speak of the theme."""
    found = search.search(Query(community_id, theme, to, top_k=LOOKED_AT))
    return [one for one in found if one.kind in LESSONS and _is_near(one, theme)]


def among(start: int, end: int, chosen: Sequence[Passage]) -> bool:
    """Whether a span of a lesson touches one of its chosen passages."""
    return any(start < one.end and one.start < end for one in chosen)


def _is_near(passage: Passage, theme: str) -> bool:
    text = " ".join((passage.title, *passage.headings, passage.text)).casefold()
    return passage.cosine_similarity >= NEAR or theme.casefold() in text
