"""What of a passage can be quoted by itself: a sentence, or a list, code or table whole, with the line that leads to it.

Texts of all formats mark these alike: an empty line between paragraphs, a sign or number before each item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.sentences import MIN_WORDS, sentence_spans

LABEL_WORDS = 8  # a line with fewer, without an end, above something else, is its title
LONGEST = 900  # characters: a longer "sentence" is a dump, a longer list is quoted by its items
LONGEST_CHAIN = 600  # the same for several below one line
MOST_BELOW = 20  # blocks that one line may lead to
ITEMS = 3  # lines without an end, one below the other, are a list whoever wrote them

Kind = Literal["prose", "list", "code", "table"]
_BLOCK = re.compile(r"[^\n](?:[^\n]|\n(?!\s*\n))*")
_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)]|[a-z]\))\s+\S")
_END = re.compile(r"[.!?:;…。！？؟][\"'”’»)\]*]*\s*$")
_COLON = re.compile(r"[:：][\"'”’»)\]*]*\s*$")
_CODE = re.compile(
    r"^(?:\t| {2,})\S|[;{}]\s*$|^\s*[)\]}<$>#@]|^\s*(?:import|from|def|class|return|const|let|var|pip|npm|git|cd|python3?)\s\S+"
    r"|^\s*[\w.]+\([^()]*(?:\(.*\))?[^()]*\)?\s*$|^\s*[\w.,\[\]'\" ]+\s=\s\S"
)


@dataclass(frozen=True)
class _Block:
    start: int
    end: int
    kind: Kind


def parts_of(text: str) -> list[tuple[int, int, int]]:
    """`[start, end)` and the number of the paragraph, in the order of the text.

    What leads to nothing, titles, code without a word about it, and questions are no parts.
    """
    blocks = list(_blocks(text))
    found: list[tuple[int, int, int]] = []
    taken = 0  # up to where the text has been used
    for at, block in enumerate(blocks):
        if block.start < taken:
            continue
        if block.kind != "prose":
            found += _of_a_list(text, block, at)
            continue
        below = blocks[at + 1 : at + 1 + MOST_BELOW]
        for start, end in sentence_spans(text[block.start : block.end]):
            start, end = block.start + start, block.start + end
            if _leads(text[start:end], below):
                end = taken = _led_to(text, start, end, below)
            if _is_quotable(text[start:end], alone=not below):
                found.append((start, end, at))
    return found


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs, cut where a list begins right below its first line."""
    for found in _BLOCK.finditer(text):
        lines = [(found.start() + m.start(), found.start() + m.end()) for m in _LINE.finditer(found[0])]
        first = next((n for n, line in enumerate(lines) if _ITEM.match(text[slice(*line)])), 0)
        for some in (lines[:first], lines[first:]):
            if some:
                yield _Block(some[0][0], some[-1][1], _kind([text[slice(*line)] for line in some]))


def _kind(lines: Sequence[str]) -> Kind:
    if _ITEM.match(lines[0]):
        return "list"
    if sum(" | " in line for line in lines) > len(lines) / 2:
        return "table"
    if sum(bool(_CODE.search(line)) and not line.endswith(".") for line in lines) >= max(1, len(lines) / 2):
        return "code"
    open_lines = sum(not _END.search(line) and len(line.split()) < 2 * LABEL_WORDS for line in lines)
    return "list" if len(lines) >= ITEMS and open_lines > len(lines) / 2 else "prose"


def _leads(line: str, below: Sequence[_Block]) -> bool:
    """Whether it is nothing without what stands below: it ends with a colon, or with nothing above a list."""
    above_list = bool(below) and below[0].kind == "list" and not _END.search(line)
    return _COLON.search(line) is not None or above_list


def _led_to(text: str, start: int, end: int, below: Sequence[_Block]) -> int:
    """Where that ends which a line with a colon leads to: a list goes on below code, and code below a further colon."""
    for n, block in enumerate(below):
        goes_on = n == 0 or block.kind == below[n - 1].kind == "list" or _COLON.search(text[:end])
        if block.kind == "prose" or not goes_on or block.end - start > (LONGEST if n == 0 else LONGEST_CHAIN):
            break
        end = block.end
    return end


def _of_a_list(text: str, block: _Block, at: int) -> Iterator[tuple[int, int, int]]:
    """The whole of it, or its items where it is too long; nothing of code, which says nothing by itself."""
    if block.kind == "code":
        return
    if block.end - block.start <= LONGEST and _is_quotable(text[block.start : block.end], alone=True):
        yield block.start, block.end, at
        return
    for line in _LINE.finditer(text, block.start, block.end):
        if _is_quotable(line[0], alone=True):
            yield *line.span(), at


def _is_quotable(text: str, *, alone: bool) -> bool:
    words = len(text.split())
    title = not alone and words < LABEL_WORDS and not _END.search(text)
    asks_or_leads = text.rstrip().endswith(("?", ":", "：", "？"))
    return words >= MIN_WORDS and len(text) <= LONGEST and not title and not asks_or_leads
