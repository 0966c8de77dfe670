"""Guidelines to pick from, by a host's answers to plain questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml

from cohost.errors import InvalidInput
from cohost.ports import Embedder
from cohost.prompts import FOLDER

FILE: Final = FOLDER / "guidelines" / "proposals.yaml"
ALIKE: Final = 0.55  # cosine from which on a guideline that is there already says much the same


@dataclass(frozen=True)
class Choice:
    """One answer to a question; without a text it brings no guideline."""

    id: str
    label: str
    text: str
    reason: str  # for the host


@dataclass(frozen=True)
class Question:
    """What a host is asked."""

    id: str
    question: str
    answers: tuple[Choice, ...]


@dataclass(frozen=True)
class Proposal:
    """A guideline to pick and edit."""

    id: str
    text: str
    reason: str
    like: int | None  # number of a guideline, from 1, that says much the same already


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order in which they are asked."""
    return tuple(
        Question(one["id"], one["question"], tuple(Choice(**choice) for choice in one["answers"]))
        for one in _read()["questions"]
    )


def proposals(answers: Mapping[str, str], known: Sequence[str], embedder: Embedder) -> list[Proposal]:
    """Those that fit every community, then one for each answer (question → choice) that brings one; in a fixed order.

    `known` are the guidelines as they are. Raises InvalidInput for a question or a choice that there is not.
    """
    _check(answers)
    chosen = [(one["id"], one["text"], one["reason"]) for one in _read()["always"]]
    for asked in questions():
        found = [choice for choice in asked.answers if choice.id == answers.get(asked.id)]
        chosen += [(asked.id, choice.text, choice.reason) for choice in found if choice.text]
    likes = _likes([text for _, text, _ in chosen], known, embedder)
    return [Proposal(*one, like) for one, like in zip(chosen, likes, strict=True)]


def _check(answers: Mapping[str, str]) -> None:
    known = {one.id: [choice.id for choice in one.answers] for one in questions()}
    for asked, answer in answers.items():
        if asked not in known:
            raise InvalidInput(f"{asked!r} is no question; there are: {', '.join(known)}.", field="answers")
        if answer not in known[asked]:
            raise InvalidInput(f"{asked!r} is answered by one of: {', '.join(known[asked])}.", field=f"answers.{asked}")


def _likes(texts: Sequence[str], known: Sequence[str], embedder: Embedder) -> list[int | None]:
    if not known:
        return [None] * len(texts)
    cosines = embedder.embed(texts) @ embedder.embed(known).T
    return [int(row.argmax()) + 1 if row.max() >= ALIKE else None for row in cosines]


@cache
def _read() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))
