"""A member's reply as the answer: the sentences of it that answer, to be highlighted once a host agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cohost.jobs.answer_choice import choose, joined
from cohost.jobs.answer_payload import Claim, evidence_of, payload, quote_of
from cohost.model import Member, Passage
from cohost.ports import Search
from cohost.suggestion import Evidence

RATIONALE = "A member answered: highlight it. The sentences that answer are quoted word for word from their reply."


@dataclass(frozen=True)
class Highlight:
    """What takes the place of a draft."""

    payload: dict[str, Any]
    evidence: tuple[Evidence, ...]
    passages: tuple[Passage, ...]  # of the reply
    probability: float = 0.0  # 0..1 that they answer


def highlight(
    question: str, reply: Sequence[Passage], author: Member, search: Search, *, words: int
) -> Highlight | None:
    """The reply as an answer; None where it only asks back."""
    told = [one for one in search.sentences(question, reply) if not one.text.rstrip().endswith("?")]
    if not told:
        return None
    evidence = tuple(evidence_of(reply[at], start, end) for at, start, end in joined(choose(told, words), reply))
    claims = [Claim(text=item.quote, quotes=(quote_of(item),)) for item in evidence]
    shown = payload(question, claims, evidence, answered_by=author.id, answerer=author.name)
    return Highlight(shown, evidence, tuple(reply))
