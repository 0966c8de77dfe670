"""What an answer is: claims with quotes, shown as one Markdown message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cohost import safety
from cohost.model import Passage
from cohost.suggestion import Destination, Evidence, Message

INTRODUCTION = "Here is what our material says:"
DIFFERENT = "Our material says different things about this; the newest comes first:"


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
    answered_by: str = ""  # the member whose reply it highlights
    answerer: str = ""  # their name
    differ: bool = False  # whether the sources disagree

    @property
    def introduction(self) -> str:
        """The line above nothing but quotes."""
        return introduction(self.answerer, differ=self.differ)


def payload(
    question: str,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
    *,
    answered_by: str = "",
    answerer: str = "",
    differ: bool = False,
) -> dict[str, Any]:
    """The JSON object of an answer, its message included."""
    text = render(claims, evidence, introduced=introduction(answerer, differ=differ))
    made = AnswerPayload(
        question=question, claims=tuple(claims), text=text, answered_by=answered_by, answerer=answerer, differ=differ
    )
    return made.model_dump(mode="json")


def introduction(answerer: str, *, differ: bool = False) -> str:
    """What stands above quotes: of the material, or of a member's reply."""
    if answerer:
        return safety.clean(f"{' '.join(answerer.split())} has answered this:")
    return DIFFERENT if differ else INTRODUCTION


def render(claims: Sequence[Claim], evidence: Sequence[Evidence], *, introduced: str = INTRODUCTION) -> str:
    """The message as Markdown: quotes as block quotes with their place, other claims as sentences followed by places."""
    blocks = [introduced] if claims and all(is_quote(c) for c in claims) else []
    return "\n\n".join([*blocks, *rendered(claims, evidence)])


def rendered(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[str]:
    """Each claim, and where its quotes stand; of quotes one after the other from one place, the last one says it."""
    places = [attribution(claim, evidence) for claim in claims]
    made = []
    for n, claim in enumerate(claims):
        goes_on = all(map(is_quote, claims[n : n + 2])) and places[n] in places[n + 1 : n + 2]
        made.append(_rendered(claim, "" if goes_on else places[n]))
    return made


def _rendered(claim: Claim, place: str) -> str:
    quoted = "\n".join(f"> {line}" if line.strip() else ">" for line in claim.text.split("\n"))
    return "\n\n".join(filter(None, (quoted if is_quote(claim) else claim.text, place)))


def attribution(claim: Claim, evidence: Sequence[Evidence]) -> str:
    """The line that says where the claim's quotes stand, or ""."""
    places = {(e.space_id, e.source_id, folded(e.quote)): e for e in evidence}
    found = [places.get((q.space_id, q.source_id, folded(q.quote))) for q in claim.quotes]
    cited = " · ".join(dict.fromkeys(citation(e) for e in found if e))
    return f"— {cited}" if cited else ""


def citation(item: Evidence) -> str:
    """Title, nearest heading and place, as a link where there is one.

    Whoever writes a title may not post through it, and what stands in brackets must not end the link's text.
    """
    trail = " › ".join((item.title, *item.headings[-1:]))
    where = f"{trail}, {item.place}" if item.place and not item.place.startswith("#") else trail
    label = safety.clean(" ".join(where.split())).replace("[", "(").replace("]", ")").replace("\n", " ")
    return f"[{label}]({item.url})" if item.url else label


def is_quote(claim: Claim) -> bool:
    """Whether a claim is nothing but the words of a source."""
    return len(claim.quotes) == 1 and folded(claim.text) == folded(claim.quotes[0].quote)


def folded(text: str) -> str:
    """A text without its line breaks and indentation."""
    return " ".join(text.split())


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """The one message that an approval covers."""
    answer = AnswerPayload.model_validate(shown)
    return [
        Message(destination, title=safety.clean(answer.question), text=postable(answer.text), in_reply_to=request_id)
    ]


def postable(text: str) -> str:
    """The Markdown that is posted.

    A model's links were cut when it answered; what is left came from sources and hosts. Images, HTML, mentions and
    invisible characters are not posted, whoever wrote them: a quoted post must not ring everybody's bell.
    """
    return safety.clean(text, safety.urls_in(text))


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """The question alone."""
    return AnswerPayload(question=AnswerPayload.model_validate(shown).question).model_dump(mode="json")


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
