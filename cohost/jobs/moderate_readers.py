"""Second readers of a post that is about to be flagged: their view stands beside the flag and never takes it away.

An author could write a post that talks a language model out of a flag. So the model is asked for an opinion only; that
the readers disagree is shown, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from cohost import prompts, safety
from cohost.errors import ModelUnavailable
from cohost.jobs.moderate_payload import Opinion
from cohost.jobs.moderate_words import CATEGORIES
from cohost.jobs.shape import Tools
from cohost.language import in_another_language
from cohost.model import Source
from cohost.ports import Finding

LONGEST_NOTE = 600  # characters: a note that nobody reads to its end helps nobody
SURE = 0.5  # of a second reader's score, 0..1
POST_CHARACTERS, PARENT_CHARACTERS, MARKED_CHARACTERS = 8_000, 4_000, 2_000
# What the endpoint's categories are called here; what it does not know (spam, personal data, purpose) it is not asked.
ENDPOINT = {
    "harassment": "harassment", "harassment/threatening": "threat", "hate": "hate", "hate/threatening": "hate",
    "sexual": "sexual", "sexual/minors": "sexual", "self-harm": "distress", "self-harm/intent": "distress",
    "self-harm/instructions": "distress", "violence": "threat", "violence/graphic": "threat",
}  # fmt: skip


class SecondLook(BaseModel):
    """What a language model is asked to return."""

    sees_it: bool = Field(description="whether a fair reader would say so")
    reason: str = Field(description="one sentence for the moderator")
    note: str = Field(description="two or three sentences to the author")


@dataclass(frozen=True)
class Judged:
    """What the second readers said."""

    opinions: tuple[Opinion, ...] = ()
    note: str = ""  # to the author, in the model's words
    made_by: str = ""  # the model, if its note is used
    prompt: str = ""
    prompt_hash: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


def second_look(post: Source, parent: Source | None, finding: Finding, guideline: str, tools: Tools) -> Judged:
    """Ask whoever is configured; a reader that does not answer is left out."""
    asked = _by_endpoint(post, finding, tools)
    if tools.model is None:
        return Judged(asked)
    try:
        return _by_model(post, parent, finding, guideline, tools, asked)
    except ModelUnavailable:
        return Judged(asked)


def _by_endpoint(post: Source, finding: Finding, tools: Tools) -> tuple[Opinion, ...]:
    if tools.second_reader is None or finding.category not in ENDPOINT.values():
        return ()
    try:
        scores = tools.second_reader.scores(post.text[:POST_CHARACTERS])
    except ModelUnavailable:
        return ()
    seen = max((score for name, score in scores.items() if ENDPOINT.get(name) == finding.category), default=0.0)
    name = CATEGORIES[finding.category].name.lower()
    return (
        Opinion(name=tools.second_reader.name, sees_it=seen >= SURE, reason=f"Its score for {name} is {seen:.2f}."),
    )


def _by_model(
    post: Source, parent: Source | None, finding: Finding, guideline: str, tools: Tools, asked: tuple[Opinion, ...]
) -> Judged:
    model = tools.model
    assert model is not None  # noqa: S101  the caller asked before
    words = CATEGORIES[finding.category]
    prompt = prompts.render(
        "moderate", community_name=tools.community.name, suspicion=words.seen, guideline=guideline or words.meaning,
        parent=(parent.text if parent else "")[:PARENT_CHARACTERS], post=post.text[:POST_CHARACTERS],
        marked=_marked(post.text, finding.spans),
    )  # fmt: skip
    done = model.complete(prompt, SecondLook, community_id=tools.community.id)
    name, look = done.model or model.name, done.output
    reason = "" if prompts.echoes(prompt, look.reason) else safety.clean(look.reason, frozenset())[:300].strip()
    note = _usable(look.note, post.text)
    if note and prompts.echoes(prompt, note):
        note = ""
    return Judged(
        (*asked, Opinion(name=name, sees_it=look.sees_it, reason=reason)), note, name if note else "", prompt.name,
        prompt.hash, done.input_tokens, done.output_tokens,
    )  # fmt: skip


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return " … ".join(text[start:end] for start, end in spans)[:MARKED_CHARACTERS]


def _usable(note: str, post: str) -> str:
    """The note as it may be sent, "" where it may not: too long, in another language, or longer words of the post."""
    plain = " ".join(safety.clean(note, frozenset()).split())
    fits = 0 < len(plain) <= LONGEST_NOTE and not in_another_language(plain, post)
    return plain if fits else ""
