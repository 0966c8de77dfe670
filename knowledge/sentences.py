"""Where sentences begin and end, in offsets of the text."""

from __future__ import annotations

import re

import sentencex

_LINE = re.compile(r"[^\n]+")


def sentence_spans(text: str, *, wrapped: bool = False) -> list[tuple[int, int]]:
    """Spans `[start, end)` of sentences without surrounding white space.

    A line break ends a sentence, as in lists and headings; with `wrapped`, only an empty line does.
    """
    pattern = re.compile(r"(?:[^\n]|\n(?!\s*\n))+") if wrapped else _LINE
    spans = []
    for block in pattern.finditer(text):
        for found in sentencex.get_sentence_boundaries("en", block.group()):
            spans.append(_trimmed(text, block.start() + found["start_index"], block.start() + found["end_index"]))
    return [(start, end) for start, end in spans if end > start]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
