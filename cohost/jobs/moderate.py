"""The job `moderate`: what it sees in a post, where, which guideline, how sure, and the gentlest step. It acts on nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cohost import safety
from cohost.errors import InvalidInput
from cohost.jobs.moderate_words import BY_HAND, CATEGORIES, SILENT, Step, private_note
from cohost.jobs.shape import Job, Outcome, Revision, Tools
from cohost.model import Community, Request, Source
from cohost.ownwords import find_foreign_text
from cohost.ports import Finding, ModerationText
from cohost.quotes import Readable
from cohost.store import Tx, sources, suggestions
from cohost.suggestion import Destination, Draft, Evidence, Message, Provenance, Status, Suggestion, for_asker

NAME = "moderate"
UNREAD: frozenset[Status] = frozenset({"withdrawn", "expired"})  # nobody has judged these words
REPORTED = "reported"
REPORT_SHOWN = 300  # characters of a reported post that are marked where nothing else is
MOST_SPANS = 20
TOP, SURE = 0.9, 0.75


class FlagPayload(BaseModel):
    """A flag and a step: two separate things. `text` is the private note to the author."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: str
    category: str
    also: tuple[str, ...] = ()  # other categories seen in the same post
    guideline: int | None = Field(None, ge=1)  # number of the community's guideline
    guideline_text: str = ""
    step: Step
    by_hand: str = ""  # what has to be done on the platform for the step
    text: str = ""
    space_id: str
    source_id: str
    source_version: int
    author_id: str | None = None
    concerned: tuple[str, ...] = ()  # members who do not decide it: the author, and whom the post answers


def request_payload(source: Source, *, reported: bool = False) -> dict[str, Any]:
    """What a request of this job says."""
    return {"space_id": source.space_id, "source_id": source.id, "version": source.version, "reported": reported}


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One flag at most; nothing where nothing is seen, or where people have judged these words already."""
    space_id, source_id = request.payload["space_id"], request.payload["source_id"]
    with tools.store.read() as tx:
        post = sources.texts(tx, request.community_id, [(space_id, source_id)]).get((space_id, source_id))
        parent = _parent(tx, request.community_id, post)
        earlier = [s for s in suggestions.citing(tx, request.community_id, space_id, source_id) if s.job == NAME]
    if post is None or post.origin != "person" or tools.moderation is None:
        return []
    (found,) = tools.moderation.read([ModerationText(post.text, parent.text if parent else "")])
    seen = [finding for finding in found if not finding.quoted and _on(finding, tools.community)]
    if request.payload.get("reported") and not seen:
        seen = [Finding(REPORTED, 0.5, ((0, min(len(post.text), REPORT_SHOWN)),))]
    if not seen or _judged(post, seen[0], earlier):
        return []
    guideline = tools.moderation.guideline(CATEGORIES[seen[0].category].meaning, tools.community.guidelines)
    return [_flag(post, parent, seen, guideline, tools)]


def _parent(tx: Tx, community_id: str, post: Source | None) -> Source | None:
    if post is None or post.parent_id is None:
        return None
    return sources.texts(tx, community_id, [(post.space_id, post.parent_id)]).get((post.space_id, post.parent_id))


def _on(finding: Finding, community: Community) -> bool:
    return finding.category not in community.settings.categories_off


def _judged(post: Source, finding: Finding, earlier: Sequence[Suggestion]) -> bool:
    """Whether these very words wait for a decision already, or had one."""
    quotes = {post.text[start:end] for start, end in finding.spans}
    return any(s.status not in UNREAD and quotes <= {item.quote for item in s.evidence} for s in earlier)


def _flag(post: Source, parent: Source | None, seen: Sequence[Finding], guideline: int | None, tools: Tools) -> Draft:
    top = seen[0]
    words = CATEGORIES[top.category]
    items = _evidence(post, top)
    text = tools.community.guidelines[guideline - 1] if guideline else ""
    payload = FlagPayload(
        title=words.name, category=top.category, also=tuple(finding.category for finding in seen[1:]),
        guideline=guideline, guideline_text=text, step=words.step, by_hand=BY_HAND.get(words.step, ""),
        text=private_note(top.category, guideline, text, tuple(item.quote for item in items)),
        space_id=post.space_id, source_id=post.id, source_version=post.version, author_id=post.author_id,
        concerned=tuple(filter(None, (post.author_id, parent.author_id if parent else None))),
    )  # fmt: skip
    made = Provenance("embedded", retrieval={"reader": tools.moderation.name if tools.moderation else ""})
    return Draft(
        payload.model_dump(mode="json"), items, Destination("moderation_desk", source_id=post.id),
        f"The marked words {words.seen}. {_sureness(top)}", top.probability, made, (),
    )  # fmt: skip


def _evidence(post: Source, finding: Finding) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(post.space_id, post.id, post.version, start, end, post.text[start:end], title=post.title, url=post.url)
        for start, end in finding.spans[:MOST_SPANS]
    )


def _sureness(finding: Finding) -> str:
    """In words: a number would look more exact than it is."""
    if finding.category == REPORTED:
        return "A member asked for a look; the co-host itself sees nothing that it would flag."
    if finding.probability >= TOP:
        return "The co-host is quite sure."
    return (
        "The co-host is fairly sure."
        if finding.probability >= SURE
        else "The co-host is not sure: please look closely."
    )


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """The private note, if the step has one."""
    flag = FlagPayload.model_validate(shown)
    if flag.step in SILENT or not flag.text.strip() or flag.author_id is None:
        return []
    to = Destination("private_note", member_ids=(flag.author_id,), source_id=flag.source_id)
    return [Message(to, title="A note from the hosts", text=safety.clean(flag.text, safety.urls_in(flag.text)))]


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """Guideline, step and message may change, never what the post says; raises InvalidInput."""
    flag = FlagPayload.model_validate(shown.payload)
    given = {name: proposed[name] for name in ("step", "text", "guideline") if name in proposed}
    try:
        changed = FlagPayload.model_validate({**flag.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{first['loc'][0]}: {first['msg']}.", field=f"payload.{first['loc'][0]}") from error
    if flag.author_id and changed.text != flag.text:
        _check_readable(readable, flag, changed.text, shown.evidence)
    changed = changed.model_copy(update={"by_hand": BY_HAND.get(changed.step, "")})
    return Revision(changed.model_dump(mode="json"), shown.evidence, ())


def _check_readable(readable: Readable, flag: FlagPayload, text: str, own: Sequence[Evidence]) -> None:
    """Nothing in the note that its one reader may not read; their own post they know."""
    for item in own:
        text = text.replace(item.quote, " ")
    foreign = find_foreign_text(readable.tx, readable.community_id, for_asker(flag.author_id or ""), [text])
    if foreign:
        raise InvalidInput(
            f"“{foreign[:120]}” is taken from a source that the author of the post may not read. Leave it out.",
            field="payload.text",
        )


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """The verdict without the note, which quotes the post."""
    return FlagPayload.model_validate(shown).model_copy(update={"text": ""}).model_dump(mode="json")


def concerned(suggestion: Suggestion) -> frozenset[str]:
    """The post's author and whom it answers."""
    return frozenset(FlagPayload.model_validate(suggestion.payload).concerned)


JOB = Job(
    NAME, frozenset({"moderator", "host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    expires_after=timedelta(days=30), needs_reason=True, again_after_undo=False, concerned=concerned,
)  # fmt: skip
