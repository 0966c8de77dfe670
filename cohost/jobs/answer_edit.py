"""A person's edit of an answer: changed claims or a changed message, every quote in it looked up again.

A text is read as it will be posted, so that nothing turns into a quote after the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from cohost.errors import InvalidInput
from cohost.jobs.answer_payload import (
    AnswerPayload,
    Claim,
    attribution,
    citation,
    folded,
    is_quote,
    postable,
    quote_of,
    render,
    rendered,
)
from cohost.jobs.shape import Revision
from cohost.markdown_blocks import Block, blocks
from cohost.quotes import Readable
from cohost.suggestion import Evidence, Suggestion

MAX_CHARACTERS = 100_000  # no platform takes more
MAX_CLAIMS, MAX_QUOTES = 50, 10  # of an answer, of a claim: far more than anybody reads
_COMMENT = re.compile(r"&lt;!--.*?-->", re.DOTALL)  # as it is posted


@dataclass(frozen=True)
class Cited:
    """What the answer quoted before the edit, and where else quotes may come from."""

    evidence: Sequence[Evidence]
    readable: Readable

    @cached_property
    def by_words(self) -> dict[str, Evidence]:
        """Each item under its words, as they stand in the source and as they are posted."""
        return {spelling: item for item in self.evidence for spelling in _spellings(item.quote)}

    def within(self, block: Block) -> tuple[Evidence, ...]:
        """Where the quotes of a block stand; raises InvalidInput for one that stands nowhere."""
        return tuple(self._found(quote) for quote in block.quotes)

    def of(self, claims: Iterable[Claim]) -> tuple[Evidence, ...]:
        """The quotes of the claims, each once; raises InvalidInput for one that does not stand."""
        known = {(e.space_id, e.source_id, folded(e.quote)): e for e in self.evidence}
        near = {(e.space_id, e.source_id): e.start for e in self.evidence}
        wanted = {(q.space_id, q.source_id, folded(q.quote)): q for claim in claims for q in claim.quotes}
        return self.readable.prove(
            [
                known.get(key) or Evidence(q.space_id, q.source_id, 0, near.get(key[:2], 0), 0, q.quote)
                for key, q in wanted.items()
            ]
        )

    def _found(self, quote: str) -> Evidence:
        known = self.by_words.get(folded(quote))
        return self.readable.prove([known])[0] if known else self.readable.find(quote, self._likely(quote))

    def _likely(self, quote: str) -> list[Evidence]:
        """The cited sources, first the one whose quote shares most words with this one."""
        mine = set(quote.split())
        ranked = sorted(self.evidence, key=lambda item: len(mine & set(item.quote.split())))
        return list({(item.space_id, item.source_id): item for item in ranked}.values())[::-1]


@dataclass(frozen=True)
class Part:
    """What a block of the edited message says."""

    claim: Claim | None = None  # None for the introduction
    evidence: tuple[Evidence, ...] = ()


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """Read an edit: changed `claims`, or a changed `text`; raises InvalidInput where it cannot be taken."""
    before, cited = AnswerPayload.model_validate(shown.payload), Cited(shown.evidence, readable)
    _check_fields(before, proposed)
    text, claims = proposed.get("text", before.text), _claims(proposed, before)
    if claims != before.claims:
        revision = _from_claims(before, cited, claims)
        if text not in (before.text, revision.payload["text"]):
            raise InvalidInput("Change either `text` or `claims`, not both.", field="payload")
    elif text != before.text:
        revision = _from_text(before, cited, _blocks(text))
    else:
        revision = Revision(shown.payload, cited.of(claims), ())
    if _is_blank(revision.payload["text"]):
        raise InvalidInput("The edited answer is empty. Write something, or reject the suggestion.", field="payload")
    return revision


def _check_fields(before: AnswerPayload, proposed: dict[str, Any]) -> None:
    for name in proposed:
        if name not in AnswerPayload.model_fields:
            raise InvalidInput(f"An answer has no {name!r}; change `text` or `claims`.", field="payload")
    if not proposed.keys() & {"text", "claims"}:
        raise InvalidInput("Send the changed `text` or the changed `claims`.", field="payload")
    if proposed.get("question", before.question) != before.question:
        raise InvalidInput("The question is the member's and stays as it is.", field="payload.question")
    text = proposed.get("text", "")
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise InvalidInput(
            f"`payload.text` must be a string of at most {MAX_CHARACTERS:,} characters.", field="payload.text"
        )


def _claims(proposed: dict[str, Any], before: AnswerPayload) -> tuple[Claim, ...]:
    if "claims" not in proposed:
        return before.claims
    try:
        claims = tuple(Claim.model_validate(item) for item in proposed["claims"])
    except (ValidationError, TypeError) as error:
        raise InvalidInput(
            "`payload.claims` must be a list of {text, quotes: [{space_id, source_id, quote}]}.", field="payload.claims"
        ) from error
    if len(claims) > MAX_CLAIMS or any(len(claim.quotes) > MAX_QUOTES for claim in claims):
        raise InvalidInput(
            f"An answer has at most {MAX_CLAIMS} claims, each with {MAX_QUOTES} quotes.", field="payload.claims"
        )
    if sum(len(claim.text) for claim in claims) > MAX_CHARACTERS:
        raise InvalidInput(f"The claims have more than {MAX_CHARACTERS:,} characters.", field="payload.claims")
    return claims


def _from_claims(before: AnswerPayload, cited: Cited, claims: Iterable[Claim]) -> Revision:
    """What the co-host wrote and nobody touched stays the co-host's; everything else is the person's."""
    marked = [c if c in before.claims else _by_host(c) for c in claims if not _is_blank(c.text)]
    items = cited.of(marked)
    message = Cited(items, cited.readable)
    found = [item for block in _blocks(render(marked, items)) for item in message.within(block)]
    items = tuple(dict.fromkeys((*items, *found)))
    return _revision(before, marked, items, render(marked, items, introduced=before.introduction))


def _from_text(before: AnswerPayload, cited: Cited, written: Iterable[Block]) -> Revision:
    kept = {(is_quote(claim), text): claim for claim in before.claims for text in _spellings(claim.text)}
    parts = [_part(block, kept, cited, before.introduction) for block in written if not _is_blank(block.text)]
    items = tuple(dict.fromkeys(item for part in parts for item in part.evidence))
    parts = list(_without_old_places(parts, before, (*cited.evidence, *items)))
    if not items:
        parts = [part for part in parts if part.claim]  # nothing is left to introduce
    claims = [part.claim for part in parts if part.claim]
    shown = iter(rendered(claims, items))
    return _revision(before, claims, items, "\n\n".join(next(shown) if p.claim else before.introduction for p in parts))


def _part(block: Block, kept: dict[tuple[bool, str], Claim], cited: Cited, introduced: str) -> Part:
    if folded(block.text) in _spellings(introduced):
        return Part()
    claim = kept.get((block.is_quote, folded(block.quotes[0] if block.is_quote else block.text)))
    if claim is not None:
        items = cited.of([claim])
    else:
        items = cited.within(block)
        said = items[0].quote if block.is_quote else block.text
        claim = Claim(text=said, quotes=tuple(map(quote_of, items)), by="host")
    return Part(claim, items)


def _without_old_places(parts: Iterable[Part], before: AnswerPayload, evidence: Sequence[Evidence]) -> Iterator[Part]:
    """Places are written anew below each quote; a signature that begins with a dash is none."""
    places = {attribution(claim, evidence) for claim in before.claims}
    places |= {f"— {place}" for item in evidence for place in (citation(item), item.title)}
    old = {spelling for place in places for spelling in _spellings(place)}
    return (part for part in parts if part.evidence or not part.claim or folded(part.claim.text) not in old)


def _revision(before: AnswerPayload, claims: Sequence[Claim], items: tuple[Evidence, ...], text: str) -> Revision:
    made = before.model_copy(update={"claims": tuple(claims), "text": text})
    own = "\n\n".join(claim.text for claim in claims if claim.by == "host" and not is_quote(claim))
    return Revision(made.model_dump(mode="json"), items, (postable(own),))


def _blocks(text: str) -> list[Block]:
    return blocks(postable(text))


def _spellings(text: str) -> tuple[str, str]:
    """A text as it was written, and as it is posted."""
    return folded(text), folded(postable(text))


def _is_blank(text: str) -> bool:
    return not _COMMENT.sub("", postable(text)).strip()


def _by_host(claim: Claim) -> Claim:
    return claim.model_copy(update={"by": "host"})
