"""A suggestion's quotes, each shown inside its source as the source stands now."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from api.console.page import Visit, source_path
from api.console.reading import InContext, in_context
from cohost import audience, quotes
from cohost.model import Source
from cohost.store import sources
from cohost.suggestion import Evidence, Suggestion


@dataclass(frozen=True)
class Shown:
    """One quote with the text around it; without a context it no longer stands, or its reader may not see it."""

    item: Evidence
    space: str  # the name of its space
    context: InContext | None
    path: str  # of the source's page, at the quote; "" where there is none


def in_sources(visit: Visit, suggestion: Suggestion) -> list[Shown]:
    """Every quote of a suggestion; one that the destination's readers may not read any more has no context."""
    items = suggestion.evidence
    with visit.core.store.read() as tx:
        standing = quotes.stand(tx, visit.community.id, suggestion.destination, items)
        texts = sources.texts(tx, visit.community.id, ((e.space_id, e.source_id) for e in items))
    allowed = audience.readable_spaces(visit.sight, visit.caller)
    return [
        _shown(visit, item, found if item.space_id in allowed else None, texts.get((item.space_id, item.source_id)))
        for item, found in zip(items, standing, strict=True)
    ]


def _shown(visit: Visit, item: Evidence, found: Evidence | None, source: Source | None) -> Shown:
    space = visit.sight.spaces.get(item.space_id)
    name = space.name if space else "a space that is gone"
    if found is None or source is None:
        return Shown(item, name, None, "")
    span = urlencode({"start": found.start, "end": found.end})
    path = f"{source_path(item.space_id, item.source_id)}?{span}#quote"
    return Shown(found, name, in_context(source.text, found.start, found.end), path)
