"""The text of a source as a page to read: headings, places, paragraphs, tables, and a quote marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup, escape

BlockKind = Literal["heading", "text", "table", "list"]
_BLOCK = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s")
_SPACE = re.compile(r"\s+")
CONTEXT = 320  # characters around a quote: about two sentences before and after


@dataclass(frozen=True)
class Block:
    """One piece of a source's text, escaped and ready to show."""

    kind: BlockKind
    html: Markup = Markup()
    rows: tuple[tuple[Markup, ...], ...] = ()  # of a table; of a list, one cell per item
    level: int = 2  # of a heading, 2..6
    slug: str = ""  # of a heading: what a link to it ends with
    place: str = ""  # where the block begins: "page 3", when it is another place than before

    @property
    def marked(self) -> bool:
        """Whether the highlighted quote runs through it."""
        return any("<mark" in html for html in (self.html, *(cell for row in self.rows for cell in row)))


@dataclass(frozen=True)
class InContext:
    """A quote inside the text around it."""

    before: str
    quote: str
    after: str
    cut_before: bool  # there is more text before
    cut_after: bool


def blocks(text: str, structure: Mapping[str, Any], *, mark: tuple[int, int] | None = None) -> list[Block]:
    """Cut an extracted text into blocks; `mark` is a span `[start, end)` to highlight."""
    headings = {start: (level, slug) for start, level, _title, slug in structure.get("headings", ())}
    top = min((level for level, _ in headings.values()), default=1)
    found = []
    places = _Places(structure)
    for match in _BLOCK.finditer(text):
        place = places.at(match.start())
        if match.start() in headings:
            level, slug = headings[match.start()]
            html = _marked(text, match.start(), match.end(), mark)
            found.append(Block("heading", html, level=min(level - top + 2, 6), slug=slug, place=place))
        else:
            found.append(_other(text, match.start(), match.end(), mark, place))
    return found


def is_markdown(text: str, structure: Mapping[str, Any]) -> bool:
    """Whether a text was kept as its author wrote it, instead of being extracted from a file or HTML."""
    marked_up = all(text.startswith("#", start) for start, *_ in structure.get("headings", ()))
    return marked_up and not structure.get("file", False)


def in_context(text: str, start: int, end: int) -> InContext:
    """The quote `text[start:end]` with whole words around it."""
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    if first and (space := _SPACE.search(text, first, start)):
        first = space.end()
    if last < len(text) and (spaces := list(_SPACE.finditer(text, end, last))):
        last = spaces[-1].start()
    return InContext(text[first:start], text[start:end], text[end:last], first > 0, last < len(text))


def highlighted(text: str, mark: tuple[int, int]) -> Markup:
    """A whole text, escaped, with the span `mark` highlighted."""
    return _marked(text, 0, len(text), mark)


class _Places:
    """Walks through the places of a text; each is told once, at the first block that begins in it."""

    def __init__(self, structure: Mapping[str, Any]) -> None:
        places = structure.get("places", ())
        self._rest = [(start, value if kind == "time" else f"{kind} {value}") for start, kind, value in places]
        self._told = ""

    def at(self, start: int) -> str:
        place = self._told
        while self._rest and self._rest[0][0] <= start:
            place = self._rest.pop(0)[1]
        if place == self._told:
            return ""
        self._told = place
        return place


def _other(text: str, start: int, end: int, mark: tuple[int, int] | None, place: str) -> Block:
    lines = list(_lines(text, start, end))
    columns = {text[a:b].count(" | ") for a, b in lines}
    if len(lines) > 1 and len(columns) == 1 and columns != {0}:
        return Block("table", rows=tuple(_row(text, a, b, mark) for a, b in lines), place=place)
    if all(_ITEM.match(text, a, b) for a, b in lines):
        return Block("list", rows=tuple((_marked(text, a, b, mark),) for a, b in lines), place=place)
    return Block("text", _marked(text, start, end, mark), place=place)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for line in text[start:end].split("\n"):
        yield at, at + len(line)
        at += len(line) + 1


def _row(text: str, start: int, end: int, mark: tuple[int, int] | None) -> tuple[Markup, ...]:
    cells, at = [], start
    for cell in text[start:end].split(" | "):
        cells.append(_marked(text, at, at + len(cell), mark))
        at += len(cell) + len(" | ")
    return tuple(cells)


def _marked(text: str, start: int, end: int, mark: tuple[int, int] | None) -> Markup:
    """`text[start:end]`, escaped, with the part inside `mark` highlighted; the first part carries the id `quote`."""
    first, last = (max(start, mark[0]), min(end, mark[1])) if mark else (start, start)
    if mark is None or first >= last:
        return escape(text[start:end])
    begins = Markup('<mark id="quote">') if first == mark[0] else Markup("<mark>")
    return escape(text[start:first]) + begins + escape(text[first:last]) + Markup("</mark>") + escape(text[last:end])
