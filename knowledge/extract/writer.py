"""Builds a document block by block, so that every offset is exact by construction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cohost.errors import UnreadableFile
from knowledge.extract.decode import clean
from knowledge.extract.document import Document, DocumentKind, Heading, Place, PlaceKind
from knowledge.extract.naming import title_from_name

LARGEST_WHOLE_TABLE = 1_500  # characters; a longer table would not fit in any chunk and is cut between rows
_SPACES = re.compile(r"[ \t\n]+")


class Writer:
    """Collects headings, paragraphs, lists, code and tables in reading order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._places: list[Place] = []
        self._whole: list[tuple[int, int]] = []
        self._slugs: Counter[str] = Counter()
        self._in_list = False
        self._next_place: tuple[PlaceKind, str] | None = None

    def heading(self, level: int, title: str, slug: str = "") -> None:
        """A line of its own; without `slug`, one is made from the title as code hosts do."""
        title = _SPACES.sub(" ", clean(title)).strip()
        if title:
            start = self._add(title)
            self._headings.append(Heading(start, min(max(level, 1), 6), title, self._unique(slug or slugify(title))))

    def paragraph(self, text: str) -> int | None:
        """Text that stands apart by a blank line; returns where it starts, None if there is nothing to see."""
        text = clean(text).strip()
        return self._add(text) if text else None

    def item(self, text: str) -> None:
        """One line of a list, marker and indentation included."""
        text = clean(text).rstrip()
        if text.strip():
            self._add(text, in_list=True)

    def verbatim(self, text: str) -> None:
        """Code: kept as it is, never cut."""
        text = clean(text).strip("\n").rstrip()
        if text.strip():
            start = self._add(text)
            self._whole.append((start, self._length))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows as `a | b | c` lines; empty rows are left out."""
        lines = [" | ".join(_SPACES.sub(" ", clean(cell)).strip() for cell in row) for row in rows]
        text = "\n".join(line for line in lines if line.strip(" |"))
        if text:
            start = self._add(text)
            if len(text) < LARGEST_WHOLE_TABLE:
                self._whole.append((start, self._length))

    def place(self, kind: PlaceKind, value: str) -> None:
        """What is written next stands here; a place without text leaves no trace."""
        self._next_place = (kind, value)

    def place_at(self, start: int, kind: PlaceKind, value: str) -> None:
        """A place inside a paragraph that is already written."""
        self._places.append(Place(start, kind, value))

    def document(self, name: str, kind: DocumentKind, *, title: str = "") -> Document:
        """The finished document; raises UnreadableFile `no_text` when nothing was written."""
        if self._length == 0:
            raise UnreadableFile("no_text", "There is no text in this file that a reader would see.")
        first = self._headings[0].title if self._headings else ""
        best = _SPACES.sub(" ", clean(title)).strip() or first or title_from_name(clean(name))
        return Document(best, self.text, tuple(self._headings), tuple(self._places), tuple(self._whole), kind)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings written so far."""
        return tuple(self._headings)

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "".join(self._parts)

    def _add(self, text: str, *, in_list: bool = False) -> int:
        if self._length:
            self._append("\n" if in_list and self._in_list else "\n\n")
        start = self._length
        self._in_list = in_list
        if self._next_place is not None:
            self._places.append(Place(start, *self._next_place))
            self._next_place = None
        self._append(text)
        return start

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _unique(self, slug: str) -> str:
        seen = self._slugs[slug]
        self._slugs[slug] += 1
        return self._unique(f"{slug}-{seen}") if seen else slug


def slugify(title: str) -> str:
    """Lower case, spaces to hyphens, punctuation dropped."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", title.lower()).strip()) or "section"
