"""What an answer is: claims with quotes, shown as one Markdown message, editable as either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cohost import safety
from cohost.errors import InvalidInput
from cohost.jobs.shape import Revision
from cohost.model import Passage
from cohost.suggestion import Destination, Evidence, Message

INTRODUCTION = "Here is what our material says:"
_BLOCK = re.compile(r"\n\s*\n")
_ATTRIBUTION = re.compile(r"^— ")


class Quote(BaseModel):
    """Words of a source, verbatim."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    space_id: str
    source_id: str
    quote: str


class Claim(BaseModel):
    """One thing the answer says; without quotes it is a host's own sentence."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    text: str
    quotes: tuple[Quote, ...] = ()
    by: Literal["cohost", "host"] = "cohost"


class AnswerPayload(BaseModel):
    """A whole answer; `text` is derived from the claims."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    question: str
    claims: tuple[Claim, ...] = ()
    text: str = ""


def payload(question: str, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> dict[str, Any]:
    """The JSON object of an answer, its message included."""
    made = AnswerPayload(question=question, claims=tuple(claims), text=render(claims, evidence))
    return made.model_dump(mode="json")


def render(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> str:
    """The message as Markdown: quotes as block quotes with their place, other claims as sentences followed by places."""
    places = {(e.space_id, e.source_id, _folded(e.quote)): e for e in evidence}
    blocks = [INTRODUCTION] if claims and all(_is_quote(c) for c in claims) else []
    for claim in claims:
        found = [places.get((q.space_id, q.source_id, _folded(q.quote))) for q in claim.quotes]
        cited = " · ".join(dict.fromkeys(_citation(e) for e in found if e))
        if _is_quote(claim):
            blocks.append(_quoted(claim.text))
            blocks.append(f"— {cited}")
        else:
            blocks.append(f"{claim.text}\n\n— {cited}" if cited else claim.text)
    return "\n\n".join(blocks)


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """The one message that an approval covers."""
    answer = AnswerPayload.model_validate(shown)
    # A model's links were cut when it answered; what is left came from sources and hosts. Images, HTML, mentions and
    # invisible characters are not posted, whoever wrote them: a quoted post must not ring everybody's bell.
    text = safety.clean(answer.text, safety.urls_in(answer.text))
    return [Message(destination, title=answer.question, text=text, in_reply_to=request_id)]


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """The question alone."""
    return AnswerPayload(question=AnswerPayload.model_validate(shown).question).model_dump(mode="json")


def revise(shown: dict[str, Any], evidence: Sequence[Evidence], proposed: dict[str, Any]) -> Revision:
    """Read an edit: changed `claims`, or a changed `text`; raises InvalidInput when it is neither or both."""
    before = AnswerPayload.model_validate(shown)
    claims_changed = "claims" in proposed and _claims(proposed) != before.claims
    text_changed = "text" in proposed and proposed["text"] != before.text
    if claims_changed:
        claims = _edited_claims(before, _claims(proposed))
    elif text_changed:
        claims = _claims_from_text(before, evidence, proposed["text"])
    else:
        claims = before.claims
    if not any(claim.text.strip() for claim in claims):
        raise InvalidInput("The edited answer is empty. Write something, or reject the suggestion.", field="payload")
    items = _cited_by(claims, evidence)
    revised = payload(before.question, claims, items)
    if claims_changed and text_changed and proposed["text"] != revised["text"]:
        raise InvalidInput("Change either `text` or `claims`, not both.", field="payload")
    return Revision(revised, items, tuple(c.text for c in claims if c.by == "host"))


def evidence_of(passage: Passage, start: int, end: int) -> Evidence:
    """A span of a passage, given in offsets of its source."""
    text = passage.text[start - passage.start : end - passage.start]
    return Evidence(
        passage.space_id, passage.source_id, passage.source_version, start, end, text, passage.place, passage.title,
        passage.headings, passage.url,
    )  # fmt: skip


def quote_of(item: Evidence) -> Quote:
    """The quote as it stands in a claim."""
    return Quote(space_id=item.space_id, source_id=item.source_id, quote=item.quote)


def _claims(proposed: dict[str, Any]) -> tuple[Claim, ...]:
    try:
        return tuple(Claim.model_validate(item) for item in proposed["claims"])
    except (ValidationError, TypeError) as error:
        raise InvalidInput(
            "`payload.claims` must be a list of {text, quotes: [{space_id, source_id, quote}]}.", field="payload.claims"
        ) from error


def _edited_claims(before: AnswerPayload, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """What the co-host wrote and nobody touched stays the co-host's; everything else is the person's."""
    return tuple(c if c in before.claims else c.model_copy(update={"by": "host"}) for c in claims if c.text.strip())


def _claims_from_text(before: AnswerPayload, evidence: Sequence[Evidence], text: Any) -> tuple[Claim, ...]:
    if not isinstance(text, str):
        raise InvalidInput("`payload.text` must be a string.", field="payload.text")
    kept = {_folded(c.text): c for c in before.claims}
    claims: list[Claim] = []
    for block in _BLOCK.split(text.strip()):
        if block.strip() == INTRODUCTION or _ATTRIBUTION.match(block) or not block.strip():
            continue  # both are written again from the claims
        quoted = block.lstrip().startswith(">")
        words = _unquoted(block) if quoted else block.strip()
        claim = kept.get(_folded(words))
        claims.append(claim or Claim(text=words, quotes=_find_quote(words, evidence) if quoted else (), by="host"))
    return tuple(claims)


def _find_quote(words: str, evidence: Sequence[Evidence]) -> tuple[Quote, ...]:
    """A block quote belongs to the cited source whose evidence shares most words with it; the check decides if it stands."""
    if not evidence:
        raise InvalidInput(
            "A block quote (>) needs a source; in your own words, write it without the `>`.", field="payload.text"
        )
    mine = set(words.split())
    best = max(evidence, key=lambda e: len(mine & set(e.quote.split())))
    return (Quote(space_id=best.space_id, source_id=best.source_id, quote=words),)


def _cited_by(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    known = {(e.space_id, e.source_id, _folded(e.quote)): e for e in evidence}
    wanted = dict.fromkeys((q.space_id, q.source_id, q.quote) for c in claims for q in c.quotes)
    near = {(e.space_id, e.source_id): e for e in evidence}
    items = []
    for space_id, source_id, quote in wanted:
        found = known.get((space_id, source_id, _folded(quote)))
        like = near.get((space_id, source_id))
        items.append(
            found or Evidence(space_id, source_id, 0, like.start if like else 0, 0, quote, like.place if like else "",
                              like.title if like else source_id, like.headings if like else (), like.url if like else None)
        )  # fmt: skip
    return tuple(items)


def _is_quote(claim: Claim) -> bool:
    return len(claim.quotes) == 1 and _folded(claim.text) == _folded(claim.quotes[0].quote)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line.strip() else ">" for line in text.split("\n"))


def _unquoted(block: str) -> str:
    return "\n".join(re.sub(r"^\s*> ?", "", line) for line in block.strip().split("\n"))


def _citation(item: Evidence) -> str:
    trail = " › ".join((item.title, *item.headings[-1:]))
    where = f"{trail}, {item.place}" if item.place and not item.place.startswith("#") else trail
    label = where.replace("[", "(").replace("]", ")")
    return f"[{label}]({item.url})" if item.url else label
