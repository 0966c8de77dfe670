"""Answers in a space that teaches: where to read and a first step, and not the solution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cohost.jobs.answer_payload import Claim, evidence_of, is_quote, quote_of
from cohost.model import Passage, Request, Space
from cohost.store import Tx, places
from cohost.suggestion import Evidence

MAX_PLACES = 3  # to read; more would be a search result
OPENING_WORDS = 8  # of a passage: enough to find it, too few to be the answer
_CODE = re.compile(r"```|~~~|^(?: {4}|\t)\S", re.MULTILINE)
_WORD = re.compile(r"\S+")
_MARK = re.compile(r"(?:[#>*+|:`~-]+|\d+[.)])")  # of a heading, a list, a table or a fence: no word
_FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)


def teaches(tx: Tx, request: Request, passages: Iterable[Passage]) -> bool:
    """Whether to give hints: the space where it is asked says; without one, any of the spaces that hold the material."""
    found: dict[str, Space] = {space.id: space for space in places.all_spaces(tx, request.community_id)}
    asked_in = [request.space_id] if request.space_id else [passage.space_id for passage in passages]
    return any(found[space].answers == "tutor" for space in asked_in if space in found)


def hints(passages: Sequence[Passage]) -> tuple[list[Claim], list[Evidence]]:
    """Where to read: the opening words of each passage, with its place."""
    evidence = [item for passage in passages[:MAX_PLACES] if (item := opening(passage))]
    return [Claim(text=_hint(item), quotes=(quote_of(item),)) for item in evidence], evidence


def gives_away(claim: Claim) -> bool:
    """Whether a model's hint is the solution after all: code, or the words of the source."""
    return is_quote(claim) or _CODE.search(claim.text) is not None


def _hint(item: Evidence) -> str:
    return f"Read the part that begins “{' '.join(item.quote.split())} …”"


def opening(passage: Passage) -> Evidence | None:
    """The first words of a passage's prose, at most half of its first line."""
    prose = _FENCED.sub(lambda code: " " * len(code[0]), passage.text)
    for line in re.finditer(r"[^\n]+", prose):
        words = [word for word in _WORD.finditer(line[0]) if not _MARK.fullmatch(word[0])]
        shown = words[: min(OPENING_WORDS, len(words) // 2)]
        if len(shown) > 1 and not line[0].lstrip().startswith("#"):
            start = passage.start + line.start()
            return evidence_of(passage, start + shown[0].start(), start + shown[-1].end())
    return None
