"""Where sentences begin and end, in offsets of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

from cohost.model import Passage

MIN_WORDS = 4  # shorter lines are labels and list heads
MAX_UNIT_CHARACTERS = 900  # a longer "sentence" is a dump

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


@dataclass(frozen=True)
class Unit:
    """A sentence within a passage."""

    passage: int
    start: int  # offsets in the source's text
    end: int
    text: str


def units(passages: Sequence[Passage]) -> list[Unit]:
    """Sentences that may answer: no questions, no labels, no dumps."""
    found = []
    for at, passage in enumerate(passages):
        for start, end in sentence_spans(passage.text):
            text = passage.text[start:end]
            if len(text.split()) >= MIN_WORDS and len(text) <= MAX_UNIT_CHARACTERS and not text.endswith("?"):
                found.append(Unit(at, passage.start + start, passage.start + end, text))
    return found
