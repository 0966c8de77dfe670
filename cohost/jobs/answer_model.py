"""An answer in a language model's words: claims whose quotes are all found by code, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from cohost import prompts, quotes, safety
from cohost.faults import fault
from cohost.jobs.answer_payload import Claim, evidence_of, is_quote, quote_of
from cohost.jobs.follow_up import latest
from cohost.jobs.shape import Tools
from cohost.jobs.tutor import gives_away
from cohost.language import in_another_language
from cohost.model import Passage, Request
from cohost.ports import Completion, LanguageModel, Prompt
from cohost.suggestion import Evidence, Provenance

PASSAGE_CHARACTERS = (
    24_000  # about 6,000 tokens: fits the smallest context window still in use, with room for an answer
)
_QUOTE_MARK = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
NO_ANSWER = "The language model found no answer in the material."
NOTHING_PROVED = "The language model answered, but none of its quotes could be found in the material."

_Proved = tuple[Claim, tuple[Evidence, ...]]


class ModelQuote(BaseModel):
    """Words of a numbered passage."""

    passage: int = Field(description="number of the passage")
    quote: str = Field(description="exact words of that passage")


class ModelClaim(BaseModel):
    """One thing the answer says and what it rests on."""

    text: str
    quotes: list[ModelQuote]


class ModelAnswer(BaseModel):
    """What the language model is asked to return."""

    answerable: bool
    claims: list[ModelClaim]


@dataclass(frozen=True)
class VerifiedAnswer:
    """What is left of a model's answer after the check."""

    claims: tuple[Claim, ...]  # empty = abstain
    evidence: tuple[Evidence, ...]
    passages: tuple[Passage, ...]  # as the model saw them
    made: Provenance
    why_empty: str


def ask_model(
    request: Request, tools: Tools, passages: Sequence[Passage], *, teaching: bool, begun_s: float
) -> VerifiedAnswer:
    """Ask, in a teaching space for hints, and keep only what can be proved; raises ModelUnavailable.

    `begun_s`: time.monotonic() from which the deadline counts.
    """
    model = tools.model
    assert model is not None  # noqa: S101  the caller asked before
    shown, left_out = prompts.fit(passages, PASSAGE_CHARACTERS)
    asked = _prompt("answer-tutor" if teaching else "answer", request, tools, shown)
    prompt = replace(asked, begun_s=begun_s)
    done = model.complete(prompt, ModelAnswer, community_id=request.community_id)
    made = _provenance(tools, model, prompt, done, left_out)
    if not done.output.answerable:
        return VerifiedAnswer((), (), shown, made, NO_ANSWER)
    proved = [found for found in _verified(done.output, shown, prompt) if not (teaching and gives_away(found[0]))]
    dropped = len(done.output.claims) - len(proved)
    kept = _within([claim for claim, _ in proved], tools.community.settings.answer_words)
    evidence = tuple(dict.fromkeys(item for _, items in proved[: len(kept)] for item in items))
    made = replace(made, dropped_claims=dropped, cut_claims=len(proved) - len(kept))
    _refuse_unfit(request, model, proved, kept)
    return VerifiedAnswer(tuple(kept), evidence, shown, made, NOTHING_PROVED if dropped else NO_ANSWER)


def _refuse_unfit(request: Request, model: LanguageModel, proved: Sequence[_Proved], kept: Sequence[Claim]) -> None:
    """Raise ModelUnavailable for an answer that is proved and still of no use to this reader."""
    if proved and not kept:
        raise fault("too_long", model.name)
    said = "\n".join(claim.text for claim in kept if not is_quote(claim))
    if in_another_language(said, request.payload["text"]):
        raise fault("wrong_language", model.name)


def _within(claims: Sequence[Claim], words: int) -> list[Claim]:
    """The first claims that have at most `words` words together: whole ones, since half a claim may say the opposite."""
    kept: list[Claim] = []
    for claim in claims:
        words -= len(claim.text.split())
        if words < 0:
            break
        kept.append(claim)
    return kept


def _prompt(name: str, request: Request, tools: Tools, passages: Sequence[Passage]) -> Prompt:
    return prompts.render(
        name,
        question=request.payload["text"],
        history=latest(request.payload.get("history", [])),
        passages=[prompts.passage_text(passage) for passage in passages],
        community_name=tools.community.name,
        words=tools.community.settings.answer_words,
    )


def _verified(answer: ModelAnswer, passages: Sequence[Passage], prompt: Prompt) -> list[_Proved]:
    """The claims whose every quote was found and that give nothing of the prompt away, each with its evidence."""
    proved: list[_Proved] = []
    for claim in answer.claims:
        found = [_locate(quote, passages) for quote in claim.quotes]
        items = tuple(item for item in found if item)
        text = _plain(claim.text, frozenset(item.url for item in items if item.url))
        if items and len(items) == len(found) and text and not prompts.echoes(prompt, text):
            proved.append((Claim(text=text, quotes=tuple(quote_of(item) for item in items)), items))
    return proved


def _plain(text: str, allowed_urls: frozenset[str]) -> str:
    """A claim is the model's own sentence: safe to post, and no block quote, for that form is kept for what was verified."""
    return _QUOTE_MARK.sub("", safety.clean(text, allowed_urls)).strip()


def _locate(quote: ModelQuote, passages: Sequence[Passage]) -> Evidence | None:
    """In the passage that the model named, or else in another one it was shown."""
    named = passages[quote.passage - 1 : quote.passage] if quote.passage > 0 else ()
    for passage in (*named, *passages):
        span = quotes.locate(quote.quote, passage.text)
        if span:
            return evidence_of(passage, passage.start + span[0], passage.start + span[1])
    return None


def _provenance(
    tools: Tools, model: LanguageModel, prompt: Prompt, done: Completion[ModelAnswer], left_out: int
) -> Provenance:
    return Provenance(
        made_by=done.model or model.name,
        prompt=prompt.name,
        prompt_hash=prompt.hash,
        retrieval={**tools.search.signature(), "passages_left_out": left_out},
        input_tokens=done.input_tokens,
        output_tokens=done.output_tokens,
    )
