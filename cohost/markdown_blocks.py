"""The blocks of a Markdown text, and what stands in block quotes: found by a CommonMark parser, as readers will see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_EMPTY_LINE = re.compile(r"\n\s*\n")
_MARK = re.compile(r"^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*> ?")  # the items of a list may begin with a quote


@dataclass(frozen=True)
class Block:
    """A paragraph, list, quote, table or code block."""

    text: str  # as written
    quotes: tuple[str, ...] = ()  # what stands in block quotes within it, without their marks
    is_quote: bool = False  # it is one block quote and nothing else


def blocks(text: str) -> list[Block]:
    """All blocks in order; `text` has `\\n` line ends and no HTML that counts as such."""
    tokens = _parser().parse(text)
    lines = text.split("\n")
    found: list[Block] = []
    end = 0
    for at, token in enumerate(tokens):
        if token.level == 0 and token.map is not None and token.map[0] >= end:
            found += _unseen(lines[end : token.map[0]])
            end = token.map[1]
            found += _block(lines, token.map, list(_quoted_lines(_inside(tokens, at))))
    return found + _unseen(lines[end:])


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _block(lines: Sequence[str], extent: Sequence[int], quoted: Sequence[tuple[int, int]]) -> list[Block]:
    text = "\n".join(lines[slice(*extent)]).strip("\n").rstrip()
    quotes = tuple(_without_marks(lines[start:end]) for start, end in quoted)
    return [Block(text, quotes, is_quote=list(quoted) == [tuple(extent)] and text.lstrip().startswith(">"))]


def _unseen(lines: Sequence[str]) -> list[Block]:
    """Lines that make no token, such as definitions of links: kept as they are."""
    return [Block(part.strip()) for part in _EMPTY_LINE.split("\n".join(lines)) if part.strip()]


def _inside(tokens: Sequence[Token], at: int) -> Iterator[Token]:
    """A token of the outermost level with all that it contains."""
    yield tokens[at]
    for token in tokens[at + 1 :]:
        if token.level == 0:
            return
        yield token


def _quoted_lines(tokens: Iterator[Token]) -> Iterator[tuple[int, int]]:
    """Line ranges of the block quotes that stand in no other one."""
    end = 0
    for token in tokens:
        if token.type == "blockquote_open" and token.map is not None and token.map[0] >= end:
            end = token.map[1]
            yield token.map[0], end


def _without_marks(lines: Sequence[str]) -> str:
    return "\n".join(_MARK.sub("", line) for line in lines).strip()
