"""The one shape of all jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from cohost import safety
from cohost.errors import InvalidInput
from cohost.match.child import apart
from cohost.match.plan import Runner
from cohost.model import Community, Request, Role
from cohost.ports import ConceptReader, Embedder, LanguageModel, ModerationReader, Search, SecondReader
from cohost.quotes import Readable
from cohost.store import Store, Tx
from cohost.suggestion import Abstention, Destination, Draft, Evidence, Message, Suggestion

TEXT_CHARACTERS = 5_000  # of what a host writes


@dataclass(frozen=True)
class Tools:
    """What a job may use: ports and store queries, for one community."""

    store: Store
    search: Search
    model: LanguageModel | None
    clock: Callable[[], datetime]
    community: Community
    moderation: ModerationReader | None = None
    second_reader: SecondReader | None = None
    embedder: Embedder | None = None
    concepts: ConceptReader | None = None
    steps: frozenset[str] = frozenset()  # what the community's connector does to posts
    run: Runner = apart  # long work of pure CPU, in a process of its own


Outcome = Draft | Abstention


@dataclass(frozen=True)
class Revision:
    """A payload after a person's edit, with what has to be checked again."""

    payload: dict[str, Any]
    evidence: tuple[Evidence, ...]  # quotes kept or added, as they stand now
    own_words: tuple[str, ...]  # what the person wrote, as it will be posted; it needs no quote


def nobody(suggestion: Suggestion) -> frozenset[str]:
    """For jobs whose suggestions are about no person."""
    return frozenset()


def nothing_else(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """For jobs whose suggestions rest on their evidence alone."""
    return True


def nothing_beside(tx: Tx, request: Request, now: datetime) -> None:
    """For jobs whose drafts are all that comes of a request."""


def as_it_is(payload: dict[str, Any], steps: frozenset[str]) -> dict[str, Any]:
    """For jobs whose effect is in their messages alone."""
    return payload


def no_time(suggestion: Suggestion) -> datetime | None:
    """For jobs whose messages go out at once."""
    return None


def nothing_more(tx: Tx, suggestion: Suggestion, now: datetime) -> None:
    """For jobs whose approvals have no effect beside the messages."""


def addressed(suggestion: Suggestion) -> frozenset[str]:
    """The members whom it goes to."""
    return frozenset(suggestion.destination.member_ids)


def only_text(payload: BaseModel, shown: Suggestion, proposed: dict[str, Any]) -> Revision:
    """A change of `payload`'s field `text` and of nothing else; InvalidInput where it is empty or too long."""
    text = str(proposed.get("text", ""))
    if not text.strip() or len(text) > TEXT_CHARACTERS:
        raise InvalidInput(f"Write between 1 and {TEXT_CHARACTERS} characters.", field="payload.text")
    changed = payload.model_copy(update={"text": safety.clean(text)})
    return Revision(changed.model_dump(mode="json"), shown.evidence, (text,))


@dataclass(frozen=True)
class Job:
    """A kind of work. Payloads travel as JSON objects; each job owns the type behind its own."""

    name: str
    decided_by: frozenset[Role]
    propose: Callable[[Request, Tools], Sequence[Outcome]]
    messages: Callable[[dict[str, Any], Destination, str | None], list[Message]]  # (payload, destination, request id)
    revise: Callable[
        [Suggestion, dict[str, Any], Readable], Revision
    ]  # (as shown, proposed payload, what may be quoted)
    emptied: Callable[[dict[str, Any]], dict[str, Any]]  # the payload without any text of sources
    expires_after: timedelta = timedelta(days=30)  # without a change; then nobody needs to decide any more
    again_after_undo: bool = True  # whether what it was made for is worked on again once it is taken back
    needs_reason: bool = False  # to be rejected
    outlives_sources: bool = False  # stays open, without the words, when what it is about is deleted
    remade: bool = True  # its request is worked on again when a suggestion of it is withdrawn
    needs_evidence: bool = True  # else: what it says is proved by `still_true`, and a quote is welcome
    # beside the evidence; asked before every step
    still_true: Callable[[Tx, Suggestion, datetime], bool] = nothing_else
    # as `messages`, of an edit, where what it changes is not what goes out first
    previewed: Callable[[dict[str, Any], Destination, str | None], list[Message]] | None = None
    submitted: Callable[[Tx, Request, datetime], None] = nothing_beside  # in the transaction that stores the drafts
    planned_for: Callable[[Suggestion], datetime | None] = no_time  # when it is to be sent, if the host names no time
    approved: Callable[[Tx, Suggestion, datetime], None] = nothing_more  # in the transaction of an approval
    left_to_people: Callable[[dict[str, Any], frozenset[str]], dict[str, Any]] = as_it_is  # given a connector's steps
    names: Callable[[Suggestion], frozenset[str]] = nobody  # members whose profiles it repeats
    concerned: Callable[[Suggestion], frozenset[str]] = nobody  # members it is about, who do not decide it
