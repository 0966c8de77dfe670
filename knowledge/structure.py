"""The structure of text that came through the API: kept as it was written, its headings and code blocks found."""

from __future__ import annotations

import re

from knowledge.extract.document import Document, Heading

_FENCE = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S[^\n]*?)[ \t]*#*[ \t]*$", re.MULTILINE)
_NOT_WORD = re.compile(r"[^\w]+")


def document_from_text(title: str, text: str) -> Document:
    """A document whose text is `text` to the letter."""
    whole = tuple((m.start(), m.end()) for m in _FENCE.finditer(text))
    headings = tuple(
        Heading(m.start(), len(m[1]), m[2], slug(m[2]))
        for m in _HEADING.finditer(text)
        if not any(start <= m.start() < end for start, end in whole)
    )
    return Document(title=title, text=text, headings=headings, places=(), whole=whole, kind="page")


def slug(title: str) -> str:
    """`Feeding a starter` → `feeding-a-starter`."""
    return _NOT_WORD.sub("-", title.lower()).strip("-")
