"""What a job proposes, and every state it may pass through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cohost.errors import Conflict
from cohost.model import Passage

Status = Literal[
    "abstained", "pending", "approved", "publishing", "published", "undone", "corrected",
    "rejected", "expired", "withdrawn", "failed", "uncertain",
]  # fmt: skip
Verdict = Literal["approve", "edit", "reject", "escalate"]
DestinationKind = Literal["space", "asker", "introduction", "moderation_desk", "private_note", "post", "hosts"]

MOVES: dict[Status, frozenset[Status]] = {
    # a host may answer an abstention in their own words, or set it aside
    "abstained": frozenset({"approved", "rejected", "withdrawn"}),
    "pending": frozenset({"approved", "rejected", "expired", "withdrawn"}),
    "approved": frozenset({"publishing", "pending", "withdrawn"}),
    "publishing": frozenset({"published", "approved", "failed", "uncertain", "withdrawn"}),
    "published": frozenset({"undone", "corrected"}),
    "failed": frozenset({"approved", "rejected", "withdrawn"}),  # a host may retry
    "uncertain": frozenset({"published", "approved", "failed"}),  # a host says sent or not
    "undone": frozenset(),
    "corrected": frozenset(),
    "rejected": frozenset(),
    "expired": frozenset(),
    "withdrawn": frozenset(),
}
AGREED: frozenset[Status] = frozenset(  # somebody approved it, whatever became of it then
    {"approved", "publishing", "published", "undone", "corrected", "failed", "uncertain"}
)
OPEN: frozenset[Status] = frozenset({"abstained", "pending", "approved", "failed"})  # may still be stopped


def check_move(suggestion_id: str, old: Status, new: Status) -> None:
    """Raise Conflict unless a suggestion may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise Conflict(f"Suggestion {suggestion_id} is {old} and cannot become {new}; load it again.")


@dataclass(frozen=True)
class Destination:
    """Where a suggestion will be seen; `cohost.audience` knows who reads it there."""

    kind: DestinationKind
    space_id: str | None = None
    member_ids: tuple[str, ...] = ()
    source_id: str | None = None  # the post, for the moderation desk and private notes


def in_space(space_id: str) -> Destination:
    """Everyone who may read the space."""
    return Destination("space", space_id=space_id)


def for_asker(member_id: str) -> Destination:
    """One member only."""
    return Destination("asker", member_ids=(member_id,))


@dataclass(frozen=True)
class Evidence:
    """A span of a current source: `source.text[start:end] == quote`, found by code."""

    space_id: str
    source_id: str
    source_version: int
    start: int
    end: int
    quote: str
    place: str = ""
    title: str = ""
    headings: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Provenance:
    """How a suggestion was made, so that it can be explained later."""

    made_by: str  # "embedded" or the model's name
    prompt: str = ""
    prompt_hash: str = ""
    embedder: str = ""
    retrieval: dict[str, Any] = field(default_factory=dict)
    code_version: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    fallback: str = ""  # the fault that made the embedded default step in, if one did
    dropped_claims: int = 0  # claims of the model whose quotes were not found
    cut_claims: int = 0  # proved claims left out because the answer would be too long


@dataclass(frozen=True)
class Draft:
    """What a job hands over to be checked and submitted."""

    payload: dict[str, Any]  # dumped from the job's payload type
    evidence: tuple[Evidence, ...]
    destination: Destination
    rationale: str
    confidence: float  # 0..1
    provenance: Provenance
    passages: tuple[Passage, ...]  # as the draft's maker saw them


@dataclass(frozen=True)
class Abstention:
    """A job's refusal: what was missing, and the nearest places it found."""

    reason: str
    destination: Destination
    nearest: tuple[Evidence, ...]
    provenance: Provenance
    passages: tuple[Passage, ...] = ()
    confidence: float = 0.0
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """A draft or abstention in the queue. `version` grows with every change a host could see."""

    id: str
    community_id: str
    job: str
    request_id: str | None
    status: Status
    version: int
    payload: dict[str, Any]
    evidence: tuple[Evidence, ...]
    destination: Destination
    rationale: str
    confidence: float
    provenance: Provenance
    created_at: datetime
    updated_at: datetime
    original_payload: dict[str, Any] | None = None  # before a person's edit
    assigned_to: str | None = None
    notice: str = ""  # why it was withdrawn, failed or is uncertain, for hosts
    erased_at: datetime | None = None  # its texts were those of a person who was erased then
    corrects: str | None = None  # the published suggestion whose place it is to take
    outdated_at: datetime | None = None  # published, and since then something it quotes does not stand any more
    verified_at: datetime | None = None  # published, and everything it quotes was found again after a change
    held_until: datetime | None = None  # pending, and it waits: members are asked first


@dataclass(frozen=True)
class Decision:
    """A person's verdict."""

    verdict: Verdict
    version: int
    payload: dict[str, Any] | None = None
    reason: str = ""
    publish_at: datetime | None = None  # of an approval: not to be sent before; None = at once


@dataclass(frozen=True)
class Message:
    """One text to be posted; an approval covers exactly the listed messages."""

    destination: Destination
    title: str
    text: str  # Markdown, safe to post: no images, no HTML, mentions neutralised
    in_reply_to: str | None = None  # the question's id
    step: str = ""  # of a flag; with the destination `post`, what is to be done to that post
    move_to: str | None = None  # the space, for the step `move`


@dataclass(frozen=True)
class Receipt:
    """What the platform gave back."""

    external_id: str
    url: str | None = None


@dataclass(frozen=True)
class Publication:
    """The outbox row of one message; its id is the key that makes re-sending harmless."""

    id: str
    community_id: str
    suggestion_id: str
    connector: str
    message: Message
    status: Status
    attempts: int
    receipt: Receipt | None = None
    available_at: datetime | None = None  # when it is due, once it is stored
