"""What every reader returns: the text of one file, and where in it things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlaceKind = Literal["page", "slide", "time", "cell"]
DocumentKind = Literal["lesson", "transcript", "page"]


@dataclass(frozen=True)
class Heading:
    """A heading; its title stands in the text as a line of its own."""

    start: int  # offset of the heading's line in the text
    level: int  # 1..6
    title: str
    slug: str  # what a link to this heading ends with, unique in the document


@dataclass(frozen=True)
class Place:
    """From `start` to the next place, the text comes from this page, slide, moment or cell."""

    start: int
    kind: PlaceKind
    value: str  # "3" for a page, slide or cell (counted from 1); "00:02:15" for a moment


@dataclass(frozen=True)
class Document:
    """Text as a reader would see it, with exact offsets (code points) into it."""

    title: str
    text: str
    headings: tuple[Heading, ...]  # by start
    places: tuple[Place, ...]  # by start
    whole: tuple[tuple[int, int], ...]  # spans [start, end) that must not be cut: code blocks, small tables
    kind: DocumentKind
