"""PDF: lines put back into paragraphs, page by page, without running heads and page numbers."""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from cohost.errors import UnreadableFile
from knowledge.extract.decode import clean
from knowledge.extract.document import Document
from knowledge.extract.naming import title_from_name
from knowledge.extract.pdf_lines import Layout, Line, layout_of, lines_of, paragraphs_of, pieces_of
from knowledge.extract.writer import Writer

MOST_PAGES = 2_000
_RUNNING = 0.5  # share of pages on which a line at the edge must recur to be a running head
_FEWEST_PAGES = 4  # below this, what recurs may be content
_EDGE_LINES = 2  # running heads and feet take at most two lines
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|p\.)?\s*#\s*(?:(?:of|von|sur|de|/)\s*#)?\W*", re.IGNORECASE)
_COVER = 250  # characters that may stand on a cover before the title
_LONGEST_HEADING = 120  # characters
_HEADING_WORD = re.compile(r"(?<![/.\w])[^\W\d_]{3,}(?![/.]\w)|[\u2e80-\u9fff]{2}")  # a word, not a symbol or address
_TOOL_TITLE = re.compile(r"^(microsoft \w+ -|powerpoint presentation|untitled|slide 1|.*\.\w{2,4}$)", re.IGNORECASE)
# What the library raises on damaged files: its own errors, and slips (unknown filters are RuntimeErrors).
_SLIPS = (AssertionError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_DAMAGE = (PyPdfError, zlib.error, *_SLIPS)


def read(data: bytes, name: str) -> Document:
    """Pages in order, counted from 1; raises `encrypted`, `damaged`, `too_large`, or `no_text` for a scan."""
    reader = _opened(data, name)
    pages = [_lines(page, name) for page in _pages(reader, name)]
    if not any(pages):
        raise UnreadableFile("no_text", f"{name} holds pictures of pages, not text; run text recognition on it first.")
    writer = Writer()
    layout = layout_of(pages)
    for number, lines in enumerate(_without_running(pages, layout), start=1):
        writer.place("page", str(number))
        _page(lines, layout, writer)
    # A later heading is not the title: the cover may be a picture.
    cover = next((heading.title for heading in writer.headings if heading.start <= _COVER), "")
    return writer.document(name, "lesson", title=_own_title(reader) or cover or title_from_name(name))


def _opened(data: bytes, name: str) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile("encrypted", f"{name} is protected by a password; save it without one.")
    except DependencyError as error:
        raise UnreadableFile("encrypted", f"{name} is protected in a way that cannot be opened.") from error
    except _DAMAGE as error:
        raise UnreadableFile("damaged", f"{name} is cut off or damaged; upload it again.") from error
    return reader


def _pages(reader: PdfReader, name: str) -> list[Any]:
    try:
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise UnreadableFile("too_large", f"{name} has more than {MOST_PAGES:,} pages; split it.")
        if count == 0:
            raise UnreadableFile("damaged", f"{name} has no pages; upload it again.")
        return list(reader.pages)
    except _DAMAGE as error:
        raise UnreadableFile("damaged", f"{name} is cut off or damaged; upload it again.") from error


def _lines(page: Any, name: str) -> list[Line]:
    try:
        pieces = pieces_of(page)
    except _DAMAGE as error:
        raise UnreadableFile("damaged", f"{name} holds a page that cannot be read.") from error
    return lines_of(pieces)


def _without_running(pages: list[list[Line]], layout: Layout) -> list[list[Line]]:
    """Drop lines at the edge of a page that recur on most pages at the same height."""
    marks = Counter(mark for lines in pages for mark in {_mark(lines[index], layout) for index in _edges(lines)})
    running = {mark for mark, count in marks.items() if _is_running(mark[0], count, len(pages))}
    return [
        [line for index, line in enumerate(lines) if index not in _edges(lines) or _mark(line, layout) not in running]
        for lines in pages
    ]


def _mark(line: Line, layout: Layout) -> tuple[str, int]:
    """What recurs: the text and its height; digits count alike, but not in headings ("Question 7")."""
    text = " ".join(line.text.lower().split())
    return (text if line.size in layout.levels else re.sub(r"\d+", "#", text)), round(line.y)


def _is_running(text: str, count: int, pages: int) -> bool:
    if _PAGE_NUMBER.fullmatch(text) and pages > 1:
        return count >= min(_FEWEST_PAGES, pages)
    return count >= max(_FEWEST_PAGES, _RUNNING * pages)


def _edges(lines: Sequence[Line]) -> set[int]:
    return {index for index in range(len(lines)) if min(index, len(lines) - 1 - index) < _EDGE_LINES}


def _page(lines: list[Line], layout: Layout, writer: Writer) -> None:
    for block in paragraphs_of(lines, layout):
        level = layout.levels.get(block.size)
        text = clean(block.text)
        if level and not block.is_item and not block.is_code and _reads_like_heading(text):
            writer.heading(level, text)
        elif block.is_code:
            writer.verbatim(text)
        elif block.is_item:
            writer.item(text)
        else:
            writer.paragraph(text)


def _reads_like_heading(text: str) -> bool:
    return len(text) <= _LONGEST_HEADING and _HEADING_WORD.search(text) is not None and not text.endswith((".", ","))


def _own_title(reader: PdfReader) -> str:
    try:
        title = (reader.metadata.title if reader.metadata else None) or ""
    except _DAMAGE:  # a broken information block says nothing about the pages
        return ""
    return "" if _TOOL_TITLE.match(title.strip()) else title
