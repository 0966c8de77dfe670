"""Titles as links."""

from __future__ import annotations

import re
from urllib.parse import quote

from cohost import safety
from cohost.model import Community, Source

BOARD = "board"  # the connector whose pages are Cohost's own


def address(community: Community, source: Source) -> str | None:
    """Where members read it: on their platform, or on the built-in board."""
    if source.url or community.settings.connector != BOARD:
        return source.url
    return f"/board/{quote(source.space_id, safe='')}/sources/{quote(source.id)}"


def linked(community: Community, source: Source, otherwise: str = "this thread") -> str:
    """The title as a Markdown link, or quoted where there is no address; whoever writes a title posts nothing through it."""
    label = safety.clean(" ".join((source.title or otherwise).split())).replace("[", "(").replace("]", ")")
    url = address(community, source)
    return f"[{label}](<{url}>)" if url else f"“{label}”"


def own_in(text: str) -> frozenset[str]:
    """Addresses on the built-in board that a text links to."""
    return frozenset(re.findall(r"\]\(<?(/board/[^\s<>()]+)>?\)", text))
