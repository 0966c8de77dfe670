"""The lines of a PDF page, and which of them belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NamedTuple

_FULL = 0.85  # of the widest line: where the next word would not have fitted, the break is only layout
_WIDE_PAGE = 40  # characters; on narrower pages (slides, columns) a full line proves nothing
_GAP = 1.1  # times the usual step between lines: a larger step down begins a paragraph
_HEADING_GAP = 1.4  # times the size of type: headings of several lines are rare and have no usual step
_HEADING_SIZE = 1.15  # times the size of body text
_BODY_SHARE = 0.2  # of all characters; in slides the largest such size is body text, not the smallest label's
_LEADINGS = (0.9, 2.5)  # times the size of type, between which a step down can be the one between wrapped lines
_WRAPPED = 0.2  # the share of steps that wrapped lines make at least; those between paragraphs are larger
# Symbol fonts put their bullets into the private use area, where nothing else begins a line.
_BULLET = re.compile(r"^[•●▪■◦‣∙·○–*-]\s+(?=\S)|^[•●▪■◦‣∙\ue000-\uf8ff]\s*(?=\S)")
_NUMBERED = re.compile(r"^\(?(?:\d{1,2}|[a-z])[.)]\s+\S")
_MONOSPACED = re.compile(r"mono|courier|consol|menlo|typewriter|cmtt", re.IGNORECASE)
_STOP = tuple(".:;!?。！？")
_CODE_END = tuple("(){}[];=<>")
_SHELL = tuple("!$%#>")
_COMPOUND = re.compile(r"[^\W\d]+-[^\W\d]+")
_HYPHENS = ("-", "\u2010", "\u00ad")


class Piece(NamedTuple):
    """A run of type as the library reports it; line ends are pieces too."""

    text: str
    size: float  # in points
    y: float
    font: str


@dataclass(frozen=True)
class Line:
    """A line as it stands on the page."""

    text: str
    size: float  # of most of its type, in points, rounded to halves
    y: float  # height of its baseline on the page; smaller is lower
    is_code: bool


@dataclass(frozen=True)
class Layout:
    """What a whole file tells about its typesetting."""

    leadings: Mapping[float, float]  # size of type -> step between two lines of a paragraph, in points
    levels: Mapping[float, int]  # size of type -> level of heading, 1 being the largest; only clearly large sizes
    compounds: frozenset[str]  # words seen with a hyphen inside a line, which keep it at a line's end


@dataclass(frozen=True)
class Block:
    """Lines put back together."""

    text: str
    size: float
    is_code: bool
    is_item: bool


def pieces_of(page: Any) -> list[Piece]:
    """What the library finds on a page, in the order of its content; raises what the library raises."""
    pieces: list[Piece] = []

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        scale = abs(tm[3] or tm[1]) * abs(cm[3] or cm[1])
        name = str((font or {}).get("/BaseFont", "")) if isinstance(font, dict) else ""
        pieces.append(Piece(text, size * scale, tm[4] * cm[1] + tm[5] * cm[3] + cm[5], name))

    page.extract_text(visitor_text=visit)
    return pieces


def lines_of(pieces: Iterable[Piece]) -> list[Line]:
    """The lines of a page, blank ones left out."""
    return [_line(line) for line in _split(pieces) if any(piece.text.strip() for piece in line)]


def layout_of(pages: Sequence[Sequence[Line]]) -> Layout:
    """How this file sets its text; a page alone shows too little of it."""
    steps: dict[float, list[float]] = {}
    compounds: set[str] = set()
    for lines in pages:
        compounds.update(word.lower() for line in lines for word in _COMPOUND.findall(line.text))
        for above, line in pairwise(lines):
            step = above.y - line.y
            if above.size == line.size and _LEADINGS[0] * line.size <= step <= _LEADINGS[1] * line.size:
                steps.setdefault(line.size, []).append(step)
    leadings = {size: sorted(found)[int(_WRAPPED * len(found))] for size, found in steps.items()}
    return Layout(leadings, _heading_levels(pages), frozenset(compounds))


def paragraphs_of(lines: Sequence[Line], layout: Layout) -> Iterator[Block]:
    """Join what layout broke: wrapped lines with a space, hyphenated words without."""
    widest = max((len(line.text) for line in lines), default=0)
    group: list[Line] = []
    for line in lines:
        if group and not _belongs(group[-1], line, widest, layout):
            yield _block(group, layout)
            group = []
        group.append(line)
    if group:
        yield _block(group, layout)


def _heading_levels(pages: Iterable[Sequence[Line]]) -> dict[float, int]:
    sizes: Counter[float] = Counter()
    for line in chain.from_iterable(lines[1:] for lines in pages):  # the first line of a slide is its title
        sizes[line.size] += len(line.text)
    common = [size for size, count in sizes.items() if count >= _BODY_SHARE * sizes.total()]
    body = max(common or [size for size, _ in sizes.most_common(1)], default=0.0)
    seen = {line.size for line in chain.from_iterable(pages)}
    larger = sorted((size for size in seen if body and size >= _HEADING_SIZE * body), reverse=True)
    return {size: min(rank, 6) for rank, size in enumerate(larger, start=1)}


def _split(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    current: list[Piece] = []
    for piece in pieces:
        first, *others = piece.text.split("\n")
        current.append(piece._replace(text=first))
        for part in others:
            yield current
            current = [piece._replace(text=part)]
    yield current


def _line(pieces: Sequence[Piece]) -> Line:
    text = " ".join("".join(piece.text for piece in pieces).split())
    sizes: Counter[float] = Counter()
    fonts: Counter[bool] = Counter()
    for piece in pieces:
        sizes[round(piece.size * 2) / 2] += len(piece.text.strip())
        fonts[_MONOSPACED.search(piece.font) is not None] += len(piece.text.strip())
    y = next(piece.y for piece in pieces if piece.text.strip())
    return Line(text, sizes.most_common(1)[0][0], y, fonts.most_common(1)[0][0])


def _belongs(last: Line, line: Line, widest: int, layout: Layout) -> bool:
    """Whether a line continues the one above it."""
    if last.is_code or line.is_code:
        return last.is_code and line.is_code
    if last.size != line.size or _starts_item(line.text) or line.text.startswith(_SHELL):
        return False
    if last.text.endswith(_HYPHENS) and line.text[:1].islower():
        return True
    if line.size in layout.levels:
        return 0 < last.y - line.y < _HEADING_GAP * line.size and not last.text.endswith(_STOP)
    if last.y - line.y > _GAP * layout.leadings.get(line.size, 1.25 * line.size):
        return False
    if widest >= _WIDE_PAGE and len(last.text) + 1 + len(line.text.partition(" ")[0]) > _FULL * widest:
        return True
    return line.text[:1].islower() and not last.text.endswith((*_STOP, *_CODE_END))


def _starts_item(text: str) -> bool:
    return _BULLET.match(text) is not None or _NUMBERED.match(text) is not None


def _block(lines: Sequence[Line], layout: Layout) -> Block:
    first = lines[0]
    if first.is_code:
        return Block("\n".join(line.text for line in lines), first.size, is_code=True, is_item=False)
    text = first.text
    for line in lines[1:]:
        text = _joined(text, line.text, layout.compounds)
    return Block(_BULLET.sub("- ", text), first.size, is_code=False, is_item=_starts_item(first.text))


def _joined(text: str, line: str, compounds: frozenset[str]) -> str:
    if not text.endswith(_HYPHENS) or not line[:1].islower() or not text[-2:-1].isalpha():
        return f"{text} {line}"
    pair = re.split(r"\W", text[:-1])[-1] + "-" + re.split(r"\W", line)[0]
    return text + line if pair.lower() in compounds else text[:-1] + line
